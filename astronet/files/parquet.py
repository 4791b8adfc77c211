"""Reader of Parquet files with a limit of the memory that they need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from astronet.errors import ConfigError
from astronet.files.expansion import check_expansion

if TYPE_CHECKING:
    import pandas as pd  # slow to import


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a Parquet file without nested columns.

    Raises:
        ConfigError: pyarrow is not installed.
        ValueError: The file is not a Parquet file, has a nested column, or expands to too much
            memory; pyarrow also raises other types of errors for an invalid file.
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
    """Raise an error if a file has nested columns, or expands to too much memory.

    The file contains equal values of a column only once, so the size of its pages is no limit of
    the memory; the values and the lengths of the texts are counted instead.
    """
    import pyarrow
    from pyarrow import compute, parquet

    with parquet.ParquetFile(path) as file:
        metadata, names = file.metadata, file.schema_arrow.names
        columns = [file.schema.column(place) for place in range(metadata.num_columns)]
    if any(one.path not in names or one.max_repetition_level for one in columns):
        raise ValueError("a column is nested")
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    size = sum(
        group.column(place).num_values * max(one.length, 8)
        for group in groups
        for place, one in enumerate(columns)
    )
    check_expansion(path, size)
    texts = [one.path for one in columns if one.physical_type == "BYTE_ARRAY"]
    read = parquet.read_table(path, columns=texts, read_dictionary=texts).columns if texts else []
    for chunk in (chunk for column in read for chunk in column.chunks):
        if isinstance(chunk, pyarrow.DictionaryArray):
            lengths = compute.binary_length(chunk.dictionary).take(chunk.indices)
            size += compute.sum(lengths).as_py() or 0
    check_expansion(path, size)
