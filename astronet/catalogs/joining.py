"""Columns of a second table for the same events, found by star and ephemeris.

Numbers of events differ from search to search, ephemerides hardly do.
"""

import numpy as np
import pandas as pd

from astronet.errors import CatalogError

PREFIX = "joined_"
"""What the second table's columns begin with."""

_PERIODS = 1e-3
"""Periods agree if they differ by less than this part of them, …"""

_TRANSITS_DAYS = 0.1
"""… and transits if their centres are apart by less than half a duration and this [d]."""

_KEYS = ("star", "period_days", "epoch_bkjd", "duration_days")


def join_by_ephemeris(events: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The events with the other table's columns of numbers, `joined_<name>`; NaN for no match.

    Two rows are one event if their stars are the same, their periods agree to a thousandth and
    their transits to half of the event's duration and 0.1 d. Of several, the closest period counts.

    Args:
        events: Canonical events [n].
        other: Another canonical table.

    Raises:
        CatalogError: A table lacks a column to match by, or no event is in both.
    """
    for which, table in (("the table", events), ("the joined table", other)):
        if missing := [name for name in _KEYS if name not in table]:
            raise CatalogError(f"{which} has no column {missing[0]}, by which events are matched")
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
        raise CatalogError("no event is in both tables; are they of the same stars?")
    added = matched[list(further.columns.drop("row"))].reindex(np.arange(len(events)))
    return pd.concat([events.reset_index(drop=True), added], axis=1)
