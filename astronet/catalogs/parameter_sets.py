"""Choice of one row per event in tables that list several rows of an event.

The tables of confirmed planets of the NASA Exoplanet Archive (`k2pandc`, `ps`) have one row per
planet and publication. Their column `default_flag` is 1 in one row of each planet.
"""

import logging
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from astronet.catalogs.columns import REQUIRED, are_whole, converted, numbered, recognised
from astronet.catalogs.layouts import Layout
from astronet.catalogs.similar import numbered_groups, similar_pairs
from astronet.errors import CatalogError, counted, printable
from astronet.lightcurves.arrays import Bools

_logger = logging.getLogger("astronet")

_DEFAULT = "default_flag"
"""Column that marks the default parameter set of a planet with 1."""

_ROW_NUMBERS = ("rowid", "loc_rowid")
"""Columns that number the rows of a table; they differ even between copies of a row."""

_KEEP_ONE = (
    "keep one row per event, or add a column default_flag that is 1 in the row to use and 0 in the "
    "others"
)

_EPHEMERIS = ("period_days", "epoch_bkjd", "duration_days")


def one_row_per_event(
    frame: pd.DataFrame,
    layouts: Sequence[Layout],
    require: Iterable[str] = REQUIRED,
    *,
    unique: bool = True,
) -> pd.DataFrame:
    """Return a table with canonical columns and one row per event.

    The number of rows that are left out is logged. They are:

    1. copies of an earlier row, apart from row numbers;
    2. if the table has a column `default_flag`: for each event, all rows except the one whose
       `default_flag` is 1. If an event has no such row, the first row with a complete ephemeris is
       kept, or the first row if there is none.

    An event is identified by its name in the archive (KOI, TOI or planet); if it has none, by star
    and number, or by star, name and nearly equal ephemerides, because names in custom tables can be
    those of stars. In a table without numbers and names, all rows whose `default_flag` is 1 are
    kept, and all rows of the stars that have no such row.

    A warning is logged if several rows of a star have nearly the same ephemeris, but no numbers.

    Args:
        frame: Table from `read_table`; column names are case-insensitive.
        layouts: Layouts from which the best-fitting one is chosen.
        require: Canonical columns that must be present.
        unique: Whether each event may have only one row in a table of ephemerides.

    Returns:
        Table with the columns that `canonical` describes; its index counts the rows from 0.

    Raises:
        CatalogError: Several rows of an event remain although they must be unique, or the table
            is invalid (see `canonical`).
    """
    table = converted(frame, layouts, require)
    _, found = recognised(frame, layouts)
    if "number" in table and table["number"].dtype.kind == "f":
        table["number"] = _whole_numbers(table["number"], found["number"][0])
    table = table[~_copies(table)]
    official = "name" in found and found["name"][0].strip().casefold() != "name"
    event, certain = _events(table, official_names=official)
    flag = next((name for name in table if str(name).strip().casefold() == _DEFAULT), None)
    if flag is not None:
        kept = _defaults(table, _is_true(table[flag]), event, certain)
        table, event, certain = table[kept], event[kept], certain[kept]
    if {"period_days", "epoch_bkjd"} <= set(table.columns):
        if unique:
            _check_unique(event[certain], flag is not None)
        if "star" in table and "number" not in table:
            _warn_about_similar(table)
    if left_out := len(frame) - len(table):
        _logger.info(
            "%d of %s left out: copies or further parameter sets of an event",
            left_out,
            counted(len(frame), "row"),
        )
    return numbered(table)


def _whole_numbers(numbers: pd.Series, column: str) -> pd.Series:
    """Return event numbers [n] with NaN, and a warning, instead of numbers that are invalid."""
    if (invalid := numbers.notna() & ~are_whole(numbers)).any():
        _logger.warning(
            "column %s: %s not whole and will be replaced (first: row %d, %g); give whole numbers "
            "below 2^53",
            column,
            counted(int(invalid.sum()), "event number is", "event numbers are"),
            int(invalid.to_numpy().argmax()) + 1,
            numbers[invalid].iloc[0],
        )
    return numbers.mask(invalid)


