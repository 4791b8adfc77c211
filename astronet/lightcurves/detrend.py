"""Detrending with a spline whose knot spacing minimises the Bayesian information criterion."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from astronet.errors import LightCurveError, counted
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.bspline import FITTED, SINGULAR, fit_clipped
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.kernels import kernel
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import in_transit
from astronet.lightcurves.sentinels import DIFFERENCE_TO_SIGMA
from astronet.lightcurves.time_checks import check_steps

SPACINGS = np.logspace(np.log10(0.5), np.log10(20), 20)
"""Knot spacings [20] to try [d] (S&V 2018, §3.2: 0.5 to 20 days)."""

MASK_WIDTH = 1.5
"""Width of the masked interval around each mid-transit [transit durations].

It is the default of `remove_events_width_factor` in the Beam pipeline of the public AstroNet code
(S&V 2018).
"""

_N_SIGMA = 3.0  # clipping threshold (S&V 2018, §3.2)
_MAX_ITERATIONS = 5
_OVERSHOOTS = 0.1  # maximum fraction of a trend that may be at or below zero


@dataclass(frozen=True, eq=False)
class Trend:
    """Slow variation of a light curve, fitted with a spline.

    Attributes:
        flux: Spline [n] in the unit of the light curve; NaN in segments without a fit.
        mask: Whether each point [n] was used in the last fit.
        spacing: Best knot spacing, common to all segments [d]; NaN if no fit is possible.
        bic: Bayesian information criterion at the best spacing; NaN if no fit is possible.
        failed_spacings: Knot spacings [d] at which the fit of at least one segment is singular.
        table: Array [20, 4] with one row per knot spacing: spacing [d], likelihood term, penalty
            term and BIC; the last three are NaN if a fit is singular or no segment can be fitted.
    """

    flux: Floats
    mask: Bools
    spacing: float
    bic: float
    failed_spacings: tuple[float, ...]
    table: Floats


def flatten(curve: LightCurve, mask: Sequence[Ephemeris] = ()) -> LightCurve:
    """Return the light curve divided by its trend; points without a trend are dropped.

    The result is rounded to single precision (6e-8), the precision of the fluxes in the missions'
    files and of the public AstroNet code (S&V 2018). The views then agree with those of the public
    code to within a few times 1e-4, even for the shallowest events.

    Args:
        curve: Light curve with fluxes in the mission's own unit (Kepler: e-/s), not normalised.
        mask: Ephemerides of transits to exclude from the fit; the trend is interpolated across the
            excluded intervals, which are 1.5 durations wide. By default, no transits are excluded,
            as in the public AstroNet code.

    Raises:
        LightCurveError: No segment can be fitted with a spline, or the trend is not above zero.

    Examples:
        >>> import numpy as np
        >>> import astronet
        >>> time = np.arange(0, 60, 0.02)
        >>> variable = 1000 + 10 * np.sin(time / 3)
        >>> flat = astronet.flatten(astronet.LightCurve("variable star", time, variable))
        >>> bool(np.abs(flat.flux - 1).max() < 1e-4)
        True
    """
    trend = fit_trend(curve, mask)
    if not np.isfinite(trend.flux).any():
        check_steps(curve.star, curve.time)
        raise LightCurveError(
            f"star {curve.star}: no segment can be fitted with a spline "
            f"({counted(len(curve), 'point')} in {counted(curve.segment[-1] + 1, 'segment')}; at "
            "least 4 points per segment are needed); add more light-curve files, or exclude this "
            "star"
        )
    _check_sign(curve, trend)
    with np.errstate(all="ignore"):  # LightCurve drops values that are not finite
        single = (curve.flux / trend.flux).astype(np.float32)
    return curve.with_flux(single)


def _check_sign(curve: LightCurve, trend: Trend) -> None:
    """Raise an error if a trend is not above zero; dividing by it would invert the transits.

    Spline overshoots below zero are accepted in up to a tenth of the points of the light curve, and
    in up to half of the points of a segment.
    """
    fitted = np.isfinite(trend.flux)
    below = fitted & (trend.flux <= 0)
    by_segment = np.bincount(curve.segment, below) > 0.5 * np.bincount(curve.segment, fitted)
    if below.sum() > _OVERSHOOTS * fitted.sum() or by_segment.any():
        share = below.sum() / fitted.sum()
        raise LightCurveError(
            f"star {curve.star}: the trend is not above zero at {share:.0%} of the points, so "
            "transit depths are undefined; give positive fluxes (declare the unit mag of "
            "magnitudes, or convert them to fluxes; to a flux around 0, add the level of the star "
            "in the unit of the flux: 1 for a relative flux, 100 for percent, 1e6 for ppm), or "
            "exclude this star"
        )


def fit_trend(curve: LightCurve, mask: Sequence[Ephemeris] = ()) -> Trend:
    """Fit a spline at each of 20 knot spacings, and return the trend with the smallest BIC.

    BIC = n ln(2πσ²) + SSR/σ² + k ln n, with n the number of points that are not clipped, SSR the
    sum of their squared residuals, and k the number of parameters. σ is the standard deviation of
    the white noise, estimated from the differences between adjacent fluxes (S&V 2018, §3.2, after
    Vanderburg & Johnson 2014). Because the number of clipped points, and hence n, varies with the
    knot spacing, the term n ln(2πσ²) makes the best spacing depend on the flux unit. With fluxes in
    the mission's own unit, the best spacing is the same as in the public AstroNet code.

    Args:
        curve: Light curve with fluxes in the mission's own unit (Kepler: e-/s), not normalised.
        mask: Ephemerides of transits to exclude from the fit; the trend is interpolated across the
            excluded intervals, which are 1.5 transit durations wide.

    Returns:
        Trend at the best knot spacing; its flux is NaN in segments that cannot be fitted. If no
            segment can be fitted, the whole flux, the spacing and the BIC are NaN.
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
    """Return the trend at the knot spacing with the smallest BIC.

    `starts` [segments + 1] contains the index of the first point of each segment, followed by
    the number of points.
    """
    n = len(time)
    table = np.column_stack([SPACINGS, np.full((len(SPACINGS), 3), np.nan)])
    best = Trend(np.full(n, np.nan), np.zeros(n, np.bool_), np.nan, np.nan, (), table)
    sigma = _white_noise(flux, starts)
    if not sigma >= 0:
        return best
    sigma = max(sigma, 1e-15 * float(np.abs(flux).max()), 1e-300)  # positive even without noise
    log_variance = np.log(2 * np.pi) + 2 * np.log(sigma)
    failed = []
    guesses = np.zeros((len(starts) - 1, _MAX_ITERATIONS, 2))
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
    """Estimate σ of the white noise from the differences of adjacent fluxes in the same segment.

    Return NaN if no two points are in the same segment.
    """
    difference = np.abs(np.diff(flux))
    inside = np.ones(len(difference), np.bool_)
    borders = starts[1:-1]
    inside[borders[(borders > 0) & (borders < len(flux))] - 1] = False
    if not inside.any():
        return float("nan")
    return float(np.median(difference[inside]) * DIFFERENCE_TO_SIGMA)


@kernel()
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
    """Fit every segment at one knot spacing, and write the results to `spline` and `mask` [n].

    Return four values: False if a fit is singular, otherwise True; SSR/σ²; the number of points
    used; and the number of parameters. After a singular fit, the remaining segments are not fitted.
    In a segment with too few points, the spline is NaN and the mask is False.
    """
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
            _N_SIGMA,
            _MAX_ITERATIONS,
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
        # Number of breakpoints + degree − 1, as in the public AstroNet code
        parameters += int((time[end - 1] - time[begin]) / spacing) + 1 + 3 - 1
    return True, squares, points, parameters
