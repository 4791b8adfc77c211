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

from astronet.lightcurves.arrays import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

CONTEXT = ("star_events", "resonance", "stars_at_ephemeris")
"""Names of the columns that `with_context` adds."""

_FINEST = 1e-6
"""Assumed relative precision of the periods, and therefore the minimum of `resonance`."""

_ALIKE = 1e-4
"""Maximum relative difference between two periods that count as equal."""

_TOGETHER_DAYS = 0.1
"""Maximum difference between the transit times of two ephemerides that count as equal [d]."""

_SURVEY_STARS = 1000
"""Number of stars with a known period and epoch that `stars_at_ephemeris` requires."""

_AT_ONCE = 4096
"""Number of events per block in the search for equal ephemerides, which limits memory use."""


def with_context(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with additional columns that describe the context of each event.

    Columns of the same names that the table already has are kept, because they may have been
    computed from a larger table. Labels are not used, so they cannot leak into the columns.

    Args:
        table: Events [n] with canonical columns. The table is returned unchanged unless it has the
            columns star, period_days and epoch_bkjd.

    Returns:
        The table with three more columns:

        - star_events: Number of events of the star, including this one.
        - resonance: Smallest relative difference between a period ratio and the nearest integer.
          The ratios (longer to shorter period) are those of this event and each other event of the
          star. The value is at least 1e-6, and NaN if the period is unknown or the star has no
          other event with a known period.
        - stars_at_ephemeris: Number of stars, including this one, that have an event with the same
          period (relative difference up to 1e-4) and the same transit times (within 0.1 d). It is
          NaN if the event has no period or epoch, or if fewer than 1,000 stars have both.
    """
    if not {"star", "period_days", "epoch_bkjd"} <= set(table.columns):
        return table
    stars = table["star"].to_numpy()
    periods = table["period_days"].to_numpy(np.float64)
    epochs = table["epoch_bkjd"].to_numpy(np.float64)
    of_star = table.groupby("star")["star"].transform("size").to_numpy(np.float64)
    shared = _stars_at_ephemeris(stars, periods, epochs)
    made = dict(zip(CONTEXT, (of_star, _resonances(stars, periods), shared), strict=True))
    return table.assign(**{name: made[name] for name in CONTEXT if name not in table})


def _resonances(stars: Ints, periods: Floats) -> Floats:
    """Return the column `resonance` [n], described in `with_context`."""
    nearest = np.full(len(stars), np.nan)
    usable = np.flatnonzero(np.isfinite(periods) & (periods > 0))
    order = usable[np.argsort(stars[usable], kind="stable")]
    bounds = np.flatnonzero(np.diff(stars[order])) + 1
    for rows in np.split(order, bounds):
        if len(rows) < 2:
            continue
        ratios = periods[rows][:, None] / periods[rows]
        ratios = np.maximum(ratios, 1 / ratios)
        distances = np.abs(ratios - np.round(ratios)) / ratios
        np.fill_diagonal(distances, np.inf)
        nearest[rows] = np.maximum(distances.min(axis=1), _FINEST)
    return nearest


def _stars_at_ephemeris(stars: Ints, periods: Floats, epochs: Floats) -> Floats:
    """Return the column `stars_at_ephemeris` [n], described in `with_context`."""
    counts = np.full(len(stars), np.nan)
    usable = np.flatnonzero(np.isfinite(periods) & (periods > 0) & np.isfinite(epochs))
    if len(np.unique(stars[usable])) < _SURVEY_STARS:
        return counts
    order = usable[np.argsort(periods[usable], kind="stable")]
    sorted_periods = periods[order]
    for start in range(0, len(order), _AT_ONCE):
        rows = order[start : start + _AT_ONCE]
        first = np.searchsorted(sorted_periods, periods[rows] * (1 - _ALIKE))
        last = np.searchsorted(sorted_periods, periods[rows] * (1 + _ALIKE), side="right")
        one, other = _pairs(rows, order, first, last)
        cycles = (epochs[other] - epochs[one]) / periods[one]
        apart = np.abs(cycles - np.round(cycles)) * periods[one]
        together = apart < _TOGETHER_DAYS
        shared = np.unique(np.stack([one[together], stars[other[together]]]), axis=1)[0]
        counts[rows] = np.bincount(shared, minlength=len(stars))[rows]
    return counts


def _pairs(rows: Ints, order: Ints, first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Return all pairs of rows[k] and an element of order[first[k]:last[k]], as two arrays [m]."""
    lengths = last - first
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return np.repeat(rows, lengths), order[starts + np.arange(lengths.sum())]
