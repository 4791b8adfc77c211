"""Functions that find, recognise, read, convert and summarise tables of events of any mission."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from astronet.errors import CatalogError, Command
from astronet.files.checksums import sha256_of
from astronet.missions import MISSIONS

if TYPE_CHECKING:
    import pandas as pd

    from astronet.catalogs.layouts import Layout
    from astronet.catalogs.summary import Summary

_logger = logging.getLogger("astronet")

CATALOGS = Path("data/catalogs")
"""Default folder of the snapshots of event tables."""

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


def find_catalog(catalog: str | Path) -> Path:
    """Return the path of a table of events: the newest snapshot of a table that is given by name.

    A name is one of the tables that `astronet catalog fetch` downloads, such as `toi`. Its
    snapshots are the files `data/catalogs/<name>-<date>.csv`, or `data/catalogs/<name>.csv` if
    there is no dated one. The file that is used is logged.

    Args:
        catalog: Name of a table, or any path, which is returned unchanged. An existing file takes
            precedence over a table of the same name.

    Raises:
        CatalogError: There is no snapshot of a table that is given by name.
    """
    path = Path(catalog)
    name = str(catalog)
    if path.exists() or not any(name in mission.SPEC.tables for mission in MISSIONS.values()):
        return path
    dated = sorted(CATALOGS.glob(f"{name}-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].csv"))
    found = [path for path in (CATALOGS / f"{name}.csv", *dated) if path.is_file()]
    if not found:
        raise CatalogError(
            f"there is no snapshot of the table {name} in {CATALOGS}; fetch it",
            command=Command(f"catalog fetch {name}"),
        )
    _logger.info("event table %s: %s", name, found[-1])
    return found[-1]


def catalog_record(given: str | Path, found: Path) -> dict[str, str]:
    """Return the record of a table of events for the provenance of a store.

    It contains the name of the file and its SHA-256 hash, and the path if the table was given by
    name.

    Args:
        given: Path or name of the table, as given by the user.
        found: Path of the table, from `find_catalog`.
    """
    path = {} if found == Path(given) else {"path": found.as_posix()}
    return {"name": found.name, **path, "sha256": sha256_of(found)}


def read_catalog(
    path: str | Path, require: Iterable[str] | None = None, mission: str | None = None
) -> pd.DataFrame:
    """Read a table of events, and return it with canonical columns and the context of each event.

    The canonical columns have the same names and units for all missions, with epochs in BKJD; see
    `astronet.catalogs.columns.canonical` and `astronet.catalogs.context.with_context`. If an event
    has several rows, only one is returned; see
    `astronet.catalogs.parameter_sets.one_row_per_event`.

    Args:
        path: Path or name (see `find_catalog`) of a table of TCEs, KOIs, TOIs or K2 candidates as
            downloaded from the archive, or path of a custom table.
        require: Canonical columns that must be present; by default the star and the ephemeris.
            `("star",)` suffices if the ephemerides are not needed.
        mission: Mission whose light curves are used with the table; None accepts stars of any
            mission.

    Raises:
        CatalogError: The file is missing or not a table, a required column is missing, a column has
            invalid values, an event has several rows, or the stars are those of another mission or,
            for mission custom, are given by name.

    Examples:
        >>> from astronet.missions import kepler
        >>> events = kepler.read_catalog("data/catalogs/q1_q17_dr24_tce.csv")
        >>> list(events.columns[:5])
        ['star', 'number', 'period_days', 'epoch_bkjd', 'duration_days']
    """
    from astronet.catalogs import columns, table  # pandas is slow to import

    path = find_catalog(path)
    wanted = columns.REQUIRED if require is None else require
    frame = table.read_table(path, all_layouts())
    if mission is not None:
        check_stars(path, frame, mission)
    return table.events_in(path, frame, all_layouts(), wanted)


def check_stars(path: str | Path, frame: pd.DataFrame, mission: str) -> None:
    """Raise an error if the light curves of a mission cannot be those of a table's stars.

    The numbers of different catalogues look similar, so the mission of the stars is inferred from
    the layout of the table, the name of its star column, or the catalogue that precedes a number
    (such as TIC). A table whose mission is unknown is accepted, and so is any table for mission
    custom if its stars are numbers.

    Args:
        path: Path of the table, for error messages.
        frame: Table from `read_table`.
        mission: Mission of the light curves.

    Raises:
        CatalogError: The table lists stars of another mission, or names of stars.
    """
    layout, found = recognised(frame)
    if MISSIONS[mission].SPEC.named_stars:
        _check_numbers(path, frame)
        return
    listed, kind = mission_of_layout(layout), layout.name
    if listed is None and "star" in found:
        listed, kind = mission_of_column(found["star"]), f"table with column {found['star']}"
    if listed in (None, mission) and "star" in found:
        from astronet.catalogs.layouts import star_catalogs

        missions = {MISSIONS[name].SPEC.star_catalog: name for name in MISSIONS}
        others = [name for name in star_catalogs(frame[found["star"]]) if missions[name] != mission]
        if others:
            listed, kind = missions[others[0]], f"table with {others[0]} numbers"
    if listed not in (None, mission):
        raise CatalogError(
            f"{path} is a {kind}, so its stars belong to the mission {listed}, but the mission of "
            f"the light curves is {mission}; set mission to {listed}",
            arguments=("mission",),
        )


def _check_numbers(path: str | Path, frame: pd.DataFrame) -> None:
    """Raise an error if the column star contains names."""
    column = next((c for c in frame.columns if str(c).strip().casefold() == "star"), None)
    if column is None or frame[column].dtype.kind in "iuf":
        return
    import pandas as pd

    wrong = frame[column][pd.to_numeric(frame[column], errors="coerce").isna()].astype(str)
    if not wrong.empty:
        raise CatalogError(
            f"{path}: column {column} contains {wrong.iloc[0]!r}, which is not a number; rename "
            "the light-curve files to 1.csv, 2.csv …, and give these numbers in the column"
        )


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table, and return it without converting its columns.

    Args:
        path: Path or name of the table; see `find_catalog` and
            `astronet.catalogs.table.read_table`.

    Raises:
        CatalogError: The file is missing or not a table.
    """
    from astronet.catalogs import table

    return table.read_table(find_catalog(path), all_layouts())


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
    """Return a summary of the table with this path or name.

    See `find_catalog` and `astronet.catalogs.summary.summarize`.
    """
    from astronet.catalogs import summary

    return summary.summarize(find_catalog(path), all_layouts())
