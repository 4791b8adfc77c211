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
from astronet.vetting.image_motion import Part, parts_of, steady
from astronet.vetting.matched_filter import (
    Amplitudes,
    Sampling,
    amplitudes,
    transit_template,
)

_FEW_CELLS = 100.0
"""Number of cells at which the variance of a part's shift is doubled, because its motion, trend and
noise spectrum are poorly known."""

_FARTHEST = 20.0  # largest shift of the template that measures the noise, in transit durations
_LEAST = 0.5  # sum of the squared template that a part needs


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


@dataclass(frozen=True, eq=False)
class _Shifts:
    """Shifts of p parts toward east and north [arcsec], and their mean.

    Attributes:
        each: Shifts [p, 2].
        covariance: Covariance matrices of the shifts [p, 2, 2].
        at_lags: Shifts of the noise [p, 2, 2m + 1].
    """

    each: Floats
    covariance: Floats
    at_lags: Floats

    def mean(self, extra: float = 0.0) -> tuple[Floats, Floats]:
        """Return the weighted mean [2] and its covariance [2, 2]; `extra` is a variance."""
        weights = np.linalg.inv(self.covariance + extra * np.eye(2))
        covariance = np.linalg.inv(weights.sum(axis=0))
        return covariance @ np.einsum("pij,pj->i", weights, self.each), covariance


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
    parts = [steady(part) for part in parts_of(curve, ephemeris, others)]
    templates = [transit_template(part.phase, ephemeris.duration) for part in parts]
    usable = [k for k, part in enumerate(parts) if _is_usable(part, templates[k])]
    if not usable:
        raise LightCurveError(
            f"star {curve.star}: no transit has centroids; check the period, the epoch and the "
            "duration, or add the light-curve files that contain the transits"
        )
    parts = [parts[k] for k in usable]
    lags = _lags(ephemeris, parts[0].step)
    found = [
        amplitudes(part.values, templates[k], Sampling(part.cell, part.outside, part.window), lags)
        for k, part in zip(usable, parts, strict=True)
    ]
    known = (depth, 0.0) if depth is not None else _mean_depth(found)
    return _combined(_in_sky_frame(parts, found), known, _scale(parts), ephemeris, parts[0].step)


def _check(curve: LightCurve, depth: float | None) -> None:
    for name in ("centroid", "position", "orientation"):
        if getattr(curve, name) is None:
            raise LightCurveError(
                f"star {curve.star}: the light curve has no {name}; read it with the reader option "
                "centroid=moments from files of Kepler, K2 or TESS (SPOC)"
            )
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


def _is_usable(part: Part, template: Floats) -> bool:
    """Return whether a part has centroids in transit, and centroids that vary out of transit."""
    return bool((template**2).sum() >= _LEAST and part.values[part.outside, :2].any(axis=0).all())


def _lags(ephemeris: Ephemeris, step: float) -> int:
    """Return the largest shift [cells] of the template, at least one duration."""
    farthest = max(min(ephemeris.period / 2, _FARTHEST * ephemeris.duration), ephemeris.duration)
    return int(farthest / step) + 1


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


def _in_sky_frame(parts: Sequence[Part], found: Sequence[Amplitudes]) -> _Shifts:
    """Return the shifts toward east and north; those of parts with few cells have larger errors."""
    each, covariance, at_lags = [], [], []
    for part, one in zip(parts, found, strict=True):
        matrix = part.orientation
        few = 1 + _FEW_CELLS / part.outside.sum()
        each.append(matrix @ one.value[:2])
        covariance.append(few * matrix @ one.covariance[:2, :2] @ matrix.T)
        at_lags.append(matrix @ one.at_lags[:2])
    return _Shifts(np.array(each), np.array(covariance), np.array(at_lags))


def _combined(
    shifts: _Shifts,
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
    statistic = float(plain @ np.linalg.solve(covariance, plain))
    inflation = _noise_excess(shifts, covariance, ephemeris, step)
    mean, covariance = shifts.mean(_variance_between(shifts, plain))
    covariance = covariance * inflation
    between = float(covariance[0, 1])
    length, error = _length(mean, covariance)
    depth, depth_error = known
    factor = 1 / depth - 1 if 0 < depth < 1 else math.nan
    return CentroidShift(
        shift=(float(mean[0]), float(mean[1])),
        covariance=((float(covariance[0, 0]), between), (between, float(covariance[1, 1]))),
        pixels=(length / scale, error / scale),
        offset=length * factor,
        offset_error=math.hypot(error * factor, length * depth_error / depth**2),
        offset_east=-float(mean[0]) * factor,
        offset_north=-float(mean[1]) * factor,
        significance=math.sqrt(float(mean @ np.linalg.solve(covariance, mean))),
        statistic=statistic,
        depth=depth,
        parts=len(shifts.each),
    )


def _length(vector: Floats, covariance: Floats) -> tuple[float, float]:
    """Return the length of a vector [2], and its standard error along its direction."""
    length = float(np.hypot(*vector))
    if length == 0:
        return 0.0, math.sqrt(float(np.trace(covariance)) / 2)
    return length, math.sqrt(float(vector @ covariance @ vector)) / length


def _noise_excess(shifts: _Shifts, covariance: Floats, ephemeris: Ephemeris, step: float) -> float:
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


def _variance_between(shifts: _Shifts, mean: Floats) -> float:
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
