"""The archives' columns, under our names and in our units."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from astronet.catalogs.layouts import FIRST, TEXT, Layout
from astronet.errors import CatalogError

if TYPE_CHECKING:
    from astronet.catalogs.layouts import Convert

REQUIRED = ("star", "period_days", "epoch_bkjd", "duration_days")
"""What an event needs to become a view."""


def canonical(
    frame: pd.DataFrame, layouts: Sequence[Layout], require: Iterable[str] = REQUIRED
) -> pd.DataFrame:
    """Return the same rows with our columns first, then all others under their own names.

    Always there: label and name (str, "" = none). With a star (int64) comes number (int64: the
    TCE's planet number, or the events of a star counted 1, 2, 3 … in row order; never the same
    twice on one star). Where the table has them: period_days, epoch_bkjd, duration_days,
    depth_ppm, snr, impact, radius_earth, star_teff_k, star_logg, star_radius_sun (float64,
    NaN = unknown) and official_split (str).
    Rows without a usable ephemeris are kept.

    Args:
        frame: A table as `read_table` gives it; the case of its column names does not matter.
        layouts: The layouts that the table may have.
        require: Our columns that must be there; `("star",)` is enough to list a table.

    Raises:
        CatalogError: A required column is missing, a row has no star, a column of numbers holds
            only text, or the epochs are on another clock.
    """
    layout, found = recognised(frame, layouts)
    if missing := [ours for ours in require if ours not in found]:
        raise CatalogError(_what_is_missing(layout, missing, list(map(str, frame.columns))))
    table = pd.DataFrame(index=frame.index)
    for ours, (theirs, convert) in found.items():
        table[ours] = _converted(frame[theirs], ours, convert)
    if "star" in found:
        table["star"] = _whole_stars(table["star"], found["star"][0])
        table["number"] = _numbers(table["star"], table.get("number"))
    if "epoch_bkjd" in found:
        _check_clock(table["epoch_bkjd"], found["epoch_bkjd"][0])
    for ours in {"label", "name"} - found.keys():
        table[ours] = ""
    first = [ours for ours in FIRST if ours in table]
    rest = frame.drop(columns=[theirs for theirs, _ in found.values()])
    ordered = table[first + [ours for ours in found if ours not in first]]
    return pd.concat([ordered, rest], axis=1).reset_index(drop=True)


def recognised(
    frame: pd.DataFrame, layouts: Sequence[Layout]
) -> tuple[Layout, dict[str, tuple[str, "Convert"]]]:
    """Find the layout that fits a table best; for each of our columns, its own and a conversion."""
    present = {str(column).strip().casefold(): column for column in reversed(frame.columns)}
    # Of two layouts that fit alike, the one that expects less fits better.
    layout = max(layouts, key=lambda one: (len(one.found(present)), -len(one.columns)))
    return layout, layout.found(present)


def _what_is_missing(layout: Layout, missing: list[str], seen: list[str]) -> str:
    lacking = ", ".join(
        f"{ours} ({theirs[0][0]})" if (theirs := layout.columns.get(ours)) else ours
        for ours in missing
    )
    shown = ", ".join(seen[:30]) + (f" … ({len(seen)} in all)" if len(seen) > 30 else "")
    return f"this {layout.name} lacks {lacking}; its columns are {shown}; {layout.cure}"


def _converted(values: pd.Series, ours: str, convert: "Convert") -> pd.Series:
    converted = convert(values)
    if ours not in TEXT and converted.isna().all() and values.notna().any():
        example = values.dropna().iloc[0]
        raise CatalogError(
            f"column {values.name} holds no numbers (the first entry is {example!r}); "
            f"it should give {ours}: check that the heading fits the rows"
        )
    return converted


def _whole_stars(stars: pd.Series, column: str) -> pd.Series:
    if (absent := ~(stars > 0)).any():
        raise CatalogError(
            f"{int(absent.sum())} of {len(stars)} rows have no star in column {column} "
            f"(the first is row {int(absent.to_numpy().argmax()) + 1}); delete or complete them"
        )
    if (broken := (stars % 1 != 0) | (stars >= 2**53)).any():
        raise CatalogError(
            f"column {column} gives {stars[broken].iloc[0]:g}, which numbers no star; "
            "stars have whole numbers"
        )
    return stars.astype("int64")


def _numbers(stars: pd.Series, given: pd.Series | None) -> pd.Series:
    """The numbers given; where one is missing or taken, the next above the star's highest."""
    if given is None:
        return stars.groupby(stars).cumcount() + 1
    given = given.where(np.isfinite(given))
    # KOIs of one star may bear the planet number of different TCE tables.
    wanting = given.isna() | pd.DataFrame({"star": stars, "number": given}).duplicated()
    highest = given.groupby(stars).transform("max").fillna(0)
    counted = highest + wanting.astype("int64").groupby(stars).cumsum()
    return given.where(~wanting, counted).astype("int64")


def _check_clock(epochs: pd.Series, column: str) -> None:
    # Kepler and TESS epochs lie between BKJD 0 and 10,000; another zero point (MJD, JD) is
    # off by 54,833 or more.
    if abs(median := epochs.median()) > 2e4:
        raise CatalogError(
            f"column {column} gives a median epoch of BKJD {median:.1f}, which is on another "
            "clock; BKJD = BJD − 2454833"
        )
