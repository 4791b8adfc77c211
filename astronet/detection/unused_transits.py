"""Transits that would distort the ephemeris and the depth of a signal."""

import numpy as np

from astronet.detection.fitting import Fit
from astronet.detection.grid import Grid
from astronet.detection.single_events import COMPLETELY_COVERED
from astronet.detection.trains import Transits
from astronet.lightcurves.arrays import Bools

_MISSING, _MOST = 0.5, 0.4
"""Depth of a missing transit, relative to the median, and largest fraction of such transits."""

_CLEAR, _SIGNIFICANT = 6.0, 5.0
"""Single-event statistic above which a transit is clear, and significance with which a missing one
is shallower [σ]."""

_RULES = ((1.0, 3, 0.6), (COMPLETELY_COVERED, 3, 0.6), (0.8, 2, 0.5))
"""Smallest observed fraction of a transit, and smallest number and fraction of the transits that
must be left, in the order in which they are tried."""

_NEAR = 1.5
"""Largest change of the expected time of a transit [cells]."""


def missing_transits(transits: Transits) -> Bools:
    """Return whether each transit is far shallower than most [transits], if they are clear.

    Such transits occur early or late, because other planets perturb the orbit. They are shallower
    by more than 5 σ; among hundreds of transits, noise makes some shallow.
    """
    depths = transits.numerator / transits.weight
    usual = float(np.median(depths)) if len(depths) > 2 else 0.0
    root = np.sqrt(transits.weight)
    missing = (depths < _MISSING * usual) & (usual * root > _CLEAR)
    missing &= (usual - depths) * root > _SIGNIFICANT
    return np.asarray(missing & (missing.mean() < _MOST), np.bool_)


def incomplete_transits(grid: Grid, fit: Fit, missing: Bools) -> Bools:
    """Return whether each cell is near a transit that is partly in a gap [cells].

    A transit of which less than 60 % is observed is not used, so that periods with which more of it
    seems to be observed have a higher signal-to-noise ratio. A gap of one cell also shifts the time
    of a deep transit by more than its error. If most other transits are clear, none of these cells
    is used, whether the transit is observed at the present period or not.

    Args:
        grid: Light curve.
        fit: Fit of all transits.
        missing: Whether each observed transit is missing [transits].
    """
    train, events, transits = fit.train, fit.events, fit.transits
    number = np.rint((grid.time - train.epoch) / train.period).astype(np.int64)
    distance = np.abs(grid.time - train.epoch - number * train.period)
    number -= number.min()
    in_gap = (distance <= events.duration / 2 + grid.step) & ~grid.observed
    middle = distance <= _NEAR * grid.step
    clear = (transits.numerator / np.sqrt(transits.weight) > _CLEAR) & ~missing
    for covered, fewest, least in _RULES:
        partial = middle & (events.covered < covered)
        incomplete = np.zeros(number.max() + 1, np.bool_)
        incomplete[number[(partial | in_gap) if covered == 1 else partial]] = True
        left = clear & ~incomplete[number[fit.at]]
        if left.sum() >= fewest and left.mean() >= least:
            return np.asarray(incomplete[number] & (distance <= events.duration), np.bool_)
    return np.zeros(len(number), np.bool_)
