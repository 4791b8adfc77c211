"""Kepler's light curves and tables (long and short cadence, Q0 to Q17)."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
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

SCRAMBLES = {
    "SCR1": (0, 13, 14, 15, 16, 9, 10, 11, 12, 5, 6, 7, 8, 1, 2, 3, 4, 17),
    "SCR2": (0, 1, 2, 3, 4, 13, 14, 15, 16, 9, 10, 11, 12, 5, 6, 7, 8, 17),
    "SCR3": (0, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 17),
}
"""Orders of quarters in which no planet stays periodic (Coughlin 2017, KSCI-19114)."""


ARCHIVE = Archive(
    catalog="KIC",
    digits=9,
    star_key="KEPLERID",
    part="quarter",
    part_key="QUARTER",
    quality="SAP_QUALITY",
    mission="kepler",
)


class Reading(BaseModel):
    """How light curves are read; the defaults are S&V 2018's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flux: str = "PDCSAP_FLUX"
    """The flux column; SAP_FLUX is the one before the systematics are removed."""

    drop_quality: int = Field(0, ge=0)
    """Points with any of these SAP_QUALITY bits are dropped; none by default, as the original."""

    cadence: Literal["long", "short"] = "long"
    """29.4 min (`_llc` files) or 58.8 s (`_slc`)."""

    invert: bool = False
    """Whether the flux of each file is mirrored at its median, so that no dip is a planet's."""

    scramble: Literal["SCR1", "SCR2", "SCR3"] | None = None
    """Whether the quarters change places, so that no dip stays periodic."""

    injected: Literal["inj1", "inj2", "inj3"] | None = None
    """Which of the files with a simulated transit to read."""


def read_light_curve(folder: str | Path, kepid: int, **options: Any) -> LightCurve:
    """One star's light curve; each file is a segment, split again at gaps longer than 0.75 d.

    Points whose time or flux is not finite are dropped, and no others unless `drop_quality` says
    so. Fluxes keep the level of their quarter [e-/s].

    Args:
        folder: Laid out as MAST's: `<kkkk>/<kepid 9 digits>/`; `<kepid 9 digits>/`, or the files
            themselves, are found too.
        kepid: The star's KIC number.
        **options: The fields of `Reading`.

    Raises:
        ArchiveError: There are no files, or one is cut short, another star's or without the
            flux column.
        ConfigError: An option is unknown or has an impossible value.
        LightCurveError: No point is finite.
    """
    reading = checked(Reading, options)
    quarters = read_files(folder, kepid, **options)
    if reading.scramble:
        quarters = _scrambled(quarters, SCRAMBLES[reading.scramble])
    pieces = [_finite(q.time, q.flux, reading.invert) for q in quarters]
    return join(int(kepid), pieces)


def read_files(folder: str | Path, kepid: int, **options: Any) -> list[ObservedFile]:
    """The star's quarters one by one, as observed, with quality flags and crowding.

    Neither `invert` nor `scramble` changes them; for the rest see `read_light_curve`.
    """
    reading = checked(Reading, options)
    quarters = [_read(path, int(kepid), reading) for path in list_files(folder, kepid, reading)]
    return _once([quarter for quarter in quarters if len(quarter.time)])


def list_files(folder: str | Path, kepid: int, reading: Reading | None = None) -> list[Path]:
    """The star's files in the order of their time stamps, less gzipped copies of plain ones.

    Raises:
        ArchiveError: The folder is not there, or holds no file of the star.
    """
    reading = reading or Reading()
    star = f"{ARCHIVE.number(kepid):09d}"
    folder = Path(folder)
    if not folder.is_dir():
        raise ArchiveError(
            f"there is no folder {folder}; "
            f"give the one that holds {star[:4]}/{star}/kplr{star}-*.fits"
        )
    infix = f"_INJECTED-{reading.injected}" if reading.injected else ""
    name = re.compile(rf"kplr{star}-\d{{13}}{infix}_{reading.cadence[0]}lc\.fits(\.gz)?")
    places = (folder / star[:4] / star, folder / star, folder)
    for place in places:
        if files := matching([place], name):
            return without_copies(path for path, _ in files)
    kind = " ".join(filter(None, [reading.injected, reading.cadence]))
    options = ["--cadence", "short"] if reading.cadence == "short" else []
    cure = f"fetch them with `{ARCHIVE.download(kepid, *options, '--out', str(folder))}`"
    if reading.injected:  # they are in another archive, as large tar files
        cure = "give the folder that holds them"
    raise ArchiveError(f"no {kind}-cadence files of KIC {kepid} in {places[0]}; {cure}")


def _read(path: Path, kepid: int, reading: Reading) -> ObservedFile:
    extension = "INJECTED LIGHTCURVE" if reading.injected else "LIGHTCURVE"
    return read_file(
        path, kepid, ARCHIVE, [reading.flux], reading.drop_quality, extension=extension
    )


def _once(quarters: Sequence[ObservedFile]) -> list[ObservedFile]:
    """The quarters in their order, each stretch of time once.

    Of two files of a quarter that overlap in time, the newer data release is kept, then the one
    whose name comes last. (Q4 and short cadence have several files that do not overlap.)
    """
    kept: list[ObservedFile] = []
    for quarter in sorted(quarters, key=lambda q: (q.release, q.path.name), reverse=True):
        if not any(quarter.part == other.part and _overlap(quarter, other) for other in kept):
            kept.append(quarter)
    return sorted(kept, key=lambda q: (q.part, q.path.name))


def _overlap(one: ObservedFile, two: ObservedFile) -> bool:
    (first, last), (begin, end) = (
        (time[np.isfinite(time)].min(initial=np.inf), time[np.isfinite(time)].max(initial=-np.inf))
        for time in (one.time, two.time)
    )
    return bool(first <= end and begin <= last)


def _scrambled(quarters: Sequence[ObservedFile], order: Sequence[int]) -> list[ObservedFile]:
    """The same times with the fluxes of the quarters in another order, cadence for cadence.

    All fluxes of a quarter move together, in time order; then the times of all files, in their
    own order, are cut anew to the lengths of the fluxes. Missing quarters are passed over.
    """
    moved = [quarter for number in order for quarter in quarters if quarter.part == number]
    if len(moved) < len(quarters):
        unknown = next(q.part for q in quarters if q.part not in order)
        raise ArchiveError(f"Kepler has no quarter {unknown}; quarters are 0 to 17")
    if not moved:
        return []
    times = np.concatenate([quarter.time for quarter in quarters])
    cuts = np.cumsum([len(quarter.flux) for quarter in moved])[:-1]
    return [
        ObservedFile(quarter.path, quarter.part, time, quarter.flux)
        for quarter, time in zip(moved, np.split(times, cuts), strict=True)
    ]


def _finite(
    time: NDArray[np.float64], flux: NDArray[Any], invert: bool
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """The finite points of a file, mirrored at their median if asked for."""
    finite = np.isfinite(time) & np.isfinite(flux)
    time, flux = time[finite], flux[finite]
    if invert and len(flux):
        flux = 2 * np.median(flux) - flux
    return time, flux
