"""Light curves of your own on a declared clock: arrays, CSV, ECSV, or what lightkurve reads."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astronet.errors import ArchiveError, CatalogError, ConfigError, LightCurveError
from astronet.lightcurves.clock import BKJD_ZERO, ZERO_POINTS
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions import tables
from astronet.missions.custom_times import UNIT_DAYS, Clock, Unit, bkjd_of, check_dates, check_unit
from astronet.missions.files import Content, StarData, sources_known
from astronet.missions.reader import ReaderOptions
from astronet.missions.spec import MissionSpec

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".csv.gz", ".ecsv", ".fits", ".fits.gz")
"""Endings of the files that are looked for."""

_STAR = re.compile(r"\w[\w .+-]{,99}")
"""Names of stars, which are names of files too: nothing that leads to another folder."""


class CustomReader(ReaderOptions):
    """Options of the reader; the clock must be declared."""

    clock: Clock
    """What the times count from: bkjd (BJD − 2454833), btjd (BJD − 2457000) or bjd."""

    unit: Unit = "d"
    """What the times count: days, hours, minutes or seconds."""

    time: str = "time"
    """The column of times; the case does not matter."""

    flux: str = "flux"
    """The column of fluxes, in any unit."""

    segment: str | None = None
    """The column that numbers sectors, nights or quarters; by default all are one, and only gaps
    longer than 0.75 d split them."""


SPEC = MissionSpec(
    name="custom",
    title="your own",
    reader=CustomReader,
    catalog=Path("data/catalogs/custom.csv"),
    light_curves=Path("data/raw/custom"),
    named_stars=True,
    single_file=True,
)


def from_arrays(
    star: int | str,
    time: ArrayLike,
    flux: ArrayLike,
    *,
    clock: Clock,
    unit: Unit = "d",
    segment: ArrayLike | None = None,
) -> LightCurve:
    """Make a light curve from times [n] and fluxes [n], its times in BKJD [d].

    Args:
        star: The star's number or name.
        time: Times [n], barycentric.
        flux: Fluxes [n] in any unit; NaN where missing.
        clock: What the times count from.
        unit: What they count.
        segment: Number [n] of the sector, night or quarter.

    Raises:
        ConfigError: The clock or the unit is unknown.
        LightCurveError: The times cannot be what they are declared to be, or the arrays do not
            make a light curve.
    """
    _check_known("clock", clock, get_args(Clock))
    _check_known("unit", unit, get_args(Unit))
    check_unit(star, time, unit)
    values = getattr(time, "value", time)
    LightCurve(star, values, flux, segment)  # refuses what is no light curve
    days = np.ma.filled(np.ma.asarray(values, np.float64), np.nan) * UNIT_DAYS[unit]
    if np.isfinite(days).any():
        check_dates(star, float(np.nanmedian(days)), clock, unit)
    return LightCurve(star, days + (ZERO_POINTS[clock.upper()] - BKJD_ZERO), flux, segment)


def from_lightkurve(star: int | str, curve: Any, flux: str = "flux") -> LightCurve:
    """Convert a light curve of lightkurve's, its times to BKJD [d] by the clock that it has.

    Args:
        star: The star's number or name.
        curve: A `lightkurve.LightCurve`.
        flux: Its column of fluxes.

    Raises:
        LightCurveError: Its times are not barycentric (TDB), it has no such column, or no points.
    """
    if flux not in curve.colnames:
        raise LightCurveError(
            f"star {star}: there is no column {flux}, only {', '.join(curve.colnames)}; choose one"
        )
    return LightCurve(star, bkjd_of(star, curve.time), _plain(curve[flux]))


def read_star(folder: str | Path, star: int | str, reader: CustomReader) -> StarData:
    """Read one star's light curve, with the provenance of its file; see `read_light_curve`."""
    (path,) = list_files(folder, star)
    source = Content.read(path, folder).source
    with sources_known([source]):
        return StarData(_read_curve(path, star, reader), (source,))


def read_light_curve(folder: str | Path, star: int | str, reader: CustomReader) -> LightCurve:
    """Read one star's light curve from its file; gaps longer than 0.75 d split it.

    CSV is read as a table with a heading and `#` comments, ECSV with its units, FITS by
    lightkurve (with its default quality flags). If a file itself states its clock or unit, that
    must be the declared one.

    Args:
        folder: Holds a file `<star>.csv`, `.ecsv` or `.fits`, which may be gzipped; or is the file.
        star: The star's number or name.
        reader: Options of the reader, with the clock.

    Raises:
        ArchiveError: There is no file, several, or it lacks a column or does not read.
        LightCurveError: The times cannot be what they are declared to be, or no point is finite.
    """
    return read_star(folder, star, reader).curve


