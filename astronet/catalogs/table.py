"""Readers of event tables: tables of the archives, and the user's own tables."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import pandas as pd

from astronet.catalogs.columns import REQUIRED
from astronet.catalogs.context import with_context
from astronet.catalogs.layouts import FIRST, Layout, check_digits
from astronet.catalogs.parameter_sets import one_row_per_event
from astronet.catalogs.rows import fields_of, table_lines, unparsable, wrong_length
from astronet.errors import CatalogError, ConfigError, EmptyTableError, one_line
from astronet.files.csv_files import MOST_COLUMNS
from astronet.files.gzipped import GzipError, gunzip, is_gzipped
from astronet.files.tables import FORMATS, format_of, read_rows
from astronet.lightcurves.clock import bkjd_of

_BANNER_LINES = 200
"""Maximum number of lines searched for the header row, not counting comments and blank lines."""


def events_in(
    path: str | Path,
    frame: pd.DataFrame,
    layouts: Sequence[Layout],
    require: Iterable[str] = REQUIRED,
) -> pd.DataFrame:
    """Return the events of a table with canonical columns and the context of each event.

    See `one_row_per_event`, `canonical` and `with_context`.

    Args:
        path: Path of the table, for error messages.
        frame: Table from `read_table`.
        layouts: Layouts from which the best-fitting one is chosen.
        require: Canonical columns that must be present. An event may have several rows if its
            ephemeris is not required.

    Raises:
        CatalogError: A required column is missing, a column has invalid values, or an event whose
            ephemeris is required has several rows.
    """
    needed = tuple(require)
    unique = {"period_days", "epoch_bkjd"} <= set(needed)
    try:
        return with_context(one_row_per_event(frame, layouts, needed, unique=unique))
    except CatalogError as error:
        raise error.at(path) from None


def read_table(path: str | Path, layouts: Sequence[Layout]) -> pd.DataFrame:
    """Read a table, and return it with the column names and units of the file.

    Comments (lines that begin with `#`) and a banner above the header row are skipped. Columns must
    be separated by commas, tabs, vertical bars or semicolons. In the output of the Robovetter, the
    header is a comment and the columns are separated by spaces. The file may be gzipped. Decimal
    numbers are rounded to the nearest double. A path that ends in .parquet, .jsonl or .ecsv is
    read in this format. A file whose first line is `# %ECSV` is ECSV, whatever its suffix.

    Args:
        path: Path of the table.
        layouts: Layouts whose column names identify the header row.

    Raises:
        EmptyTableError: The table has no rows.
        CatalogError: The file is missing, truncated or not a table, has rows that do not match the
            header, or decompresses to more than 1 GiB.
    """
    if (written := _written(Path(path))) is not None:
        return written
    lines = _content(Path(path)).split("\n")
    if robovetter := _robovetter_columns(lines[0]):
        lines = [re.sub(" {2,}", " ", line) for line in lines]
    heading = 0 if robovetter else _heading(lines, _names(layouts))
    if heading is None:
        raise CatalogError(f"{path} contains only comments; correct the file, or download it again")
    separator = " " if robovetter else max(",\t|;", key=lines[heading].count)
    columns = robovetter or fields_of(path, lines[heading], separator)
    if len(columns) > MOST_COLUMNS:
        raise CatalogError(
            f"{path} has {len(columns):,} columns, more than any event table; correct the file"
        )
    begin = heading + 1 if robovetter else heading  # the Robovetter's header is a comment
    # Rows of the Robovetter's output have fewer fields if their last fields are empty.
    fewer = robovetter is not None
    rows = table_lines(path, lines, begin, separator, len(columns), fewer=fewer)
    if not rows:  # only in the output of the Robovetter, whose header is a comment
        raise _without_rows(path)
    content = "\n".join(lines[n] for n in rows).encode()
    del lines  # large tables would otherwise be in memory three times
    try:
        frame = pd.read_csv(
            io.BytesIO(content),
            sep=separator,
            names=robovetter,
            float_precision="round_trip",
            low_memory=False,
        )
    except pd.errors.ParserError as error:
        raise CatalogError(_unequal_row(path, str(error), rows)) from None
    if not isinstance(frame.index, pd.RangeIndex):
        raise CatalogError(
            f"{path}: the rows have more fields than the header ({len(columns)}); correct the "
            "file, or download it again"
        )
    if frame.empty:
        raise _without_rows(path)
    if stars := _star_columns(layouts, frame):
        file = io.BytesIO(content)
        text = pd.read_csv(file, sep=separator, names=robovetter, usecols=stars, dtype=str)
        _check_all_digits(path, text)
    return frame


def _written(path: Path) -> pd.DataFrame | None:
    """Return the table if it is in the format .parquet, .jsonl or .ecsv, otherwise None."""
    if not path.is_file() or (kind := format_of(path)) is None:
        return None
    try:
        frame = read_rows(path, bkjd_of)
    except ConfigError:  # pyarrow is not installed
        raise
    except Exception as error:  # pyarrow, pandas and astropy raise many types of errors
        raise CatalogError(
            f"{path} cannot be read as {kind} ({one_line(error)}); correct the file, or write it "
            "again"
        ) from None
    if frame is not None and frame.empty:
        raise EmptyTableError(f"{path} has no rows; give a table with at least one row")
    return frame


def _check_all_digits(path: str | Path, stars: pd.DataFrame) -> None:
    try:
        for name in stars:
            check_digits(stars[name])
    except CatalogError as error:
        raise error.at(path) from None


def _star_columns(layouts: Sequence[Layout], frame: pd.DataFrame) -> list[str]:
    """Return the names of the star columns that were read as floating-point numbers."""
    known = {"star"} | {name for layout in layouts for name, _ in layout.columns.get("star", ())}
    floats = frame.select_dtypes("float64").columns
    return [name for name in floats if str(name).strip().casefold() in known]


def _content(path: Path) -> str:
    if path.is_dir():
        raise CatalogError(f"{path} is a folder; give the path of a table ({FORMATS})")
    if not path.is_file():
        raise CatalogError(f"{path} does not exist; give the path of a table ({FORMATS})")
    raw = path.read_bytes()
    if is_gzipped(raw):
        try:
            raw = gunzip(raw)
        except GzipError as error:
            raise CatalogError(f"{path} {error}; correct the file, or download it again") from None
    if not raw.strip():
        raise CatalogError(f"{path} is empty; correct the file, or download it again")
    if b"\0" in raw:
        raise CatalogError(f"{path} is not a text file; give the path of a table ({FORMATS})")
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
    if not re.match(r"#\s*1:", line):
        return None
    names = re.split(r"(?:^|\s)\d+:", line.removeprefix("#").strip())[1:]
    return _numbered([name.strip() for name in names])


def _numbered(names: list[str]) -> list[str]:
    """Return column names, with a number if the same name occurs before, as pandas does."""
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        numbered.append(f"{name}.{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return numbered


def _names(layouts: Sequence[Layout]) -> set[str]:
    """Return the column names that identify a header row: the archives' names and `FIRST`."""
    columns = [names for layout in layouts for names in layout.columns.values()]
    return {theirs for names in columns for theirs, _ in names} | set(FIRST)


def _heading(lines: list[str], known: set[str]) -> int | None:
    """Return the index of the header row; None if all lines are blank or comments.

    The header row is the first line that contains a known column name. Blank lines and comments are
    ignored, and only the first `_BANNER_LINES` of the other lines are searched. If none of them
    contains a known name, the first of them is the header row.
    """
    others = (n for n, line in enumerate(lines) if line.strip() and not line.startswith("#"))
    rows = list(islice(others, _BANNER_LINES))
    for n in rows:
        if {name.strip(' "').casefold() for name in re.split(r"[,\t|;]", lines[n])} & known:
            return n
    return rows[0] if rows else None


def _without_rows(path: str | Path) -> EmptyTableError:
    return EmptyTableError(f"{path} has a header but no rows; give a table with at least one row")


def _unequal_row(path: str | Path, message: str, rows: list[int]) -> str:
    """Return the error message for a row with too many fields.

    Args:
        path: Path of the table.
        message: Error message of pandas.
        rows: Index in the file of each line that pandas read.
    """
    if match := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message):
        expected, line, seen = match.groups()
        return wrong_length(path, rows[int(line) - 1], int(seen), int(expected))
    return str(unparsable(path, message))
