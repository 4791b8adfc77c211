"""Reading of CSV files that the package has written, and that may be corrupt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd  # slow to import

MOST_COLUMNS = 10_000
"""Maximum number of columns of a table; with more of the same name, pandas takes hours."""


def read_plain_csv(path: Path, **options: Any) -> pd.DataFrame:
    """Return the table in a CSV file.

    Args:
        path: Path of the file.
        options: Options of `pandas.read_csv`.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file is not a table, or has more than `MOST_COLUMNS` columns.
    """
    import pandas as pd

    with path.open("rb") as file:
        rows = (row for line in file for row in line.split(b"\r"))
        columns = max((row.count(b",") for row in rows), default=0) + 1
    if columns > MOST_COLUMNS:
        raise ValueError(f"there are {columns:,} columns")
    frame: pd.DataFrame = pd.read_csv(path, **options)
    return frame
