"""Reading and writing of tables in the format that the suffix of the path selects.

All formats keep every float exactly. CSV and ECSV write the shortest decimal number that reads back
as the same double; JSON Lines has one object per row, with null for missing values. In ECSV, white
space in strings is normalised, and missing values are empty entries or nan.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from astronet.errors import RunError, one_line
from astronet.files.atomic import replacing
from astronet.files.ecsv import is_ecsv, read_ecsv_frame
from astronet.files.parquet import read_parquet, require_pyarrow

if TYPE_CHECKING:
    import pandas as pd  # slow to import

FORMATS = "CSV, Parquet, JSON Lines or ECSV"
"""Formats of tables, for messages."""

STDOUT = Path("-")
"""Path that selects CSV on standard output."""

_UNITS = {
    "_days": "d",
    "_bkjd": "d",
    "_hours": "h",
    "_ppm": "1e-06",
    "radius_earth": "earthRad",
    "radius_sun": "solRad",
    "mass_sun": "solMass",
    "teff_k": "K",
}
"""Units in ECSV by the end of the column's name, as astropy writes them."""


def check_format(path: Path) -> None:
    """Raise an error unless a table can be written in the format that the suffix selects.

    Args:
        path: Path of the table, or `STDOUT`.

    Raises:
        RunError: The suffix is unknown.
        ConfigError: pyarrow, which the format Parquet requires, is not installed.
    """
    if path == STDOUT:
        return
    suffix = path.suffix.lower()
    if suffix not in _WRITERS:
        known = ", ".join(_WRITERS)
        raise RunError(
            f"{path}: unknown table format {suffix or '(the name has no suffix)'}; end the name "
            f"in one of {known}, or use - for CSV on standard output",
            arguments=("out",),
        )
    if suffix == ".parquet":
        require_pyarrow()


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table in the format that the suffix selects; an existing file is replaced atomically.

    The index of the table is not written. The folder of `path` is created if it does not exist.

    Args:
        table: Table with named columns of numbers, truth values or strings.
        path: Path that ends in .csv, .parquet, .jsonl or .ecsv.

    Raises:
        RunError: The suffix is unknown.
        ConfigError: pyarrow, which the format Parquet requires, is not installed.
        OSError: The folder or the file cannot be written.
    """
    check_format(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("wb") as file:
        _WRITERS[path.suffix.lower()](plain(table), file)


def table_bytes(table: pd.DataFrame, suffix: str) -> bytes:
    """Return the content of a file that `write_table` writes.

    Args:
        table: Table with named columns of numbers, truth values or strings.
        suffix: Suffix of the file in lower case, for example ".csv".
    """
    file = io.BytesIO()
    _WRITERS[suffix](plain(table), file)
    return file.getvalue()


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV, as `write_table` writes it."""
    return str(plain(table).to_csv(index=False, lineterminator="\n"))


def format_of(path: Path) -> str | None:
    """Return the format of a table to read: .parquet, .jsonl, .ecsv, or None for any other one.

    A file of any suffix whose first line is that of an ECSV file is in the format .ecsv.
    """
    suffix = path.suffix.lower()
    return suffix if suffix in _READERS else ".ecsv" if is_ecsv(path) else None


def read_rows(path: Path, days_of: Callable[[str, Any], Any] | None = None) -> pd.DataFrame | None:
    """Read a table in the format .parquet, .jsonl or .ecsv; return None for any other format.

    A column of an ECSV file is converted to the unit that its name implies, for example to days if
    the name ends in _days. Missing numbers become NaN.

    Args:
        path: Path of the table; see `format_of`.
        days_of: Function that converts a column of type astropy `Time` to BKJD [d]; its first
            argument names the column in error messages. None rejects such columns in ECSV files.

    Raises:
        ConfigError: pyarrow, which the format Parquet requires, is not installed.
        OSError: The file cannot be read.
        ValueError: The file is not a table in this format, or a unit does not fit its column.
    """
    kind = format_of(path)
    if kind == ".ecsv":
        return read_ecsv_frame(path, _unit_of, days_of or _rejected)
    return None if kind is None else _READERS[kind](path)


