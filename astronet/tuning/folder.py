"""Folder of a search: the names of its files, and which of them may be deleted."""

import json
from collections.abc import Sequence
from pathlib import Path

from astronet.errors import RunError
from astronet.files.atomic import is_temporary
from astronet.files.deletion import delete_files, input_inside, other_content
from astronet.tuning.study import STUDY

LOCK, TRIALS, BEST, SCORES = "study.lock", "trials.csv", "best.yaml", "scores.csv"
"""Names of the lock file, the table of trials, the best config and the scores of a trial."""

FOLD_FILES = (
    "config.yaml",
    "best.ckpt",
    "last.ckpt",
    "metrics.csv",
    "training_stars.npy",
    "run.json",
)
"""Names of the files of the training run of a fold."""

_OF_TRIAL = (SCORES, *(f"fold-*/{name}" for name in FOLD_FILES))
_DELETED = (STUDY, TRIALS, BEST, *(f"trial-*/{name}" for name in _OF_TRIAL))


def check_search_folder(folder: Path, *, overwrite: bool, inputs: Sequence[Path]) -> None:
    """Raise an error if a search must not be written to a folder. The check changes nothing.

    Args:
        folder: Folder of the search.
        overwrite: Whether an existing search will be deleted.
        inputs: Files and folders that must not be deleted.

    Raises:
        RunError: The path is a file, or a folder with content that is not from a search; or
            `overwrite` is True, and the folder contains an input, other content or no valid
            study.json.
    """
    paths = folder.iterdir() if folder.is_dir() else ()
    found = {path.name for path in paths if not is_temporary(path)} - {LOCK}
    if folder.is_file() or (found and STUDY not in found):
        raise _not_a_search(folder)
    if not overwrite or not found:
        return
    if not _is_study(folder / STUDY):
        raise _not_a_search(folder)
    if inside := input_inside(folder, inputs):
        raise RunError(
            f"overwriting {folder} would delete the input {inside}; choose another folder",
            arguments=("run",),
        )
    if other := other_content(folder, (LOCK, *_DELETED)):
        raise RunError(
            f"{folder} contains {other.relative_to(folder)}, which is not part of the search; move "
            "it, or choose another folder",
            arguments=("run",),
        )


def delete_search(folder: Path) -> None:
    """Delete the files of a search, except its lock."""
    delete_files(folder, _DELETED)


def delete_trial(folder: Path, number: int) -> None:
    """Delete the files of a trial, if there are any.

    Args:
        folder: Folder of the search.
        number: Number of the trial.

    Raises:
        RunError: The folder of the trial contains other files.
    """
    trial = folder_of_trial(folder, number)
    if other := other_content(trial, _OF_TRIAL):
        raise RunError(
            f"{trial} contains {other.relative_to(trial)}, which is not part of the trial; move it"
        )
    delete_files(trial, _OF_TRIAL)


def folder_of_trial(folder: Path, number: int) -> Path:
    """Return the folder of a trial of the search in a folder."""
    return folder / f"trial-{number:03d}"


def _is_study(path: Path) -> bool:
    """Return whether a file is the description of a search."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"search", "trials"} <= content.keys()


def _not_a_search(folder: Path) -> RunError:
    return RunError(
        f"{folder} exists, but it is not the folder of a search; choose another folder",
        arguments=("run",),
    )
