"""Comparison of an event with the other events of its star, and with their possible parents.

A secondary eclipse is less deep than the primary one, which often is another event of the same star
at the same period. The light of a bright eclipsing binary can contaminate other stars, which then
have events with the ephemeris of the binary, or with twice or half its period, and a smaller depth
(Coughlin et al. 2014, AJ 147, 119). The deepest event at such an ephemeris is a possible parent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from astronet.catalogs.periods import ALIKE, NEAREST, SURVEY_STARS, TOGETHER_DAYS
from astronet.catalogs.similar import PERIODS
from astronet.lightcurves.arrays import Bools, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

COMPARISONS = (
    "relative_depth",
    "relative_snr",
    "same_period_depth",
    "same_period_phase",
    "parent_depth",
    "parent_depth_half_period",
    "parent_depth_twice_period",
)
"""Names of the columns that `with_comparisons` adds."""

_RATIOS = (1.0, 0.5, 2.0)
"""Periods of the possible parents, in units of the event's period."""

_MOST_EVENTS = 100
"""Maximum number of events of a star that are compared; more are not transit signals."""


def with_comparisons(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with additional columns that compare each event with other events.

    Columns of the same names that the table already has are kept, because they may have been
    computed from a larger table. Labels are not used, so they cannot leak into the columns.

    Args:
        table: Events [n] with the columns star, period_days and epoch_bkjd, and optionally
            depth_ppm and snr.

    Returns:
        The table with seven more columns; a value is NaN if there is no event to compare with, if a
        depth or SNR is unknown or, for the first four, if the star has more than 100 events. An
        event that a search has found twice is compared with itself:

        - relative_depth: log10 of the ratio of the depth to that of the star's deepest other event.
        - relative_snr: The same for the signal-to-noise ratio.
        - same_period_depth: log10 of the ratio of the depth of the star's deepest other event with
          nearly the same period (relative difference up to 1e-3) to the depth.
        - same_period_phase: Difference between the phases of the two events, from 0 to 0.5
          [periods].
        - parent_depth: log10 of the ratio of the depth of another star's deepest event with the
          same period (relative difference up to 1e-4) and transit times (within 0.1 d) to the
          depth. Like the next two, it is NaN if fewer than 1,000 stars have events; and only the
          2,000 closest shorter and as many closest longer periods are compared.
        - parent_depth_half_period, parent_depth_twice_period: The same for events with half and
          twice the period, of which every second transit, or every transit, coincides.
    """
    star = np.unique(table["star"].to_numpy(), return_inverse=True)[1]
    period, epoch, depth, snr = (
        _numbers(table, name) for name in ("period_days", "epoch_bkjd", "depth_ppm", "snr")
    )
    depth = np.where(np.isfinite(depth) & (depth > 0), depth, np.nan)
    snr = np.where(np.isfinite(snr) & (snr > 0), snr, np.nan)
    own = _of_star(star, period, epoch, depth, snr)
    made = np.hstack([own, _parents(star, period, epoch, depth)])
    return table.assign(
        **{name: made[:, k] for k, name in enumerate(COMPARISONS) if name not in table}
    )


def _numbers(table: pd.DataFrame, name: str) -> Floats:
    """Return a column [n]; NaN if it is missing, and for values that are not numbers."""
    import pandas as pd  # slow to import

    if name not in table:
        return np.full(len(table), np.nan)
    numbers = pd.to_numeric(table[name], errors="coerce")
    return np.asarray(numbers.to_numpy(np.float64, na_value=np.nan))


def _of_star(star: Ints, period: Floats, epoch: Floats, depth: Floats, snr: Floats) -> Floats:
    """Return the comparisons with the other events of the star [n, 4]."""
    found = np.full((len(star), 4), np.nan)
    order = np.argsort(star, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(star[order])) + 1):
        if 1 < len(rows) <= _MOST_EVENTS:
            found[rows] = _within(period[rows], epoch[rows], depth[rows], snr[rows])
    return found


def _within(period: Floats, epoch: Floats, depth: Floats, snr: Floats) -> Floats:
    """Return the comparisons of each event of a star with the others [k, 4]."""
    others = ~np.eye(len(period), dtype=np.bool_)
    found = np.full((len(period), 4), np.nan)
    for column, values in enumerate((depth, snr)):
        found[:, column] = np.log10(values / _largest(values, others))
    with np.errstate(divide="ignore", invalid="ignore"):
        alike = others & (np.abs(period / period[:, None] - 1) < PERIODS)
    deepest = _largest(depth, alike)
    found[:, 2] = np.log10(deepest / depth)
    for row in np.flatnonzero(np.isfinite(deepest)):
        other = np.flatnonzero(alike[row] & (depth == deepest[row]))[0]
        cycles = (epoch[other] - epoch[row]) / period[row]
        found[row, 3] = np.abs(cycles - np.round(cycles))
    return found


def _largest(values: Floats, allowed: Bools) -> Floats:
    """Return the largest of the allowed values for each event [k]; NaN if there is none.

    Args:
        values: Values [k]; NaN if unknown.
        allowed: Mask [k, k] of the values that are allowed for each event.
    """
    usable = np.where(allowed & np.isfinite(values), values, -np.inf).max(axis=1)
    return np.where(np.isfinite(usable), usable, np.nan)


def _parents(star: Ints, period: Floats, epoch: Floats, depth: Floats) -> Floats:
    """Return the relative depths of the possible parents in other stars [n, 3]."""
    found = np.full((len(star), len(_RATIOS)), np.nan)
    usable = np.isfinite(period) & (period > 0) & np.isfinite(epoch)
    if len(np.unique(star[usable])) < SURVEY_STARS:
        return found
    from astronet.catalogs.neighbours import deepest_of_others  # compiles a function

    rows = np.flatnonzero(usable)
    rows = rows[np.argsort(period[rows], kind="stable")]
    for column, ratio in enumerate(_RATIOS):
        wanted = period[rows] * ratio
        place = np.searchsorted(period[rows], wanted)
        first = np.searchsorted(period[rows], wanted * (1 - ALIKE))
        last = np.searchsorted(period[rows], wanted * (1 + ALIKE), side="right")
        first, last = np.maximum(first, place - NEAREST), np.minimum(last, place + NEAREST + 1)
        deepest = deepest_of_others(
            period[rows], epoch[rows], star[rows], depth[rows], first, last, ratio, TOGETHER_DAYS
        )
        found[rows, column] = np.log10(deepest / depth[rows])
    return found
