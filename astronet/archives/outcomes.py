"""Results of a download: of each file, and of each star."""

from dataclasses import dataclass
from typing import Literal

from astronet.archives.streams import RemoteFile
from astronet.archives.targets import Target

State = Literal["fetched", "kept", "complete", "incomplete", "absent", "failed"]
"""State of a file (fetched, kept or failed) or of a star (complete, incomplete, absent or failed).

A kept file was already present. A star is incomplete if at least one of its files failed, absent if
the archive has no files for it, and failed if its files could not be listed.
"""


@dataclass(frozen=True)
class Verified:
    """Numbers of local files whose data were verified.

    Attributes:
        hashes: Number of files that agree with the SHA-256 hash in the manifest.
        checksums: Number of other files whose header-data units agree with their checksums.
        neither: Number of files with neither a recorded hash nor checksums, so that only their
            headers could be verified.
    """

    hashes: int = 0
    checksums: int = 0
    neither: int = 0

    def __add__(self, other: "Verified") -> "Verified":
        return Verified(
            self.hashes + other.hashes,
            self.checksums + other.checksums,
            self.neither + other.neither,
        )


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

    seconds: float = 0.0
    """Duration of the download of the file, including waits [s]; 0 if none was downloaded."""

    attempts: int = 0
    """Number of attempts of the download of the file; 0 if none was downloaded."""

    files: int = 0
    """Number of files of a complete star; 0 for all other outcomes."""

    kept: int = 0
    """Number of files of a star that an earlier download had completed; 0 for other outcomes."""

    verified: Verified = Verified()
    """Numbers of files whose data were verified."""
