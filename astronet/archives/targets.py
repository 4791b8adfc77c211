"""The stars to fetch: their numbers, their folders, and the names of their files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from astronet.errors import ArchiveError

Mission = Literal["kepler", "k2", "tess"]
Cadence = Literal["long", "short"]


class _Numbering(NamedTuple):
    """How a mission numbers its stars."""

    catalog: str
    key: str
    """The number's card in a file's primary header."""

    digits: int
    """How many digits the number has in the names of files and folders."""

    stem: str
    """How the names of a star's light-curve files begin; {star} is the padded number."""

    endings: Mapping[Cadence, str]


_NUMBERINGS: Mapping[Mission, _Numbering] = {
    # Kepler Archive Manual (KDMC-10008-006), file name syntax.
    "kepler": _Numbering(
        "KIC",
        "KEPLERID",
        9,
        r"kplr{star}-\d{{13}}",
        {"long": "_llc.fits", "short": "_slc.fits"},
    ),
    # A campaign has one file or, where it was broken in two (c91, c92), two.
    "k2": _Numbering(
        "EPIC",
        "KEPLERID",
        9,
        r"ktwo{star}-c\d{{2,3}}",
        {"long": "_llc.fits", "short": "_slc.fits"},
    ),
    # TESS Science Data Products (EXP-TESS-ARC-ICD-0014): two minutes, and "fast", 20 seconds.
    "tess": _Numbering(
        "TIC",
        "TICID",
        16,
        r"tess\d{{13}}-s\d{{4}}-{star}-\d{{4}}",
        {"long": "-s_lc.fits", "short": "-a_fast-lc.fits"},
    ),
}


@dataclass(frozen=True, slots=True)
class Target:
    """One star of one mission.

    Raises:
        ArchiveError: The number has too many digits or is negative.
    """

    number: int
    mission: Mission = "kepler"

    def __post_init__(self) -> None:
        if not 0 <= self.number < 10 ** min(self._numbering.digits, 11):
            raise ArchiveError(f"{self.number} is no {self._numbering.catalog} number; check it")

    def __str__(self) -> str:
        return f"{self._numbering.catalog} {self.number}"

    @property
    def padded(self) -> str:
        """The number with as many digits as the mission's files give it."""
        return f"{self.number:0{self._numbering.digits}d}"

    @property
    def key(self) -> str:
        """The card of a primary header that holds the star's number."""
        return self._numbering.key

    @property
    def folder(self) -> PurePosixPath:
        """Where the star's files lie: Kepler's `<kkkk>/<number>` as MAST's, others' `<number>`."""
        if self.mission == "kepler":
            return PurePosixPath(self.padded[:4], self.padded)
        return PurePosixPath(self.padded)

    def file_names(self, cadence: Cadence) -> re.Pattern[str]:
        """What the star's light-curve files are called, and nothing else."""
        stem = self._numbering.stem.format(star=self.padded)
        return re.compile(stem + re.escape(ending(self.mission, cadence)), re.ASCII)

    @property
    def _numbering(self) -> _Numbering:
        return _NUMBERINGS[self.mission]


def catalog_of(mission: Mission) -> str:
    """The catalogue whose numbers the mission's stars bear: KIC, EPIC or TIC."""
    return _NUMBERINGS[mission].catalog


def ending(mission: Mission, cadence: Cadence) -> str:
    """How the names of all files of one cadence end."""
    return _NUMBERINGS[mission].endings[cadence]
