"""Removing the star's own slow variations: the spline whose knot spacing the BIC chooses."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.bspline import FITTED, SINGULAR, fit_clipped
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import in_transit

SPACINGS = np.logspace(np.log10(0.5), np.log10(20), 20)
"""Knot spacings tried [d] (S&V 2018, §3.2: 0.5 to 20 days)."""

MASK_WIDTH = 1.5
"""Transits are left out of the fit this many durations wide (the original's Beam pipeline)."""

_OUTLIER_CUT = 3.0  # standard deviations (S&V 2018, §3.2)
_ROUNDS = 5
_ONE_SIGN = 0.1  # of a trend's points may have the other sign: where the spline shoots over
_DIFFERENCE_TO_SIGMA = 1.48 / np.sqrt(2)  # of the median difference of neighbours, white noise


@dataclass(frozen=True, eq=False)
class Trend:
    """The slow variation of one light curve.

    Attributes:
        flux: The spline [n] in the curve's unit; NaN where it cannot be fitted.
        mask: The points [n] that it was fitted to.
        spacing: The knot spacing chosen, one for the whole star [d]; NaN where none fits.
        bic: The Bayesian information criterion at that spacing.
        failed_spacings: The spacings [d] at which the fit of some segment has no solution.
        table: One row for each spacing tried [20, 4]: spacing, likelihood term, penalty term,
            BIC; NaN where it failed.
    """

    flux: Floats
    mask: Bools
    spacing: float
    bic: float
    failed_spacings: tuple[float, ...]
    table: Floats


def flatten(curve: LightCurve, mask: Sequence[Ephemeris] = ()) -> LightCurve:
    """The curve divided by its trend, about 1; points without a trend are dropped.

    The quotient is rounded to single precision (6e-8), that of the missions' own fluxes: so the
    original does, and so its views come out again to a few 1e-4 even for the shallowest events.

    Args:
        curve: Fluxes in the mission's unit (Kepler: e-/s), not normalised.
        mask: Transits to leave out of the fit (1.5 durations wide) and interpolate over; the
            paper's public code masks none.

    Raises:
        LightCurveError: No segment has enough points for a spline, or the trend crosses zero.
    """
    trend = fit_trend(curve, mask)
    if not np.isfinite(trend.flux).any():
        raise LightCurveError(
            f"star {curve.star}: none of its {curve.segment[-1] + 1} segments has a spline "
            f"({len(curve)} points in all, at least 4 in a segment are needed); "
            "add more quarters, or leave this star out"
        )
    share = np.mean(trend.flux[np.isfinite(trend.flux)] > 0)
    if _ONE_SIGN < share < 1 - _ONE_SIGN:
        raise LightCurveError(
            f"star {curve.star}: its trend crosses zero, so no dip can be measured against it; "
            "give fluxes well above zero (to a relative flux about 0 add 1), or leave it out"
        )
    with np.errstate(all="ignore"):  # what overflows or has no trend is dropped as not finite
        single = (curve.flux / trend.flux).astype(np.float32)
    return LightCurve(curve.star, curve.time, single, curve.segment)


def fit_trend(curve: LightCurve, mask: Sequence[Ephemeris] = ()) -> Trend:
    """Fits a spline at each of 20 knot spacings and keeps the one with the smallest BIC.

    BIC = n ln(2πσ²) + SSR/σ² + k ln n over the points kept, where σ is the star's white noise
    from the differences of neighbouring points (S&V 2018, §3.2, after Vanderburg & Johnson
    2014). As n varies with the points clipped and σ has a unit, so has the choice: give
    fluxes as the mission does, so that it is the original's.

    Args:
        curve: Fluxes in the mission's unit (Kepler: e-/s), not normalised.
        mask: Transits to leave out of the fit (1.5 durations wide) and interpolate over.

    Returns:
        The trend; all NaN where no segment can be fitted.
    """
    used = np.ones(len(curve), np.bool_)
    for ephemeris in mask:
        used &= ~in_transit(curve.time, ephemeris, MASK_WIDTH)
    segment = curve.segment[used]
    starts = np.searchsorted(segment, np.arange(curve.segment[-1] + 2)).astype(np.int64)
    fitted = _choose_spacing(curve.time[used], curve.flux[used], starts)
    if not mask:
        return fitted
    flux, kept = np.full(len(curve), np.nan), np.zeros(len(curve), np.bool_)
    kept[used] = fitted.mask
    for k, (begin, end) in enumerate(pairwise(starts)):
        if begin < end:
            here = curve.segment == k
            flux[here] = np.interp(
                curve.time[here], curve.time[used][begin:end], fitted.flux[begin:end]
            )
    return Trend(flux, kept, fitted.spacing, fitted.bic, fitted.failed_spacings, fitted.table)


def _choose_spacing(time: Floats, flux: Floats, starts: Ints) -> Trend:
    """The best of all spacings, for points whose segments begin at `starts`."""
    n = len(time)
    table = np.column_stack([SPACINGS, np.full((len(SPACINGS), 3), np.nan)])
    best = Trend(np.full(n, np.nan), np.zeros(n, np.bool_), np.nan, np.nan, (), table)
    sigma = _white_noise(flux, starts)
    if not sigma >= 0:
        return best
    sigma = max(sigma, 1e-15 * float(np.abs(flux).max()), 1e-300)  # a curve without any noise
    log_variance = np.log(2 * np.pi) + 2 * np.log(sigma)
    failed = []
    guesses = np.zeros((len(starts) - 1, _ROUNDS, 2))
    for row in table:
        spline, mask = np.full(n, np.nan), np.ones(n, np.bool_)
        solved, squares, points, parameters = _fit_segments(
            time, flux, starts, row[0], sigma, spline, mask, guesses
        )
        if not solved:
            failed.append(float(row[0]))
            continue
        if points == 0:
            continue
        row[1] = points * log_variance + squares
        row[2] = parameters * np.log(points)
        row[3] = row[1] + row[2]
        if not row[3] >= best.bic:
            best = Trend(spline, mask, float(row[0]), float(row[3]), (), table)
    return Trend(best.flux, best.mask, best.spacing, best.bic, tuple(failed), table)


def _white_noise(flux: Floats, starts: Ints) -> float:
    """Standard deviation of the white noise, from neighbours in time; NaN where there are none."""
    difference = np.abs(np.diff(flux))
    inside = np.ones(len(difference), np.bool_)
    borders = starts[1:-1]
    inside[borders[(borders > 0) & (borders < len(flux))] - 1] = False
    if not inside.any():
        return float("nan")
    return float(np.median(difference[inside]) * _DIFFERENCE_TO_SIGMA)


@njit(cache=True, nogil=True)
def _fit_segments(
    time: Floats,
    flux: Floats,
    starts: Ints,
    spacing: float,
    sigma: float,
    spline: Floats,
    mask: Bools,
    guesses: Floats,
) -> tuple[bool, float, int, int]:
    """Fits every segment at one spacing: (solved, SSR/σ², points kept, parameters)."""
    squares, points, parameters = 0.0, 0, 0
    for s in range(len(starts) - 1):
        begin, end = starts[s], starts[s + 1]
        if begin == end:
            continue
        part, kept = spline[begin:end], mask[begin:end]
        outcome = fit_clipped(
            time[begin:end],
            flux[begin:end],
            spacing,
            _OUTLIER_CUT,
            _ROUNDS,
            part,
            kept,
            guesses[s],
        )
        if outcome == SINGULAR:
            return False, squares, points, parameters
        if outcome != FITTED:
            part[:], kept[:] = np.nan, False
            continue
        for i in range(end - begin):
            if kept[i]:
                squares += ((flux[begin + i] - part[i]) / sigma) ** 2
                points += 1
        # Breakpoints, plus the cubic's degree, less one (the original's count)
        parameters += int((time[end - 1] - time[begin]) / spacing) + 1 + 3 - 1
    return True, squares, points, parameters
