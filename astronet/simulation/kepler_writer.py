"""Writer of Kepler light-curve files: FITS files with the names and folder layout of MAST."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astronet.errors import ArchiveError, counted
from astronet.files.atomic import write_bytes
from astronet.files.fits_checksums import with_checksum
from astronet.simulation.fits_header import Card, header_bytes, layout, padded, value_text
from astronet.simulation.kepler_cards import (
    APERTURE,
    COLUMNS,
    COMPACT,
    FORMATS,
    LIGHTCURVE,
    PRIMARY,
    Column,
)

# fmt: off
PREFIXES: dict[int, tuple[str, ...]] = {
    0: ("2009131105131",), 1: ("2009166043257",), 2: ("2009259160929",), 3: ("2009350155506",),
    4: ("2010078095331", "2010009091648"), 5: ("2010174085026",), 6: ("2010265121752",),
    7: ("2010355172524",), 8: ("2011073133259",), 9: ("2011177032512",), 10: ("2011271113734",),
    11: ("2012004120508",), 12: ("2012088054726",), 13: ("2012179063303",),
    14: ("2012277125453",), 15: ("2013011073258",), 16: ("2013098041711",),
    17: ("2013131215648",),
}
"""Timestamps in the names of long-cadence files, by quarter.

Q4 has two timestamps. The second is used for stars on module 3, whose files cover only three weeks
because the module failed on 2010 January 9.
"""

SHORT_PREFIXES: dict[int, tuple[str, ...]] = {
    0: ("2009131110544",), 1: ("2009166044711",),
    2: ("2009201121230", "2009231120729", "2009259162342"),
    3: ("2009291181958", "2009322144938", "2009350160919"),
    4: ("2010009094841", "2010019161129", "2010049094358", "2010078100744"),
    5: ("2010111051353", "2010140023957", "2010174090439"),
    6: ("2010203174610", "2010234115140", "2010265121752"),
    7: ("2010296114515", "2010326094124", "2010355172524"),
    8: ("2011024051157", "2011053090032", "2011073133259"),
    9: ("2011116030358", "2011145075126", "2011177032512"),
    10: ("2011208035123", "2011240104155", "2011271113734"),
    11: ("2011303113607", "2011334093404", "2012004120508"),
    12: ("2012032013838", "2012060035710", "2012088054726"),
    13: ("2012121044856", "2012151031540", "2012179063303"),
    14: ("2012211050319", "2012242122129", "2012277125453"),
    15: ("2012310112549", "2012341132017", "2013011073258"),
    16: ("2013017113907", "2013047092704", "2013065031647", "2013098041711"),
    17: ("2013121191144", "2013131215648"),
}
"""Timestamps in the names of short-cadence files, by quarter.

