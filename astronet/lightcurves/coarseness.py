"""Coarse global views: those of short light curves, with wide bins or many empty ones."""

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats, Views
from astronet.lightcurves.phase_bins import bin_centres

LEAST = 0.5
"""Fraction of the bins away from the transit that must be measured; fewer make a view coarse."""

_NEAR = 2.0
"""Distance from the transit within which bins are not counted [durations]. They can be finer than
the others."""

_AWAY = 0.05
"""Fraction of the bins that must be away from the transit; otherwise, all bins are counted."""

_ROWS_AT_ONCE = 1024


def are_coarse(wholes: Views, fractions: Floats, measured: Bools | None = None) -> Bools:
    """Return a mask [n] of the coarse views.

    A view is coarse if fewer than half of its bins away from the transit are measured. Successive
    bins with the same flux count as one, because bins are repeated if a view is stretched. If it is
    not known which bins are measured, each gap counts as one measured bin. Almost
    all bins of Kepler's four years are measured; of a sector of TESS with exposures of 30 min,
    about 45 %.

    Args:
        wholes: Global views [n, bins] of the whole period.
        fractions: Ratio of duration to period of each event [n].
        measured: Whether each bin contains points [n, bins]; None if it is not known.
    """
    distance = np.abs(bin_centres(wholes.shape[1], 1.0))
    coarse = np.zeros(len(wholes), np.bool_)
    for begin in range(0, len(wholes), _ROWS_AT_ONCE):
        rows = slice(begin, begin + _ROWS_AT_ONCE)
        views = np.asarray(wholes[rows])
        counted = np.ones(views.shape, np.bool_)
        counted[:, 1:] = views[:, 1:] != views[:, :-1]
        if measured is not None:
            counted &= measured[rows]
        away = distance > _NEAR * fractions[rows, None]
        away |= away.mean(axis=1, keepdims=True) < _AWAY
        coarse[rows] = (counted & away).sum(axis=1) < LEAST * away.sum(axis=1)
    return coarse
