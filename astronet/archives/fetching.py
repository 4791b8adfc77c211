"""Download one file: resume a partial download, check the result and move it to its final path.

Files are not synchronised with the disk (fsync). After a power failure, the next run detects files
that are truncated or have invalid headers, and `verify` in `astronet.download.download` detects
altered data.
"""

import json
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from astronet.archives.faults import AbsentError, FaultError, RetryPolicy, check_running
from astronet.archives.streams import Archive, RemoteFile, StalePartError, Stream
from astronet.archives.targets import Cadence, Target
from astronet.errors import ArchiveError, printable
from astronet.files.atomic import move
from astronet.missions.archive_files import CheckedFile

MAX_SIZE = 100_000_000
"""Default maximum size of a file [bytes]."""

_TAGGED = 1 << 20
"""Number of bytes after which a partial download can be resumed by another process."""


@dataclass(frozen=True)
class Fetched:
    """Complete file at its final path.

    Attributes:
        path: Path of the file.
        size: Size [bytes].
        sha256: SHA-256 checksum, in hexadecimal.
        attempts: Number of attempts.
        seconds: Duration of the download, including waits between the attempts [s].
    """

    path: Path
    size: int
    sha256: str
    attempts: int = 0
    seconds: float = 0.0


def list_files(
    archive: Archive,
    target: Target,
    cadence: Cadence,
    retry_policy: RetryPolicy,
    stop: threading.Event,
) -> list[RemoteFile]:
    """Return the light-curve files of a star, with retries after temporary failures.

    A star is considered absent only if the archive reports it as absent twice.

    Args:
        archive: Archive of light curves.
        target: Star whose files are listed.
        cadence: Cadence of the files.
        retry_policy: Number of attempts, waits between them, and timeouts.
        stop: Event that is set to end the run early.

    Raises:
        AbsentError: The archive does not have the star, or has no files of this cadence for it.
        FaultError: Every attempt failed.
        ArchiveError: The archive rejected the request, or the run was interrupted.
    """
    for attempt in retry_policy.retrying(stop):
        with attempt:
            check_running(stop)
            try:
                files = archive.list_files(target, cadence)
            except AbsentError:
                files = archive.list_files(target, cadence)
    return files


def fetch(
    archive: Archive,
    file: RemoteFile,
    folder: Path,
    retry_policy: RetryPolicy,
    stop: threading.Event,
    max_size: int = MAX_SIZE,
) -> Fetched:
    """Download a file with retries, and return its path, size and checksum.

    If a partial download of the same version of the file exists, it is resumed.

    Args:
        archive: Archive of light curves.
        file: File to download.
        folder: Folder of light curves, to which `file.path` is relative.
        retry_policy: Number of attempts, waits between them, and timeouts.
        stop: Event that is set to end the run early.
        max_size: Maximum size of the file [bytes].

    Raises:
        ArchiveError: The file is larger than `max_size`, every attempt failed, the archive rejected
            the request, or the run was interrupted; the message gives the reason for the last
            failure.
        OSError: The disk is full, or the file cannot be written.
    """
    smallest = file.size if file.estimate is None else round(0.94 * file.estimate)
    if smallest is not None and smallest > max_size:
        raise _too_large(file, smallest, max_size)
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    started, attempts = time.monotonic(), 0
    for attempt in retry_policy.retrying(stop):
        with attempt:
            check_running(stop)
            attempts += 1
            checked = _attempt(archive, file, path, max_size)
    return Fetched(path, checked.size, checked.sha256, attempts, time.monotonic() - started)


def discard_part(path: Path) -> None:
    """Remove any partial download of a file that exists at its final path."""
    _Part(path).discard()


def check(path: Path, file: RemoteFile) -> CheckedFile:
    """Check that a downloaded file is complete, undamaged and the one that its name states.

    Args:
        path: Path of the downloaded file.
        file: Corresponding entry in the archive's listing.

    Raises:
        ArchiveError: The size differs from the archive's listing, or the file is a web page or
            fails a check of `check_archive_file`.
    """
    if file.size is not None and (size := path.stat().st_size) != file.size:
        raise ArchiveError(f"the file has {size} bytes, but the archive lists {file.size} bytes")
    try:
        return file.target.check(path)
    except ArchiveError:
        if path.is_file():
            with path.open("rb") as content:
                begin = content.read(256)
            if begin.lstrip().startswith(b"<"):
                raise ArchiveError("the archive returned a web page, not the file") from None
        raise


