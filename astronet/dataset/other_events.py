"""Other events of a star, from a table, beside one event that is given by its ephemeris."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from astronet.catalogs.context import with_context
from astronet.catalogs.similar import similar_pairs
from astronet.errors import CatalogError, counted
from astronet.lightcurves.ephemeris import Ephemeris, is_valid
from astronet.missions.tables import find_catalog, read_catalog

if TYPE_CHECKING:
    import pandas as pd  # slow to import; every worker process imports this package

_logger = logging.getLogger("astronet")

_EPHEMERIS = ("period_days", "epoch_bkjd", "duration_days")
_KEPT = ("star", "number", *_EPHEMERIS)


def event_with_others(
    star: int | str, event: Ephemeris, others: Path, mission: str
) -> pd.DataFrame:
    """Return a table of an event and of the other events of its star.

    A warning is logged about rows that are the event itself, which are left out, and about rows
    without a valid ephemeris, which are left out, too.

    Args:
        star: Number or name of the star.
        event: Ephemeris of the event; its epoch is in BKJD.
        others: Path or name of an event table with the other events; it may contain other stars.
        mission: Mission that observed the star.

    Returns:
        Table [1 + k] with the columns star, number, period_days, epoch_bkjd, duration_days and the
        context of each event (`astronet.catalogs.context`). The first row is the event, whose
        number is NaN; its context includes the other stars of the table.

    Raises:
        CatalogError: The table cannot be read, lists stars of another mission, or does not list the
            star.
    """
    import pandas as pd

    others = find_catalog(others)
    try:
        table = read_catalog(others, mission=mission)
    except CatalogError as error:
        error.arguments = error.arguments or ("others",)
        raise
    own = (table["star"].astype(str) == str(star)).to_numpy()
    if not own.any():
        raise CatalogError(
            f"{others} lists no events of star {star}; give a table that lists the other events of "
            "the star",
            arguments=("others",),
        )
    key = table["star"][own].iloc[0]
    first = pd.DataFrame([(key, np.nan, event.period, event.epoch, event.duration)], columns=_KEPT)
    events = pd.concat([first, table[[*_KEPT]].astype({"number": float})], ignore_index=True)
    events = with_context(_without_same(events, others))
    of_star = events[events["star"] == key].reset_index(drop=True)
    return _without_invalid(of_star, others)


def _without_same(events: pd.DataFrame, others: Path) -> pd.DataFrame:
    """Return the events without those that have nearly the same ephemeris as the first one."""
    of_star = events[events["star"] == events["star"].iloc[0]]
    earlier, later = similar_pairs(of_star, ["star"])
    same = of_star.iloc[np.sort(later[earlier == 0])]
    for _, one in same.iterrows():
        _logger.warning(
            "%s: event %d (period %.6g d) is the scored event itself, not another event of the "
            "star, so it is ignored",
            others,
            one["number"],
            one["period_days"],
        )
    return events[~events.index.isin(same.index)]


def _without_invalid(events: pd.DataFrame, others: Path) -> pd.DataFrame:
    """Return the events without those that have no valid ephemeris."""
    valid = np.array([is_valid(*row) for row in events[[*_EPHEMERIS]].itertuples(index=False)])
    if invalid := int((~valid).sum()):
        _logger.warning(
            "%s: %s without a valid period, epoch and duration, so ignored; correct the table",
            others,
            counted(invalid, "event of the star is", "events of the star are"),
        )
    return events[valid].reset_index(drop=True)
