"""Records of downloaded files, in two append-only files of JSON lines.

`manifest.jsonl` has one line per file: star, path, url, size, sha256 and the time of the download;
if a path occurs in more than one line, the last line takes precedence. `complete.jsonl` has one
line for each star and cadence of which all files have been downloaded. A line that is truncated
(because the run was killed) or lacks a required key is ignored; the next run writes the record
again.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from astronet.archives.fetching import Fetched
from astronet.archives.streams import RemoteFile
from astronet.archives.targets import Cadence, Target, archive_of

MANIFEST, COMPLETE = "manifest.jsonl", "complete.jsonl"


class Manifest:
    """Records of the files of one mission and cadence in a folder of light curves.

    A star is complete if all its files of this cadence have been downloaded. Only the number of
    files is kept in memory for a complete star, but the path of each file for an incomplete star.

    Args:
        folder: Folder of light curves.
        mission: Mission that observed the stars.
        cadence: Cadence of the files.
        hashes: Whether to keep the checksums of all files in memory as well.
    """

    def __init__(
        self, folder: Path, mission: str, cadence: Cadence, *, hashes: bool = False
    ) -> None:
        self._kind = {"mission": mission, "cadence": cadence}
        self._complete: dict[int, int] = {}
        for line in _lines(folder / COMPLETE):
            if self._kind.items() <= line.items() and isinstance(line.get("files"), int):
                self._complete[line["star"]] = line["files"]
        self._names: defaultdict[int, set[str]] = defaultdict(set)
        self._hashes: dict[str, str] = {}
        suffix = archive_of(mission).endings[cadence]
        for line in _lines(folder / MANIFEST):
            star, name = line["star"], line.get("path")
            if not (isinstance(name, str) and name.endswith(suffix)):
                continue
            if star not in self._complete:
                self._names[star].add(name)
            if hashes and isinstance(line.get("sha256"), str):
                self._hashes[name] = line["sha256"]
        self._files = _opened(folder / MANIFEST)
        self._stars = _opened(folder / COMPLETE)

    def __enter__(self) -> "Manifest":
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()
        self._stars.close()

    def complete(self, target: Target) -> int:
        """Return the number of files of a complete star, or 0 if the star is not complete."""
        return self._complete.get(target.number, 0)

    def has(self, file: RemoteFile) -> bool:
        """Return whether an earlier run recorded a file; always False for a complete star."""
        return str(file.path) in self._names.get(file.target.number, ())

    def hash_of(self, path: Path) -> str:
        """Return the recorded SHA-256 checksum of a file, or "" if none is in memory.

        Args:
            path: Path of the file, relative to the folder.
        """
        return self._hashes.get(path.as_posix(), "")

    def add(self, file: RemoteFile, fetched: Fetched) -> None:
        """Append the record of a file to manifest.jsonl."""
        line = {
            "star": file.target.number,
            "path": str(file.path),
            "url": file.url,
            "size": fetched.size,
            "sha256": fetched.sha256,
            "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self._files.write(json.dumps(line) + "\n")
        self._files.flush()

    def finish(self, target: Target, files: int) -> None:
        """Record in complete.jsonl that all files of a star have been downloaded.

        Args:
            target: Star whose download is complete.
            files: Number of files of the star.
        """
        self._names.pop(target.number, None)
        self._complete[target.number] = files
        line = {"star": target.number, **self._kind, "files": files}
        self._stars.write(json.dumps(line) + "\n")
        self._stars.flush()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the valid records in a file of JSON lines; skip incomplete or corrupt lines."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict) and isinstance(line.get("star"), int):
                yield line


def _opened(path: Path) -> Any:
    """Terminate an incomplete last line of a file, and open the file for appending."""
    file = path.open("a+b")
    if size := file.tell():
        file.seek(size - 1)
        if file.read(1) != b"\n":
            file.write(b"\n")
    file.close()
    return path.open("a", encoding="utf-8")
