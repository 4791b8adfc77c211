"""Join of two event tables by star and ephemeris.

Different searches number the events of a star differently, but find nearly the same ephemerides.
"""

import numpy as np
import pandas as pd

from astronet.catalogs.similar import PERIODS, TRANSITS_DAYS
from astronet.errors import CatalogError

PREFIX = "joined_"
"""Prefix of the names of columns that are added from the second table."""

_KEYS = ("star", "period_days", "epoch_bkjd", "duration_days")


def join_by_ephemeris(events: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the events with the second table's numeric columns added.

    The names of the added columns start with `joined_`. The columns star and number of the second
    table are not added. A row of the second table matches an event if both have the same star,
    their periods differ by less than 0.1 %, and their transit times differ by less than half the
    transit duration of the event plus 0.1 d. If several rows match an event, the row with the
    closest period is used. The added columns are NaN for events without a match.

    Args:
        events: First table: events [n] with canonical columns.
        other: Second table, with canonical columns.

    Raises:
        CatalogError: A table lacks one of the columns star, period_days, epoch_bkjd and
            duration_days, or no event has a match.
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
    together = apart < pairs["duration_days"] / 2 + TRANSITS_DAYS
    matched = pairs[(pairs["off"] < PERIODS) & together].sort_values(["off", "row"])
    matched = matched.drop_duplicates("event").set_index("event")
    if matched.empty:
        raise CatalogError("the tables have no events in common; join tables of the same stars")
    added = matched[list(further.columns.drop("row"))].reindex(np.arange(len(events)))
    return pd.concat([events.reset_index(drop=True), added], axis=1)
