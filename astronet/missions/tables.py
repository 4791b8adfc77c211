"""Functions that recognise, read, convert and summarise tables of events of any mission."""

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
"""Names of star columns that do not identify the mission."""


def all_layouts() -> tuple[Layout, ...]:
    """Return the generic layout of custom tables, followed by the layouts of all missions."""
    from astronet.catalogs.layouts import generic_layout

    specs = [mission.SPEC for mission in MISSIONS.values()]
    generic = generic_layout(column for spec in specs for column in spec.star_columns)
    return (generic, *(layout for spec in specs for layout in spec.layouts))


def mission_of_layout(layout: Layout) -> str | None:
    """Return the mission that defines a layout; None for the generic layout of custom tables."""
    return next((name for name in MISSIONS if layout in MISSIONS[name].SPEC.layouts), None)


def mission_of_column(column: str) -> str | None:
    """Return the mission whose tables have a star column of this name.

    If there is none, or if several missions use the name, return None.
    """
    name = column.strip().casefold()
    if name in _ANY_MISSION:
        return None
    return next((m for m in MISSIONS if name in MISSIONS[m].SPEC.star_columns), None)


def read_catalog(path: str | Path, require: Iterable[str] | None = None) -> pd.DataFrame:
    """Read a table of events, and return it with canonical columns and the context of each event.

    The canonical columns have the same names and units for all missions, with epochs in BKJD; see
    `astronet.catalogs.columns.canonical` and `astronet.catalogs.context.with_context`.

    Args:
        path: Path of a table of TCEs, KOIs, TOIs or K2 candidates as downloaded from the archive,
            or of a custom table.
        require: Canonical columns that must be present; by default the star and the ephemeris.
            `("star",)` suffices if the ephemerides are not needed.

    Raises:
        CatalogError: The file is missing or not a table, a required column is missing, or a column
            has invalid values.

    Examples:
        >>> from astronet.missions import kepler
        >>> events = kepler.read_catalog("data/catalogs/q1_q17_dr24_tce.csv")
        >>> list(events.columns[:5])
        ['star', 'number', 'period_days', 'epoch_bkjd', 'duration_days']
    """
    from astronet.catalogs import columns, table  # pandas is slow to import

    wanted = columns.REQUIRED if require is None else require
    return table.read_catalog(path, all_layouts(), wanted)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table, and return it without converting its columns.

    See `astronet.catalogs.table.read_table`.
    """
    from astronet.catalogs import table

    return table.read_table(path, all_layouts())


def canonical(frame: pd.DataFrame, require: Iterable[str] | None = None) -> pd.DataFrame:
    """Return a table with its recognised columns converted to canonical names and units.

    The other columns are kept unchanged; see `astronet.catalogs.columns.canonical`.
    """
    from astronet.catalogs import columns

    wanted = columns.REQUIRED if require is None else require
    return columns.canonical(frame, all_layouts(), wanted)


def recognised(frame: pd.DataFrame) -> tuple[Layout, dict[str, str]]:
    """Return the layout that fits a table best, and the names of the table's recognised columns.

    Returns:
        The layout, and the name that each recognised column has in the table, by canonical name.
    """
    from astronet.catalogs import columns

    layout, found = columns.recognised(frame, all_layouts())
    return layout, {ours: theirs for ours, (theirs, _) in found.items()}


def summarize(path: Path) -> Summary:
    """Return a summary of the table at `path`; see `astronet.catalogs.summary.summarize`."""
    from astronet.catalogs import summary

    return summary.summarize(path, all_layouts())
