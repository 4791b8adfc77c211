"""Exact medians, computed faster than by partitioning because most values are only counted."""

import numpy as np

from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.kernels import kernel

_FEW = 64
"""Maximum number of values for which a vectorised comparison of all pairs is fastest."""

_SAMPLE = 32
"""Maximum number of values in a sample."""

_MARGIN = 6
"""Margin around the expected rank in a sample: about two standard deviations for the median."""


@kernel()
def median(values: Floats, scratch: Floats) -> float:
    """Return the median of the values [n ≥ 1]; `scratch` [≥ n] is overwritten.

    For more than 64 values, samples bracket the median (Floyd & Rivest 1975, CACM 18, 165).
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


@kernel()
def median_near(values: Floats, low: float, high: float) -> float:
    """Return the median of the values [n], which is expected to be between `low` and `high`.

    The result is exact even if the median is not in this interval. The computation is fast if the
    interval contains the median and at most a quarter of the values.
    """
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


@kernel()
def _keep_between(values: Floats, low: float, high: float, kept: Floats) -> tuple[int, int]:
    """Copy the values [n] from `low` to `high`, inclusive, to the start of `kept` [n].

    Return the number of values below `low` and the number of values copied. The rest of `kept` is
    overwritten.
    """
    below = count = 0
    for value in values:  # branch-free, because half of the branches would be mispredicted
        below += value < low
        kept[count] = value
        count += (value >= low) & (value <= high)
    return below, count


@kernel()
def _sampled(values: Floats, rank: int, scratch: Floats) -> float:
    """Return the value at index `rank` of the sorted values [n]; `scratch` [≥ n] is overwritten."""
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


@kernel()
def _ranked(values: Floats, rank: int) -> float:
    """Return the value at index `rank` of the sorted values [n ≤ 64], by comparing all pairs."""
    for i in range(len(values)):
        below = not_above = 0
        for j in range(len(values)):  # by index, which compiles to vector instructions
            below += values[j] < values[i]
            not_above += values[j] <= values[i]
        if below <= rank < not_above:
            return values[i]  # type: ignore[no-any-return]
    return np.nan
