"""Validation of an output path before the results are computed."""

from collections.abc import Sequence
from pathlib import Path

from astronet.errors import RunError


def check_output(path: Path, inputs: Sequence[Path]) -> None:
    """Raise an error if a file cannot be written, or if writing it would change an input.

    The check does not change the content of an existing file, but it removes an empty one.

    Args:
        path: Path of the file to write; its folder is created if it does not exist.
        inputs: Files and folders that must not change.

    Raises:
        RunError: The file cannot be written, is an input, or is inside an input folder.
    """
    output = path.resolve()
    for other in inputs:
        if other.resolve() in (output, *output.parents):
            raise RunError(
                f"writing {path} would change the input {other}; choose another path",
                arguments=("out",),
            )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a"):
            pass
        if path.stat().st_size == 0:
            path.unlink()
    except OSError as error:
        raise RunError(
            f"{path} cannot be written ({error.strerror}); choose another path",
            arguments=("out",),
        ) from None
