"""What every archive gives: the list of a star's files, and each file as a stream of bytes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from astronet.archives.faults import FaultError
from astronet.archives.targets import Cadence, Target


class StalePartError(FaultError):
    """What has been fetched of a file does not fit what the archive has now."""


@dataclass(frozen=True)
class RemoteFile:
    """One file of an archive."""

    target: Target
    url: str
    """Its address, or its path in a folder."""

    name: str
    """Its name, which matches the target's `file_names`: it can lead nowhere."""

    size: int | None = None
    """Its length [bytes], where the archive gives it exactly."""

    estimate: int | None = None
    """About how long it is [bytes], where the archive rounds."""

    @property
    def path(self) -> PurePosixPath:
        """Where it goes, below the folder of light curves."""
        return self.target.folder / self.name


@dataclass(frozen=True)
class Stream:
    """A file on its way."""

    start: int
    """The byte at which the chunks begin: the one asked for, or 0."""

    size: int | None
    """The length [bytes] of the whole file, where the archive says it."""

    validator: str
    """What tells this version of the file from another; "" where nothing does."""

    chunks: Iterator[bytes]

    measured: bool = True
    """Whether an end that comes too early is noticed."""


class Archive(Protocol):
    """A place that has light curves."""

    def list_files(self, target: Target, cadence: Cadence) -> list[RemoteFile]:
        """A star's files, by name.

        Raises:
            AbsentError: The archive does not have the star, or no such file of it.
            FaultError: The list may come at the next attempt.
            ArchiveError: The list was refused.
        """

    def open(self, url: str, start: int = 0, validator: str = "") -> AbstractContextManager[Stream]:
        """A file from byte `start` on, if it is still what `validator` says; else all of it.

        Raises:
            AbsentError: The archive does not have it.
            FaultError: It may come at the next attempt.
            ArchiveError: It was refused.
        """
