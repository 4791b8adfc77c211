"""Parallel download of many stars' light curves over a few connections, with bounded memory use.

The files of a star are listed only when no other file is waiting to be downloaded, so that memory
use does not grow with the number of files.
"""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue

from astronet.archives.faults import AbsentError
from astronet.archives.fetching import Fetched, fetch, list_files
from astronet.archives.local_files import LocalFiles
from astronet.archives.manifest import Manifest, Record
from astronet.archives.outcomes import Outcome
from astronet.archives.settings import DownloadSettings
from astronet.archives.streams import Archive, RemoteFile
from astronet.archives.targets import Target
from astronet.errors import ArchiveError

_MAX_FAILURES = 32
"""Number of consecutive failures after which the archive is considered unavailable."""


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

    records: tuple[Record, ...] = ()
    """Records to add to the manifest."""


@dataclass
class Transfer:
    """Download of light curves from an archive to a folder.

    Attributes:
        archives: Archives of light curves. Each file is requested from the first one, and from the
            next one only if this fails.
        local: Files in the folder.
        settings: Connections, attempts and limits.
        stop: Event that is set to end the run early.
        verify: Whether to read the data of files that are already present.
        refresh: Whether to list the files of complete stars again, and to merge the lists of all
            archives.
        unlisted: Files in the folder that the archives did not list, if `refresh` is set.
    """

    archives: tuple[Archive, ...]
    local: LocalFiles
    settings: DownloadSettings
    stop: threading.Event
    verify: bool = False
    refresh: bool = False
    unlisted: list[Path] = field(default_factory=list)

    _files: deque[RemoteFile] = field(default_factory=deque, init=False)
    _stars: dict[Target, _Star] = field(default_factory=dict, init=False)
    _failures: int = field(default=0, init=False)
    _consecutive: int = field(default=0, init=False)

    @property
    def manifest(self) -> Manifest:
        """Records of the files in the folder."""
        return self.local.manifest

    def run(self, targets: Iterable[Target]) -> Iterator[Outcome]:
        """Download the stars' files, and yield the outcome of each file and each star.

        If the manifest records a star as complete and all its files are valid, only the outcome of
        the star is yielded. After `_MAX_FAILURES` consecutive failures, or `max_errors` failures in
        all, no further downloads are started; the remaining files and stars are reported as failed
        or incomplete.

        Args:
            targets: Stars to download.

        Raises:
            OSError: The disk is full, or a file cannot be written.
        """
        waiting = iter(targets)
        running = 0
        ended: SimpleQueue[Future[_Done]] = SimpleQueue()
        with ThreadPoolExecutor(self.settings.connections) as pool:
            try:
                while True:
                    while running < self.settings.connections and not self._given_up():
                        if self._files:
                            task = pool.submit(self._obtain, self._files.popleft())
                        elif target := next(waiting, None):
                            task = pool.submit(self._survey, target)
                        else:
                            break
                        task.add_done_callback(ended.put)
                        running += 1
                    if not running:
                        break
                    done = ended.get().result()
                    running -= 1
                    for outcome in self._outcomes(done):
                        self._count(outcome)
                        yield outcome
            except BaseException:
                self.stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        yield from self._untried(waiting)

    def _given_up(self) -> str:
        """Return the reason why no further downloads are started; "" if there is none."""
        most = self.settings.max_errors
        if most is not None and self._failures >= most:
            return f"not tried, because {self._failures} downloads failed"
        if self._consecutive >= _MAX_FAILURES:
            return f"not tried, because the previous {_MAX_FAILURES} requests failed"
        return ""

    def _count(self, outcome: Outcome) -> None:
        """Update the numbers of failures with an outcome.

        Only the states fetched and absent end a series of failures, because they prove a successful
        request.
        """
        self._failures += outcome.state == "failed"
        if outcome.state == "failed":
            self._consecutive += 1
        elif outcome.state in ("fetched", "absent"):
            self._consecutive = 0

    def _outcomes(self, done: _Done) -> Iterator[Outcome]:
        """Queue the files that a task has listed; otherwise, record its file and yield outcomes."""
        target, file = done.outcome.target, done.outcome.file
        for record in done.records:
            self.manifest.add(record)
        if done.files:
            self._stars[target] = _Star(len(done.files), len(done.files))
            self._files.extend(done.files)
            return
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
                yield Outcome(target, None, "complete", files=star.files)
            else:
                yield Outcome(target, None, "incomplete")

    def _untried(self, waiting: Iterable[Target]) -> Iterator[Outcome]:
        """Yield an outcome for each file and star left over after too many failures."""
        reason = self._given_up()
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
        files = self.manifest.complete(target)
        if files and not self.refresh:
            found = self.local.survey(target, data=self.verify)
            if found.valid >= files:
                outcome = Outcome(
                    *(target, None, "complete"),
                    files=files,
                    kept=found.valid,
                    verified=found.verified,
                )
                return _Done(outcome, records=found.records)
            if not self.local.writable:
                reason = "; ".join(found.reasons) or f"{found.valid} of {files} files are present"
                return _Done(Outcome(target, None, "failed", reason))
        try:
            listed = self._listed(target)
        except AbsentError as error:
            return _Done(Outcome(target, None, "absent", str(error)))
        except ArchiveError as error:
            return self._unlisted(target, str(error))
        if self.refresh:
            self.unlisted += self.local.unlisted(target, {file.name for file in listed})
        return _Done(Outcome(target, None, "complete"), tuple(listed))

    def _unlisted(self, target: Target, reason: str) -> _Done:
        """Return the outcome of a star whose files cannot be listed; verify those in the folder."""
        if not self.verify:
            return _Done(Outcome(target, None, "failed", reason))
        found = self.local.survey(target, data=True)
        outcome = Outcome(target, None, "failed", reason, verified=found.verified)
        return _Done(outcome, records=found.records)

    def _listed(self, target: Target) -> list[RemoteFile]:
        """Return the files that the archives list for a star.

        With `refresh`, the lists of all archives are merged; otherwise, an archive is
        queried only if the request to the previous one failed or it does not have the star.

        Raises:
            AbsentError: No archive has files of the star.
            ArchiveError: The files cannot be listed.
        """
        found: dict[str, RemoteFile] = {}
        absent, failed = None, []
        for archive in self.archives:
            policy = self.settings.retry_policy
            try:
                files = list_files(archive, target, self.local.cadence, policy, self.stop)
            except AbsentError as error:
                absent = absent or error
                continue
            except ArchiveError as error:
                failed.append(str(error))
                continue
            found = {file.name: file for file in files} | found
            if not self.refresh:
                break
        if failed and (self.refresh or not found):
            raise ArchiveError("; ".join(failed))
        if not found and absent:
            raise absent
        return [found[name] for name in sorted(found)]

    def _obtain(self, file: RemoteFile) -> _Done:
        """Keep a file's local copy if it is valid, otherwise download it; return the result."""
        try:
            if here := self.local.has(file):
                record, verified = here
                outcome = Outcome(file.target, file, "kept", verified=verified)
                return _Done(outcome, records=(record,) if record else ())
            source, fetched = self._fetched(file)
        except ArchiveError as error:
            return _Done(Outcome(file.target, file, "failed", str(error)))
        record = Record(
            file.target.number, str(file.path), source.url, fetched.size, fetched.sha256
        )
        outcome = Outcome(
            file.target,
            source,
            "fetched",
            size=fetched.size,
            seconds=fetched.seconds,
            attempts=fetched.attempts,
        )
        return _Done(outcome, records=(record,))

    def _fetched(self, file: RemoteFile) -> tuple[RemoteFile, Fetched]:
        """Download a file from the first archive that can provide it.

        Raises:
            ArchiveError: No archive can provide the file.
        """
        reasons, settings = [], self.settings
        for number, archive in enumerate(self.archives):
            # Only a search of MAST gives the URLs of K2 and TESS files; it has no alternative.
            source = replace(file, url=archive.url_of(file.target, file.name) or file.url)
            if number:  # the list of the other archive can be wrong
                source = replace(source, size=None, estimate=None)
            try:
                return source, fetch(
                    *(archive, source, self.local.folder, settings.retry_policy, self.stop),
                    max_size=settings.max_size,
                )
            except ArchiveError as error:
                reasons.append(str(error))
        raise ArchiveError("; ".join(reasons))
