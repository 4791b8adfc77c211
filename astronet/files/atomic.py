"""Atomic writes: a reader finds the previous file or the new one, never an incomplete one.

New content is written under a temporary name in the same folder and then renamed. Files are not
flushed to the disk (fsync), so a power failure can still truncate a file.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path

_TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{8}\.part", re.DOTALL)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path for a file, and move the file to `path` if the `with` block succeeds.

    Args:
        path: Path of the file to create or replace; its folder must exist.

    Raises:
        OSError: The file cannot be written; the error names `path`, not the temporary path.
    """
    with temporary(path) as part:
        yield part
        move(part, path)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a new temporary folder, and move it to `path` if the `with` block succeeds.

    Args:
        path: Path of the folder to create or replace; its parent folder must exist.

    Raises:
        OSError: The folder cannot be written.
    """
    with temporary(path) as folder:
        folder.mkdir()
        yield folder
        move(folder, path)


@contextmanager
def temporary(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder as `path`.

    A file or folder at the temporary path is removed at the end of the `with` block.

    Raises:
        OSError: An operation in the `with` block failed. If the error names the temporary path,
            this name is replaced by `path`.
    """
    part = _temporary_path(path)
    try:
        yield part
    except OSError as error:
        if str(error.filename) == str(part):
            error.filename = str(path)
        raise
    finally:
        _remove(part)


def is_temporary(path: Path) -> bool:
    """Return whether a file or folder has a temporary name, as yielded by `temporary`.

    Processes that are killed leave such files and folders behind.

    Args:
        path: Path of the file or folder.
    """
    return _TEMPORARY.fullmatch(path.name) is not None


def remove_leftovers(folder: Path, pattern: str = "*") -> None:
    """Remove the temporary files and folders that killed processes left in a folder.

    Args:
        folder: Folder to clean; its subfolders are not cleaned.
        pattern: Shell pattern of the names of the files or folders that the killed processes were
            writing, not of their temporary names. No other process may be writing files or folders
            with matching names.

    Raises:
        OSError: The folder does not exist or cannot be read.
    """
    for path in list(folder.iterdir()):
        found = _TEMPORARY.fullmatch(path.name)
        if found and fnmatchcase(found[1], pattern):
            _remove(path)


def move(source: Path, path: Path) -> None:
    """Move a file or folder to `path`, which must be on the same file system.

    A file replaces an existing file, and a folder replaces an existing folder.

    A file is replaced in one step. An existing folder is first renamed, and removed after the new
    folder has been moved; if the move fails, the existing folder gets its name back.

    Raises:
        OSError: The source does not exist or cannot be moved, or would replace a file by a folder
            or a folder by a file.
    """
    if not (source.is_dir() and path.is_dir()):
        os.replace(source, path)
        return
    previous = _temporary_path(source)
    os.replace(path, previous)
    try:
        os.replace(source, path)
    except BaseException:
        os.replace(previous, path)
        raise
    _remove(previous)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file atomically.

    Raises:
        OSError: The file cannot be written.
    """
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a binary file atomically.

    Raises:
        OSError: The file cannot be written.
    """
    with replacing(path) as part:
        part.write_bytes(content)


def _temporary_path(path: Path) -> Path:
    """Return a hidden path next to `path`, with random characters and the extension `.part`."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def _remove(path: Path) -> None:
    """Remove a file or folder if it exists and can be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
