"""Interface of all archives: list the files of a star, and open each file as a byte stream."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from astronet.archives.faults import FaultError
from astronet.archives.targets import Cadence, Target


class StalePartError(FaultError):
    """Error raised if a download cannot be resumed, for example because the file has changed."""


@dataclass(frozen=True)
class RemoteFile:
    """File in an archive."""

    target: Target
    """Star to which the file belongs."""

    url: str
    """URL of the file, or its path in a local mirror."""

    name: str
    """File name; it matches `target.file_names` and therefore contains no folder."""

    size: int | None = None
    """Exact size [bytes]; None if the archive does not give it."""

    estimate: int | None = None
    """Approximate size [bytes]; None if the archive gives no rounded size."""

    @property
    def most(self) -> int | None:
        """Maximum size [bytes]; None if the archive gives no size.

        Index pages round sizes to two digits (an error of up to 5 %), or to whole kilobytes.
        """
        if self.size is not None:
            return self.size
        return None if self.estimate is None else round(1.06 * self.estimate) + (1 << 16)

    @property
    def path(self) -> PurePosixPath:
        """Path relative to the folder of light curves."""
        return self.target.folder / self.name


@dataclass(frozen=True)
class Stream:
    """File that is being downloaded."""

    start: int
    """Position in the file of the first byte of `chunks`: the requested position, or 0 if the
    archive returns the whole file instead."""

    size: int | None
    """Size of the whole file [bytes]; None if the archive does not give it."""

    validator: str
    """Identifier of this version of the file; "" if there is none."""

    chunks: Iterator[bytes]
    """Content from `start` to the end of the file."""

    measured: bool = True
    """Whether the protocol detects a premature end of the transfer."""


class Archive(Protocol):
    """Source of light-curve files."""

    def list_files(self, target: Target, cadence: Cadence) -> list[RemoteFile]:
        """Return the light-curve files of a star, sorted by name.

        Args:
            target: Star whose files are listed.
            cadence: Cadence of the files.

        Raises:
            AbsentError: The archive does not have the star, or has no files of this cadence for it.
            FaultError: The request failed, but a retry may succeed.
            ArchiveError: The archive rejected the request.
        """

    def url_of(self, target: Target, name: str) -> str:
        """Return the URL or path of a file; "" if the archive cannot tell it without a search.

        Args:
            target: Star to which the file belongs.
            name: Name of the file.
        """

    def open(self, url: str, start: int = 0, validator: str = "") -> AbstractContextManager[Stream]:
        """Open a file as a stream that starts at byte `start` if possible, otherwise at 0.

        The stream starts at 0 if the file has changed, or if the archive returns only whole files.

        Args:
            url: URL or path of the file, as returned by `list_files`.
            start: Position of the first byte to request.
            validator: Identifier of the file version from which the first `start` bytes were
                received.

        Raises:
            AbsentError: The archive does not have the file.
            StalePartError: The archive returned neither the bytes from `start` nor the whole file.
            FaultError: The request failed, but a retry may succeed.
            ArchiveError: The archive rejected the request.
        """
