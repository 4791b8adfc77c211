"""Checks of a place for results, before the work that would be lost."""

from collections.abc import Sequence
from pathlib import Path

from astronet.errors import RunError


def check_output(path: Path, inputs: Sequence[Path]) -> None:
    """Raise if a file cannot be written, or would overwrite an input or something in it.

    Args:
        path: The file to write; its folder is made.
        inputs: Files and folders that must not change.

    Raises:
        RunError: It cannot be written, or it would.
    """
    place = path.resolve()
    for other in inputs:
        if other.resolve() in (place, *place.parents):
            raise RunError(
                f"{path} would overwrite what is in {other}; choose another path",
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
