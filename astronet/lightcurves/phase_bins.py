"""Bins of a global view: their phases, and sums over neighbouring bins."""

from functools import lru_cache

import numpy as np

from astronet.lightcurves.arrays import Floats


def bin_centres(bins: int, period: float) -> Floats:
    """Return the phases of the bin centres of a global view [bins], in the unit of the period."""
    return _phases(bins) * period


@lru_cache(maxsize=8)
def _phases(bins: int) -> Floats:
    """Return the phases of the bin centres [bins], from −0.5 to 0.5."""
    return (np.arange(bins) + 0.5) / bins - 0.5


def window_sums(values: Floats, width: int) -> Floats:
    """Return the sum of the values [n] in a window of `width` around each of them, cyclically."""
    n, before = len(values), width // 2
    ring = np.concatenate([values[n - before :], values, values[: width - before]])
    sums = np.cumsum(np.concatenate([[0.0], ring]))
    return np.asarray(sums[width : width + n] - sums[:n])
