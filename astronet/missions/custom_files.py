"""Columns of custom light-curve files: CSV, ECSV and FITS."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from astronet.errors import ArchiveError, LightCurveError, one_line
from astronet.files.ecsv import EcsvError, is_ecsv, read_ecsv, read_ecsv_entries
from astronet.files.gzipped import gunzip, is_gzipped
from astronet.lightcurves.arrays import plain_values
from astronet.lightcurves.clock import is_time
from astronet.lightcurves.time_units import unit_named, zero_point
from astronet.missions.entries import MISSING, EntryError, numbers
from astronet.missions.fits_table import read_whole_content
from astronet.missions.text_tables import read_text_table
from astronet.missions.time_headers import check_reference, check_system, declared_zero

_UNREAD = ("generic", "K2SC", "K2VARCAT")
"""Products that lightkurve recognises but does not read without further information."""


def read_columns(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Return columns of numbers [n] of a file, by name, with their units.

    A time column can be an astropy `Time`, and a column of texts that are not numbers remains one.

    Args:
        path: Path of a CSV, ECSV or FITS file.
        names: Names of the columns. If the file has no column of exactly this name, the name in
            the file may differ in case.

    Raises:
        ArchiveError: The file cannot be read, is not a light curve, lacks a column, or has several
            columns of a name.
        CatalogError: The CSV file is not a valid table.
        LightCurveError: The unit of the times is a time system that is not barycentric.
    """
    if path.name.endswith((".fits", ".fits.gz")):
        table, header = _read_fits(path, names)
    else:
        table = _read_ecsv(path) if is_ecsv(path) else read_text_table(path, names)
        header = {}
    present = list(map(str, getattr(table, "colnames", None) or table.columns))
    columns = {name: table[_only_match(path, name, present)] for name in names}
    native = is_time(columns[names[0]])
    # astropy writes TREFPOS = TOPOCENTER for all its times, also for barycentric ones
    check_reference(path, {k: v for k, v in header.items() if not (native and k == "TREFPOS")}.get)
    if not native:
        columns[names[0]] = _with_zero_point(path, columns[names[0]], header)
    return columns


def _only_match(path: Path, name: str, present: Sequence[str]) -> str:
    """Return the one column with a name; if there is none, the one whose name differs in case.

    Raises:
        ArchiveError: No column or several columns match.
    """
    exact = [column for column in present if column.strip() == name]
    matches = exact or [c for c in present if c.strip().casefold() == name.casefold()]
    if not matches:
        raise ArchiveError(
            f"{path} has no column {name}, only {', '.join(present)}; rename a column, or "
            "set the reader options time, flux and segment to the names of its columns"
        )
    matches += [c for c in present if _is_repeat(path, c, matches[0])]
    if len(matches) > 1:
        raise ArchiveError(
            f"{path} has several columns {name} ({', '.join(matches)}, of {', '.join(present)}); "
            "rename all but one of them"
        )
    return matches[0]


def _is_repeat(path: Path, column: str, name: str) -> bool:
    """Return whether pandas or astropy numbered a column because its name occurs twice."""
    if not re.fullmatch(re.escape(name) + r"[._]\d+", column):
        return False
    content = path.read_bytes()
    return column.encode() not in (gunzip(content) if is_gzipped(content) else content)


@contextmanager
def entries_named(path: Path) -> Iterator[None]:
    """Add the line of the file to an `EntryError` that is raised in the `with` block."""
    try:
        yield
    except EntryError as error:
        line = None if ".fits" in path.name else _line(path, error.row, error.entry)
        raise error.on_line(line) from None


def number_column(path: Path, name: str, column: Any) -> Any:
    """Return a column [n] as numbers, with its unit; an astropy `Time` is not changed.

    Raises:
        LightCurveError: An entry is not a number. The message names its row and line.
    """
    if is_time(column):
        return column
    with entries_named(path):
        return numbers(name, column)


def segment_column(name: str, column: Any) -> np.ndarray[Any, Any]:
    """Return the segment numbers or names [n].

    Raises:
        LightCurveError: An entry is missing, or the column has several values per row.
    """
    values = plain_values(column)
    if values.ndim != 1:
        raise LightCurveError(f"column {name} has several values per row; choose another column")
    if values.dtype.kind == "f":
        missing = np.isnan(values)
    else:
        missing = np.array([str(one).strip().casefold() in MISSING for one in values], np.bool_)
    if missing.any():
        raise LightCurveError(
            f"column {name} has rows without a value; add the missing values, or omit the reader "
            "option segment"
        )
    return values if values.dtype.kind != "O" else values.astype(str)


