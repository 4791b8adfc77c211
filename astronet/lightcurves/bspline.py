"""Least-squares cubic B-splines on uniform knots with iterative sigma clipping."""

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.kernels import kernel
from astronet.lightcurves.robust import clip

FITTED, TOO_FEW_POINTS, SINGULAR = 0, 1, 2

_FEWEST_POINTS = 4
_SMALLEST_PIVOT = 1e-13
"""Ratio of a pivot to its diagonal element below which a coefficient is undetermined.

If the Schoenberg-Whitney condition fails, rounding leaves a ratio of up to 5e-15. If it holds, the
ratio can be as small as 2e-14 for deep eclipses of which almost all points are clipped. In such a
segment, the public AstroNet code (S&V 2018) fits a spline, whereas `fit_clipped` returns SINGULAR.
"""


@kernel()
def fit_clipped(
    time: Floats,
    flux: Floats,
    spacing: float,
    n_sigma: float,
    max_iterations: int,
    spline: Floats,
    mask: Bools,
    guesses: Floats,
) -> int:
    """Fit a segment, clip outliers, and repeat until the set of clipped points no longer changes.

    At most `max_iterations` fits are made. Outliers on both sides of the median residual are
    clipped. Every iteration tests all points, so a point that was clipped can be used again
    (reference: `kepler_spline`, S&V 2018, §3.2).

    Args:
        time: Times [n] in ascending order [d].
        flux: Fluxes [n].
        spacing: Requested knot spacing [d]. The time span of the points used is divided into equal
            intervals of at least this length; a shorter time span is one interval.
        n_sigma: Clipping threshold in standard deviations.
        max_iterations: Maximum number of fits.
        spline: Output array for the spline [n] at every point, including outliers.
        mask: Output array [n], True for the points used in the last fit.
        guesses: Argument `guess` of `clip` for each iteration [max_iterations, 2]: zeros, or the
            values from another knot spacing, which save time and do not affect the result. They are
            overwritten.

    Returns:
        FITTED, TOO_FEW_POINTS (fewer than 4 distinct times, before or after clipping) or
        SINGULAR (the points do not determine every coefficient).
    """
    n = len(time)
    mask[:] = True
    if not _has_enough(time, mask):
        return TOO_FEW_POINTS
    span = time[n - 1] - time[0]
    x = (time - time[0]) / span
    new_mask = np.empty(n, np.bool_)
    for k in range(max_iterations):
        if k > 0:
            clip(flux - spline, n_sigma, new_mask, guesses[k - 1])
            if np.all(new_mask == mask):
                break
            mask[:] = new_mask
        if not _has_enough(time, mask):
            return TOO_FEW_POINTS
        if not _fit(x, flux, mask, spacing / span, spline):
            return SINGULAR
    return FITTED


@kernel()
def _has_enough(time: Floats, mask: Bools) -> bool:
    """Return whether the points in `mask` have at least four distinct times.

    The times [n] must be in ascending order.
    """
    count, latest = 0, -np.inf
    for i in range(len(time)):
        if mask[i] and time[i] > latest:
            count, latest = count + 1, time[i]
            if count == _FEWEST_POINTS:
                return True
    return False


@kernel()
def _fit(x: Floats, y: Floats, mask: Bools, spacing: float, spline: Floats) -> bool:
    """Fit the points in `mask`, and write the spline at all points to `spline` [n].

    `spacing` is the requested knot spacing in the unit of x [n]. Return True, or False without
    changing `spline` if the normal equations are singular.

    The points of a knot interval are contiguous in memory, so they are processed in a short loop
    without index look-ups, which compiles to vector instructions.
    """
    n = len(x)
    first, last = 0, n - 1
    while not mask[first]:
        first += 1
    while not mask[last]:
        last -= 1
    width = x[last] - x[first]
    intervals = max(int(width / spacing), 1)
    position = (x - x[first]) / (width / intervals)  # in units of the knot spacing
    begins = np.empty(intervals + 1, np.int64)
    begins[0], begins[intervals] = 0, n  # the end intervals extrapolate beyond the knots
    for j in range(1, intervals):
        begins[j] = np.searchsorted(position, j)
    weight = mask.astype(np.float64)
    band = np.zeros((intervals + 3, 4))  # band[i, k] = (BᵀB)[i, i + k]
    coefficients = np.zeros(intervals + 3)
    for j in range(intervals):
        here = slice(begins[j], begins[j + 1])
        _add_interval(position[here], y[here], weight[here], j, band, coefficients)
    if not _solve(band, coefficients):
        return False
    for j in range(intervals):
        here = slice(begins[j], begins[j + 1])
        _evaluate_interval(position[here], j, coefficients, spline[here])
    return True


@kernel(fastmath={"reassoc", "contract"})
def _add_interval(
    position: Floats, y: Floats, weight: Floats, j: int, band: Floats, right: Floats
) -> None:
    """Add the points of interval j to the normal equations of the interval's four B-splines.

    `position` [n] is in units of the knot spacing.
    """
    s00 = s01 = s02 = s03 = s11 = s12 = s13 = s22 = s23 = s33 = 0.0
    r0 = r1 = r2 = r3 = 0.0
    for i in range(len(position)):
        u = position[i] - j
        v = 1.0 - u
        a = v * v * v / 6.0
        b = (4.0 + u * u * (3.0 * u - 6.0)) / 6.0
        c = (4.0 + v * v * (3.0 * v - 6.0)) / 6.0
        d = u * u * u / 6.0
        wa, wb, wc, wd = weight[i] * a, weight[i] * b, weight[i] * c, weight[i] * d
        s00 += wa * a
        s01 += wa * b
        s02 += wa * c
        s03 += wa * d
        s11 += wb * b
        s12 += wb * c
        s13 += wb * d
        s22 += wc * c
        s23 += wc * d
        s33 += wd * d
        r0 += wa * y[i]
        r1 += wb * y[i]
        r2 += wc * y[i]
        r3 += wd * y[i]
    band[j, 0] += s00
    band[j, 1] += s01
    band[j, 2] += s02
    band[j, 3] += s03
    band[j + 1, 0] += s11
    band[j + 1, 1] += s12
    band[j + 1, 2] += s13
    band[j + 2, 0] += s22
    band[j + 2, 1] += s23
    band[j + 3, 0] += s33
    right[j] += r0
    right[j + 1] += r1
    right[j + 2] += r2
    right[j + 3] += r3


@kernel(fastmath={"contract"})
def _evaluate_interval(position: Floats, j: int, coefficients: Floats, spline: Floats) -> None:
    """Evaluate the spline at the points of interval j as a cubic polynomial.

    `position` [n] is in units of the knot spacing. The result is written to `spline` [n].
    """
    p, q, r, s = coefficients[j], coefficients[j + 1], coefficients[j + 2], coefficients[j + 3]
    constant, linear = (p + 4.0 * q + r) / 6.0, (r - p) / 2.0
    square, cube = (p - 2.0 * q + r) / 2.0, (s - p + 3.0 * (q - r)) / 6.0
    for i in range(len(position)):
        u = position[i] - j
        spline[i] = constant + u * (linear + u * (square + u * cube))


@kernel()
def _solve(band: Floats, right: Floats) -> bool:
    """Solve the symmetric banded system by LDLᵀ decomposition.

    Return True if the system has been solved, and False if a pivot is zero within rounding errors.
    The solution replaces `right`, and the decomposition replaces `band`.
    """
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
