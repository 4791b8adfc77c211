"""K2's light curves and tables (long and short cadence, campaigns 0 to 19)."""

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from astronet.errors import ArchiveError
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions.files import (
    Archive,
    ObservedFile,
    checked,
    join,
    matching,
    read_file,
    without_copies,
)
from astronet.missions.tables import read_catalog as read_catalog

DEFAULT_QUALITY = 1130799
"""Attitude tweak, safe mode, coarse point, Earth point, desaturation, manual exclude, detector
anomaly, no data, thruster firing. Meanings: Kepler Archive Manual (KDMC-10008), table 2-3;
choice: lightkurve's `default` bitmask."""

ARCHIVE = Archive(
    catalog="EPIC",
    digits=9,
    star_key="KEPLERID",
    part="campaign",
    part_key="CAMPAIGN",
    quality="SAP_QUALITY",
    mission="k2",
)

_CAMPAIGN = re.compile(r"-c(\d{2,3})_")

_OTHERS = re.compile(r"hlsp_(k2sff|everest|k2sc|polar|k2varcat)_.*\.fits(\.gz)?")
"""Light curves of other pipelines, each with its own columns and clock keywords."""


class Reading(BaseModel):
    """How light curves are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flux: str = "PDCSAP_FLUX"
    """The flux column; SAP_FLUX still has the roll of the spacecraft in it."""

    drop_quality: int = Field(DEFAULT_QUALITY, ge=0)
    """Points with any of these SAP_QUALITY bits are dropped."""

    cadence: Literal["long", "short"] = "long"
    """29.4 min (`_llc` files) or 58.8 s (`_slc`)."""


def read_light_curve(folder: str | Path, epic: int, **options: Any) -> LightCurve:
    """One star's light curve; each file is a segment, split again at gaps longer than 0.75 d.

    The halves of campaigns 9, 10 and 11 (c91 and c92, c101 and c102, c111 and c112) are files of
    their own.

    Args:
        folder: See `list_files`.
        epic: The star's EPIC number.
        **options: The fields of `Reading`.

    Raises:
        ArchiveError: There are no files, or one is cut short, another star's, on an unknown
            clock or without the flux column.
        ConfigError: An option is unknown or has an impossible value.
        LightCurveError: No point is finite.
    """
    files = read_files(folder, epic, **options)
    return join(ARCHIVE.number(epic), [(file.time, file.flux) for file in files])


def read_files(folder: str | Path, epic: int, **options: Any) -> list[ObservedFile]:
    """The star's campaigns one by one, with quality flags and crowding; see `read_light_curve`."""
    reading = checked(Reading, options)
    flux, drop = [reading.flux], reading.drop_quality
    return [
        read_file(path, int(epic), ARCHIVE, flux, drop, part=int(_CAMPAIGN.findall(path.name)[0]))
        for path in list_files(folder, epic, reading)
    ]


def list_files(folder: str | Path, epic: int, reading: Reading | None = None) -> list[Path]:
    """One file for each of the star's campaigns or halves of them, in the order of time.

    Args:
        folder: Laid out as MAST's: `c1/201900000/12000/`; or a folder that holds the files
            themselves, or one named after the EPIC number.
        epic: The star's EPIC number.
        reading: Which cadence is wanted. Of a plain and a gzipped copy the plain one is taken.

    Raises:
        ArchiveError: The folder is not there, or holds no file of the mission's own pipeline.
    """
    reading = reading or Reading()
    number = ARCHIVE.number(epic)
    folder = Path(folder)
    inner = f"{number // 100_000 * 100_000}/{number % 100_000 // 1000 * 1000:05d}"
    if not folder.is_dir():
        raise ArchiveError(
            f"there is no folder {folder}; give the one that holds "
            f"c1/{inner}/ktwo{number:09d}-c*_llc.fits, or the files themselves"
        )
    name = re.compile(rf"ktwo{number:09d}-c\d{{2,3}}_{reading.cadence[0]}lc\.fits(\.gz)?")
    in_layout = sorted(folder.glob(f"c*/{inner}"))
    flat = [folder / f"{number:09d}", folder]
    for places in (in_layout, *([place] for place in flat)):
        if found := matching(places, name):
            plain = without_copies(path for path, _ in found)
            return [path for _, path in sorted({_order(path): path for path in plain}.items())]
    raise ArchiveError(
        f"no {reading.cadence}-cadence files of EPIC {number} in {folder}; "
        f"fetch them with `{ARCHIVE.download(number, '--out', str(folder))}`"
        f"{_other_pipelines([*in_layout, *flat], number)}"
    )


def _order(path: Path) -> float:
    """Campaign 91 comes after 8 and before 10: it is the first half of campaign 9."""
    campaign = _CAMPAIGN.findall(path.name)[0]
    halves = ("91", "92", "101", "102", "111", "112")
    return int(campaign[:-1]) + int(campaign[-1]) / 10 if campaign in halves else int(campaign)


def _other_pipelines(places: list[Path], number: int) -> str:
    others = [path for path, _ in matching(places, _OTHERS) if f"{number:09d}" in path.name]
    if not others:
        return ""
    return f" ({others[0].name} is another pipeline's: give it by source.mission=own)"
