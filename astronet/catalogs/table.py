"""Readers of event tables: tables of the archives, and the user's own tables."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from astronet.catalogs.columns import REQUIRED, canonical
from astronet.catalogs.context import with_context
from astronet.catalogs.layouts import FIRST, Layout
from astronet.errors import CatalogError, one_line
from astronet.files.gzipped import GzipError, gunzip, is_gzipped

_BANNER_LINES = 200
"""Maximum number of lines searched for the header row, not counting comments and blank lines."""


def read_catalog(
    path: str | Path, layouts: Sequence[Layout], require: Iterable[str] = REQUIRED
) -> pd.DataFrame:
    """Read a table of events, and return it with canonical columns and the context of each event.

    See `canonical` and `with_context`.

    Args:
        path: Path of a table of TCEs, KOIs, TOIs or K2 candidates, or of a custom table.
        layouts: Layouts from which the best-fitting one is chosen.
        require: Canonical columns that must be present; `("star",)` suffices if the ephemerides
            are not needed.

    Raises:
        CatalogError: The file is missing or not a table, a required column is missing, or a column
            has invalid values.
    """
    frame = read_table(path, layouts)
    try:
        return with_context(canonical(frame, layouts, require))
    except CatalogError as error:
        raise error.at(path) from None


def read_table(path: str | Path, layouts: Sequence[Layout]) -> pd.DataFrame:
    """Read a table, and return it with the column names and units of the file.

    Comments (lines that begin with `#`) and a banner above the header row are skipped. Columns must
    be separated by commas, tabs, vertical bars or semicolons. In the output of the Robovetter, the
    header is a comment and the columns are separated by spaces. The file may be gzipped. Decimal
    numbers are rounded to the nearest double.

    Args:
        path: Path of the table.
        layouts: Layouts whose column names identify the header row.

    Raises:
        CatalogError: The file is missing, truncated or not a table, has no rows or rows that do
            not match the header, or decompresses to more than 1 GiB.
    """
    content = _content(Path(path))
    lines = content.split("\n")
    comments = [n for n, line in enumerate(lines) if line.startswith("#")]
    robovetter = _robovetter_columns(lines[0])
    heading = comments[0] if robovetter else _heading(lines, set(comments), _names(layouts))
    if heading is None:
        raise CatalogError(f"{path} contains only comments; correct the file, or download it again")
    separator = " " if robovetter else max(",\t|;", key=lines[heading].count)
    columns = robovetter or _fields(path, lines[heading], separator)
    _check_last_row(path, lines, len(columns), separator)
    try:
        frame = pd.read_csv(
            io.StringIO(content),
            sep=separator,
            names=robovetter,
            skiprows=sorted(set(comments) | set(range(0 if robovetter else heading))),
            float_precision="round_trip",
            low_memory=False,
        )
    except pd.errors.ParserError as error:
        raise CatalogError(_unequal_row(path, str(error))) from None
    if not isinstance(frame.index, pd.RangeIndex):
        raise CatalogError(
            f"{path}: the rows have more fields than the header ({len(columns)}); correct the "
            "file, or download it again"
        )
    if frame.empty:
        raise CatalogError(
            f"{path} has a header but no rows; correct the file, or download it again"
        )
    return frame


def _content(path: Path) -> str:
    if path.is_dir():
        raise CatalogError(f"{path} is a folder; give the path of a table (CSV)")
    if not path.is_file():
        raise CatalogError(f"{path} does not exist; give the path of a table (CSV)")
    raw = path.read_bytes()
    if is_gzipped(raw):
        try:
            raw = gunzip(raw)
        except GzipError as error:
            raise CatalogError(f"{path} {error}; correct the file, or download it again") from None
    if not raw.strip():
        raise CatalogError(f"{path} is empty; correct the file, or download it again")
    if b"\0" in raw:
        raise CatalogError(f"{path} is not a text file; give the path of a table (CSV)")
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        content = raw.decode("latin-1")
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    first = content.lstrip().split("\n", 1)[0].strip()
    if first.startswith(("<", "{", "[", "ERROR")):
        raise CatalogError(
            f"{path} is not a CSV table (it begins with {first[:60]!r}); download it again, or "
            "export it as CSV"
        )
    return content


def _robovetter_columns(line: str) -> list[str] | None:
    """Return the column names in a header like `#1:TCE  2:Robovetter_Score …`.

    For any other line, return None.
    """
    return re.findall(r"\d+:(.+?)(?=\s+\d+:|\s*$)", line) if re.match(r"#\s*1:", line) else None


def _names(layouts: Sequence[Layout]) -> set[str]:
    """Return the column names that identify a header row: the archives' names and `FIRST`."""
    columns = [names for layout in layouts for names in layout.columns.values()]
    return {theirs for names in columns for theirs, _ in names} | set(FIRST)


def _heading(lines: list[str], comments: set[int], known: set[str]) -> int | None:
    """Return the index of the header row; None if all lines are blank or comments.

    The header row is the first line that contains a known column name. Blank lines and comments are
    ignored, and only the first `_BANNER_LINES` of the other lines are searched. If none of them
    contains a known name, the first of them is the header row.
    """
    rows = [n for n, line in enumerate(lines) if n not in comments and line.strip()]
    for n in rows[:_BANNER_LINES]:
        if {name.strip(' "').casefold() for name in re.split(r"[,\t|;]", lines[n])} & known:
            return n
    return rows[0] if rows else None


def _fields(path: str | Path, line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error as error:
        raise CatalogError(
            f"{path} cannot be parsed as a table ({error}); correct the file, or download it again"
        ) from None


def _check_last_row(path: str | Path, lines: list[str], columns: int, separator: str) -> None:
    """Raise an error if the last row has too few fields, which pandas would fill with NaN."""
    last = max((n for n, line in enumerate(lines) if line and line[0] != "#"), default=0)
    fields = len(_fields(path, lines[last], separator))
    if fields < columns:
        raise CatalogError(
            f"{path} is truncated (line {last + 1}, the last one, has {fields} of {columns} "
            "fields); correct the file, or download it again"
        )


def _unequal_row(path: str | Path, message: str) -> str:
    if match := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message):
        expected, line, seen = match.groups()
        return (
            f"{path}: line {line} has {seen} fields, but {expected} are expected; correct the line"
        )
    return (
        f"{path} cannot be parsed as a table ({one_line(message)}); correct the file, or "
        "download it again"
    )