def _copies(table: pd.DataFrame) -> Bools:
    """Return a mask [n] of the rows that equal an earlier row, apart from row numbers."""
    copies = np.zeros(len(table), np.bool_)
    keys = [name for name in ("star", "number", "name", *_EPHEMERIS) if name in table]
    # Comparing all columns is slow; few rows have the same star, number, name and ephemeris.
    alike = np.flatnonzero(table.duplicated(keys, keep=False))
    content = [c for c in table if str(c).strip().casefold() not in _ROW_NUMBERS]
    copies[alike] = table.iloc[alike][content].map(_hashable).duplicated()
    return copies


def _hashable(value: object) -> object:
    """Return a text instead of a list, a dictionary or an array, and other values unchanged."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return repr(value) if isinstance(value, list | dict | set) else value


def _events(table: pd.DataFrame, *, official_names: bool) -> tuple[pd.Series, pd.Series]:
    """Return the event of each row [n] as text, and whether the event is certain [n].

    It is uncertain if the row has neither a name nor a number; the text then names the star.

    Args:
        table: Table from `converted`.
        official_names: Whether the names are those of the archive, which identify events. The
            names in custom tables can be those of stars.
    """
    known = "star" in table
    star = ("star " + table["star"].astype(str)) if known else pd.Series("", table.index)
    name = table["name"].str.split().str.join(" ")
    event = star.where(name == "", name if official_names else star + ", name " + name)
    if not official_names and {"star", "period_days", "epoch_bkjd"} <= set(table.columns):
        number = pd.Series(numbered_groups(table.assign(name=name), ["star", "name"]), table.index)
        further = (name != "") & (number > 1)
        event = event.where(~further, event + ", event " + number.astype(str))
    certain = name != ""
    numbers = table.get("number")
    if known and numbers is not None and numbers.dtype.kind == "f":
        by_number = numbers.notna() & ~(certain & official_names)
        event = event.where(~by_number, star + ", number " + numbers.map("{:.0f}".format))
        certain = certain | by_number
    return event, certain


def _is_true(flags: pd.Series) -> pd.Series:
    return flags.astype(str).str.strip().str.casefold().isin(("1", "1.0", "true"))


def _defaults(
    table: pd.DataFrame, default: pd.Series, event: pd.Series, certain: pd.Series
) -> pd.Series:
    """Return a mask [n] of the rows to keep in a table of parameter sets.

    Args:
        table: Table from `converted` [n].
        default: Whether each row is the default parameter set of its event [n].
        event: Event of each row [n].
        certain: Whether the event of each row is certain [n].
    """
    columns = [name for name in _EPHEMERIS if name in table]
    incomplete = table[columns].isna().any(axis=1)
    order = incomplete.sort_values(kind="stable").index
    first = ~event.loc[order].duplicated().reindex(table.index)
    return default | (~default.groupby(event).transform("any") & (first | ~certain))


def _check_unique(event: pd.Series, has_flag: bool) -> None:
    """Raise an error if two rows have the same event.

    Args:
        event: Event of each row that may occur only once; the index counts the rows from 0.
        has_flag: Whether the table has a column `default_flag`.
    """
    repeated = event[event.duplicated(keep=False)]
    if repeated.empty:
        return
    first = repeated.iloc[0]
    rows = [str(row + 1) for row in repeated.index[repeated == first]]
    shown = f"{', '.join(rows[:5])}{' …' if len(rows) > 5 else ''}"
    others = repeated.nunique() - 1
    more = f" (and {counted(others, 'further event')})" if others else ""
    raise CatalogError(
        f"rows {shown} list different values for one event, {printable(first)}{more}; "
        + ("set default_flag to 1 in only one of them" if has_flag else _KEEP_ONE)
    )


def _warn_about_similar(table: pd.DataFrame) -> None:
    """Log a warning if several rows of a star have nearly the same ephemeris."""
    earlier, later = similar_pairs(table, ["star"])
    if len(later):
        second = later.min()
        first = earlier[later == second].min()
        _logger.warning(
            "%s nearly the same ephemeris as another row of the star (first: rows %d and %d); if "
            "they are parameter sets of one event, keep only one of them",
            counted(len(np.unique(later)), "row has", "rows have"),
            int(table.index[first]) + 1,
            int(table.index[second]) + 1,
        )
