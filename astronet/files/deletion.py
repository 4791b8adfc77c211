"""Deletion of an earlier result: only of files that the package writes, never of other files."""

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from astronet.files.atomic import is_temporary


def other_content(folder: Path, patterns: Iterable[str]) -> Path | None:
    """Return the first path in a folder that is neither in the patterns nor temporary.

    Args:
        folder: Folder to search, with its subfolders; links to folders are not followed.
        patterns: Shell patterns of the files that may be deleted, relative to the folder, with `/`
            between their parts, for example `trial-*/scores.csv`. A `*` does not match `/`. The
            folders that contain such files match as well, even if they are empty.

    Returns:
        Path of a file, link or folder; None if there is no other content.
    """
    allowed = [pattern.split("/") for pattern in patterns]
    others = (
        path
        for path, is_folder in _content(folder)
        if not _matches(path.relative_to(folder), allowed, is_folder)
    )
    return min(others, default=None)


def input_inside(folder: Path, inputs: Iterable[Path]) -> Path | None:
    """Return the first existing input that is a folder, or is inside it; None if there is none."""
    whole = folder.resolve()
    return next((p for p in inputs if p.exists() and p.resolve().is_relative_to(whole)), None)


def delete_files(folder: Path, patterns: Iterable[str]) -> None:
    """Delete the files in a folder that match patterns, temporary files, and emptied subfolders.

    The folder itself and all other content are kept.

    Args:
        folder: Folder that contains the files.
        patterns: Shell patterns as in `other_content`.

    Raises:
        OSError: A file cannot be deleted.
    """
    allowed = [pattern.split("/") for pattern in patterns]
    for path, is_folder in list(_content(folder)):
        if not _matches(path.relative_to(folder), allowed, is_folder):
            continue
        if not is_folder:
            path.unlink()
        elif not any(path.iterdir()):
            path.rmdir()


def _content(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield each path in a folder, the content of a subfolder before the subfolder itself.

    The second value of each pair is whether the path is a folder. A link is not a folder.
    """
    for parent, folders, files in os.walk(folder, topdown=False):
        for name in files:
            yield Path(parent, name), False
        for name in folders:
            yield Path(parent, name), not Path(parent, name).is_symlink()


def _matches(relative: Path, allowed: list[list[str]], is_folder: bool) -> bool:
    """Return whether a relative path matches a pattern, or contains a temporary name."""
    if any(is_temporary(Path(part)) for part in relative.parts):
        return True
    parts = relative.parts
    return any(
        (len(parts) < len(pattern) if is_folder else len(parts) == len(pattern))
        and all(map(fnmatchcase, parts, pattern))
        for pattern in allowed
    )
