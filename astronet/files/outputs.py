"""Validation of output paths before the results are computed."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from astronet.errors import RunError


def check_output(path: Path, inputs: Sequence[Path] = (), *, overwrite: bool = False) -> None:
    """Raise an error if a file must not or cannot be written.

    The check changes nothing: it creates no folder, and an existing file keeps its content.

    Args:
        path: Path of the file to write.
        inputs: Files and folders that must not change.
        overwrite: Whether an existing file may be replaced.

    Raises:
        RunError: The file exists and `overwrite` is False, cannot be written, is not a regular
            file, is an input, or is inside an input folder.
    """
    output = path.resolve()
    for other in inputs:
        if other.resolve() in (output, *output.parents):
            raise RunError(
                f"writing {path} would change the input {other}; choose another path",
                arguments=("out",),
            )
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        exists = path.exists() or path.is_symlink()
        if exists and not path.is_file():
            raise OSError(22, "Not a regular file")
        _check_writable(path.parent)
    except OSError as error:
        raise RunError(
            f"{path} cannot be written ({error.strerror}); choose another path",
            arguments=("out",),
        ) from None
    if exists and not overwrite:
        raise exists_already(path)


def check_outputs(folder: Path, names: Iterable[str], *, overwrite: bool = False) -> None:
    """Raise an error if one of the files to write to a folder exists, or if none can be written.

    Args:
        folder: Folder to write to; it need not exist.
        names: Names of the files.
        overwrite: Whether existing files may be replaced.

    Raises:
        RunError: A file exists and `overwrite` is False, or the folder cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(
            f"{folder}: the folder cannot be created (File exists); choose another path",
            arguments=("out",),
        )
    for name in names:
        check_output(folder / name, overwrite=overwrite)


def exists_already(path: Path, what: str = "already exists") -> RunError:
    """Return the error for an output that exists and must not be overwritten.

    Args:
        path: Path of the existing file or folder.
        what: Predicate of the message.
    """
    return RunError(
        f"{path} {what}; choose another path, or overwrite it", arguments=("out", "overwrite")
    )


def _check_writable(folder: Path) -> None:
    """Raise an OSError if no file can be created in a folder, which need not exist."""
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    with tempfile.TemporaryFile(dir=existing):
        pass
