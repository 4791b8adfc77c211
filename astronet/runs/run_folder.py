"""Begin of a run: check of its folder, and the record of its settings, store and machine."""

import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from astronet.config import Experiment
from astronet.dataset.store import ViewStore
from astronet.errors import RunError
from astronet.files.atomic import is_temporary
from astronet.files.checksums import sha256, sha256_of
from astronet.files.provenance import library_versions
from astronet.files.relative_paths import absolute, relative_to

CONFIG = "config.yaml"
"""File name of the config in a run folder."""


def check_run_folder(path: Path, *, resume: bool, overwrite: bool = False) -> None:
    """Raise an error if a new run must not be written to a path.

    Args:
        path: Path of the run folder.
        resume: Whether to accept a run that was interrupted before its config was written.
        overwrite: Whether to accept any run.

    Raises:
        RunError: `path` is a file, or a folder with other content or with another run.
    """
    occupied = path.exists() and (not path.is_dir() or any(path.iterdir()))
    if not occupied or (resume and _has_no_config_yet(path)):
        return
    if not (path / CONFIG).exists() and not _has_no_config_yet(path):
        raise RunError(
            f"{path} exists, but is not a run folder; choose another run folder",
            arguments=("run",),
        )
    if not overwrite:
        raise RunError(
            f"the run {path} already exists; resume it, overwrite it, or choose another run folder",
            arguments=("resume", "overwrite", "run"),
        )


def _has_no_config_yet(path: Path) -> bool:
    """Return whether a path is a folder with no files except run.json and temporary files."""
    return path.is_dir() and all(p.name == "run.json" or is_temporary(p) for p in path.iterdir())


def new_record(path: Path, experiment: Experiment, store: ViewStore) -> dict[str, Any]:
    """Return the content of run.json at the beginning of training.

    Args:
        path: Path of the run folder, to which paths in the record are relative.
        experiment: Config of the run.
        store: Store used in training.
    """
    teacher = experiment.data.teacher
    return {
        "begun": now(),
        "finished": None,
        "seed": experiment.training.seed,
        "config_sha256": sha256(experiment.as_yaml(path).encode()),
        "store": {
            "path": relative_to(str(store.path), path),
            "sha256": store.digest,
            "rows": len(store.index),
        },
        "catalog": store.description.get("provenance", {}).get("catalog"),
        "teacher_sha256": sha256_of(teacher.scores) if teacher else None,
        "versions": library_versions(),
        "python": platform.python_version(),
        "machine": {"system": platform.system(), "processor": platform.machine()},
    }


def settings_of(experiment: Experiment) -> dict[str, Any]:
    """Return a config as a dictionary with absolute paths."""
    return absolute(experiment.model_dump(mode="json"))


def now() -> str:
    """Return the current time (UTC) in ISO 8601, in seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")
