"""Type of a feature, and arithmetic that all features share."""

from typing import NamedTuple

import numpy as np

from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.kernels import kernel
from astronet.lightcurves.medians import median

SMALLEST = 1e-6
"""Smallest scatter, in transit depths; the scatter of a view without noise is replaced by it."""

LARGEST = 1e4
"""Largest absolute value of a feature; larger values are replaced by it."""

_SIGMA_PER_MAD = 1.4826
"""Standard deviation of a normal distribution in units of the median absolute deviation."""


class Feature(NamedTuple):
    """Name of a feature, and how it is computed."""

    name: str
    formula: str


@kernel()
def robust_scatter(values: Floats, level: float) -> float:
    """Return 1.4826 times the median of |values [n] − level|, at least `SMALLEST`.

    It is the standard deviation of normally distributed values. Without values, it is `SMALLEST`.
    """
    n = len(values)
    if n == 0:
        return SMALLEST
    return max(_SIGMA_PER_MAD * median(np.abs(values - level), np.empty(n)), SMALLEST)


@kernel()
def median_of(values: Floats) -> float:
    """Return the median of the values [n]; 0 if there are none."""
    n = len(values)
    return median(values, np.empty(n)) if n else 0.0


@kernel()
def mean_of(values: Floats) -> float:
    """Return the mean of the values [n]; 0 if there are none."""
    n = len(values)
    return values.sum() / n if n else 0.0


@kernel()
def ratio(numerator: float, denominator: float) -> float:
    """Return the quotient, from −`LARGEST` to `LARGEST`; 0 for a denominator of almost 0."""
    if abs(denominator) < 1e-12:
        return 0.0
    return min(max(numerator / denominator, -LARGEST), LARGEST)


@kernel()
def log_of(value: float) -> float:
    """Return the decimal logarithm of a value ≥ 0; values below `SMALLEST` are replaced by it."""
    return np.log10(min(max(value, SMALLEST), LARGEST))  # type: ignore[no-any-return]


@kernel()
def solve_symmetric(matrix: Floats, right: Floats) -> Floats:
    """Return the solution [k] of a positive-definite system, by Cholesky decomposition.

    A pivot that is almost 0 sets its unknown to 0, so that the result is always finite.

    Args:
        matrix: Symmetric matrix [k, k]; its lower triangle is overwritten.
        right: Right-hand side [k]; overwritten with the solution.
    """
    k = len(right)
    for j in range(k):
        scale = matrix[j, j]
        for m in range(j):
            matrix[j, j] -= matrix[j, m] ** 2
        if matrix[j, j] <= 1e-10 * scale or scale <= 0.0:
            matrix[j, j], matrix[j, :j], matrix[j + 1 :, j] = np.inf, 0.0, 0.0
            continue
        matrix[j, j] = np.sqrt(matrix[j, j])
        for i in range(j + 1, k):
            for m in range(j):
                matrix[i, j] -= matrix[i, m] * matrix[j, m]
            matrix[i, j] /= matrix[j, j]
    for i in range(k):
        for m in range(i):
            right[i] -= matrix[i, m] * right[m]
        right[i] /= matrix[i, i]
    for i in range(k - 1, -1, -1):
        for m in range(i + 1, k):
            right[i] -= matrix[m, i] * right[m]
        right[i] /= matrix[i, i]
    return right
