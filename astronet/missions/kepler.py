"""Kepler's light curves and tables (long and short cadence, Q0 to Q17)."""

from __future__ import annotations

import operator
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from astronet.errors import ArchiveError, ConfigError
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions.fits_table import FitsTable, read_table

if TYPE_CHECKING:
    import pandas as pd

SCRAMBLES = {
    "SCR1": (0, 13, 14, 15, 16, 9, 10, 11, 12, 5, 6, 7, 8, 1, 2, 3, 4, 17),
    "SCR2": (0, 1, 2, 3, 4, 13, 14, 15, 16, 9, 10, 11, 12, 5, 6, 7, 8, 17),
    "SCR3": (0, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 17),
}
"""Orders of quarters in which no planet stays periodic (Coughlin 2017, KSCI-19114)."""


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
    reading = _reading(options)
    quarters = [_read_file(path, kepid, reading) for path in list_files(folder, kepid, reading)]
    quarters = sorted((q for q in quarters if len(q.time)), key=lambda q: q.number)
    if reading.scramble:
        quarters = _scrambled(quarters, SCRAMBLES[reading.scramble])
    nothing = np.empty(0)
    pieces = [_finite(q.time, q.flux, reading.invert) for q in quarters] or [(nothing, nothing)]
    times, fluxes = zip(*pieces, strict=True)
    files = np.repeat(np.arange(len(pieces)), [len(time) for time in times])
    return LightCurve(int(kepid), np.concatenate(times), np.concatenate(fluxes), files)


def read_catalog(path: str | Path, require: Iterable[str] | None = None) -> pd.DataFrame:
    """A TCE or KOI table under our column names and units; see `astronet.catalogs`.

    Args:
        path: The table, as the archive serves it.
        require: Our columns that must be there: by default a star and its ephemeris;
            `("star",)` is enough to list a table.

    Raises:
        CatalogError: The file is missing or no table, or a column is missing.
    """
    from astronet import catalogs  # pandas is slow to import

    return catalogs.read_catalog(path, catalogs.REQUIRED if require is None else require)


def list_files(folder: str | Path, kepid: int, reading: Reading | None = None) -> list[Path]:
    """The star's files in the order of their time stamps.

    Raises:
        ArchiveError: The folder is not there, or holds no file of the star.
    """
    reading = reading or Reading()
    star = f"{_checked(kepid):09d}"
    folder = Path(folder)
    if not folder.is_dir():
        raise ArchiveError(
            f"there is no folder {folder}; "
            f"give the one that holds {star[:4]}/{star}/kplr{star}-*.fits"
        )
    infix = f"_INJECTED-{reading.injected}" if reading.injected else ""
    name = re.compile(rf"kplr{star}-\d{{13}}{infix}_{reading.cadence[0]}lc\.fits")
    places = (folder / star[:4] / star, folder / star, folder)
    for place in places:
        if files := sorted(path for path in _within(place) if name.fullmatch(path.name)):
            return files
    kind = " ".join(filter(None, [reading.injected, reading.cadence]))
    cure = f"fetch them with `{_download(folder, kepid, reading)}`"
    if reading.injected:  # they are in another archive, as large tar files
        cure = "give the folder that holds them"
    raise ArchiveError(f"no {kind}-cadence files of KIC {kepid} in {places[0]}; {cure}")


def _download(folder: Path, kepid: int, reading: Reading) -> str:
    """The command that fetches the star's files into the folder."""
    short = ["--cadence", "short"] if reading.cadence == "short" else []
    return shlex.join(["astronet", "download", "--stars", str(kepid), *short, "--out", str(folder)])


class _Quarter(NamedTuple):
    """What one file holds, missing values (NaN) included."""

    number: int
    time: NDArray[np.float64]
    flux: NDArray[Any]


def _reading(options: dict[str, Any]) -> Reading:
    try:
        return Reading(**options)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise ConfigError(
            f"reading option {name}={first['input']!r}: {first['msg']}; "
            f"the options are {', '.join(Reading.model_fields)}"
        ) from None


def _checked(kepid: int) -> int:
    # A whole number cannot lead out of the folder, as text could.
    try:
        number = operator.index(kepid)
    except TypeError:
        number = -1
    if not 0 <= number <= 999_999_999:
        raise ArchiveError(f"{kepid!r} is no KIC number; give a whole number of up to nine digits")
    return number


def _within(place: Path) -> Iterable[Path]:
    return place.iterdir() if place.is_dir() else ()


def _read_file(path: Path, kepid: int, reading: Reading) -> _Quarter:
    extension = "INJECTED LIGHTCURVE" if reading.injected else "LIGHTCURVE"
    table = read_table(path, extension, ("KEPLERID", "QUARTER"))
    if table.header["KEPLERID"] != kepid or not isinstance(table.header["QUARTER"], int):
        raise ArchiveError(
            f"{path} says that it is quarter {table.header['QUARTER']} of KIC "
            f"{table.header['KEPLERID']}, not of KIC {kepid}; delete it and fetch the star "
            f"again: `astronet download --stars {kepid}`"
        )
    time, flux = _column(table, "TIME"), _column(table, reading.flux)
    if reading.drop_quality:
        flagged = (_column(table, "SAP_QUALITY") & reading.drop_quality) != 0
        flux = np.where(flagged, flux.dtype.type(np.nan), flux)
    return _Quarter(int(table.header["QUARTER"]), time, flux)


def _column(table: FitsTable, name: str) -> NDArray[Any]:
    if name not in table.columns:
        fluxes = [column for column in table.columns if column.endswith("FLUX")]
        raise ArchiveError(
            f"{table.path} has no column {name}; "
            f"its flux columns are {', '.join(fluxes) or 'none'}, choose one of them"
        )
    return table.column(name)


def _scrambled(quarters: Sequence[_Quarter], order: Sequence[int]) -> list[_Quarter]:
    """The same times with the fluxes of the quarters in another order, cadence for cadence.

    All fluxes of a quarter move together, in time order; then the times of all files, in their
    own order, are cut anew to the lengths of the fluxes. Missing quarters are passed over.
    """
    moved = [quarter for number in order for quarter in quarters if quarter.number == number]
    if len(moved) < len(quarters):
        unknown = next(q.number for q in quarters if q.number not in order)
        raise ArchiveError(f"Kepler has no quarter {unknown}; quarters are 0 to 17")
    if not moved:
        return []
    times = np.concatenate([quarter.time for quarter in quarters])
    cuts = np.cumsum([len(quarter.flux) for quarter in moved])[:-1]
    return [
        _Quarter(quarter.number, time, quarter.flux)
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
