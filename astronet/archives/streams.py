"""Interface of all archives: list the files of a star, and open each file as a stream of bytes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from astronet.archives.faults import FaultError
from astronet.archives.targets import Cadence, Target


class StalePartError(FaultError):
    """A partial file that does not match the current version in the archive."""


@dataclass(frozen=True)
class RemoteFile:
    """One file of an archive."""

    target: Target
    url: str
    """URL, or path in a local folder."""

    name: str
    """Name, which matches the target's `file_names` and therefore contains no path."""

    size: int | None = None
    """Exact size [bytes]; None if the archive does not give it."""

    estimate: int | None = None
    """Approximate size [bytes], if the archive rounds it."""

    @property
    def path(self) -> PurePosixPath:
        """Path relative to the folder of light curves."""
        return self.target.folder / self.name


@dataclass(frozen=True)
class Stream:
    """A file while it is being downloaded."""

    start: int
    """Position of the first byte: the requested one, or 0."""

    size: int | None
    """Size of the whole file [bytes]; None if the archive does not give it."""

    validator: str
    """Identifier of this version of the file; "" if there is none."""

    chunks: Iterator[bytes]
    """Content from `start` to the end of the file."""

    measured: bool = True
    """Whether a premature end of the transfer can be detected."""


class Archive(Protocol):
    """A source of light-curve files."""

    def list_files(self, target: Target, cadence: Cadence) -> list[RemoteFile]:
        """List the light-curve files of a star, sorted by name.

        Args:
            target: The star.
            cadence: Cadence of the files.

        Raises:
            AbsentError: The archive does not have the star, or has no such files of it.
            FaultError: The request failed, but a retry may succeed.
            ArchiveError: The archive rejected the request.
        """

    def open(self, url: str, start: int = 0, validator: str = "") -> AbstractContextManager[Stream]:
        """Open a file from byte `start`, or from its beginning if its version has changed.

        Args:
            url: URL or path of the file, as listed.
            start: First byte to request.
            validator: Version of the file to which the first `start` bytes belong.

        Raises:
            AbsentError: The archive does not have the file.
            FaultError: The request failed, but a retry may succeed.
            ArchiveError: The archive rejected the request.
        """
