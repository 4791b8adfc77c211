"""Transits that would distort the ephemeris and the depth of a signal."""

import numpy as np

from astronet.detection.single_events import COMPLETELY_COVERED
from astronet.detection.trains import Transits
from astronet.lightcurves.arrays import Bools, Floats

_MISSING, _MOST = 0.5, 0.4
"""Depth of a missing transit, relative to the median, and largest fraction of unused transits."""

_CLEAR = 6.0
"""Single-event statistic above which a transit is clear."""


def missing_transits(transits: Transits) -> Bools:
    """Return whether each transit is far shallower than most [transits], if they are clear.

    Such transits occur early or late, because other planets perturb the orbit.
    """
    depths = transits.numerator / transits.weight
    usual = float(np.median(depths)) if len(depths) > 2 else 0.0
    missing = (depths < _MISSING * usual) & (usual * np.sqrt(transits.weight) > _CLEAR)
    return np.asarray(missing & (missing.mean() < _MOST), np.bool_)


def partial_transits(transits: Transits, missing: Bools, covered: Floats) -> Bools:
    """Return whether each transit is partly in a gap [transits], if most others are clear.

    A transit of which less than 60 % is observed is not used, so that periods with which more of it
    seems to be observed have a higher signal-to-noise ratio.

    Args:
        transits: Observed transits.
        missing: Whether each one is missing [transits].
        covered: Fraction of each one that is observed [transits].
    """
    clear = transits.numerator / np.sqrt(transits.weight) > _CLEAR
    partial = clear & ~missing & (covered < COMPLETELY_COVERED)
    left = clear & ~partial & ~missing
    enough = left.sum() >= 3 and left.mean() > 1 - _MOST
    return np.asarray(partial & enough, np.bool_)
