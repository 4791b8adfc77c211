"""Custom light curves (CSV, ECSV or FITS), in a declared time system, and custom event tables."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astronet.errors import (
    ArchiveError,
    CatalogError,
    LightCurveError,
    MissingFilesError,
    one_line,
)
from astronet.lightcurves.arrays import plain_values
from astronet.lightcurves.clock import Clock, Unit, bkjd_of
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions import tables
from astronet.missions.files import Content, StarData, sources_known
from astronet.missions.reader import ReaderOptions
from astronet.missions.spec import MissionSpec

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".csv.gz", ".ecsv", ".fits", ".fits.gz")
"""File name extensions of custom light curves."""

_STAR = re.compile(r"\w[\w .+-]{,99}")
"""Pattern of valid star names; names are also file names, so they contain no path separators."""


class CustomReader(ReaderOptions):
    """Options of the reader of custom light curves; `clock` is required."""

    clock: Clock
    """Time system of the times: bkjd (BJD − 2454833), btjd (BJD − 2457000) or bjd."""

    unit: Unit = "d"
    """Unit of the times in CSV and ECSV files: d, h, min or s."""

    time: str = "time"
    """Name of the time column in CSV and ECSV files, case-insensitive."""

    flux: str = "flux"
    """Name of the flux column; any flux unit is allowed. The name is case-insensitive for CSV and
    ECSV files, and must be in lower case for FITS files, as in lightkurve."""

    segment: str | None = None
    """Name of the column of segment numbers in CSV and ECSV files (for example sectors, nights or
    quarters). By default, and for FITS files, the light curve is split into segments only at gaps
    longer than 0.75 d."""


SPEC = MissionSpec(
    name="custom",
    title="custom",
    reader=CustomReader,
    catalog=Path("data/catalogs/custom.csv"),
    light_curves=Path("data/raw/custom"),
    named_stars=True,
    single_file=True,
)


def read_star(folder: str | Path, star: int | str, reader: CustomReader) -> StarData:
    """Return a star's light curve and the provenance of its file; see `read_light_curve`."""
    (path,) = list_files(folder, star)
    source = Content.read(path, folder).source
    with sources_known([source]):
        return StarData(_read_curve(path, star, reader), (source,))


def read_light_curve(folder: str | Path, star: int | str, reader: CustomReader) -> LightCurve:
    """Return the light curve of a star, split into segments at gaps longer than 0.75 d.

    If the option `segment` is set, the light curve is also split when the segment number changes.
    CSV files must have a header row and may contain comments (`#`). ECSV files may state units.
    FITS files are read by lightkurve with its default quality bitmask. A time system stated in the
    file, and a unit of the times stated in an ECSV file, must agree with the options `clock` and
    `unit`.

    Args:
        folder: Folder that contains a file named `<star>` plus one of the `SUFFIXES`, or the path
            of the file itself.
        star: Number or name of the star.
        reader: Options of the reader, including the time system (`clock`).

    Raises:
        ArchiveError: The star's name is invalid, the folder does not exist, the star has no file or
            several, or its file cannot be read, lacks a column or states a time system other than
            the declared one.
        CatalogError: A CSV file is not a valid table.
        LightCurveError: The times are implausible in the declared time system and unit, have a
            unit other than the declared one, decrease within a segment, or are not in TDB; a column
            has invalid values; no point has a finite time and flux; or a FITS file lacks the flux
            column.

    Examples:
        The file data/raw/mine.csv has the columns time (in BTJD, beginning at 1400) and flux:

        >>> from astronet.missions import custom
        >>> curve = custom.read_light_curve("data/raw", "mine", custom.CustomReader(clock="btjd"))
        >>> float(curve.time[0])
        3567.0
    """
    return read_star(folder, star, reader).curve


def read_catalog(path: str | Path, require: Iterable[str] | None = None) -> pd.DataFrame:
    """Return a table of events with canonical columns; see `astronet.missions.tables.read_catalog`.

    Args:
        path: Path of the table; stars must be identified by numbers, not names.
        require: Canonical columns that must be present; by default star, period_days, epoch_bkjd
            and duration_days.

    Raises:
        CatalogError: The file is missing or not a table, a required column is missing, a column has
            invalid values, or the column star contains names.
    """
    return tables.read_catalog(path, require, SPEC.name)


