"""Tables of events of all missions: their layouts, and one reader that knows them all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from astronet.missions import MISSIONS

if TYPE_CHECKING:
    import pandas as pd

    from astronet.catalogs.layouts import Layout
    from astronet.catalogs.summary import Summary

_ANY_MISSION = ("star_id",)
"""Columns of a mission's tables whose names do not tell that the stars are that mission's."""


def all_layouts() -> tuple[Layout, ...]:
    """Return the layouts of all missions; the generic one of a table of your own is the first."""
    from astronet.catalogs.layouts import generic_layout

    specs = [mission.SPEC for mission in MISSIONS.values()]
    generic = generic_layout(column for spec in specs for column in spec.star_columns)
    return (generic, *(layout for spec in specs for layout in spec.layouts))


def mission_of_layout(layout: Layout) -> str | None:
    """Return the mission whose stars such tables list; None for a table of your own."""
    return next((name for name in MISSIONS if layout in MISSIONS[name].SPEC.layouts), None)


def mission_of_column(column: str) -> str | None:
    """Return the mission whose stars a column lists by its name; None if the name does not tell."""
    name = column.strip().casefold()
    if name in _ANY_MISSION:
        return None
    return next((m for m in MISSIONS if name in MISSIONS[m].SPEC.star_columns), None)


def read_catalog(path: str | Path, require: Iterable[str] | None = None) -> pd.DataFrame:
    """Read a TCE, KOI, TOI or K2 table, or one of your own, under our column names and units.

    Epochs become BKJD; see `astronet.catalogs.columns.canonical`.

    Args:
        path: The table, as the archive serves it.
        require: Our columns that must be there: by default a star and its ephemeris;
            `("star",)` is enough to list a table.

    Raises:
        CatalogError: The file is missing or no table, or a column is missing.
    """
    from astronet.catalogs import columns, table  # pandas is slow to import

    wanted = columns.REQUIRED if require is None else require
    return table.read_catalog(path, all_layouts(), wanted)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table as it is; see `astronet.catalogs.table.read_table`."""
    from astronet.catalogs import table

    return table.read_table(path, all_layouts())


def canonical(frame: pd.DataFrame, require: Iterable[str] | None = None) -> pd.DataFrame:
    """Rename and convert columns; see `astronet.catalogs.columns.canonical`."""
    from astronet.catalogs import columns

    wanted = columns.REQUIRED if require is None else require
    return columns.canonical(frame, all_layouts(), wanted)


def recognised(frame: pd.DataFrame) -> tuple[Layout, dict[str, str]]:
    """Return the layout that fits a table best, and the table's name for each of our columns."""
    from astronet.catalogs import columns

    layout, found = columns.recognised(frame, all_layouts())
    return layout, {ours: theirs for ours, (theirs, _) in found.items()}


def summarize(path: Path) -> Summary:
    """Read a table as far as possible; see `astronet.catalogs.summary.summarize`."""
    from astronet.catalogs import summary

    return summary.summarize(path, all_layouts())