class _Part:
    """Partial download, with a tag that identifies the version of the remote file."""

    def __init__(self, path: Path) -> None:
        self.content = path.with_name(path.name + ".part")
        self._tag = path.with_name(path.name + ".part.json")

    def progress(self) -> tuple[int, str, int | None]:
        """Return the progress of the partial download.

        Returns:
            Number of bytes received, validator, and size of the whole file [bytes]. The values are
            0, "" and None if there is no download to resume; the size is also None if the archive
            does not give it.
        """
        try:
            tag = json.loads(self._tag.read_text(encoding="utf-8"))
            return self.content.stat().st_size, str(tag["validator"]), tag["size"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return 0, "", None

    def receive(self, stream: Stream, most: int) -> int:
        """Write a stream to the partial file, and return the file's new size [bytes].

        A stream that starts at 0 replaces the content; any other stream is appended. The tag is
        written when the first megabyte has arrived or the transfer ends early, so that most files
        need none.

        Args:
            stream: Stream to write.
            most: Maximum size of the file [bytes]. If it is larger, the rest is not received.
        """
        mode = "ab" if stream.start else "wb"
        with open(self.content, mode, opener=_without_links) as content:
            size, tagged = content.tell(), stream.start > 0
            if not tagged:
                self._tag.unlink(missing_ok=True)
            try:
                for chunk in stream.chunks:
                    size += len(chunk)
                    if size > most:
                        return size
                    content.write(chunk)
                    if not tagged and size > _TAGGED:
                        self._write_tag(stream)
                        tagged = True
            except BaseException:
                if not tagged:
                    self._write_tag(stream)
                raise
            return size

    def _write_tag(self, stream: Stream) -> None:
        if stream.validator:
            tag = {"validator": stream.validator, "size": stream.size}
            self._tag.write_text(json.dumps(tag), encoding="utf-8")

    def discard(self) -> None:
        """Remove the content and then the tag, so that the tag never describes other content."""
        self.content.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)

    def finish(self, path: Path) -> None:
        """Move the content to its final path, and remove the tag."""
        move(self.content, path)
        self._tag.unlink(missing_ok=True)


def _without_links(path: str, flags: int) -> int:
    """Open a file, but not through a symbolic link, which could lead to any other file."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _attempt(archive: Archive, file: RemoteFile, path: Path, max_size: int) -> CheckedFile:
    part = _Part(path)
    start, validator, whole = part.progress()
    if not (start and start == whole):  # otherwise, all bytes were received before
        _receive(archive, file, part, start, validator, max_size)
    try:
        checked = check(part.content, file)
    except ArchiveError as error:
        part.discard()
        reason = str(error).rpartition(";")[0] or str(error)
        reason = reason.removeprefix(f"{part.content}: ")
        reason = reason.replace(f"{part.content} ", "the file ")
        raise FaultError(printable(f"{file.url}: {reason}")) from None
    part.finish(path)
    return checked


def _receive(
    archive: Archive, file: RemoteFile, part: _Part, start: int, validator: str, max_size: int
) -> None:
    """Request a file, and write it to its partial download, from byte `start` if possible."""
    most = max_size if file.most is None else min(file.most, max_size)
    try:
        with archive.open(file.url, start, validator) as stream:
            if stream.size is not None and stream.size > most:
                raise _too_large(file, stream.size, max_size)
            size = part.receive(stream, most)
            if size > most:
                raise _too_large(file, size, max_size)
    except (StalePartError, _TooLargeError):
        part.discard()
        raise
    except AbsentError as error:
        raise FaultError(f"{error}, although the archive lists the file") from None
    if stream.size is not None and size != stream.size:
        part.discard()
        raise FaultError(f"{file.url}: received {size} of {stream.size} bytes")


class _TooLargeError(ArchiveError):
    """Error raised if a file is larger than the maximum that the user has set."""


def _too_large(file: RemoteFile, size: int, max_size: int) -> ArchiveError:
    """Return the error for a file that is too large.

    If the file exceeds the size in the archive's list, but not the user's maximum, the list or the
    response may be wrong, and the error is a `FaultError`, after which a retry may succeed.
    """
    if file.most is None or file.most > max_size:
        return _TooLargeError(
            f"{file.url}: the file has at least {size:,} bytes, more than the maximum of "
            f"{max_size:,} bytes; increase the maximum size"
        )
    return StalePartError(
        f"{file.url}: the file has at least {size:,} bytes, more than the maximum of {file.most:,} "
        "bytes for its size in the archive's list"
    )
