"""Writing of a table whose rows are computed piece by piece, so that it need not be in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from astronet.files.atomic import replacing
from astronet.files.tables import check_format, plain, table_bytes

if TYPE_CHECKING:
    import pandas as pd  # slow to import


def write_pieces(pieces: Iterable[pd.DataFrame], path: Path) -> None:
    """Write the rows of one or more tables, one after the other, to a file, atomically.

    The file equals that which `astronet.files.tables.write_table` writes for all rows, except for
    the row groups of Parquet. Only one table is in memory at a time, except for ECSV, whose header
    depends on all rows.

    Args:
        pieces: Tables with the same columns and types; they may have no rows.
        path: Path that ends in .csv, .parquet, .jsonl or .ecsv.

    Raises:
        RunError: The suffix is unknown.
        ConfigError: pyarrow, which the format Parquet requires, is not installed.
        OSError: The folder or the file cannot be written.
    """
    check_format(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = path.suffix.lower()
    with replacing(path) as part, part.open("wb") as file:
        if suffix == ".parquet":
            _write_parquet(pieces, file)
        elif suffix == ".ecsv":
            file.write(table_bytes(_joined(pieces), suffix))
        else:
            header = b""
            for piece in pieces:
                content = table_bytes(piece, suffix)
                file.write(content.removeprefix(header))
                header = content.partition(b"\n")[0] + b"\n" if suffix == ".csv" else b""


def _write_parquet(pieces: Iterable[pd.DataFrame], file: IO[bytes]) -> None:
    import pyarrow
    from pyarrow import parquet

    writer = None
    for piece in _with_rows(pieces):  # the types of texts are unknown if there are no rows
        table = pyarrow.Table.from_pandas(plain(piece), preserve_index=False)
        if writer is None:
            texts = [  # a column of texts that are all missing has no type
                field.with_type(pyarrow.string()) if pyarrow.types.is_null(field.type) else field
                for field in table.schema
            ]
            schema = pyarrow.schema(texts, metadata=table.schema.metadata)
            writer = parquet.ParquetWriter(file, schema)
        writer.write_table(table.cast(schema))
    if writer is not None:
        writer.close()


def _joined(pieces: Iterable[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(list(_with_rows(pieces)), ignore_index=True)


def _with_rows(pieces: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Yield the tables that have rows; if there are none, yield the first table."""
    first, found = None, False
    for piece in pieces:
        first = piece if first is None else first
        if len(piece):
            found = True
            yield piece
    if first is not None and not found:
        yield first


def frame_of(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as a table whose columns have given types, also if there are no rows.

    Args:
        rows: Rows by column name; a missing number or truth value is None or absent, and additional
            columns are ignored.
        columns: Types of the columns by name: int64, float64, boolean or str.
    """
    import pandas as pd

    return pd.DataFrame(
        {
            name: pd.Series(
                [row.get(name) for row in rows], dtype=object if kind == "str" else kind
            )
            for name, kind in columns.items()
        }
    )
