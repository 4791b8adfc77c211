"""Parallel download of many stars' light curves over a few connections, with bounded memory use.

The files of a star are listed only when no other file is waiting to be downloaded, so that memory
use does not grow with the number of files.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from astronet.archives.faults import AbsentError, RetryPolicy
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
"""Name of the folder for files that are corrupt or belong to another star."""

_MAX_FAILURES = 32
"""Number of consecutive failures after which the archive is considered unavailable."""

State = Literal["fetched", "kept", "complete", "incomplete", "absent", "failed"]
"""State of a file (fetched, kept or failed) or of a star (complete, incomplete, absent or failed).

A kept file was already present. A star is incomplete if at least one of its files failed, absent if
the archive has no files for it, and failed if its files could not be listed.
"""


@dataclass(frozen=True)
class Outcome:
    """Result for a file, or for a whole star if `file` is None."""

    target: Target
    file: RemoteFile | None
    state: State
    reason: str = ""
    """Reason for the state absent or failed; otherwise ""."""

    size: int = 0
    """Size of the downloaded file [bytes]; 0 if none was downloaded."""


@dataclass
class _Star:
    """Star whose download is in progress.

    Attributes:
        files: Number of files.
        left: Number of files that have not been processed yet.
        complete: Whether no file has failed so far.
    """

    files: int
    left: int
    complete: bool = True


@dataclass(frozen=True)
class _Done:
    """Result of a task, which either lists the files of a star or obtains one file."""

    outcome: Outcome
    """Outcome to yield; if `files` is not empty, it only identifies the star."""

    files: tuple[RemoteFile, ...] = ()
    """Files of the listed star that have yet to be obtained."""

    fetched: Fetched | None = None
    """File to record in the manifest; None if no file was obtained or it is already recorded."""


@dataclass
class Transfer:
    """Download of light curves from an archive to a folder.

    Attributes:
        archive: Archive of light curves.
        folder: Folder of light curves.
        manifest: Records of the files in the folder.
        cadence: Cadence of the files.
        connections: Number of parallel connections.
        retry_policy: Number of attempts, waits between them, and timeouts.
        stop: Event that is set to end the run early.
        quarantined: New paths of the files that this download has quarantined.
    """

    archive: Archive
    folder: Path
    manifest: Manifest
    cadence: Cadence
    connections: int
    retry_policy: RetryPolicy
    stop: threading.Event
    quarantined: list[Path] = field(default_factory=list)

    _files: deque[RemoteFile] = field(default_factory=deque, init=False)
    _stars: dict[Target, _Star] = field(default_factory=dict, init=False)

    def run(self, targets: Iterable[Target]) -> Iterator[Outcome]:
        """Download the stars' files, and yield the outcome of each file and each star.

        If the manifest records a star as complete and all its files are valid, only the outcome of
        the star is yielded. After `_MAX_FAILURES` consecutive failures, no further downloads are
        started; the remaining files and stars are reported as failed or incomplete.

        Args:
            targets: Stars to download.

        Raises:
            OSError: The disk is full, or a file cannot be written.
        """
        waiting, failures = iter(targets), 0
        running: set[Future[_Done]] = set()
        with ThreadPoolExecutor(self.connections) as pool:
            try:
                while True:
                    while len(running) < 2 * self.connections and failures < _MAX_FAILURES:
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
        """Queue the files that a task has listed; otherwise, record its file and yield outcomes."""
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
        star.complete &= done.outcome.state != "failed"
        if star.left == 0:
            del self._stars[target]
            if star.complete:
                self.manifest.finish(target, star.files)
            yield Outcome(target, None, "complete" if star.complete else "incomplete")

    def _untried(self, waiting: Iterable[Target]) -> Iterator[Outcome]:
        """Yield an outcome for each file and star left over after too many failures."""
        reason = f"not tried, because the previous {_MAX_FAILURES} requests failed"
        for file in self._files:
            yield Outcome(file.target, file, "failed", reason)
        for target in self._stars:
            yield Outcome(target, None, "incomplete")
        for target in waiting:
            yield Outcome(target, None, "failed", reason)

    def _survey(self, target: Target) -> _Done:
        """Return the files that the archive lists for a star, or the final outcome of the star.

        The outcome is final if the archive has no files of the star or they cannot be listed, or
        if the manifest records the star as complete and all its files are still valid.
        """
        if (files := self.manifest.complete(target)) and self._count_valid(target) == files:
            return _Done(Outcome(target, None, "complete"))
        try:
            found = list_files(self.archive, target, self.cadence, self.retry_policy, self.stop)
        except AbsentError as error:
            return _Done(Outcome(target, None, "absent", str(error)))
        except ArchiveError as error:
            return _Done(Outcome(target, None, "failed", str(error)))
        return _Done(Outcome(target, None, "complete"), tuple(found))

    def _count_valid(self, target: Target) -> int:
        """Return the number of a star's valid files in the folder; quarantine the invalid ones."""
        name, folder = target.file_names(self.cadence), self.folder / target.folder
        paths = [path for path in _within(folder) if name.fullmatch(path.name)]
        return sum(self._validate(path, lambda path: check_star(path, target)) for path in paths)

    def _obtain(self, file: RemoteFile) -> _Done:
        """Keep a file's local copy if it is valid, otherwise download it; return the result."""
        path = self.folder / file.path
        if path.exists() and self._validate(path, lambda path: check(path, file)):
            fetched = None if self.manifest.has(file) else adopt(path)
            return _Done(Outcome(file.target, file, "kept"), fetched=fetched)
        try:
            fetched = fetch(self.archive, file, self.folder, self.retry_policy, self.stop)
        except ArchiveError as error:
            return _Done(Outcome(file.target, file, "failed", str(error)))
        return _Done(Outcome(file.target, file, "fetched", size=fetched.size), fetched=fetched)

    def _validate(self, path: Path, check_file: Callable[[Path], None]) -> bool:
        """Return whether a local file is valid; quarantine it if it is not."""
        within = path.relative_to(self.folder)
        try:
            check_file(path)
            if (known := self.manifest.hash_of(within)) and describe(path).sha256 != known:
                raise ArchiveError(
                    f"{path}: the SHA-256 checksum differs from the one in manifest.jsonl; "
                    "download the file again"
                )
        except ArchiveError:
            destination = self.folder / QUARANTINE / within
            destination.parent.mkdir(parents=True, exist_ok=True)
            while destination.exists():
                destination = destination.with_name(destination.name + ".again")
            move(path, destination)
            self.quarantined.append(destination)
            return False
        return True


def _failures(before: int, outcome: Outcome) -> int:
    """Return the number of consecutive failures, updated with an outcome.

    Only the states fetched and absent reset the number, because they prove a successful request.
    """
    if outcome.state == "failed":
        return before + 1
    return 0 if outcome.state in ("fetched", "absent") else before


def _within(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
