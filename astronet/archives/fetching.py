"""One file from an archive to the disk: resumed where it stopped, checked before it gets its name.

Nothing is forced to the platter (fsync). Of what a power failure harms, the next run finds a file
that is cut short or whose headers are broken; bytes that changed within the data are found only by
comparing sha256 with manifest.jsonl (`astronet download --verify`).
"""

import json
import threading
from dataclasses import dataclass
from pathlib import Path

from astronet.archives.faults import AbsentError, FaultError, Patience, check_running
from astronet.archives.streams import Archive, RemoteFile, StalePartError, Stream
from astronet.archives.targets import Cadence, Target
from astronet.errors import ArchiveError
from astronet.files.atomic import move
from astronet.files.checksums import sha256_of
from astronet.missions.fits_table import read_whole_header


@dataclass(frozen=True)
class Fetched:
    """A file that is whole and under its final name."""

    path: Path
    size: int
    sha256: str


def list_files(
    archive: Archive, target: Target, cadence: Cadence, patience: Patience, stop: threading.Event
) -> list[RemoteFile]:
    """A star's files, asked for as long as patience lasts.

    That the archive does not have a star is believed when it says so twice.

    Raises:
        AbsentError: The archive does not have the star, or no such file of it.
        ArchiveError: The list could not be had.
    """
    denied = False
    for attempt in patience.retrying(stop):
        with attempt:
            check_running(stop)
            try:
                files = archive.list_files(target, cadence)
            except AbsentError as error:
                if denied:
                    raise
                denied = True
                raise FaultError(str(error), wait=0) from None
    return files


def fetch(
    archive: Archive, file: RemoteFile, folder: Path, patience: Patience, stop: threading.Event
) -> Fetched:
    """Fetches a file into the folder, trying again as long as patience lasts.

    Raises:
        ArchiveError: It could not be had; the message says why the last attempt failed.
        OSError: The disk is full or may not be written.
    """
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    for attempt in patience.retrying(stop):
        with attempt:
            check_running(stop)
            _attempt(archive, file, path)
    return describe(path)


def describe(path: Path) -> Fetched:
    """The length and SHA-256 of a file."""
    return Fetched(path, path.stat().st_size, sha256_of(path))


def adopt(path: Path) -> Fetched:
    """Describes a good file of which the manifest does not know, and clears what its fetch left."""
    _Part(path).discard()
    return describe(path)


def check(path: Path, file: RemoteFile) -> None:
    """Refuses what is not the whole light curve of the star that was asked for.

    Raises:
        ArchiveError: It has another length than the archive's list says, is a web page, is cut
            short, or is another star's.
    """
    if file.size is not None and (size := path.stat().st_size) != file.size:
        raise ArchiveError(f"it has {size} bytes, and the archive lists {file.size}")
    try:
        check_star(path, file.target)
    except ArchiveError:
        with path.open("rb") as content:
            if content.read(256).lstrip().startswith(b"<"):
                raise ArchiveError("the archive sent a web page in place of the file") from None
        raise


def check_star(path: Path, target: Target) -> None:
    """Refuses a file that is cut short or another star's, without reading its data.

    Raises:
        ArchiveError: It is.
    """
    number = read_whole_header(path, (target.key,))[target.key]
    if number != target.number:
        raise ArchiveError(f"it says that it is star {number}'s, not {target}'s")


class _Part:
    """What there is of a file so far, and what version of the file that is."""

    def __init__(self, path: Path) -> None:
        self.content = path.with_name(path.name + ".part")
        self._tag = path.with_name(path.name + ".part.json")

    def progress(self) -> tuple[int, str, int | None]:
        """How many bytes are there, their validator and the whole file's length."""
        try:
            tag = json.loads(self._tag.read_text(encoding="utf-8"))
            return self.content.stat().st_size, str(tag["validator"]), tag["size"]
        except (OSError, ValueError, KeyError, TypeError):
            return 0, "", None

    def receive(self, stream: Stream) -> int:
        """Writes a stream, after what is there or in its place; gives the length."""
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
        """Removes what is there; the tag last is never the tag of other bytes."""
        self.content.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)

    def finish(self, path: Path) -> None:
        """Gives the content its final name."""
        move(self.content, path)
        self._tag.unlink(missing_ok=True)


def _attempt(archive: Archive, file: RemoteFile, path: Path) -> None:
    part = _Part(path)
    start, validator, whole = part.progress()
    if not (start and start == whole):  # else it was stopped just before it got its name
        try:
            with archive.open(file.url, start, validator) as stream:
                size = part.receive(stream)
        except StalePartError:
            part.discard()
            raise
        except AbsentError as error:
            raise FaultError(f"{error}, though the archive lists it") from None
        if stream.size is not None and size != stream.size:
            part.discard()
            raise FaultError(f"{file.url}: {size} bytes came of {stream.size}")
    try:
        check(part.content, file)
    except ArchiveError as error:
        part.discard()
        reason = str(error).split(";")[0].replace(f"{part.content} ", "it ")
        raise FaultError(f"{file.url}: {reason}") from None
    part.finish(path)
