"""Many stars at once: a few connections, always busy, and few lists in memory at a time.

A star's list is asked for when the files of the stars before it are on their way, so that memory
does not grow with the number of files.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from astronet.archives.faults import AbsentError, Patience
from astronet.archives.fetching import (
    Fetched,
    adopt,
    check,
    check_star,
    describe,
    fetch,
    list_files,
)
from astronet.archives.manifest import Manifest
from astronet.archives.streams import Archive, RemoteFile
from astronet.archives.targets import Cadence, Target
from astronet.errors import ArchiveError
from astronet.files.atomic import move

QUARANTINE = "quarantine"
"""The folder to which bad files are moved."""

_GIVE_UP = 32
"""After so many failures without a success between them, the archive is taken to be away."""

State = Literal["fetched", "kept", "complete", "incomplete", "absent", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of a file, or of a star as a whole (`file` is None)."""

    target: Target
    file: RemoteFile | None
    state: State
    reason: str = ""
    size: int = 0
    """Bytes that were fetched."""


@dataclass
class _Star:
    """A star on its way: how many files it has, how many are to come, whether all others came."""

    files: int
    left: int
    whole: bool = True


@dataclass(frozen=True)
class _Done:
    """What a task has to say: an outcome, or the files that a star needs."""

    outcome: Outcome
    files: tuple[RemoteFile, ...] = ()
    fetched: Fetched | None = None
    """What the manifest has to be told."""


@dataclass
class Transfer:
    """One run: from where, to where, and with how much patience."""

    archive: Archive
    folder: Path
    manifest: Manifest
    cadence: Cadence
    connections: int
    patience: Patience
    stop: threading.Event
    quarantined: list[Path] = field(default_factory=list)
    """Bad files that stood under a final name, where they are now."""

    _files: deque[RemoteFile] = field(default_factory=deque, init=False)
    _stars: dict[Target, _Star] = field(default_factory=dict, init=False)

    def run(self, targets: Iterable[Target]) -> Iterator[Outcome]:
        """The outcome of each file and each star, as they come.

        Raises:
            OSError: The disk is full or may not be written.
        """
        waiting, failures = iter(targets), 0
        running: set[Future[_Done]] = set()
        with ThreadPoolExecutor(self.connections) as pool:
            try:
                while True:
                    while len(running) < 2 * self.connections and failures < _GIVE_UP:
                        if self._files:
                            running.add(pool.submit(self._obtain, self._files.popleft()))
                        elif target := next(waiting, None):
                            running.add(pool.submit(self._survey, target))
                        else:
                            break
                    if not running:
                        break
                    settled, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in settled:
                        for outcome in self._outcomes(future.result()):
                            failures = _failures(failures, outcome)
                            yield outcome
            except BaseException:
                self.stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        yield from self._untried(waiting)

    def _outcomes(self, done: _Done) -> Iterator[Outcome]:
        """What to tell of a task, once the manifest knows it."""
        target, file = done.outcome.target, done.outcome.file
        if done.files:
            self._stars[target] = _Star(len(done.files), len(done.files))
            self._files.extend(done.files)
            return
        if file and done.fetched:
            self.manifest.add(file, done.fetched)
        yield done.outcome
        if file is None:
            return
        star = self._stars[target]
        star.left -= 1
        star.whole &= done.outcome.state != "failed"
        if star.left == 0:
            del self._stars[target]
            if star.whole:
                self.manifest.finish(target, star.files)
            yield Outcome(target, None, "complete" if star.whole else "incomplete")

    def _untried(self, waiting: Iterable[Target]) -> Iterator[Outcome]:
        """What is left when the archive is away."""
        reason = f"not tried: the {_GIVE_UP} requests before it had failed"
        for file in self._files:
            yield Outcome(file.target, file, "failed", reason)
        for target in self._stars:
            yield Outcome(target, None, "incomplete")
        for target in waiting:
            yield Outcome(target, None, "failed", reason)

    def _survey(self, target: Target) -> _Done:
        """Finds out which files a star has, or that they are all here."""
        if (files := self.manifest.complete(target)) and self._files_here(target) == files:
            return _Done(Outcome(target, None, "complete"))
        try:
            found = list_files(self.archive, target, self.cadence, self.patience, self.stop)
        except AbsentError as error:
            return _Done(Outcome(target, None, "absent", str(error)))
        except ArchiveError as error:
            return _Done(Outcome(target, None, "failed", str(error)))
        return _Done(Outcome(target, None, "complete"), tuple(found))

    def _files_here(self, target: Target) -> int:
        """How many good files of a star are here; bad ones are moved aside."""
        name, folder = target.file_names(self.cadence), self.folder / target.folder
        paths = [path for path in _within(folder) if name.fullmatch(path.name)]
        return sum(self._good(path, lambda path: check_star(path, target)) for path in paths)

    def _obtain(self, file: RemoteFile) -> _Done:
        """Has one file, from here or from the archive."""
        path = self.folder / file.path
        if path.exists() and self._good(path, lambda path: check(path, file)):
            fetched = None if self.manifest.knows(file) else adopt(path)
            return _Done(Outcome(file.target, file, "kept"), fetched=fetched)
        try:
            fetched = fetch(self.archive, file, self.folder, self.patience, self.stop)
        except ArchiveError as error:
            return _Done(Outcome(file.target, file, "failed", str(error)))
        return _Done(Outcome(file.target, file, "fetched", size=fetched.size), fetched=fetched)

    def _good(self, path: Path, refuse: Callable[[Path], None]) -> bool:
        """Whether a file that is here is good; if not, it is moved aside."""
        within = path.relative_to(self.folder)
        try:
            refuse(path)
            if (known := self.manifest.hash_of(within)) and describe(path).sha256 != known:
                raise ArchiveError(f"{path} is not what manifest.jsonl says; fetch it again")
        except ArchiveError:
            aside = self.folder / QUARANTINE / within
            aside.parent.mkdir(parents=True, exist_ok=True)
            while aside.exists():
                aside = aside.with_name(aside.name + ".again")
            move(path, aside)
            self.quarantined.append(aside)
            return False
        return True


def _failures(before: int, outcome: Outcome) -> int:
    """How many failures there were without a success between them."""
    if outcome.state == "failed":
        return before + 1
    return 0 if outcome.state in ("fetched", "absent") else before


def _within(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
