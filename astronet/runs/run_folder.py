"""Begin of a run: check of its folder, and the record of its settings, store and machine."""

import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from astronet.config import Experiment
from astronet.dataset.store import ViewStore
from astronet.errors import RunError
from astronet.evaluation.folder import FILES, INPUTS
from astronet.files.atomic import is_temporary
from astronet.files.checksums import sha256, sha256_of
from astronet.files.deletion import input_inside, other_content
from astronet.files.provenance import library_versions
from astronet.files.relative_paths import absolute, relative_to
from astronet.files.remote import local_only
from astronet.runs.stack_files import STACK

CONFIG, RECORD = "config.yaml", "run.json"
"""Names of the config and of the record in a run folder."""

RUN_FILES = (CONFIG, "best.ckpt", "last.ckpt", "metrics.csv", "training_stars.npy", RECORD)
"""Names of the files that training writes to a run folder."""

LOGGED = ("tensorboard/*", "mlflow.db", *(f"wandb/{'*/' * depth}*" for depth in range(4)))
"""Patterns of the files that the loggers write (`astronet.training.loggers`)."""

DELETED = (
    *RUN_FILES,
    *LOGGED,
    f"{STACK}.safetensors",
    f"{STACK}.json",
    *(f"evaluate-*/{name}" for name in (*FILES, INPUTS)),
)
"""Patterns of the files that are deleted if a run is overwritten; see `other_content`."""


def check_run_folder(
    path: Path,
    *,
    resume: bool,
    overwrite: bool = False,
    inputs: Sequence[Path] = (),
    also: Sequence[str] = (),
) -> None:
    """Raise an error if a new run must not be written to a path.

    The check changes nothing.

    Args:
        path: Path of the run folder.
        resume: Whether to accept a run that was interrupted before its config was written.
        overwrite: Whether to accept a run and its evaluations, which will be deleted.
        inputs: Files and folders that must not be deleted.
        also: Further names of files that may be in the folder if `overwrite` is True.

    Raises:
        RunError: `path` is a file, or a folder with other content, with an input or with another
            run.
    """
    occupied = path.exists() and (not path.is_dir() or any(path.iterdir()))
    if not occupied or (resume and _has_no_config_yet(path)):
        return
    if not _is_run(path) and not _has_no_config_yet(path):
        raise RunError(
            f"{path} exists, but is not a run folder; choose another run folder",
            arguments=("run",),
        )
    if not overwrite:
        raise RunError(
            f"the run {path} already exists; resume it, overwrite it, or choose another run folder",
            arguments=("resume", "overwrite", "run"),
        )
    if found := input_inside(path, inputs):
        raise RunError(
            f"overwriting {path} would delete the input {found}; choose another run folder",
            arguments=("run",),
        )
    if other := other_content(path, (*DELETED, *also)):
        raise RunError(
            f"{path} contains {other.relative_to(path)}, which is not part of the run; move it, or "
            "choose another run folder",
            arguments=("run",),
        )


def inputs_of_training(experiment: Experiment) -> list[Path]:
    """Return the local paths of the files and folders that a config names; they need not exist."""
    source, teacher = experiment.source, experiment.data.teacher
    scores = teacher.scores if teacher else None
    return local_only(experiment.store, source.catalog, source.light_curves, scores)


def read_record(path: Path) -> dict[str, Any]:
    """Return the content of run.json.

    Raises:
        RunError: The file is missing or corrupt, or lacks an entry that each run has.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        _ = content["finished"], content["store"]["sha256"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise RunError(f"{path} is missing or corrupt; restore it, or train again") from None
    return dict(content)


def _is_run(path: Path) -> bool:
    """Return whether a path is a folder that contains a config and the record of a run."""
    if not (path / CONFIG).is_file():
        return False
    try:
        read_record(path / RECORD)
    except RunError:
        return False
    return True


def _has_no_config_yet(path: Path) -> bool:
    """Return whether a path is a folder with no files except run.json and temporary files."""
    return path.is_dir() and all(p.name == RECORD or is_temporary(p) for p in path.iterdir())


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
