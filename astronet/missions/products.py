"""Parse one light-curve file of a mission's pipeline."""

import re
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronet.errors import ArchiveError
from astronet.lightcurves.clock import BKJD_ZERO, check_precision
from astronet.lightcurves.flux_units import linear_flux
from astronet.lightcurves.sentinels import drop_sentinels
from astronet.lightcurves.time_checks import drop_placeholders
from astronet.missions.files import Content, ObservedFile
from astronet.missions.fits_table import FitsTable, parse_table
from astronet.missions.pixel_data import read_pixels
from astronet.missions.reader import CentroidMethod
from astronet.missions.spec import MissionSpec
from astronet.missions.time_headers import check_reference

_DAYS = ("d", "day", "days")


def parse_file(
    file: Content,
    star: int,
    spec: MissionSpec,
    flux: Sequence[str],
    drop_quality: int = 0,
    *,
    part: int | None = None,
    extension: str | None = "LIGHTCURVE",
    centroid: CentroidMethod | None = None,
) -> ObservedFile:
    """Return the data of one light-curve file.

    Args:
        file: Content of a FITS file, which may be gzipped.
        star: Number of the star to which the file must belong.
        spec: Specification of the mission.
        flux: Names of flux columns in order of preference; the first one in the file is read.
        drop_quality: Bit mask; the flux of rows with any of these quality bits becomes NaN.
        part: Number of the quarter, campaign or sector; None means the number in the header.
        extension: Name of the table extension; None means the first table.
        centroid: Method of the centroids that are read; None means that none are read.

    Raises:
        ArchiveError: The file is corrupt or belongs to another star; the table, a column or the
            number of the quarter, campaign or sector is missing; or the times are not barycentric
            Julian dates (TDB) in days.
        LightCurveError: The unit of the fluxes is neither linear nor mag.
    """
    path = file.path
    table = parse_table(path, file.data, extension, (spec.star_key, spec.part_key, "DATA_REL"))
    owner, stated = _owner(table, spec.star_key, star), table.card(spec.part_key)
    part = stated if part is None else part
    if str(owner) == str(star) and not isinstance(part, int):
        raise ArchiveError(
            f"{path}: the keyword {spec.part_key} is missing or not an integer; delete the file "
            "and download it again"
        )
    if str(owner) != str(star):
        raise ArchiveError(
            f"{path} contains {spec.part} {stated} of {spec.star_catalog} {owner}, not of "
            f"{spec.star_catalog} {star}; delete the file, and download the light curves of the "
            "star to this folder again",
        )
    time = _bkjd(table)
    values = drop_sentinels(path, _flux(table, flux))
    quality = None
    if drop_quality or spec.quality in table.columns:
        quality = _column(table, [spec.quality], "iu")
    if quality is not None and drop_quality:
        dropped = (quality.astype(np.int64) & drop_quality) != 0  # the column may have 16 bits
        values = np.where(dropped, values.dtype.type(np.nan), values)
    release = table.card("DATA_REL")
    return ObservedFile(
        path,
        file.source,
        part,
        time,
        values,
        quality,
        _fraction(table, "CROWDSAP"),
        _fraction(table, "FLFRCSAP"),
        release if isinstance(release, int) else 0,
        read_pixels(table, centroid) if centroid else None,
    )


def _owner(table: FitsTable, key: str, star: int) -> Any:
    """Return the star number in a file's headers; if they differ, the one that is not `star`."""
    found = [value for value in (table.own(key), table.header.get(key)) if value is not None]
    return next((value for value in found if str(value) != str(star)), found[0] if found else None)


