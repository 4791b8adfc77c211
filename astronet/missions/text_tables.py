"""Custom light curves in text tables: separators, header rows, and files of other kinds."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from astronet.errors import ArchiveError, CatalogError, one_line
from astronet.files.csv_files import MOST_COLUMNS
from astronet.files.gzipped import GzipError, gunzip, is_gzipped
from astronet.missions import tables
from astronet.missions.entries import MISSING, is_number

if TYPE_CHECKING:
    import pandas as pd

_OTHER_KINDS = (
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet (xlsx)"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet (xls)"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF file"),
)
"""First bytes of files that are not text tables, and their descriptions."""

_SEPARATORS = re.compile(r"[,\t|;]")


def read_text_table(path: Path, names: Sequence[str]) -> pd.DataFrame:
    """Return the table of a CSV file; the columns may also be separated by spaces.

    Args:
        path: Path of the file, which may be gzipped; see `astronet.catalogs.table.read_table`.
        names: Names of the columns that will be read.

    Raises:
        ArchiveError: The file is not a text table, its header row is missing or is a comment, or
            its columns are separated by spaces but a row has another number of fields.
        CatalogError: The file is not a valid table.
    """
    lines = _lines(path)
    rows = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and line[0] != "#"]
    if not rows:
        return tables.read_table(path)
    fields = _fields(rows[0][1])
    if len(fields) > 1 and all(map(_is_entry, fields)):
        raise ArchiveError(f"{path}: {_without_header(lines, rows[0][1], names)}")
    wanted = {name.casefold() for name in names}
    if _SEPARATORS.search(rows[0][1]) or not wanted <= {field.casefold() for field in fields}:
        return tables.read_table(path)
    return _separated_by_spaces(path, rows, len(fields))


def _lines(path: Path) -> list[str]:
    """Return the lines of a text file; none if the file cannot be decompressed."""
    content = path.read_bytes()
    for start, kind in _OTHER_KINDS:
        if content.startswith(start):
            raise ArchiveError(
                f"{path} is not a text table but {kind}; export it as CSV, or correct the suffix "
                "of its name"
            )
    try:
        content = gunzip(content) if is_gzipped(content) else content
    except GzipError:  # `read_table` raises the error
        return []
    return re.split(r"\r\n|\r|\n", content.decode("utf-8-sig", "replace"))


def _fields(line: str) -> list[str]:
    """Return the entries of a line whose separators are those of CSV files, or spaces."""
    parts = _SEPARATORS.split(line) if _SEPARATORS.search(line) else line.split()
    return [part.strip(" \"'") for part in parts]


def _is_entry(text: str) -> bool:
    return is_number(text) or text.casefold() in MISSING


def _without_header(lines: Sequence[str], first: str, names: Sequence[str]) -> str:
    """Return the error message of a file whose first row contains numbers."""
    wanted = {name.casefold() for name in names}
    for line in lines:
        if line.startswith("#") and wanted <= {f.casefold() for f in _fields(line.strip("# "))}:
            return f"the header row {line.strip()[:60]!r} is a comment; remove the # from it"
    return (
        f"the file has no header row (its first row is {first.strip()[:60]!r}); add a header row "
        f"with the names of the columns, for example {','.join(names)}"
    )


def _separated_by_spaces(path: Path, rows: list[tuple[int, str]], columns: int) -> pd.DataFrame:
    """Return the table in the lines of a file, which are given with their numbers."""
    import pandas as pd  # slow to import

    if columns > MOST_COLUMNS:
        raise ArchiveError(f"{path} has {columns:,} columns; give a table with time and flux")
    for number, line in rows:
        if (found := len(line.split())) != columns:
            raise ArchiveError(
                f"{path}: the columns are separated by spaces, but line {number} has {found} "
                f"fields, and the header row has {columns}; separate the columns by commas"
            )
    content = "\n".join(line for _, line in rows)
    try:
        return pd.read_csv(io.StringIO(content), sep=r"\s+", float_precision="round_trip")
    except ValueError as error:  # for example an open quotation mark
        raise CatalogError(
            f"{path} cannot be parsed as a table ({one_line(error)}); correct the file"
        ) from None