def read_catalog(path: str | Path, require: Iterable[str] | None = None) -> pd.DataFrame:
    """Read a table of events: star, period_days, epoch_bkjd, duration_days; stars by their numbers.

    Args:
        path: The table.
        require: Our columns that must be there: by default a star and its ephemeris.

    Raises:
        CatalogError: The file is missing or no table, a column is missing, or stars have names.
    """
    names = _read_csv(Path(path))
    column = next((c for c in names.columns if str(c).strip().casefold() == "star"), None)
    if column is not None and names[column].dtype.kind not in "iuf":
        raise CatalogError(
            f"{path}: the column star holds a name ({names[column].astype(str).iloc[0]!r}); stars "
            "in tables have numbers: name the files 1.csv, 2.csv … and give those numbers"
        )
    return tables.read_catalog(path, require)


def list_files(
    folder: str | Path, star: int | str, reader: CustomReader | None = None
) -> list[Path]:
    """List the star's one file, whatever the options of the reader.

    Raises:
        ArchiveError: The folder is not there, holds no file of the star or several, or the name
            could lead out of it.
    """
    name, folder = str(star), Path(folder)
    if not _STAR.fullmatch(name):
        raise ArchiveError(
            f"{name!r} cannot name a star's file; "
            "use up to 100 letters, digits, blanks and . + - _, a letter or digit first"
        )
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise ArchiveError(
            f"there is no file or folder {folder}; give the one that holds {name}.csv"
        )
    found = [path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()]
    if not found:
        raise ArchiveError(
            f"no light curve of star {name} in {folder}; "
            f"name its file {name}.csv (or {', '.join(SUFFIXES[1:])})"
        )
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise ArchiveError(f"{folder} holds {names} for star {name}; leave one of them there")
    return found


def _read_curve(path: Path, star: int | str, reader: CustomReader) -> LightCurve:
    try:
        if path.name.endswith((".fits", ".fits.gz")):
            return _read_fits(path, star, reader)
        columns = _read_columns(path, reader)
        segment = columns[reader.segment] if reader.segment else None
        if segment is not None and segment.dtype.kind == "f" and np.isnan(segment).any():
            raise LightCurveError(
                f"its column {reader.segment} is empty in some rows; fill it, or leave it out"
            )
        time = columns[reader.time]
        if hasattr(time, "scale"):  # an astropy Time, which knows its clock
            _check_declared(path, time, reader)
            return LightCurve(star, bkjd_of(star, time), columns[reader.flux], segment)
        return from_arrays(
            star,
            time,
            columns[reader.flux],
            clock=reader.clock,
            unit=reader.unit,
            segment=segment,
        )
    except (LightCurveError, CatalogError) as error:
        raise error.at(path) from None


def _read_columns(path: Path, reader: CustomReader) -> dict[str, Any]:
    """The columns that are asked for, under the names that ask for them."""
    table = _read_ecsv(path) if path.suffix == ".ecsv" else _read_csv(path)
    names = {str(name).strip().casefold(): name for name in table.columns}
    wanted = [reader.time, reader.flux, *([reader.segment] if reader.segment else [])]
    columns = {}
    for name in wanted:
        if name.casefold() not in names:
            seen = ", ".join(map(str, table.columns))
            raise ArchiveError(
                f"{path} has no column {name}, only {seen}; rename one, "
                "or set time and flux of the reader to the names that it has"
            )
        columns[name] = table[names[name.casefold()]]
    return {
        name: column if name == reader.time else _plain(column) for name, column in columns.items()
    }


def _plain(column: Any) -> NDArray[Any]:
    """Plain numbers [n], missing ones NaN; text is left for the light curve to refuse."""
    values = np.ma.asanyarray(getattr(column, "value", column))
    masked = np.ma.getmaskarray(values)
    return np.asarray(values.astype(float).filled(np.nan) if masked.any() else values)


def _read_csv(path: Path) -> pd.DataFrame:
    return tables.read_table(path)


def _read_ecsv(path: Path) -> Any:
    from astropy.table import Table

    try:
        return Table.read(path, format="ascii.ecsv")
    except Exception as error:  # astropy raises nearly anything on a table without sense
        reason = " ".join(str(error).split())[:200]
        raise ArchiveError(f"{path} does not read as ECSV ({reason}); write it anew") from None


def _read_fits(path: Path, star: int | str, reader: CustomReader) -> LightCurve:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on optional packages and odd units
        import lightkurve

        try:
            curve = lightkurve.read(str(path))
            time = curve.time
        except Exception as error:  # lightkurve and astropy raise nearly anything
            reason = " ".join(str(error).split())[:200]
            raise ArchiveError(
                f"{path} is no light curve that lightkurve reads ({reason}); give a CSV"
            ) from None
        _check_declared(path, time, reader)
        return from_lightkurve(star, curve, reader.flux)


def _check_declared(path: Path, time: Any, reader: CustomReader) -> None:
    """Refuses a file whose own clock is not the declared one."""
    clock = {"jd": "bjd"}.get(time.format, time.format)
    if clock in ("bkjd", "btjd", "bjd") and clock != reader.clock:
        raise ArchiveError(
            f"{path}: its times are {clock}, not {reader.clock} as declared; set clock to {clock}"
        )


def _check_known(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"{name}={value!r} is unknown; choose one of {', '.join(known)}")
