"""Listing of a folder with the files of many stars, which each process reads only once.

Without it, the time for finding the files of one star would be proportional to the number of stars.
"""

import functools
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_NUMBER = re.compile(r"\d{9,}")
"""Numbers in file names that can be those of stars: at least nine digits."""

_SETTLED = 2 * 10**9
"""Age of the last change of a folder from which a listing is kept [ns].

The clocks of file systems have a resolution of up to 2 s, within which changes are not seen.
"""


@dataclass(frozen=True, eq=False)
class Listing:
    """Names in a folder, not recursively.

    Attributes:
        files: Names of files and other entries, by each number of at least nine digits in them.
        folders: Sorted names of the subfolders that begin with a letter, such as those of sectors.
    """

    files: Mapping[str, tuple[str, ...]]
    folders: tuple[str, ...]


def listing(folder: Path) -> Listing:
    """Return the listing of a folder, which is empty if the folder does not exist.

    The listing is kept in memory until the folder changes.
    """
    try:
        changed = folder.stat().st_mtime_ns
        if time.time_ns() - changed < _SETTLED:
            return _read(folder)
        return _kept(folder, changed)
    except (FileNotFoundError, NotADirectoryError):
        return Listing({}, ())


def subfolders(folder: Path, beginning: str) -> list[Path]:
    """Return the paths of the subfolders whose names begin with a text, sorted by name.

    Args:
        folder: Folder to search; it need not exist.
        beginning: Beginning of the names; the first character must be a letter.
    """
    return [folder / name for name in listing(folder).folders if name.startswith(beginning)]


@functools.lru_cache(maxsize=8)
def _kept(folder: Path, _changed: int) -> Listing:
    return _read(folder)


def _read(folder: Path) -> Listing:
    files: dict[str, list[str]] = {}
    folders = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name[0].isalpha() and entry.is_dir():
                folders.append(entry.name)
            else:
                for number in _NUMBER.findall(entry.name):
                    if number != entry.name:  # a star's folder
                        files.setdefault(number, []).append(entry.name)
    return Listing(
        {number: tuple(names) for number, names in files.items()}, tuple(sorted(folders))
    )
