"""Check that a run can be written to a folder."""

from pathlib import Path

from astronet.errors import RunError
from astronet.files.atomic import is_temporary

CONFIG = "config.yaml"
"""File name of the config in a run folder."""


def check_run_folder(path: Path, *, resume: bool) -> None:
    """Raise an error if a new run must not be written to a path.

    Args:
        path: Path of the run folder.
        resume: Whether to accept a run that was interrupted before its config was written.

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
    raise RunError(
        f"the run {path} already exists; resume it, or choose another run folder",
        arguments=("resume", "run"),
    )


def _has_no_config_yet(path: Path) -> bool:
    """Return whether a path is a folder with no files except run.json and temporary files."""
    return path.is_dir() and all(p.name == "run.json" or is_temporary(p) for p in path.iterdir())
