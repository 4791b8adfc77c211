"""Records of downloaded files, in two append-only files of JSON lines.

`manifest.jsonl` has one line per file: star, path, url, size, sha256 and the time of the download;
if a path occurs in more than one line, the last line takes precedence. `complete.jsonl` has one
line for each star and cadence of which all files have been downloaded. A line that is truncated
(because the run was killed) or lacks a required key is ignored; the next run writes the record
again.
"""

import hashlib
import json
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from astronet.archives.targets import Cadence, Target, archive_of

MANIFEST, COMPLETE = "manifest.jsonl", "complete.jsonl"
_PREFIX = 16
"""Number of hexadecimal digits of a hash that are kept in memory."""


@dataclass(frozen=True)
class Record:
    """Record of a file in manifest.jsonl.

    Attributes:
        star: Catalogue number of the star.
        path: Path relative to the folder of light curves, with "/" between its parts.
        url: URL from which the file was downloaded; "" if unknown.
        size: Size [bytes].
        sha256: SHA-256 hash, in hexadecimal.
    """

    star: int
    path: str
    url: str
    size: int
    sha256: str


class Manifest:
    """Records of the files of one mission and cadence in a folder of light curves.

    A star is complete if all its files of this cadence have been downloaded. The memory required
    is 16 bytes per file.

    Args:
        folder: Folder of light curves.
        mission: Mission that observed the stars.
        cadence: Cadence of the files.
        writable: Whether new records are written; if not, they are only kept in memory.
    """

    def __init__(
        self, folder: Path, mission: str, cadence: Cadence, *, writable: bool = True
    ) -> None:
        self._kind = {"mission": mission, "cadence": cadence}
        self._complete: dict[int, int] = {}
        for line in _lines(folder / COMPLETE):
            if self._kind.items() <= line.items() and isinstance(line.get("files"), int):
                self._complete[line["star"]] = line["files"]
        self._hashes = _Hashes(folder / MANIFEST, archive_of(mission).endings[cadence])
        self._opened = ExitStack()
        self._files = self._stars = None
        if writable:
            self._files = self._opened.enter_context(_appending(folder / MANIFEST))
            self._stars = self._opened.enter_context(_appending(folder / COMPLETE))

    def __enter__(self) -> "Manifest":
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def complete(self, target: Target) -> int:
        """Return the number of files of a complete star, or 0 if the star is not complete."""
        return self._complete.get(target.number, 0)

    def agrees(self, path: str, sha256: str) -> bool | None:
        """Return whether a file has the recorded SHA-256 hash; None if none is recorded.

        Args:
            path: Path of the file, relative to the folder, with "/" between its parts.
            sha256: SHA-256 hash of the file, in hexadecimal.
        """
        known = self._hashes.get(path)
        return None if known is None else int(sha256[:_PREFIX], 16) == known

    def add(self, record: Record) -> None:
        """Append the record of a file to manifest.jsonl."""
        self._hashes.add(record.path, record.sha256)
        fetched = datetime.now(UTC).isoformat(timespec="seconds")
        _append(self._files, {**vars(record), "fetched": fetched})

    def finish(self, target: Target, files: int) -> None:
        """Record in complete.jsonl that all files of a star have been downloaded.

        Args:
            target: Star whose download is complete.
            files: Number of files of the star.
        """
        if self._complete.get(target.number) != files:
            self._complete[target.number] = files
            _append(self._stars, {"star": target.number, **self._kind, "files": files})


class _Hashes:
    """First 64 bits of the SHA-256 hash of each file, by 64 bits of a hash of its path.

    Args:
        path: Path of manifest.jsonl.
        suffix: Suffix of the files to include.
    """

    def __init__(self, path: Path, suffix: str) -> None:
        keys, values = array("Q"), array("Q")
        for line in _lines(path):
            name, sha256 = line.get("path"), line.get("sha256")
            if not (isinstance(name, str) and isinstance(sha256, str) and name.endswith(suffix)):
                continue
            try:
                values.append(int(sha256[:_PREFIX], 16))
            except (ValueError, OverflowError):
                continue
            keys.append(_key(name))
        order = np.argsort(np.asarray(keys, np.uint64), kind="stable")
        self._keys = np.asarray(keys, np.uint64)[order]
        self._values = np.asarray(values, np.uint64)[order]
        self._new: dict[int, int] = {}

    def get(self, path: str) -> int | None:
        key = _key(path)
        if key in self._new:
            return self._new[key]
        place = int(np.searchsorted(self._keys, np.uint64(key), side="right")) - 1
        found = place >= 0 and int(self._keys[place]) == key
        return int(self._values[place]) if found else None

    def add(self, path: str, sha256: str) -> None:
        self._new[_key(path)] = int(sha256[:_PREFIX], 16)


def _key(path: str) -> int:
    digest = hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the valid records in a file of JSON lines; skip incomplete or corrupt lines."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for text in file:
            try:
                line = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(line, dict) and isinstance(line.get("star"), int):
                yield line


def _append(file: TextIO | None, line: dict[str, Any]) -> None:
    if file is not None:
        file.write(json.dumps(line) + "\n")
        file.flush()


def _appending(path: Path) -> TextIO:
    """Terminate an incomplete last line of a file, and open the file for appending."""
    with path.open("a+b") as file:
        if size := file.tell():
            file.seek(size - 1)
            if file.read(1) != b"\n":
                file.write(b"\n")
    return path.open("a", encoding="utf-8")
