"""Conversion of the archives' columns to canonical names and units."""

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from astronet.catalogs.layouts import FIRST, TEXT, Layout
from astronet.errors import CatalogError, MissingColumnsError, counted

if TYPE_CHECKING:
    from astronet.catalogs.layouts import Convert

_logger = logging.getLogger("astronet")

_LATEST_BKJD = 2e4
"""Maximum absolute value of an epoch that is plausible for BKJD [d]."""

REQUIRED = ("star", "period_days", "epoch_bkjd", "duration_days")
"""Canonical columns that are required to compute the views of an event."""


def canonical(
    frame: pd.DataFrame, layouts: Sequence[Layout], require: Iterable[str] = REQUIRED
) -> pd.DataFrame:
    """Return the table with canonical columns first, followed by its remaining columns, unchanged.

    Every row of the table is kept; `astronet.catalogs.parameter_sets.one_row_per_event` leaves out
    further rows of the same event.

    The canonical columns are:

    - star and number (int64), if the table identifies its stars. The number is the event number in
      the table (for TCEs, the planet number). If the table has no event numbers, the events of each
      star are counted from 1 in row order. Missing, repeated and invalid numbers are replaced
      by unused ones, so that each number is unique within a star.
    - label and name (str, "" if unknown), which are always present.
    - period_days, epoch_bkjd, duration_days, depth_ppm, snr, impact, radius_earth, star_teff_k,
      star_logg, star_radius_sun (float64, NaN if unknown), official_split and flags (str), each if
      the table contains it.

    Rows without a usable ephemeris are kept.

    Args:
        frame: Table from `read_table`; column names are case-insensitive.
        layouts: Layouts from which the best-fitting one is chosen.
        require: Canonical columns that must be present; `("star",)` suffices if the ephemerides
            are not needed.

    Raises:
        CatalogError: A required column is missing or contains no numbers, a row has no valid star
            number, or the median epoch is not plausible for BKJD.
    """
    return numbered(converted(frame, layouts, require))


def converted(
    frame: pd.DataFrame, layouts: Sequence[Layout], require: Iterable[str] = REQUIRED
) -> pd.DataFrame:
    """Return the table with canonical columns, in which `number` is as given in the table.

    The arguments, the errors and the other columns are the same as for `canonical`.

    Returns:
        Table whose column `number` contains float64, NaN if missing; the column is absent if the
        table has no event numbers. Its index counts the rows from 0.
    """
    layout, found = recognised(frame, layouts)
    needed = tuple(require)
    if missing := [ours for ours in needed if ours not in found]:
        raise MissingColumnsError(_missing_columns(layout, missing, list(map(str, frame.columns))))
    table = pd.DataFrame(index=frame.index)
    for ours, (theirs, convert) in list(found.items()):
        values = convert(frame[theirs])
        if ours not in TEXT and values.isna().all() and frame[theirs].notna().any():
            _without_numbers(frame[theirs], ours, required=ours in (*REQUIRED, *needed))
            del found[ours]
        else:
            table[ours] = values
            if ours not in TEXT:
                _warn_about_text(frame[theirs], values, ours)
    if "star" in found:
        table["star"] = _whole_stars(table["star"], found["star"][0])
    if "epoch_bkjd" in found:
        table["epoch_bkjd"] = _on_the_clock(table["epoch_bkjd"], found["epoch_bkjd"][0])
    for ours in {"label", "name"} - found.keys():
        table[ours] = ""
    first = [ours for ours in FIRST if ours in table]
    ordered = table[first + [ours for ours in found if ours not in first]]
    read = [theirs for theirs, _ in found.values()]
    rest = frame[[name for name in frame if name not in read and name not in ordered]]
    return pd.concat([ordered, rest], axis=1).reset_index(drop=True)


