"""Shifts of the centroid in transit in each quarter or sector, and their mean in the sky frame."""

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
PIXELS = ("centroid", "position", "orientation")  # attributes of a light curve with centroids
_LEAST = 0.5  # sum of the squared template that a part needs


@dataclass(frozen=True, eq=False)
class Shifts:
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

    @property
    def statistic(self) -> float:
        """Sum of the squared significances of the two components of the mean shift."""
        mean, covariance = self.mean()
        return float(mean @ np.linalg.solve(covariance, mean))


def has_centroids(curve: LightCurve) -> bool:
    """Return whether a light curve has centroids, positions and orientations."""
    return all(getattr(curve, name) is not None for name in PIXELS)


def amplitudes_of(
    curve: LightCurve, ephemeris: Ephemeris, others: Sequence[Ephemeris]
) -> tuple[list[Part], list[Amplitudes]]:
    """Return the parts with transits, and the amplitudes of the transit signal in each.

    Args:
        curve: Light curve with centroids, positions and orientations, not detrended.
        ephemeris: Ephemeris of the event.
        others: Ephemerides of the star's other events, whose transits are masked.

    Raises:
        LightCurveError: The light curve has no centroids, positions or orientations, or none in
            transit.
    """
    _check_pixels(curve)
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
    return parts, found


def in_sky_frame(parts: Sequence[Part], found: Sequence[Amplitudes]) -> Shifts:
    """Return the shifts toward east and north; those of parts with few cells have larger errors."""
    each, covariance, at_lags = [], [], []
    for part, one in zip(parts, found, strict=True):
        matrix = part.orientation
        few = 1 + _FEW_CELLS / part.outside.sum()
        each.append(matrix @ one.value[:2])
        covariance.append(few * matrix @ one.covariance[:2, :2] @ matrix.T)
        at_lags.append(matrix @ one.at_lags[:2])
    return Shifts(np.array(each), np.array(covariance), np.array(at_lags))


def _check_pixels(curve: LightCurve) -> None:
    for name in PIXELS:
        if getattr(curve, name) is None:
            raise LightCurveError(
                f"star {curve.star}: the light curve has no {name}; read it with the reader option "
                "centroid=moments from files of Kepler, K2 or TESS (SPOC)"
            )


def _is_usable(part: Part, template: Floats) -> bool:
    """Return whether a part has centroids in transit, and centroids that vary out of transit."""
    return bool((template**2).sum() >= _LEAST and part.values[part.outside, :2].any(axis=0).all())


def _lags(ephemeris: Ephemeris, step: float) -> int:
    """Return the largest shift [cells] of the template, at least one duration."""
    farthest = max(min(ephemeris.period / 2, _FARTHEST * ephemeris.duration), ephemeris.duration)
    return int(farthest / step) + 1
