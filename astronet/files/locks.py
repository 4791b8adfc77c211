"""One run at a time where two would spoil each other's files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from astronet.errors import ArchiveError


@contextmanager
def alone(lock: Path, refusal: str) -> Iterator[None]:
    """Holds a lock, whose folder is made; it is released even when the run is killed.

    Raises:
        ArchiveError: Another run holds it; the message is `refusal`.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        raise ArchiveError(refusal) from None
