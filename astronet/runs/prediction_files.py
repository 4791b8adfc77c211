"""Files next to a table of scores: the figure of the views, and the record of how it was made."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from astronet.errors import AstronetError
from astronet.files.atomic import write_text
from astronet.files.checksums import sha256_of
from astronet.files.outputs import check_output
from astronet.files.provenance import commit, library_versions
from astronet.files.tables import STDOUT, check_format
from astronet.runs.scorer import Scorer


@dataclass(frozen=True, eq=False)
class PredictionFiles:
    """Files with the scores of a table of events.

    Attributes:
        table: Path of the table of events and scores, sorted by decreasing score, with events
            without a score at the end.
        figure: Path of the figure of the views; None if no event has a score.
        record: Path of the record of how the scores were computed.
        events: Number of events.
        scored: Number of events with a score.
        best: First rows of the table.
        failure: Error with the cause and the remedy if no event has a score; otherwise None.
    """

    table: Path
    figure: Path | None
    record: Path
    events: int
    scored: int
    best: pd.DataFrame
    failure: AstronetError | None = None

    def check(self) -> None:
        """Raise an error if no event has a score; its message gives the most common reason.

        Raises:
            AstronetError: No event has a score.
        """
        if self.failure is not None:
            raise self.failure


def figure_of(table: Path) -> Path:
    """Return the path of the figure (PNG) that is written next to a table of scores."""
    return table.with_suffix(".png")


def record_of(table: Path) -> Path:
    """Return the path of the JSON file, written next to a table of scores, on how it was made."""
    return table.with_suffix(".json")


def prediction_files(table: Path) -> tuple[Path, Path, Path]:
    """Return the paths of a table of scores, of its figure and of its record."""
    return table, figure_of(table), record_of(table)


def check_prediction_files(
    out: Path, scorer: Scorer, inputs: Sequence[Path] = (), *, overwrite: bool = False
) -> None:
    """Raise an error if a table of scores, its figure and its record must not be written.

    Nothing is changed. If the table is written to standard output, there are no files to check.

    Args:
        out: Path of the table; `-` means standard output.
        scorer: Networks that compute the scores, whose files must not change.
        inputs: Event tables, stores and files of light curves, which must not change.
        overwrite: Whether existing files may be replaced.

    Raises:
        RunError: The suffix of the table is unknown; a file exists and `overwrite` is False; a file
            is an input or is inside a store; or a file cannot be written.
    """
    check_format(out)
    kept = [file for trained in scorer.trained for file in trained.files] + list(inputs)
    for path in prediction_files(out) if out != STDOUT else ():
        check_output(path, kept, overwrite=overwrite)


def described(scorer: Scorer) -> dict[str, Any]:
    """Return a description of networks for a record.

    It contains the name of each network, the hashes of its weights and of its config (see
    `Trained.config_digest`), its decision thresholds, the descriptions of the stacks, and how the
    scores are computed.
    """
    stacks = [stack.description.model_dump(mode="json") for stack in scorer.stacks if stack]
    return ({"stacks": stacks} if stacks else {}) | {
        "models": [
            {
                "name": one.name,
                "sha256": one.digest,
                "config_sha256": one.config_digest,
                "thresholds": one.thresholds.model_dump() if one.thresholds else None,
            }
            for one in scorer.trained
        ],
        "precision": scorer.precision,
        "device": scorer.device.type,
    }


def write_record(out: Path, scorer: Scorer, command: str, *, overwrite: bool = False) -> Path:
    """Write how a table of predictions was made to a JSON file next to it, and return its path.

    The file contains the versions of the libraries, the commit, the command, the SHA-256 hash of
    the table, and for each network its name, the hashes of its weights and of its config (see
    `Trained.config_digest`), and its decision thresholds.

    Args:
        out: Path of the table, which must have been written.
        scorer: Networks that computed the scores.
        command: Command line that wrote the table.
        overwrite: Whether an existing record may be replaced.

    Raises:
        RunError: The record exists and `overwrite` is False.
        OSError: The file cannot be written.
    """
    path = record_of(out)
    check_output(path, overwrite=overwrite)
    record = {
        "command": command,
        "table": {"name": out.name, "sha256": sha256_of(out)},
        **described(scorer),
        "versions": library_versions(),
        "commit": commit(),
    }
    write_text(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    return path