def _bkjd(table: FitsTable) -> NDArray[np.float64]:
    """Return the times [n] of a file in BKJD [d].

    The zero point is BJDREFI + BJDREFF (Kepler Archive Manual, KDMC-10008, §2.3.2;
    EXP-TESS-ARC-ICD-0014, §5); QLP names the fraction BJDREFR.

    Raises:
        ArchiveError: The column or its zero point is missing, the zero point contradicts the
            column's unit, or the times are not barycentric Julian dates (TDB) in days.
    """
    time = np.asarray(_column(table, ["TIME"]), np.float64)
    check_precision(table.path, table.column("TIME"), 1.0)
    fraction = table.card("BJDREFF")
    reference = table.card("BJDREFI"), table.card("BJDREFR") if fraction is None else fraction
    unit, system = table.unit("TIME"), table.card("TIMESYS")
    named = re.fullmatch(r"BJD *- *(\d+(?:\.\d+)?)(?:, *days?)?", unit)
    barycentric = re.search("BJD|BTJD|BKJD", unit)
    scale = table.card("TIMEUNIT") or ("d" if barycentric else unit)
    check_reference(table.path, table.card)
    if not all(isinstance(value, (int, float)) for value in reference):
        raise ArchiveError(
            f"{table.path}: the zero point of the times (BJDREFI and BJDREFF) is missing; "
            "download the file again"
        )
    zero = sum(reference)
    if system not in ("TDB", None) or (system is None and not barycentric):
        raise ArchiveError(
            f"{table.path}: the time system is {system or 'unknown'}, not barycentric TDB; "
            "convert the times to BJD_TDB, and read them with mission custom"
        )
    if scale not in _DAYS or not (barycentric or unit in ("", *_DAYS)):
        raise ArchiveError(
            f"{table.path}: the times are in {unit if scale in _DAYS else scale}, not in days "
            "(BJD); download the original file, or convert the times and read them with mission "
            "custom"
        )
    if named and float(named[1]) != zero:
        raise ArchiveError(
            f"{table.path}: the unit of column TIME is '{unit}', but BJDREFI and BJDREFF give "
            f"BJD - {zero:.12g}; download the file again"
        )
    time = drop_placeholders(table.path, time)
    return time if zero == BKJD_ZERO else time + (zero - BKJD_ZERO)


def _column(table: FitsTable, names: Sequence[str], kinds: str = "iuf") -> NDArray[Any]:
    """Return the first of the columns [n] that the file has.

    Args:
        table: Table of the file.
        names: Names of the columns in order of preference.
        kinds: Accepted kinds of numbers, as in numpy's `dtype.kind`.

    Raises:
        ArchiveError: The file has none of the columns, or the column contains something else than
            one number per row.
    """
    for name in names:
        if name not in table.columns:
            continue
        values = table.column(name)
        if values.ndim != 1 or values.dtype.kind not in kinds:
            found = f"values of type {values.dtype}" if values.ndim == 1 else "arrays"
            raise ArchiveError(
                f"{table.path}: column {name} contains {found}, not one "
                f"{'number' if 'f' in kinds else 'whole number'} per row; give the original "
                "light-curve file"
            )
        return values
    missing = " or ".join(names)
    if names[0] not in ("TIME", "QUALITY", "SAP_QUALITY"):
        fluxes = [column for column in table.columns if column.endswith("FLUX")]
        remedy = f"set the reader option flux to one of {', '.join(fluxes)}"
        raise ArchiveError(
            f"{table.path} has no column {missing}; "
            f"{remedy if fluxes else 'download the file again'}"
        )
    raise ArchiveError(
        f"{table.path} has no column {missing}, only {', '.join(table.columns)}; "
        "download the file again"
    )


def _flux(table: FitsTable, names: Sequence[str]) -> NDArray[Any]:
    """Return the first of the flux columns [n] that the file has; mag becomes a relative flux.

    Raises:
        ArchiveError: There is no such column, or it is not a column of real numbers.
        LightCurveError: The unit of the column is neither linear nor mag.
    """
    values = _column(table, names)
    name = next(name for name in names if name in table.columns)
    flux = linear_flux(table.path, values, _unit(table.unit(name)))
    return flux if flux.dtype.kind == "f" else flux.astype(np.float64)


def _unit(text: str) -> Any:
    """Return the unit of a flux column; astropy is imported only for an unusual unit."""
    if text in ("", "e-/s", "electron/s", "electrons/s"):
        return text
    from astropy import units

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return units.Unit(text, parse_strict="silent")


def _fraction(table: FitsTable, key: str) -> float | None:
    value = table.card(key)
    return float(value) if isinstance(value, (int, float)) else None
