"""Reader of ECSV files (Enhanced Character-Separated Values, the text format of astropy)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from astronet.errors import one_line
from astronet.files.expansion import ExpansionError, check_yaml
from astronet.files.gzipped import GzipError, gunzip, is_gzipped, unzipped_beginning

if TYPE_CHECKING:
    import pandas as pd

_FIRST_LINE = b"# %ECSV"
"""Beginning of every ECSV file (APE 6)."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_LONGEST_REASON = 200
"""Maximum length of the reason in an error message [characters]."""


_LONGEST_HEADER = 100_000
"""Maximum number of characters of the header, which astropy parses in 1.5 s."""

_SKIPPED = re.compile(r"#(?:\s*%ECSV.*)?")
"""Pattern of comments that are not part of the YAML header: empty ones and the version."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""YAML loader that is a hundred times faster, if it is available."""

_MOST_COLUMNS = 1000
"""Maximum number of columns; the time that astropy takes grows with the square of their number."""


class EcsvError(ValueError):
    """Error raised if an ECSV file cannot be read; the message is the reason, on one line."""


def is_ecsv(path: Path) -> bool:
    """Return whether a file, which may be gzipped, is ECSV according to its suffix or content."""
    if path.suffix.lower() == ".ecsv":
        return True
    begin = unzipped_beginning(path, 64).removeprefix(_BYTE_ORDER_MARK)
    return begin.startswith(_FIRST_LINE)


def read_ecsv(path: Path, missing: Iterable[str] = ()) -> Any:
    """Read an ECSV file, which may be gzipped, as an astropy `Table`.

    Args:
        path: Path of the file.
        missing: Texts that mean a missing value, in addition to empty entries.

    Raises:
        EcsvError: The file cannot be read, or is not a valid ECSV file.
    """
    from astropy.table import Table

    values = {"fill_values": [(text, "0") for text in ("", *missing)]} if missing else {}
    try:
        return Table.read(_lines(path), format="ascii.ecsv", **values)
    except Exception as error:  # astropy raises many types of errors for invalid tables
        raise EcsvError(one_line(error)[:_LONGEST_REASON]) from None


def read_ecsv_entries(path: Path) -> Any:
    """Read an ECSV file as an astropy `Table` of texts, without the types in its header.

    Raises:
        EcsvError: The file cannot be read, or its rows do not match the names of the columns.
    """
    from astropy.io import ascii
    from astropy.table import Table

    converters = {"*": [ascii.convert_numpy(str)]}
    try:
        lines = _lines(path)
        delimiter = "," if any(re.match(r"# *delimiter: *['\"]?,", one) for one in lines) else " "
        options = {"guess": False, "delimiter": delimiter, "converters": converters}
        return Table.read(lines, format="ascii.basic", **options)
    except Exception as error:  # astropy raises many types of errors for invalid tables
        raise EcsvError(one_line(error)[:_LONGEST_REASON]) from None


def read_ecsv_frame(
    path: Path, unit_of: Callable[[str], Any], days_of: Callable[[str, Any], Any]
) -> pd.DataFrame:
    """Read an ECSV file as a DataFrame; missing numbers become NaN, and missing texts empty.

    Args:
        path: Path of the file.
        unit_of: Function that returns the astropy unit to which a column of this name is converted,
            or None. A column without a unit is not converted.
        days_of: Function that converts a column of type astropy `Time` to BKJD [d]; its first
            argument names the column in error messages. It is used for columns whose name ends in
            `_bkjd`; other `Time` columns become texts in ISO format.

    Raises:
        EcsvError: The file cannot be read, or a unit does not fit its column.
    """
    content = read_ecsv(path)
    try:
        for name in content.colnames:
            content[name] = _plain(name, content[name], unit_of(name), days_of)
        frame: pd.DataFrame = content.to_pandas()
    except Exception as error:  # astropy raises many types of errors for invalid columns
        raise EcsvError(one_line(error)[:_LONGEST_REASON]) from None
    return frame


def _lines(path: Path) -> list[str]:
    raw = path.read_bytes()
    try:
        raw = gunzip(raw) if is_gzipped(raw) else raw
    except GzipError as error:
        raise EcsvError(f"the file {error}") from None
    lines = re.split(r"\r\n|\r|\n", raw.decode("utf-8-sig"))
    heading = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    columns = 1 + max(map(heading.count, ", "))
    if columns > _MOST_COLUMNS:
        raise EcsvError(f"there are {columns:,} columns, more than {_MOST_COLUMNS:,}")
    try:
        check_yaml(_header(lines))
    except ExpansionError as error:
        raise EcsvError(f"the header is too large: {error}") from None
    return lines


def _header(lines: Sequence[str]) -> yaml.Node | None:
    """Return the root node of the YAML header; None if it is empty.

    Like astropy, take the comments above the first other line, without blank lines.

    Raises:
        EcsvError: The header is too long, or is not YAML.
    """
    stripped = (line.strip() for line in lines)
    comments = takewhile(lambda line: line.startswith("#"), filter(None, stripped))
    text = dedent("\n".join(line[1:] for line in comments if not _SKIPPED.fullmatch(line)))
    if len(text) > _LONGEST_HEADER:
        raise EcsvError(f"the header has {len(text):,} characters, more than {_LONGEST_HEADER:,}")
    try:
        return yaml.compose(text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = one_line(error)[:_LONGEST_REASON]
        raise EcsvError(f"the header is not YAML: {reason}") from None


def _plain(name: str, column: Any, unit: Any, days_of: Callable[[str, Any], Any]) -> Any:
    """Return a column [n] in the given unit, with NaN or "" instead of missing values."""
    from astropy.table import MaskedColumn
    from astropy.time import Time
    from astropy.units import Quantity

    if isinstance(column, Time):
        place = f"column {name}"
        return days_of(place, column) if name.endswith("_bkjd") else column.isot.astype(str)
    own = getattr(column, "unit", None)
    if unit is not None and own not in (None, unit):
        return Quantity(_numbers(column), own).to_value(unit)
    if isinstance(column, Quantity):  # with a mask, it cannot be converted to pandas
        return _numbers(column)
    if isinstance(column, MaskedColumn) and column.dtype.kind == "U":
        return column.filled("")
    return column


def _numbers(column: Any) -> Any:
    """Return the values of a column [n] in double precision, with NaN for masked ones."""
    values = np.array(getattr(column, "unmasked", column), np.float64)
    values[getattr(column, "mask", np.zeros(len(values), np.bool_))] = np.nan
    return values
