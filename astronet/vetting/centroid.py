"""Shift of the flux-weighted centroid in transit, which reveals eclipses of background stars.

If the transits belong to another star than most of the light in the aperture, the centroid moves
away from that star in transit (Bryson et al. 2013, PASP 125, 889, §2; Twicken et al. 2018, PASP
130, 064502, §6).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.vetting.centroid_shifts import Shifts, amplitudes_of, in_sky_frame
from astronet.vetting.image_motion import Part
from astronet.vetting.matched_filter import Amplitudes


@dataclass(frozen=True)
class CentroidShift:
    """Centroid shift of a transit signal, and the position of its source.

    All errors include red noise, the pulsations of the star and the scatter between quarters.

    Attributes:
        shift: Displacement of the centroid in transit toward east and north [arcsec].
        covariance: Covariance matrix of `shift` [arcsec²].
        pixels: Length of the shift [pixel], and its error.
        offset: Distance of the source of the signal from the centroid out of transit [arcsec]; NaN
            if the measured depth is not positive. A distance is positive even if it is due to
            noise: compare it with its error.
        offset_error: Standard error of `offset` along its direction [arcsec]. It includes the error
            of the depth if the depth was measured.
        offset_east: Component of the source's displacement toward east [arcsec].
        offset_north: Component of the source's displacement toward north [arcsec].
        significance: Length of the shift in units of its error. Without a shift, it exceeds 3 with
            a probability of 1.1 %.
        statistic: Sum of the squared significances of the two components of the mean shift, with
            errors from the noise spectrum alone. It corresponds to `tce_fwm_stat` of Kepler's DR25,
            and has a χ² distribution with two degrees of freedom if there is no shift.
        depth: Transit depth that was used for the offset, as a fraction of the flux.
        parts: Number of quarters, campaigns or sectors with transits.
    """

    shift: tuple[float, float]
    covariance: tuple[tuple[float, float], tuple[float, float]]
    pixels: tuple[float, float]
    offset: float
    offset_error: float
    offset_east: float
    offset_north: float
    significance: float
    statistic: float
    depth: float
    parts: int


def measure_centroid(
    curve: LightCurve,
    ephemeris: Ephemeris,
    others: Sequence[Ephemeris] = (),
    depth: float | None = None,
) -> CentroidShift:
    """Measure the shift of the centroid in transit, and locate the source of the transits.

    In each quarter, campaign or sector, the motion of the image and slow trends are removed, and
    the shift is measured with a matched filter. The mean of the shifts toward east and north is
    weighted by their errors.

    Args:
        curve: Light curve with centroids, positions and orientations, not detrended; read it with
            the reader option `centroid`.
        ephemeris: Ephemeris of the event.
        others: Ephemerides of the star's other events, whose transits are masked. Events with the
            same, half or twice the period are taken to be the same signal and are not masked.
        depth: Transit depth as a fraction of the flux; None means that it is measured.

    Raises:
        LightCurveError: The light curve has no centroids, positions or orientations, or none in
            transit; `depth` is not between 0 and 1; or it is None and the flux is not positive.
    """
    _check(curve, depth)
    parts, found = amplitudes_of(curve, ephemeris, others)
    known = (depth, 0.0) if depth is not None else _mean_depth(found)
    return _combined(in_sky_frame(parts, found), known, _scale(parts), ephemeris, parts[0].step)


def centroid_statistic(
    curve: LightCurve, ephemeris: Ephemeris, others: Sequence[Ephemeris] = ()
) -> float:
    """Return the attribute `statistic` of `measure_centroid`, which needs no depth.

    Args:
        curve: Light curve with centroids, as for `measure_centroid`.
        ephemeris: Ephemeris of the event.
        others: Ephemerides of the star's other events, whose transits are masked.

    Raises:
        LightCurveError: The light curve has no centroids, positions or orientations, or none in
            transit.
    """
    return in_sky_frame(*amplitudes_of(curve, ephemeris, others)).statistic


def _check(curve: LightCurve, depth: float | None) -> None:
    if depth is not None and not 0 < depth < 1:
        raise LightCurveError(
            f"star {curve.star}: the depth is {depth:g}; give a fraction of the flux between 0 "
            "and 1, for example 0.001 for 1,000 ppm"
        )
    levels = (np.median(curve.flux[curve.part[curve.segment] == k]) for k in set(curve.part))
    if depth is None and min(levels) <= 0:
        raise LightCurveError(
            f"star {curve.star}: the depth cannot be measured because the median flux is not "
            "positive; give the depth, or a light curve that is not normalised to 0"
        )


def _mean_depth(found: Sequence[Amplitudes]) -> tuple[float, float]:
    """Return the weighted mean of the depths and its error; the flux is the last series."""
    depths = -np.array([each.value[-1] for each in found])
    variances = np.array([each.covariance[-1, -1] for each in found])
    mean, total = float(np.average(depths, weights=1 / variances)), float((1 / variances).sum())
    excess = float(((depths - mean) ** 2 / variances).sum()) / max(len(depths) - 1, 1)
    return mean, math.sqrt(max(excess, 1.0) / total)


def _scale(parts: Sequence[Part]) -> float:
    """Return the mean size of a pixel [arcsec]."""
    return float(np.mean([math.sqrt(abs(np.linalg.det(part.orientation))) for part in parts]))


def _combined(
    shifts: Shifts,
    known: tuple[float, float],
    scale: float,
    ephemeris: Ephemeris,
    step: float,
) -> CentroidShift:
    """Return the result for all parts together.

    Args:
        shifts: Shifts of the parts.
        known: Depth and its error.
        scale: Size of a pixel [arcsec].
        ephemeris: Ephemeris of the event.
        step: Width of a cell [d].
    """
    plain, covariance = shifts.mean()
    inflation = _noise_excess(shifts, covariance, ephemeris, step)
    mean, covariance = shifts.mean(_variance_between(shifts, plain))
    covariance = covariance * inflation
    between = float(covariance[0, 1])
    length, error = _length(mean, covariance)
    depth, depth_error = known
    factor = 1 / depth - 1 if 0 < depth < 1 else math.nan
    relative = depth_error / depth**2 if 0 < depth < 1 else math.nan
    return CentroidShift(
        shift=(float(mean[0]), float(mean[1])),
        covariance=((float(covariance[0, 0]), between), (between, float(covariance[1, 1]))),
        pixels=(length / scale, error / scale),
        offset=length * factor,
        offset_error=math.hypot(error * factor, length * relative),
        offset_east=-float(mean[0]) * factor,
        offset_north=-float(mean[1]) * factor,
        significance=math.sqrt(float(mean @ np.linalg.solve(covariance, mean))),
        statistic=shifts.statistic,
        depth=depth,
        parts=len(shifts.each),
    )


def _length(vector: Floats, covariance: Floats) -> tuple[float, float]:
    """Return the length of a vector [2], and its standard error along its direction."""
    length = float(np.hypot(*vector))
    if length == 0:
        return 0.0, math.sqrt(float(np.trace(covariance)) / 2)
    return length, math.sqrt(float(vector @ covariance @ vector)) / length


def _noise_excess(shifts: Shifts, covariance: Floats, ephemeris: Ephemeris, step: float) -> float:
    """Return the variance of the mean shift of the noise relative to its expected variance, ≥ 1.

    The template is shifted by one duration to half a period in all parts together. Pulsations and
    other signals in phase with the period therefore increase the result.
    """
    weights = np.linalg.inv(shifts.covariance)
    noise = covariance @ np.einsum("pij,pjl->il", weights, shifts.at_lags)
    middle = noise.shape[1] // 2
    apart = np.abs(np.arange(noise.shape[1]) - middle) * step
    used = (apart >= ephemeris.duration) & (apart <= ephemeris.period / 2)
    if not used.any():
        return 1.0
    squared = np.einsum("il,ij,jl->l", noise, np.linalg.inv(covariance), noise)
    return max(1.0, float(squared[used].mean()) / 2)


def _variance_between(shifts: Shifts, mean: Floats) -> float:
    """Return the variance of the shifts between parts that the noise does not explain [arcsec²].

    Estimate of DerSimonian & Laird 1986 for two components of equal variance.
    """
    parts = len(shifts.each)
    if parts == 1:
        return 0.0
    precisions = np.linalg.inv(shifts.covariance)
    apart = shifts.each - mean
    excess = float(np.einsum("pi,pij,pj->", apart, precisions, apart)) - 2 * (parts - 1)
    weights = np.trace(precisions, axis1=1, axis2=2) / 2
    return max(0.0, excess / 2 / float(weights.sum() - (weights**2).sum() / weights.sum()))
