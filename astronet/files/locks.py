"""Locks between processes that would overwrite each other's files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from astronet.errors import AstronetError


@contextmanager
def exclusive(lock: Path, busy: AstronetError) -> Iterator[None]:
    """Hold a lock during the block. The operating system releases it if the process is killed.

    Args:
        lock: The lock file; it and its folder are created if they do not exist.
        busy: The error to raise if another process holds the lock.

    Raises:
        AstronetError: `busy`.
        OSError: The lock file cannot be created.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    held = FileLock(lock, timeout=0)
    try:
        held.acquire()
    except Timeout:
        raise busy from None
    try:
        yield
    finally:
        held.release()
