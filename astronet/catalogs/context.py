"""Context of an event: its relation to the other events of its star and of its table.

A star with one planet is more likely than other stars to have a second one (Lissauer et al. 2012,
ApJ 750, 112). Eclipsing binaries often appear as two events with the same period, and false alarms
as several events whose periods are integer multiples of one another. The same ephemeris in many
stars indicates an instrumental signal or contamination by a bright eclipsing binary (Coughlin et
al. 2014, AJ 147, 119).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from astronet.catalogs.comparisons import with_comparisons
from astronet.catalogs.periods import ALIKE, NEAREST, SURVEY_STARS, TOGETHER_DAYS
from astronet.lightcurves.arrays import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

CONTEXT = ("star_events", "resonance", "stars_at_ephemeris")
"""Names of the columns that `with_context` adds."""

_FINEST = 1e-6
"""Assumed relative precision of the periods, and therefore the minimum of `resonance`."""

MOST_STARS = 1000
"""Maximum of `stars_at_ephemeris`; larger numbers would take long to count and mean the same."""

_MOST_PERIODS = 1000
"""Maximum number of periods of a star for which `resonance` is computed.

Among more periods, a resonance is always found by chance, and the time grows quadratically.
"""


def with_context(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with additional columns that describe the context of each event.

    Columns of the same names that the table already has are kept, because they may have been
    computed from a larger table. Labels are not used, so they cannot leak into the columns.

    Args:
        table: Events [n] with canonical columns. The table is returned unchanged unless it has the
            columns star, period_days and epoch_bkjd.

    Returns:
        The table with three more columns:

        - star_events: Number of events of the star.
        - resonance: Smallest relative difference between the period ratio (longer to shorter) of
          this and another event of the star and the nearest integer. It is at least 1e-6, and NaN
          if the period is unknown, the star has no other event with a known period, or it has
          events with more than 1,000 different periods.
        - stars_at_ephemeris: Number of stars, including this one, that have an event with the same
          period (relative difference up to 1e-4) and the same transit times (within 0.1 d), at
          most 1,000. Only the 2,000 events with the closest shorter and as many with the closest
          longer periods are compared. It is NaN if the event has no period or epoch, or if fewer
          than 1,000 stars have both.

        The columns of `astronet.catalogs.comparisons` follow.
    """
    if not {"star", "period_days", "epoch_bkjd"} <= set(table.columns):
        return table
    stars = table["star"].to_numpy()
    periods = table["period_days"].to_numpy(np.float64)
    epochs = table["epoch_bkjd"].to_numpy(np.float64)
    of_star = table.groupby("star")["star"].transform("size").to_numpy(np.float64)
    shared = _stars_at_ephemeris(stars, periods, epochs)
    made = dict(zip(CONTEXT, (of_star, _resonances(stars, periods), shared), strict=True))
    found = table.assign(**{name: made[name] for name in CONTEXT if name not in table})
    return with_comparisons(found)


def _resonances(stars: Ints, periods: Floats) -> Floats:
    """Return the column `resonance` [n], described in `with_context`."""
    nearest = np.full(len(stars), np.nan)
    usable = np.flatnonzero(np.isfinite(periods) & (periods > 0))
    order = usable[np.argsort(stars[usable], kind="stable")]
    bounds = np.flatnonzero(np.diff(stars[order])) + 1
    for rows in np.split(order, bounds):
        if len(rows) > 1:
            unique, inverse, counts = np.unique(
                periods[rows], return_inverse=True, return_counts=True
            )
            if len(unique) <= _MOST_PERIODS:
                distances = np.where(counts > 1, 0.0, _distances(unique))
                nearest[rows] = np.maximum(distances, _FINEST)[inverse]
    return nearest


def _distances(periods: Floats) -> Floats:
    """Return, for each period [n], the relative distance of a period ratio to an integer.

    It is the smallest one over all other periods; infinity if there are none.
    """
    ratios = periods[:, None] / periods
    ratios = np.maximum(ratios, 1 / ratios)
    distances = np.abs(ratios - np.round(ratios)) / ratios
    np.fill_diagonal(distances, np.inf)
    smallest: Floats = distances.min(axis=1)
    return smallest


def _stars_at_ephemeris(stars: Ints, periods: Floats, epochs: Floats) -> Floats:
    """Return the column `stars_at_ephemeris` [n], described in `with_context`."""
    counts = np.full(len(stars), np.nan)
    usable = np.flatnonzero(np.isfinite(periods) & (periods > 0) & np.isfinite(epochs))
    if len(np.unique(stars[usable])) < SURVEY_STARS:
        return counts
    from astronet.catalogs.neighbours import count_stars  # compiles a function

    number = np.unique(stars[usable], return_inverse=True)[1]
    # Events of one star with the same ephemeris are compared once.
    events, event = np.unique(
        np.stack([periods[usable], epochs[usable], number]), axis=1, return_inverse=True
    )
    period = events[0]
    first = np.searchsorted(period, period * (1 - ALIKE))
    last = np.searchsorted(period, period * (1 + ALIKE), side="right")
    place = np.arange(len(period))
    first, last = np.maximum(first, place - NEAREST), np.minimum(last, place + NEAREST + 1)
    ids = events[2].astype(np.int64)
    shared = count_stars(period, events[1], ids, first, last, TOGETHER_DAYS, MOST_STARS)
    counts[usable] = shared[event.ravel()]
    return counts
