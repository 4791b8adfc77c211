"""Exact medians, computed faster than by partitioning: most values only need to be counted."""

import numpy as np
from numba import njit

from astronet.lightcurves.arrays import Floats

_FEW = 64
"""Largest number of values for which comparing all pairs in vector code is fastest."""

_SAMPLE = 32
"""Approximate number of values in a sample."""

_MARGIN = 6
"""Margin in ranks, about two standard deviations of the median's rank in a sample of 32."""


@njit(cache=True, nogil=True)
def median(values: Floats, scratch: Floats) -> float:
    """Return the median of values [n], n ≥ 1; `scratch` [≥ n] is overwritten.

    A sample brackets the median (Floyd & Rivest 1975, CACM 18, 165).
    """
    n = len(values)
    upper = _ranked(values, n // 2) if n <= _FEW else _sampled(values, n // 2, scratch)
    if n % 2:
        return upper
    below, lower = 0, -np.inf
    for value in values:
        below += value < upper
        lower = max(lower, value if value < upper else -np.inf)
    return ((lower if below == n // 2 else upper) + upper) / 2.0


@njit(cache=True, nogil=True)
def median_near(values: Floats, low: float, high: float) -> float:
    """Return the median of values [n]; fast if it and few other values are in [low, high]."""
    n = len(values)
    between = np.empty(n)
    below, count = _keep_between(values, low, high, between)
    first, second = (n - 1) // 2 - below, n // 2 - below
    if first < 0 or second >= count or 4 * count > n:
        return np.median(values)
    nearest = np.partition(between[:count], second)
    upper = nearest[second]
    lower = upper if first == second else nearest[:second].max()
    return (lower + upper) / 2.0  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _keep_between(values: Floats, low: float, high: float, kept: Floats) -> tuple[int, int]:
    """Copy the values [n] in [low, high] to `kept`; return the numbers below `low` and copied."""
    below = count = 0
    for value in values:  # branch-free, because half of the branches would be mispredicted
        below += value < low
        kept[count] = value
        count += (value >= low) & (value <= high)
    return below, count


@njit(cache=True, nogil=True)
def _sampled(values: Floats, rank: int, scratch: Floats) -> float:
    """Return the value at index `rank` of the sorted values [n]; n > 64."""
    while len(values) > _FEW:
        n = len(values)
        sample = np.ascontiguousarray(values[:: -(-n // _SAMPLE)])
        place = rank * len(sample) // n
        low = _ranked(sample, max(place - _MARGIN, 0))
        high = _ranked(sample, min(place + _MARGIN, len(sample) - 1))
        below, count = _keep_between(values, low, high, scratch)
        if not below <= rank < below + count or 2 * count > n:
            return np.partition(values, rank)[rank]  # type: ignore[no-any-return]
        values, rank, scratch = scratch[:count], rank - below, scratch[count:]
    return _ranked(values, rank)


@njit(cache=True, nogil=True)
def _ranked(values: Floats, rank: int) -> float:
    """Return the value at index `rank` of the sorted values, for few values, by trying each."""
    for i in range(len(values)):
        below = not_above = 0
        for j in range(len(values)):  # by index, which compiles to vector instructions
            below += values[j] < values[i]
            not_above += values[j] <= values[i]
        if below <= rank < not_above:
            return values[i]  # type: ignore[no-any-return]
    return np.nan
