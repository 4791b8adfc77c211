"""The archives' tables of events, which one reader knows for all missions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def read_catalog(path: str | Path, require: Iterable[str] | None = None) -> pd.DataFrame:
    """A TCE, KOI, TOI or K2 table, or one of your own, under our column names and units.

    Epochs become BKJD; see `astronet.catalogs`.

    Args:
        path: The table, as the archive serves it.
        require: Our columns that must be there: by default a star and its ephemeris;
            `("star",)` is enough to list a table.

    Raises:
        CatalogError: The file is missing or no table, or a column is missing.
    """
    from astronet import catalogs  # pandas is slow to import

    return catalogs.read_catalog(path, catalogs.REQUIRED if require is None else require)
