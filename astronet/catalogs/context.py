"""What the rest of a table says about each of its events.

Planets keep company: a star with one has a second more often than chance would have it (Lissauer
et al. 2012, ApJ 750, 112). Eclipsing binaries come twice, as two events of one period, and noise
comes at whole multiples. And one ephemeris on many stars is an instrument, or a bright binary's
light that is spilt over its neighbours (Coughlin et al. 2014, AJ 147, 119).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from astronet.lightcurves.arrays import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

CONTEXT = ("star_events", "resonance", "stars_at_ephemeris")
"""The columns that `with_context` adds."""

_FINEST = 1e-6
"""Periods are known no better than this part of them."""

_ALIKE = 1e-4
"""Two periods are one if they differ by less than this part of them, …"""

_TOGETHER_DAYS = 0.1
"""… and two ephemerides are one if their transits are less than this apart [d]."""

_SURVEY_STARS = 1000
"""With fewer stars than this, nothing can be said of ephemerides that many stars share."""

_AT_ONCE = 4096
"""Events whose neighbours in period are compared at a time; bounds the memory."""


def with_context(table: pd.DataFrame) -> pd.DataFrame:
    """The table with what its other rows say about each event.

    Columns that are there already are kept: they may have been made from more rows than these.
    Only labels are not looked at, so that nothing of an answer leaks into them.

    Args:
        table: Events [n] under our names, with star; nothing is added without period_days and
            epoch_bkjd.

    Returns:
        The table and, at its end, star_events (events of the same star, itself included),
        resonance (how far the period is from a whole multiple or a whole part of another of its
        star's, as a part of the longer one; at least 1e-6, NaN for an only event) and
        stars_at_ephemeris (stars with an event of the same period, within 1e-4 of it, and the same
        epoch, within 0.1 d; its own included; NaN where the table has fewer than 1,000 stars).
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
    """How far [n] each period is from a resonance with another of its star's."""
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
    """How many stars [n] share each event's ephemeris; NaN where that cannot be said."""
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
    """Each row beside each of order[first:last], one pair at a place."""
    lengths = last - first
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return np.repeat(rows, lengths), order[starts + np.arange(lengths.sum())]