def _read_ecsv(path: Path) -> Any:
    spellings = {s for text in MISSING for s in (text, text.upper(), text.title())}
    try:
        return read_ecsv(path, sorted(spellings - {"", "nan", "NaN"}))
    except EcsvError as error:
        reason = str(error)
    with suppress(EcsvError):  # as texts, so that an entry that is not a number can be named
        entries = read_ecsv_entries(path)
        if "failed to convert" in reason:
            return entries
    raise ArchiveError(f"{path} cannot be read as ECSV ({reason}); correct the file")


def _read_fits(path: Path, names: Sequence[str]) -> tuple[Any, Mapping[str, Any]]:
    """Return the table of a FITS file, and its header if lightkurve does not read it.

    Products that lightkurve recognises are read by lightkurve, with its default quality bitmask.
    """
    content = read_whole_content(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # optional packages, unusual units
        from astropy.io import fits

        try:
            with fits.open(io.BytesIO(content)) as file:
                product = _product(file)
                if product is None:
                    return _read_first_table(path, file, names)
        except ArchiveError:
            raise
        except Exception as error:  # astropy raises many types of errors for invalid files
            reason = one_line(error)[:200]
            raise ArchiveError(f"{path} cannot be read ({reason}); convert it to CSV") from None
        if product.endswith("TargetPixelFile"):
            raise ArchiveError(f"{path}: it is a target pixel file; give a light curve")
        import lightkurve

        try:
            return lightkurve.read(str(path)), {}
        except Exception as error:  # lightkurve and astropy raise many types of errors
            cause = error.__cause__ or error
            missing = "column or keyword not found: " if isinstance(cause, KeyError) else ""
            reason = missing + one_line(cause)[:200]
            raise ArchiveError(
                f"{path} cannot be read by lightkurve ({reason}); convert it to CSV"
            ) from None


def _product(file: Any) -> str | None:
    """Return lightkurve's name for a product; None if it is not one that lightkurve reads."""
    from lightkurve.io.detect import detect_filetype

    try:
        product = detect_filetype(file)
    except Exception:  # keywords or extensions are missing
        return None
    return None if product in _UNREAD else product


def _read_first_table(path: Path, file: Any, names: Sequence[str]) -> tuple[Any, Mapping[str, Any]]:
    """Return the first table with the columns `names`, else the first table, and its header."""
    from astropy.io import fits
    from astropy.table import Table

    found = [hdu for hdu in file if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)]
    if not found:
        raise ArchiveError(f"{path} contains no table, only images; give a light curve")
    wanted = {name.casefold() for name in names}
    fits_names = [hdu for hdu in found if wanted <= {str(n).casefold() for n in hdu.columns.names}]
    table = (fits_names or found)[0]
    if table.name in ("PIXELS", "TARGETTABLES"):
        raise ArchiveError(f"{path}: it is a target pixel file; give a light curve")
    header = {**file[0].header, **table.header}
    # Without a TCTYPn, astropy would take any column with a time unit for UTC.
    native = any(key.startswith("TCTYP") for key in table.header)
    return Table.read(table, format="fits", astropy_native=native), header


def _with_zero_point(path: Path, time: Any, header: Mapping[str, Any]) -> Any:
    """Return a time column whose unit states the zero point in the header, if there is one.

    Raises:
        ArchiveError: The time scale in the header is not TDB, or the unit of the column contradicts
            the zero point in the header.
        LightCurveError: The unit of the column is a time system that is not barycentric.
    """
    check_system(path, header.get("TIMESYS"))
    zero = declared_zero(header)
    text = str(getattr(time, "unit", None) or "")
    stated, unit = zero_point(text)
    if stated is not None and zero is not None and stated != zero:
        raise ArchiveError(
            f"{path}: the unit of the times is '{text}', but the header gives BJD - {zero:.12g}; "
            "correct the header"
        )
    zero = stated if zero is None else zero
    unit = unit or unit_named(str(header.get("TIMEUNIT") or ""))
    if header and (zero is not None or unit):
        from astropy.units import UnrecognizedUnit  # astropy made the column, so it is loaded

        time.unit = UnrecognizedUnit(unit if zero is None else f"BJD - {zero:.12g}, {unit or 'd'}")
    return time


def _line(path: Path, row: int, entry: str) -> int | None:
    """Return the line of a table's row, counted from 1; None if it is not certain."""
    content = path.read_bytes()
    lines = re.split(
        r"\r\n|\r|\n",
        (gunzip(content) if is_gzipped(content) else content).decode("utf-8-sig", "replace"),
    )
    written = [n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")]
    if row + 1 >= len(written) or entry not in lines[written[row + 1]]:
        return None
    return written[row + 1] + 1