def list_files(
    folder: str | Path, star: int | str, reader: CustomReader | None = None
) -> list[Path]:
    """Return the path of the star's file, as a list of length 1.

    Args:
        folder: Folder of light curves, or the path of the file itself.
        star: Number or name of the star.
        reader: Not used. It is part of the interface because other missions select files by their
            reader options.

    Raises:
        ArchiveError: The star's name is invalid, the folder does not exist, or the folder contains
            no file or several files of the star.
    """
    name, folder = str(star), Path(folder)
    if not _STAR.fullmatch(name):
        raise ArchiveError(
            f"{name!r} is not a valid star name; use up to 100 letters, digits, spaces and the "
            "characters . + - _, starting with a letter or digit"
        )
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise ArchiveError(
            f"the file or folder {folder} does not exist; give the folder that contains {name}.csv"
        )
    found = [path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()]
    if not found:
        raise MissingFilesError(
            f"there is no light curve of star {name} in {folder}; "
            f"name its file {name}.csv (or {', '.join(SUFFIXES[1:])})"
        )
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise ArchiveError(
            f"{folder} contains several files of star {name} ({names}); keep only one of them"
        )
    return found


def _read_curve(path: Path, star: int | str, reader: CustomReader) -> LightCurve:
    try:
        if path.name.endswith((".fits", ".fits.gz")):
            return _read_fits(path, star, reader)
        columns = _read_columns(path, reader)
        segment = columns[reader.segment] if reader.segment else None
        if segment is not None and segment.dtype.kind == "f" and np.isnan(segment).any():
            raise LightCurveError(
                f"column {reader.segment} has rows without a value; add the missing values, or "
                "omit the reader option segment"
            )
        time = columns[reader.time]
        if hasattr(time, "scale"):  # an astropy Time, which states its time system
            _check_declared(path, time, reader)
            return LightCurve(star, bkjd_of(star, time), columns[reader.flux], segment)
        return LightCurve.from_arrays(
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
    """Return the time, flux and segment columns by the names given in the reader options.

    Raises:
        ArchiveError: The ECSV file cannot be read, or a column is missing.
        CatalogError: The CSV file is not a valid table.
    """
    table = _read_ecsv(path) if path.suffix == ".ecsv" else _read_csv(path)
    names = {str(name).strip().casefold(): name for name in table.columns}
    requested = [reader.time, reader.flux, *([reader.segment] if reader.segment else [])]
    columns = {}
    for name in requested:
        if name.casefold() not in names:
            present = ", ".join(map(str, table.columns))
            raise ArchiveError(
                f"{path} has no column {name}, only {present}; rename a column, "
                "or set the reader options time, flux and segment to the names of its columns"
            )
        columns[name] = table[names[name.casefold()]]
    return {
        name: column if name == reader.time else plain_values(column)
        for name, column in columns.items()
    }


def _read_csv(path: Path) -> pd.DataFrame:
    return tables.read_table(path)


def _read_ecsv(path: Path) -> Any:
    from astropy.table import Table

    try:
        return Table.read(path, format="ascii.ecsv")
    except Exception as error:  # astropy raises many types of errors for invalid tables
        reason = one_line(error)[:200]
        raise ArchiveError(f"{path} cannot be read as ECSV ({reason}); correct the file") from None


def _read_fits(path: Path, star: int | str, reader: CustomReader) -> LightCurve:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ignore warnings about optional packages and unusual units
        import lightkurve

        try:
            curve = lightkurve.read(str(path))
            time = curve.time
        except Exception as error:  # lightkurve and astropy raise many types of errors
            reason = one_line(error)[:200]
            raise ArchiveError(
                f"{path} cannot be read by lightkurve ({reason}); convert it to CSV"
            ) from None
        _check_declared(path, time, reader)
        return LightCurve.from_lightkurve(star, curve, reader.flux)


def _check_declared(path: Path, time: Any, reader: CustomReader) -> None:
    """Raise an error if the file states a time system other than the declared one."""
    clock = {"jd": "bjd"}.get(time.format, time.format)
    if clock in ("bkjd", "btjd", "bjd") and clock != reader.clock:
        raise ArchiveError(
            f"{path}: the times are in {clock}, not in {reader.clock} as declared; "
            f"set the reader option clock to {clock}"
        )