def _rejected(place: str, time: Any) -> Any:
    raise ValueError(f"{place} contains astropy times in scale {time.scale}")


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a new index and columns of four kinds.

    The kinds are floats in double precision, whole numbers, truth values, and strings. Whole
    numbers and truth values with missing values have the types Int64 and boolean of pandas, and
    missing strings are None.
    """
    import pandas as pd

    rows = table.reset_index(drop=True)
    return pd.DataFrame({str(name): _typed(column) for name, column in rows.items()}, rows.index)


def _typed(column: pd.Series) -> pd.Series:
    """Return a column as one of the kinds of `plain`; numbers mixed with texts become texts."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if pd.api.types.is_float_dtype(column):
        return column.astype("float64")
    if getattr(column.dtype, "kind", "O") in "biu" and column.notna().all():
        return column.astype(column.dtype.type)
    kind = pd.api.types.infer_dtype(column, skipna=True)
    nullable: dict[str, Any] = {"boolean": "boolean", "integer": "Int64"}
    nullable |= dict.fromkeys(("floating", "mixed-integer-float"), "float64")
    known = column[column.notna()]
    with suppress(OverflowError):  # whole numbers above 2^63 become texts
        if kind in nullable:
            typed: pd.Series = known.astype(nullable[kind]).reindex(column.index)
            return typed if len(known) < len(column) else typed.astype(typed.dtype.type)
    texts: pd.Series = known.map(str).astype(object).reindex(column.index, fill_value=None)
    return texts


def _write_csv(table: pd.DataFrame, file: IO[bytes]) -> None:
    file.write(csv_text(table).encode())


def _write_jsonl(table: pd.DataFrame, file: IO[bytes]) -> None:
    names = [json.dumps(name, ensure_ascii=False) for name in table]
    missing = table.isna()
    columns = (column.astype(object).mask(missing[name], None) for name, column in table.items())
    for row in zip(*(column.tolist() for column in columns), strict=True):
        fields = (f"{name}: {_json(value)}" for name, value in zip(names, row, strict=True))
        file.write(f"{{{', '.join(fields)}}}\n".encode())


def _json(value: Any) -> str:
    """Return a value as JSON; infinity is a number that overflows to it."""
    if isinstance(value, float) and math.isinf(value):
        return "1e999" if value > 0 else "-1e999"
    return json.dumps(value, ensure_ascii=False)


def _write_parquet(table: pd.DataFrame, file: IO[bytes]) -> None:
    table.to_parquet(file, engine="pyarrow", index=False)


def _write_ecsv(table: pd.DataFrame, file: IO[bytes]) -> None:
    from astropy.table import Table

    content = Table({name: _column(column) for name, column in table.items()})
    for name in content.colnames:
        content[name].unit = _unit_of(name)
    text = io.StringIO()
    content.write(text, format="ascii.ecsv", delimiter=",")
    file.write(text.getvalue().encode())


def _column(column: pd.Series) -> Any:
    """Return the values of a column as an array or masked column that astropy writes.

    In texts, each sequence of white space becomes one space, because astropy ends a row at any
    character that separates lines, even within quotes.
    """
    from astropy.table import MaskedColumn

    missing = column.isna().to_numpy()
    if column.dtype == object:
        values = column.fillna("").map(one_line).to_numpy(str)
    elif column.dtype == "float64" or not missing.any():
        return column.to_numpy()
    else:
        kind = column.dtype.type
        values = column.to_numpy(kind, na_value=kind(0))
    return MaskedColumn(values, mask=missing) if missing.any() else values


def _read_jsonl(path: Path) -> pd.DataFrame:
    import pandas as pd

    lines = path.read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line, parse_int=_number) for line in lines if line.strip()]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("a line is not an object with the columns as its keys")
    frame = pd.DataFrame(rows)
    unknown = [name for name in frame if frame[name].isna().all()]
    return frame.astype(dict.fromkeys(unknown, "float64"))


def _number(text: str) -> int | float:
    """Return a whole number; one of more than 19 characters as float, which may be infinite."""
    return int(text) if len(text) <= 19 else float(text)


def _unit_of(name: str) -> Any:
    """Return the astropy unit that the name of a column implies, or None."""
    from astropy import units

    unit = next((unit for end, unit in _UNITS.items() if name.endswith(end)), None)
    return None if unit is None else units.Unit(unit)


_WRITERS: dict[str, Callable[[pd.DataFrame, IO[bytes]], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".jsonl": _write_jsonl,
    ".ecsv": _write_ecsv,
}
_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".parquet": read_parquet,
    ".jsonl": _read_jsonl,
}
