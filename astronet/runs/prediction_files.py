"""Files next to a table of scores: the figure of the views, and the record of how it was made."""

import json
from pathlib import Path

from astronet.config import Experiment
from astronet.files.atomic import write_text
from astronet.files.checksums import sha256, sha256_of
from astronet.files.provenance import commit, library_versions
from astronet.files.relative_paths import without_paths
from astronet.runs.scorer import Scorer


def figure_of(table: Path) -> Path:
    """Return the path of the figure (PNG) that is written next to a table of scores."""
    return table.with_suffix(".png")


def record_of(table: Path) -> Path:
    """Return the path of the JSON file, written next to a table of scores, on how it was made."""
    return table.with_suffix(".json")


def write_record(out: Path, scorer: Scorer, command: str) -> Path:
    """Write how a table of predictions was made to a JSON file next to it, and return its path.

    The file contains the versions of the libraries, the commit, the command, the SHA-256 hash of
    the table, and for each network its name, the hashes of its weights and of its config, and its
    decision thresholds.

    Args:
        out: Path of the table, which must have been written.
        scorer: Networks that computed the scores.
        command: Command line that wrote the table.

    Raises:
        OSError: The file cannot be written.
    """
    record = {
        "command": command,
        "table": {"name": out.name, "sha256": sha256_of(out)},
        "models": [
            {
                "name": one.name,
                "sha256": one.digest,
                "config_sha256": sha256(_config(one.experiment).encode()),
                "thresholds": one.thresholds.model_dump() if one.thresholds else None,
            }
            for one in scorer.trained
        ],
        "precision": scorer.precision,
        "device": scorer.device.type,
        "versions": library_versions(),
        "commit": commit(),
    }
    path = record_of(out)
    write_text(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    return path


def _config(experiment: Experiment) -> str:
    """Return a config as text without its paths, which depend on the working folder."""
    return json.dumps(without_paths(experiment.model_dump(mode="json")), sort_keys=True)
