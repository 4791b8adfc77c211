"""A mean that outliers do not move."""

from typing import NamedTuple

import numpy as np
from numba import njit

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.medians import median_near

_MAD_TO_SIGMA = 1.4826  # of a normal distribution: 1 / Φ⁻¹(3/4)
_MEAN_DEVIATION_TO_SIGMA = 1.253  # √(π/2), for data of which more than half are equal


class RobustMean(NamedTuple):
    """What `robust_mean` finds: the mean, its standard error, and the points it kept [n]."""

    mean: float
    error: float
    mask: Bools


def robust_mean(values: Floats, cut: float) -> RobustMean:
    """The mean of values [n] within `cut` standard deviations of their median.

    The scatter is estimated twice, first from the median absolute deviation, then from the
    points kept, and widened for what a cut of a normal distribution loses (reference: the
    robust mean of the Kepler spline, A. Vanderburg, used by S&V 2018, §3.2).

    Raises:
        ValueError: There are no values, or none within `cut` of the median.
    """
    if len(values) == 0:
        raise ValueError("a mean of no values does not exist")
    mask = np.empty(len(values), np.bool_)
    sigma = clip(np.ascontiguousarray(values, np.float64), cut, mask, np.zeros(2))
    if not mask.any():
        raise ValueError(
            f"none of {len(values)} values lies within {cut:g} standard deviations of their "
            "median; cut at 1 or more"
        )
    error = sigma / np.sqrt(max(len(values) - 1, 1))
    return RobustMean(float(values[mask].mean()), float(error), mask)


@njit(cache=True, nogil=True)
def clip(values: Floats, cut: float, mask: Bools, guess: Floats) -> float:
    """Marks in `mask` [n] the values that a robust mean keeps; returns their scatter.

    Args:
        values: Values [n], about zero.
        cut: Standard deviations from the median within which values are kept.
        mask: Gets what is kept.
        guess: The median and the median absolute deviation [2] as far as they are known, or
            zeros; gets the real ones. A good guess saves time and changes nothing.
    """
    reach = guess[1] * max(0.1, 3.0 / np.sqrt(len(values)))
    guess[0] = median_near(values, guess[0] - reach, guess[0] + reach)
    deviation = np.abs(values - guess[0])
    guess[1] = median_near(deviation, guess[1] - reach, guess[1] + reach)
    sigma = _MAD_TO_SIGMA * guess[1]
    if sigma < 1e-24:
        sigma = _MEAN_DEVIATION_TO_SIGMA * np.mean(deviation)
    sigma = _scatter_within(values, deviation, cut, cut * sigma, mask)
    return _scatter_within(values, deviation, cut, cut * sigma, mask)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _scatter_within(
    values: Floats, deviation: Floats, cut: float, limit: float, mask: Bools
) -> float:
    """Sets mask = deviation ≤ limit; returns the standard deviation of what is kept, mended.

    Nothing is kept where the cut is narrow or the limit too small for a double; then it is 0.
    """
    total, count = 0.0, 0
    for i in range(len(values)):
        mask[i] = deviation[i] <= limit
        total += values[i] if mask[i] else 0.0
        count += mask[i]
    if count == 0:
        return 0.0
    mean = total / count
    squares = 0.0
    for i in range(len(values)):
        squares += (values[i] - mean) ** 2 if mask[i] else 0.0
    return np.sqrt(squares / count) / _share_within(cut)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _share_within(cut: float) -> float:
    """How much smaller a normal distribution's scatter gets when cut at ±cut sigma."""
    s = max(cut, 1.0)
    if s > 4.5:
        return 1.0
    return -0.15405 + 0.90723 * s - 0.23584 * s**2 + 0.020142 * s**3
