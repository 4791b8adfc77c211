"""Download one file: resume a partial download, check the result and move it to its final path.

Files are not synchronised with the disk (fsync). After a power failure, the next run detects files
that are truncated or have invalid headers. Altered data are detected only if a file's SHA-256
checksum is compared with manifest.jsonl (see `verify` in `astronet.download.download`).
"""

import json
import threading
from dataclasses import dataclass
from pathlib import Path

from astronet.archives.faults import AbsentError, FaultError, RetryPolicy, check_running
from astronet.archives.streams import Archive, RemoteFile, StalePartError, Stream
from astronet.archives.targets import Cadence, Target
from astronet.errors import ArchiveError
from astronet.files.atomic import move
from astronet.files.checksums import sha256_of
from astronet.missions.fits_table import read_whole_header


@dataclass(frozen=True)
class Fetched:
    """Complete file at its final path.

    Attributes:
        path: Path of the file.
        size: Size [bytes].
        sha256: SHA-256 checksum, in hexadecimal.
    """

    path: Path
    size: int
    sha256: str


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
    reported_absent = False
    for attempt in retry_policy.retrying(stop):
        with attempt:
            check_running(stop)
            try:
                files = archive.list_files(target, cadence)
            except AbsentError as error:
                if reported_absent:
                    raise
                reported_absent = True
                raise FaultError(str(error), wait=0) from None
    return files


def fetch(
    archive: Archive,
    file: RemoteFile,
    folder: Path,
    retry_policy: RetryPolicy,
    stop: threading.Event,
) -> Fetched:
    """Download a file with retries, and return its path, size and checksum.

    If a partial download of the same version of the file exists, it is resumed.

    Args:
        archive: Archive of light curves.
        file: File to download.
        folder: Folder of light curves, to which `file.path` is relative.
        retry_policy: Number of attempts, waits between them, and timeouts.
        stop: Event that is set to end the run early.

    Raises:
        ArchiveError: Every attempt failed, the archive rejected the request, or the run was
            interrupted; the message gives the reason for the last failure.
        OSError: The disk is full, or the file cannot be written.
    """
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    for attempt in retry_policy.retrying(stop):
        with attempt:
            check_running(stop)
            _attempt(archive, file, path)
    return describe(path)


def describe(path: Path) -> Fetched:
    """Return the path, size and SHA-256 checksum of a file."""
    return Fetched(path, path.stat().st_size, sha256_of(path))


def adopt(path: Path) -> Fetched:
    """Return the path, size and checksum of a valid file; remove any partial download of it."""
    _Part(path).discard()
    return describe(path)


def check(path: Path, file: RemoteFile) -> None:
    """Raise an error if a downloaded file is incomplete or belongs to another star.

    Args:
        path: Path of the downloaded file.
        file: Corresponding entry in the archive's listing.

    Raises:
        ArchiveError: The size differs from the archive's listing, or the file is a web page, is
            truncated, is not a FITS file or belongs to another star.
    """
    if file.size is not None and (size := path.stat().st_size) != file.size:
        raise ArchiveError(f"the file has {size} bytes, but the archive lists {file.size} bytes")
    try:
        check_star(path, file.target)
    except ArchiveError:
        with path.open("rb") as content:
            if content.read(256).lstrip().startswith(b"<"):
                raise ArchiveError("the archive returned a web page, not the file") from None
        raise


def check_star(path: Path, target: Target) -> None:
    """Raise an error if a file is truncated or belongs to another star.

    Only the headers of the file are read, not its data.

    Args:
        path: Path of the file.
        target: Star to which the file should belong.

    Raises:
        ArchiveError: The file is missing, truncated or not a FITS file, or its primary header
            does not contain the number of the star.
    """
    number = read_whole_header(path, (target.key,))[target.key]
    if number is None:
        raise ArchiveError(f"the file has no keyword {target.key}, so its star is unknown")
    if number != target.number:
        raise ArchiveError(f"the file belongs to star {number}, not to {target}")


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
        except (OSError, ValueError, KeyError, TypeError):
            return 0, "", None

    def receive(self, stream: Stream) -> int:
        """Write a stream to the partial file, and return the file's new size [bytes].

        A stream that starts at 0 replaces the content; any other stream is appended.
        """
        if stream.start == 0:
            self.discard()
            if stream.validator:
                tag = {"validator": stream.validator, "size": stream.size}
                self._tag.write_text(json.dumps(tag), encoding="utf-8")
        with self.content.open("ab") as content:
            for chunk in stream.chunks:
                content.write(chunk)
            return content.tell()

    def discard(self) -> None:
        """Remove the content and then the tag, so that the tag never describes other content."""
        self.content.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)

    def finish(self, path: Path) -> None:
        """Move the content to its final path, and remove the tag."""
        move(self.content, path)
        self._tag.unlink(missing_ok=True)


def _attempt(archive: Archive, file: RemoteFile, path: Path) -> None:
    part = _Part(path)
    start, validator, whole = part.progress()
    if not (start and start == whole):  # otherwise, all bytes were received before
        try:
            with archive.open(file.url, start, validator) as stream:
                size = part.receive(stream)
        except StalePartError:
            part.discard()
            raise
        except AbsentError as error:
            raise FaultError(f"{error}, although the archive lists the file") from None
        if stream.size is not None and size != stream.size:
            part.discard()
            raise FaultError(f"{file.url}: received {size} of {stream.size} bytes")
    try:
        check(part.content, file)
    except ArchiveError as error:
        part.discard()
        reason = str(error).partition(";")[0].removeprefix(f"{part.content}: ")
        reason = reason.replace(f"{part.content} ", "the file ")
        raise FaultError(f"{file.url}: {reason}") from None
    part.finish(path)
