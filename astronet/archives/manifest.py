"""What has been fetched: two files of JSON lines that only grow.

`manifest.jsonl` has a line for each file: star, path, url, size, sha256 and the time at which it
was fetched; where a path stands twice, the later line holds. `complete.jsonl` has a line for each
star of which every file was fetched. A line that was cut short when the run was killed, or that
lacks a key, is passed over, and what it told is found anew.
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
    """The two files of one folder of light curves.

    In memory it keeps a number for each complete star, and names for the stars in between only;
    with `hashes`, the hash of every file too.
    """

    def __init__(
        self, folder: Path, mission: str, cadence: Cadence, *, hashes: bool = False
    ) -> None:
        self._kind = {"mission": mission, "cadence": cadence}
        self._complete: dict[int, int] = {}
        for line in _lines(folder / COMPLETE):
            if self._kind.items() <= line.items() and isinstance(line.get("files"), int):
                self._complete[line["star"]] = line["files"]
        self._known: defaultdict[int, set[str]] = defaultdict(set)
        self._hashes: dict[str, str] = {}
        suffix = archive_of(mission).endings[cadence]
        for line in _lines(folder / MANIFEST):
            star, name = line["star"], line.get("path")
            if not (isinstance(name, str) and name.endswith(suffix)):
                continue
            if star not in self._complete:
                self._known[star].add(name)
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
        """How many files a complete star has; 0 for one that is not complete."""
        return self._complete.get(target.number, 0)

    def knows(self, file: RemoteFile) -> bool:
        """Whether a star that is not complete yet has a line for this file."""
        return str(file.path) in self._known.get(file.target.number, ())

    def hash_of(self, path: Path) -> str:
        """The hash that a file (its path within the folder) had; "" if none was read."""
        return self._hashes.get(path.as_posix(), "")

    def add(self, file: RemoteFile, fetched: Fetched) -> None:
        """Writes a file's line."""
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
        """Writes a complete star's line."""
        self._known.pop(target.number, None)
        self._complete[target.number] = files
        line = {"star": target.number, **self._kind, "files": files}
        self._stars.write(json.dumps(line) + "\n")
        self._stars.flush()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines that are whole."""
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
    """The file, open for more lines; an unfinished last line is closed first."""
    file = path.open("a+b")
    if size := file.tell():
        file.seek(size - 1)
        if file.read(1) != b"\n":
            file.write(b"\n")
    file.close()
    return path.open("a", encoding="utf-8")