Most quarters have one timestamp per month.
"""
# fmt: on

# Layout and checksum keys are ignored, so that the primary header of a real file can be passed.
_LAYOUT_KEYS = r"(SIMPLE|XTENSION|BITPIX|NAXIS\d*|[PG]COUNT|TFIELDS|EXTNAME|CHECKSUM|DATASUM)$"
_CHECKSUM = Card("CHECKSUM", value_text("0" * 16), "checksum of the header-data unit")
_FRAME_DAYS = 6.538751429414 / 86400
_FRAMES = {"long": 270, "short": 9}
_APERTURE = np.pad(np.full((3, 3), 3, ">i4"), 1, constant_values=1)


def write_quarter(
    folder: Path,
    kepid: int,
    quarter: int,
    columns: Mapping[str, ArrayLike],
    header: Mapping[str, Any] = {},
    *,
    injected: str | None = None,
    cadence: str = "long",
    all_columns: bool = False,
    part: int = 0,
) -> Path:
    """Write a Kepler light-curve file (FITS) for one star and quarter, and return its path.

    The content depends only on the arguments; the file contains no creation date.

    Args:
        folder: Root folder of the light curves. The file is written to a subfolder as at MAST, for
            example 0007/000757450/ for star 757450.
        kepid: Kepler ID, up to nine digits.
        quarter: Quarter number, 0 to 17.
        columns: Arrays [cadences] by Kepler column name. TIME (BKJD) is required. In columns that
            are written but not given, CADENCENO counts from 0, SAP_QUALITY is 0, and all other
            values are NaN.
        header: Values of header cards by key, for example KEPMAG or TEFF. Keys that Kepler files do
            not contain are added to the primary header. Keys that describe the layout of the data,
            such as NAXIS, and checksums are ignored.
        injected: Group of a light curve with injected transits ("inj1", "inj2" or "inj3"); None if
            no transits were injected.
        cadence: "long" (29.4 min) or "short" (58.8 s).
        all_columns: Whether to write all 20 columns (100 bytes per row). Otherwise, only the eight
            columns in `COMPACT` (36 bytes per row) and any others in `columns` are written.
        part: Index of the file name's timestamp among those of the quarter in `PREFIXES` or
            `SHORT_PREFIXES`.

    Returns:
        Path of the file.

    Raises:
        ArchiveError: An argument or a header key is invalid, a column is unknown, TIME is missing,
            the columns differ in length, or the folder is not writable.
    """
    path = _path(folder, kepid, quarter, cadence, part, injected)
    table = _table(path.name, columns, all_columns)
    values = _values(kepid, quarter, cadence, table)
    if injected is not None:
        values["EXTNAME"] = "INJECTED LIGHTCURVE"
    values |= {k.upper(): v for k, v in header.items() if not re.match(_LAYOUT_KEYS, k.upper())}
    written = [column for column in COLUMNS if column.name in (table.dtype.names or ())]
    content = b"".join(
        [
            with_checksum(_primary_header(values)),
            with_checksum(_table_header(values, written, table) + padded(table.tobytes(), b"\0")),
            with_checksum(_image_header(values) + padded(_APERTURE.tobytes(), b"\0")),
        ]
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
    except OSError as error:
        raise ArchiveError(
            f"{path} cannot be written ({error.strerror}); choose a writable folder"
        ) from None
    return path


def _path(
    folder: Path, kepid: int, quarter: int, cadence: str, part: int, injected: str | None
) -> Path:
    """Check the arguments, and return the path of the file in the folder layout of MAST."""
    if cadence not in _FRAMES:
        raise ArchiveError(f'unknown cadence "{cadence}"; use "long" or "short"')
    if injected not in (None, "inj1", "inj2", "inj3"):
        raise ArchiveError(f'injected is "{injected}"; use "inj1", "inj2", "inj3" or None')
    if not 0 <= kepid <= 999_999_999:
        raise ArchiveError(f"kepid is {kepid}; it must be between 0 and 999999999")
    stamps = (PREFIXES if cadence == "long" else SHORT_PREFIXES).get(quarter, ())
    if not stamps:
        raise ArchiveError(f"Kepler has no quarter {quarter}; quarters are numbered 0 to 17")
    if not 0 <= part < len(stamps):
        raise ArchiveError(
            f"quarter {quarter} has no part {part}; "
            f"it has {counted(len(stamps), 'part')}, numbered from 0"
        )
    star = f"{kepid:09d}"
    infix = f"_INJECTED-{injected}" if injected else ""
    name = f"kplr{star}-{stamps[part]}{infix}_{cadence[0]}lc.fits"
    return Path(folder) / star[:4] / star / name


def _table(name: str, columns: Mapping[str, ArrayLike], all_columns: bool) -> NDArray[np.void]:
    """Return the table [cadences] as stored in the file: packed and big-endian."""
    known = [column.name for column in COLUMNS]
    if unknown := sorted(set(columns) - set(known)):
        raise ArchiveError(f"{name}: unknown column {unknown[0]}; choose from {', '.join(known)}")
    if "TIME" not in columns:
        raise ArchiveError(f"{name}: column TIME is missing; add it in BKJD")
    given = {key: np.asarray(values) for key, values in columns.items()}
    shape = given["TIME"].shape
    if odd := [key for key in given if given[key].shape != shape or len(shape) != 1]:
        raise ArchiveError(
            f"{name}: column {odd[0]} has shape {given[odd[0]].shape} but TIME has {shape}; "
            "pass one-dimensional columns of the same length"
        )
    kept = [c for c in COLUMNS if all_columns or c.name in COMPACT or c.name in given]
    table = np.empty(
        shape, np.dtype([(column.name, FORMATS[column.form].dtype) for column in kept])
    )
    missing = {"CADENCENO": np.arange(shape[0]), "SAP_QUALITY": 0}
    for column in kept:
        table[column.name] = given.get(column.name, missing.get(column.name, np.nan))
    return table


def _values(kepid: int, quarter: int, cadence: str, table: NDArray[np.void]) -> dict[str, Any]:
    """Return the header values that depend on the star, quarter, cadence and times, by key."""
    step = _FRAMES[cadence] * _FRAME_DAYS
    values: dict[str, Any] = {
        "OBJECT": f"KIC {kepid}",
        "KEPLERID": kepid,
        "QUARTER": quarter,
        "SEASON": (max(quarter, 1) + 2) % 4,
        "OBSMODE": f"{cadence} cadence",
        "NUM_FRM": _FRAMES[cadence],
        "NREADOUT": _FRAMES[cadence],
        "TIMEDEL": round(step, 14),
    }
    seen = np.flatnonzero(np.isfinite(table["TIME"]))
    if len(seen) == 0:
        return values
    ends = table[seen[[0, -1]]]
    start, stop = float(ends["TIME"][0]) - step / 2, float(ends["TIME"][1]) + step / 2
    # Times at the spacecraft, without the barycentric correction
    first, last = (ends["TIME"] - np.nan_to_num(ends["TIMECORR"].astype(float))).tolist()
    live = round((stop - start) * 0.92063492, 8)
    return values | {
        "TSTART": round(start, 8),
        "TSTOP": round(stop, 8),
        "TELAPSE": round(stop - start, 8),
        "EXPOSURE": live,
        "LIVETIME": live,
        "LC_START": round(first + 54832.5, 8),
        "LC_END": round(last + 54832.5, 8),
        "DATE-OBS": _date(first - step / 2),
        "DATE-END": _date(last + step / 2),
    }


def _date(bkjd: float) -> str:
    """Return a time in BKJD as a date in ISO 8601 format; BKJD 0 is noon on 2009 January 1."""
    moment = datetime(2009, 1, 1, 12) + timedelta(days=bkjd)
    return moment.isoformat(timespec="milliseconds") + "Z"


def _primary_header(values: Mapping[str, Any]) -> bytes:
    """Return the primary header, which describes the star and ends with any additional keys."""
    known = {card.key for block in (PRIMARY, LIGHTCURVE, APERTURE) for card in block}
    added = [Card(key, "", "") for key in values if key not in known]
    for card in added:
        if not re.fullmatch(r"[A-Z0-9_-]{1,8}", card.key):
            raise ArchiveError(
                f'invalid header key "{card.key}"; use 1 to 8 characters of A-Z, 0-9, _ and -'
            )
    start = [
        Card("SIMPLE", "T", "conforms to FITS standards"),
        Card("BITPIX", "8", "array data type"),
        Card("NAXIS", "0", "number of array dimensions"),
    ]
    others = {key: value for key, value in values.items() if key != "EXTNAME"}
    return header_bytes([*start, *PRIMARY, *added, _CHECKSUM], others)


def _table_header(
    values: Mapping[str, Any], written: Sequence[Column], table: NDArray[np.void]
) -> bytes:
    """Return the header of the light-curve table: its layout, its columns and the observation."""
    cards = layout("BINTABLE", 8, (table.dtype.itemsize, len(table)))
    cards.append(Card("TFIELDS", str(len(written)), "number of table fields"))
    for number, column in enumerate(written, start=1):
        meaning = FORMATS[column.form].meaning
        cards += [
            Card(f"TTYPE{number}", value_text(column.name), f"column title: {column.comment}"),
            Card(f"TFORM{number}", value_text(column.form), f"column format: {meaning}"),
        ]
        if column.unit:
            unit = value_text(column.unit)
            cards.append(Card(f"TUNIT{number}", unit, f"column units: {column.unit_comment}"))
        cards.append(Card(f"TDISP{number}", value_text(column.display), "column display format"))
    return header_bytes([*cards, *LIGHTCURVE, _CHECKSUM], values)


def _image_header(values: Mapping[str, Any]) -> bytes:
    """Return the header of the aperture image, with RA_OBJ and DEC_OBJ at the reference pixel."""
    sky = {"CRVAL1": values.get("RA_OBJ"), "CRVAL2": values.get("DEC_OBJ")}
    others = {key: value for key, value in values.items() if key != "EXTNAME"}
    others |= {key: value for key, value in sky.items() if value is not None}
    rows, width = _APERTURE.shape
    return header_bytes([*layout("IMAGE", 32, (width, rows)), *APERTURE, _CHECKSUM], others)
