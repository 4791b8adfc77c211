"""Locks that prevent processes from overwriting each other's files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from astronet.errors import AstronetError


@contextmanager
def exclusive(lock: Path, busy: AstronetError, *, timeout: float = 0) -> Iterator[None]:
    """Hold a lock during the `with` block, or raise an error if it is already held.

    If the process that holds the lock is killed, the operating system releases the lock.

    Args:
        lock: Path of the lock file; the file and its folder are created if they do not exist.
        busy: Error to raise if another process holds the lock.
        timeout: Time to wait for the other process before the error is raised [s].

    Raises:
        AstronetError: Another process holds the lock. The error raised is `busy`.
        OSError: The lock file or its folder cannot be created.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    held = FileLock(lock, timeout=timeout)
    try:
        held.acquire()
    except Timeout:
        raise busy from None
    try:
        yield
    finally:
        held.release()