def numbered(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table from `converted` with event numbers (int64) that are unique within a star.

    A table without the column star has no numbers. The index of the result counts the rows from 0.
    """
    if "star" not in table:
        return table.reset_index(drop=True)
    given = table.get("number")
    numbers = _numbers(table["star"], given if given is None or given.dtype.kind == "f" else None)
    others = table.drop(columns="number", errors="ignore").reset_index(drop=True)
    others.insert(1, "number", numbers.to_numpy())
    return others


def are_whole(numbers: pd.Series) -> pd.Series:
    """Return whether each number [n] is whole and small enough to be exact in double precision."""
    return (numbers % 1 == 0) & (numbers.abs() < 2**53)


def recognised(
    frame: pd.DataFrame, layouts: Sequence[Layout]
) -> tuple[Layout, dict[str, tuple[str, "Convert"]]]:
    """Return the best-fitting layout of a table, and the canonical columns that the table contains.

    The best-fitting layout is the one with which the most canonical columns are found.

    Returns:
        The layout, and the canonical columns in the form that `Layout.found` returns.
    """
    present = {str(column).strip().casefold(): column for column in reversed(frame.columns)}
    # If two layouts fit equally well, the one with fewer columns that have names in the archive is
    # chosen, so a table in which all columns have canonical names is a custom table.
    layout = max(
        layouts, key=lambda one: (len(one.found(present)), -sum(map(bool, one.columns.values())))
    )
    return layout, layout.found(present)


def _missing_columns(layout: Layout, missing: list[str], seen: list[str]) -> str:
    named = ", ".join(
        f"{ours} ({theirs[0][0]})" if (theirs := layout.columns.get(ours)) else ours
        for ours in missing
    )
    shown = ", ".join(seen[:30]) + (f" … ({len(seen)} in all)" if len(seen) > 30 else "")
    return f"this {layout.name} lacks {named}; its columns are {shown}; {layout.remedy}"


def _without_numbers(values: pd.Series, ours: str, *, required: bool) -> None:
    """Raise an error if a required column contains no numbers; warn about an optional one."""
    example = values.dropna().iloc[0]
    found = f"column {values.name} ({ours}) contains no numbers (first entry: {example!r})"
    if required:
        raise CatalogError(
            f"{found}; check that the header matches the rows, and that the entries are numbers"
        )
    _logger.warning("%s and is ignored; check that the header matches the rows", found)


def _whole_stars(stars: pd.Series, column: str) -> pd.Series:
    if (absent := ~(stars > 0)).any():
        raise CatalogError(
            f"{int(absent.sum())} of {len(stars)} rows have no valid star number in column "
            f"{column} (first: row {int(absent.to_numpy().argmax()) + 1}); delete or complete "
            "these rows"
        )
    if (invalid := ~are_whole(stars)).any():
        raise CatalogError(
            f"column {column} contains {stars[invalid].iloc[0]:g}, which is not a valid star "
            "number; give whole numbers below 2^53"
        )
    return stars.astype("int64")


def _numbers(stars: pd.Series, given: pd.Series | None) -> pd.Series:
    """Return event numbers [n] that are unique within a star.

    Missing, repeated and invalid numbers are replaced by unused ones.

    Args:
        stars: Star number of each event [n].
        given: Event numbers in the table [n]; None if the table has none.
    """
    if given is None:
        return stars.groupby(stars).cumcount() + 1
    given = given.where(are_whole(given))
    # The planet numbers of one star's KOIs may come from different TCE tables.
    replaced = given.isna() | pd.DataFrame({"star": stars, "number": given}).duplicated()
    highest = given.groupby(stars).transform("max").fillna(0)
    counted = highest + replaced.astype("int64").groupby(stars).cumsum()
    return given.where(~replaced, counted).astype("int64")


def _warn_about_text(given: pd.Series, values: pd.Series, ours: str) -> None:
    """Log a warning about entries with digits, such as '1,200' or '3 d', that are not numbers."""
    if given.dtype.kind in "iufb":
        return
    text = given.astype(str).str.contains(r"\d", regex=True) & given.notna() & values.isna()
    if text.any():
        row = int(text.to_numpy().argmax())
        _logger.warning(
            "column %s (%s): %s treated as missing (no plain number; first: row %d, %r); write "
            "numbers without units or thousands separators",
            given.name,
            ours,
            counted(int(text.sum()), "entry is", "entries are"),
            row + 1,
            str(given.iloc[row]),
        )


def _on_the_clock(epochs: pd.Series, column: str) -> pd.Series:
    """Return the epochs in BKJD [n] [d], with NaN for those that are not plausible for BKJD.

    A warning is logged if there are such epochs.

    Raises:
        CatalogError: The median epoch is not plausible.
    """
    # Kepler and TESS epochs are between BKJD 0 and 10,000. The zero points of MJD and JD are more
    # than 54,000 d earlier.
    if abs(median := epochs.median()) > _LATEST_BKJD:
        raise CatalogError(
            f"column {column}: the median epoch, BKJD {median:.1f}, is not plausible, so the "
            "epochs are probably in another time system; convert them to BKJD (BJD − 2454833) and "
            "name the column epoch_bkjd"
        )
    if (other := epochs.abs() > _LATEST_BKJD).any():
        row = int(other.to_numpy().argmax())
        _logger.warning(
            "column %s: %s not plausible and treated as missing (first: row %d, BKJD %.1f); give "
            "all epochs in the same time system",
            column,
            counted(int(other.sum()), "epoch is", "epochs are"),
            row + 1,
            epochs.iloc[row],
        )
    return epochs.mask(other)
