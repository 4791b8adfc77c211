"""Least-squares cubic B-splines on uniform knots, refitted without outliers."""

import numpy as np
from numba import njit

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.robust import clip

FITTED, TOO_FEW_POINTS, SINGULAR = 0, 1, 2

_FEWEST_POINTS = 4
_SMALLEST_PIVOT = 1e-13
"""A pivot this much smaller than its diagonal means that no point determines a coefficient.

Rounding leaves up to 5e-15 where Schoenberg and Whitney's condition fails; deep eclipses, all but
clipped away, leave down to 2e-14 where it holds, and the original fits those.
"""


@njit(cache=True, nogil=True)
def fit_clipped(
    time: Floats,
    flux: Floats,
    spacing: float,
    cut: float,
    rounds: int,
    spline: Floats,
    mask: Bools,
) -> int:
    """Fits one segment, drops outliers, and fits again until nothing changes.

    Outliers on either side of the median residual are dropped; every point is judged anew in
    each round, so a point may come back (reference: `kepler_spline`, S&V 2018, §3.2).

    Args:
        time: Times [n], rising [d].
        flux: Fluxes [n].
        spacing: Wanted distance between knots [d]; the real one is the next larger that
            divides the segment evenly.
        cut: Outliers lie further than this many standard deviations.
        rounds: Fits at most.
        spline: Gets the spline's value [n] at every point, outliers included.
        mask: Gets the points [n] that the last fit used.

    Returns:
        FITTED, TOO_FEW_POINTS (fewer than 4 at different times, before or after clipping) or
        SINGULAR (the points leave a coefficient undetermined).
    """
    n = len(time)
    mask[:] = True
    if _count_times(time, mask) < _FEWEST_POINTS:
        return TOO_FEW_POINTS
    span = time[n - 1] - time[0]
    x = (time - time[0]) / span
    new_mask = np.empty(n, np.bool_)
    for k in range(rounds):
        if k > 0:
            clip(flux - spline, cut, new_mask)
            if np.all(new_mask == mask):
                break
            mask[:] = new_mask
        if _count_times(time, mask) < _FEWEST_POINTS:
            return TOO_FEW_POINTS
        if not _fit(x, flux, mask, spacing / span, spline):
            return SINGULAR
    return FITTED


@njit(cache=True, nogil=True)
def _count_times(time: Floats, mask: Bools) -> int:
    """How many different times the points in `mask` have."""
    count, latest = 0, -np.inf
    for i in range(len(time)):
        if mask[i] and time[i] > latest:
            count, latest = count + 1, time[i]
    return count


@njit(cache=True, nogil=True)
def _fit(x: Floats, y: Floats, mask: Bools, spacing: float, spline: Floats) -> bool:
    """Least squares over the points in `mask`; evaluates everywhere; False where singular."""
    n = len(x)
    first, last = 0, n - 1
    while not mask[first]:
        first += 1
    while not mask[last]:
        last -= 1
    low, width = x[first], x[last] - x[first]
    intervals = max(int(width / spacing), 1)
    step = width / intervals
    band = np.zeros((intervals + 3, 4))  # band[i, k] = (BᵀB)[i, i + k]
    coefficients = np.zeros(intervals + 3)
    basis = np.empty(4)
    for i in range(first, last + 1):
        if mask[i]:
            j = _cubic_basis((x[i] - low) / step, intervals, basis)
            for p in range(4):
                coefficients[j + p] += basis[p] * y[i]
                for q in range(p, 4):
                    band[j + p, q - p] += basis[p] * basis[q]
    if not _solve(band, coefficients):
        return False
    for i in range(n):
        j = _cubic_basis((x[i] - low) / step, intervals, basis)
        spline[i] = (
            basis[0] * coefficients[j]
            + basis[1] * coefficients[j + 1]
            + basis[2] * coefficients[j + 2]
            + basis[3] * coefficients[j + 3]
        )
    return True


@njit(cache=True, nogil=True)
def _cubic_basis(position: float, intervals: int, basis: Floats) -> int:
    """The four B-splines at a position in knot steps; returns the first one's index.

    Outside the knots the end intervals' polynomials go on.
    """
    j = min(max(int(np.floor(position)), 0), intervals - 1)
    u = position - j
    v = 1.0 - u
    basis[0] = v * v * v / 6.0
    basis[1] = (4.0 + u * u * (3.0 * u - 6.0)) / 6.0
    basis[2] = (4.0 + v * v * (3.0 * v - 6.0)) / 6.0
    basis[3] = u * u * u / 6.0
    return j


@njit(cache=True, nogil=True)
def _solve(band: Floats, right: Floats) -> bool:
    """Solves the symmetric banded system in place by LDLᵀ; False where a pivot vanishes."""
    m = len(right)
    for i in range(m):
        diagonal = band[i, 0]
        for k in range(1, min(3, i) + 1):
            diagonal -= band[i - k, k] ** 2 * band[i - k, 0]
        if diagonal <= _SMALLEST_PIVOT * band[i, 0]:
            return False
        band[i, 0] = diagonal
        for k in range(1, min(4, m - i)):
            value = band[i, k]
            for p in range(1, min(3 - k, i) + 1):
                value -= band[i - p, p] * band[i - p, p + k] * band[i - p, 0]
            band[i, k] = value / diagonal
    for i in range(m):
        for k in range(1, min(3, i) + 1):
            right[i] -= band[i - k, k] * right[i - k]
    for i in range(m - 1, -1, -1):
        right[i] /= band[i, 0]
        for k in range(1, min(4, m - i)):
            right[i] -= band[i, k] * right[i + k]
    return True
