"""Joining of two tables by star and ephemeris.

Event numbers differ between searches, while ephemerides hardly differ.
"""

import numpy as np
import pandas as pd

from astronet.errors import CatalogError

PREFIX = "joined_"
"""Prefix of the columns of the second table."""

_PERIODS = 1e-3
"""Largest relative difference of two periods that match."""

_TRANSITS_DAYS = 0.1
"""Largest difference of two transit times that match, in addition to half a duration [d]."""

_KEYS = ("star", "period_days", "epoch_bkjd", "duration_days")


def join_by_ephemeris(events: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the events with the other table's numeric columns added as `joined_<name>`.

    Two rows are the same event if they have the same star, their periods differ by less than 0.1 %
    and their transit times by less than half of the event's duration plus 0.1 d. If several rows
    match, the one with the closest period is used. Events without a match get NaN.

    Args:
        events: Events [n] with canonical columns.
        other: The second table, with canonical columns.

    Raises:
        CatalogError: A table lacks a column that is needed for matching, or no events match.
    """
    for which, table in (("the table", events), ("the joined table", other)):
        if missing := [name for name in _KEYS if name not in table]:
            raise CatalogError(
                f"{which} has no column '{missing[0]}', which is needed to match events; add it"
            )
    numbers = other.select_dtypes("number").drop(columns=["star", "number"], errors="ignore")
    further = numbers.add_prefix(PREFIX).assign(row=np.arange(len(other)))
    pairs = (
        events[[*_KEYS]]
        .assign(event=np.arange(len(events)))
        .merge(further.assign(star=other["star"]), on="star")
    )
    period, other_period = pairs["period_days"], pairs[f"{PREFIX}period_days"]
    pairs["off"] = (other_period / period - 1).abs()
    cycles = (pairs[f"{PREFIX}epoch_bkjd"] - pairs["epoch_bkjd"]) / period
    apart = (cycles - cycles.round()).abs() * period
    together = apart < pairs["duration_days"] / 2 + _TRANSITS_DAYS
    matched = pairs[(pairs["off"] < _PERIODS) & together].sort_values(["off", "row"])
    matched = matched.drop_duplicates("event").set_index("event")
    if matched.empty:
        raise CatalogError("the tables have no events in common; join tables of the same stars")
    added = matched[list(further.columns.drop("row"))].reindex(np.arange(len(events)))
    return pd.concat([events.reset_index(drop=True), added], axis=1)
