"""Robust mean and sigma clipping."""

from typing import NamedTuple

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.kernels import kernel
from astronet.lightcurves.medians import median_near

_MAD_TO_SIGMA = 1.4826  # for a normal distribution: 1 / Φ⁻¹(3/4)
_MEAN_DEVIATION_TO_SIGMA = 1.253  # √(π/2), used if the median absolute deviation is 0


class RobustMean(NamedTuple):
    """Robust mean, its standard error, and a mask [n] that is True for the values used."""

    mean: float
    error: float
    mask: Bools


def robust_mean(values: Floats, n_sigma: float) -> RobustMean:
    """Return the mean of the values [n] within `n_sigma` standard deviations of the median.

    The standard error of the mean and the mask of the values used are also returned.

    The standard deviation is estimated first from the median absolute deviation, and then twice
    from the values within the threshold, corrected for the truncation of a normal distribution
    (reference: `robust_mean` by A. Vanderburg in the public AstroNet code, S&V 2018, §3.2).

    Raises:
        ValueError: There are no values, or none is within `n_sigma` standard deviations of the
            median.
    """
    if len(values) == 0:
        raise ValueError("cannot compute the mean of an empty array; pass at least one value")
    mask = np.empty(len(values), np.bool_)
    sigma = clip(np.ascontiguousarray(values, np.float64), n_sigma, mask, np.zeros(2))
    if not mask.any():
        raise ValueError(
            f"none of {len(values)} values is within {n_sigma:g} standard deviations of the "
            "median; use n_sigma of at least 1"
        )
    error = sigma / np.sqrt(max(len(values) - 1, 1))
    return RobustMean(float(values[mask].mean()), float(error), mask)


@kernel()
def clip(values: Floats, n_sigma: float, mask: Bools, guess: Floats) -> float:
    """Clip outliers as in `robust_mean`, and return the standard deviation of the values kept.

    The standard deviation is corrected for the truncation of a normal distribution.

    Args:
        values: Values [n], for example residuals.
        n_sigma: Clipping threshold in standard deviations from the median.
        mask: Output array [n], True for the values that are not clipped.
        guess: Guesses of the median and the median absolute deviation [2], or zeros; overwritten
            with the exact values. Good guesses save time and do not affect the result.
    """
    reach = guess[1] * max(0.1, 3.0 / np.sqrt(len(values)))
    guess[0] = median_near(values, guess[0] - reach, guess[0] + reach)
    deviation = np.abs(values - guess[0])
    guess[1] = median_near(deviation, guess[1] - reach, guess[1] + reach)
    sigma = _MAD_TO_SIGMA * guess[1]
    if sigma < 1e-24:
        sigma = _MEAN_DEVIATION_TO_SIGMA * np.mean(deviation)
    sigma = _scatter_within(values, deviation, n_sigma, n_sigma * sigma, mask)
    return _scatter_within(values, deviation, n_sigma, n_sigma * sigma, mask)


@kernel(fastmath={"reassoc", "contract"})
def _scatter_within(
    values: Floats, deviation: Floats, n_sigma: float, limit: float, mask: Bools
) -> float:
    """Return the standard deviation of the values [n] whose deviation [n] is at most `limit`.

    The result is corrected for the truncation of a normal distribution at `n_sigma`. The mask [n]
    is overwritten; it is True for the values whose deviation is at most `limit`. The result is 0 if
    there are no such values, which happens if `n_sigma` is small or the limit underflows.
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
    return np.sqrt(squares / count) / _truncated_scatter(n_sigma)  # type: ignore[no-any-return]


@kernel()
def _truncated_scatter(n_sigma: float) -> float:
    """Return the standard deviation of a standard normal distribution truncated at ±n_sigma.

    For `n_sigma` from 1 to 4.5, the result is a cubic approximation. Values of `n_sigma` below 1
    are replaced by 1; for values above 4.5, the result is 1.
    """
    s = max(n_sigma, 1.0)
    if s > 4.5:
        return 1.0
    return -0.15405 + 0.90723 * s - 0.23584 * s**2 + 0.020142 * s**3
