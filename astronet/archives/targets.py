"""Stars to download, and the names of their folders and files."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from astronet.errors import ArchiveError
from astronet.missions import DEFAULT_MISSION, MISSIONS
from astronet.missions.spec import Cadence as Cadence

if TYPE_CHECKING:
    from astronet.missions.archive_files import CheckedFile
    from astronet.missions.spec import ArchiveSpec, MissionSpec


@dataclass(frozen=True, slots=True)
class Target:
    """Star observed by a mission.

    Attributes:
        number: Catalogue number of the star (KIC, EPIC or TIC).
        mission: Mission that observed the star.

    Raises:
        ArchiveError: The number has too many digits or is negative, or the mission is unknown or
            its light curves cannot be downloaded.
    """

    number: int
    mission: str = DEFAULT_MISSION

    def __post_init__(self) -> None:
        archive_of(self.mission)
        digits = self._spec.significant_digits
        if not 0 <= self.number < 10**digits:
            raise ArchiveError(
                f"{self.number} is not a valid {self._spec.star_catalog} number; give a whole "
                f"number of up to {digits} digits"
            )

    def __str__(self) -> str:
        return f"{self._spec.star_catalog} {self.number}"

    @property
    def padded(self) -> str:
        """Catalogue number with leading zeros, as in the mission's file names."""
        return self._spec.padded(self.number)

    @property
    def folder(self) -> PurePosixPath:
        """Folder of the star's files, relative to the folder of light curves."""
        return archive_of(self.mission).folder_of(self.padded)

    def file_names(self, cadence: Cadence) -> re.Pattern[str]:
        """Return a regular expression that matches the star's light-curve file names.

        Args:
            cadence: Cadence of the files.
        """
        return re.compile(archive_of(self.mission).file_names(self.padded, cadence), re.ASCII)

    def check(self, path: Path, *, data: bool = True) -> "CheckedFile":
        """Check that a file is complete, undamaged and the one of this star that its name states.

        Args:
            path: Path of the file, whose name may end in `.part`.
            data: Whether to read the data as well as the headers.

        Raises:
            ArchiveError: The file fails a check; see `check_archive_file`.
        """
        from astronet.missions.archive_files import check_archive_file  # imports numpy

        endings = archive_of(self.mission).endings
        name = path.name.removesuffix(".part")
        cadence: Cadence = "short" if name.endswith(endings["short"]) else "long"
        return check_archive_file(
            path, self.number, self._spec, self.file_names(cadence), data=data
        )

    @property
    def _spec(self) -> "MissionSpec":
        return MISSIONS[self.mission].SPEC


def archive_of(mission: str) -> "ArchiveSpec":
    """Return the specification of a mission's archive.

    Args:
        mission: Name of the mission.

    Raises:
        ArchiveError: The mission is unknown, or its light curves cannot be downloaded.
    """
    archive = MISSIONS[mission].SPEC.archive if mission in MISSIONS else None
    if archive is None:
        known = [name for name, module in MISSIONS.items() if module.SPEC.archive]
        raise ArchiveError(
            f"there is no archive for mission {mission!r}; choose one of {', '.join(known)}",
            arguments=("mission",),
        )
    return archive
