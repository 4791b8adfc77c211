"""Reader of Parquet files that limits the memory they need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from astronet.errors import ConfigError
from astronet.files.expansion import check_expansion

if TYPE_CHECKING:
    import pandas as pd  # slow to import


_ROWS_AT_ONCE = 1024
"""Number of rows that are read at once to measure the size of lists."""


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a Parquet file.

    Raises:
        ConfigError: pyarrow is not installed.
        ValueError: The file is not a Parquet file, or expands to too much memory; pyarrow also
            raises other types of errors for an invalid file.
        OSError: The file cannot be read.
    """
    require_pyarrow()
    import pandas as pd

    _check_size(path)
    return pd.read_parquet(path, engine="pyarrow")


def require_pyarrow() -> None:
    """Raise an error if pyarrow is not installed.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise ConfigError(
            "pyarrow, which reads and writes .parquet, is not installed; run `pip install pyarrow`"
        ) from None


def _check_size(path: Path) -> None:
    """Raise an error if a file expands to too much memory.

    The file contains equal values of a column only once, so the size of its pages is no limit of
    the memory; the values and the lengths of the texts are counted instead.
    """
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        metadata = file.metadata
        columns = [file.schema.column(place) for place in range(metadata.num_columns)]
        # The metadata of a column are not read: if they are damaged, pyarrow ends the process.
        rows = sum(metadata.row_group(n).num_rows for n in range(metadata.num_row_groups))
        size = rows * sum(max(column.length, 8) for column in columns)
        check_expansion(path, size)
        lists = [one.path for one in columns if one.max_repetition_level and not _is_text(one)]
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=lists) if lists else ():
            size += batch.nbytes
            check_expansion(path, size)
    if texts := [column.path for column in columns if _is_text(column)]:
        with parquet.ParquetFile(path, read_dictionary=texts) as file:
            read = file.read(columns=texts)
        size += sum(_text_size(chunk) for column in read.columns for chunk in column.chunks)
    check_expansion(path, size)


def _is_text(column: Any) -> bool:
    return bool(column.physical_type == "BYTE_ARRAY")


def _text_size(array: Any) -> int:
    """Return the total length of the texts in an array whose texts are stored once [bytes].

    Args:
        array: Array of pyarrow, in which lists and structures may contain the texts.
    """
    import pyarrow
    from pyarrow import compute, types

    if isinstance(array, pyarrow.DictionaryArray):
        lengths = compute.binary_length(array.dictionary).take(array.indices)
        return compute.sum(lengths).as_py() or 0
    if types.is_struct(array.type):
        return sum(map(_text_size, array.flatten()))
    if types.is_nested(array.type):
        return _text_size(array.flatten())
    return int(array.nbytes)
