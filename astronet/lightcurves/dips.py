"""Depth and shape of the dip in a folded light curve at the expected transits."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from astronet.lightcurves.views import FoldedCurve

_SIGMA_PER_MAD = 1.4826
"""Standard deviation of a normal distribution in units of the median absolute deviation."""

_SAMPLE = 4096
"""Number of points out of transit from which the level and the scatter are estimated."""


@dataclass(frozen=True)
class Dip:
    """Mean flux in the inner and the outer half of the transits, below the level out of transit.

    The inner half is within a quarter of the duration of a mid-transit.

    Attributes:
        points: Number of points in the inner and in the outer half.
        inner: Mean depth in the inner half, in the unit of the flux; NaN if there are no points.
        outer: Mean depth in the outer half, in the unit of the flux; NaN if there are no points.
        scatter: Robust standard deviation of the points out of transit.
        level: Median flux out of transit.
    """

    points: tuple[int, int]
    inner: float
    outer: float
    scatter: float
    level: float

    @classmethod
    def of(cls, folded: FoldedCurve) -> Self:
        """Measure the dip of a detrended and folded light curve at phase 0."""
        distance = np.abs(folded.phase) / folded.ephemeris.duration
        inside = distance <= 0.5
        near, flux = distance[inside] <= 0.25, folded.flux[inside]
        away = folded.flux[distance > 1]
        away = away[:: max(1, len(away) // _SAMPLE)]
        level = float(np.median(away)) if len(away) else np.nan
        deviation = float(np.median(np.abs(away - level))) if len(away) else np.nan
        inner, outer = (
            level - float(np.mean(f)) if len(f) else np.nan for f in (flux[near], flux[~near])
        )
        points = int(near.sum()), int((~near).sum())
        return cls(points, inner, outer, deviation * _SIGMA_PER_MAD, level)

    @property
    def significance(self) -> float:
        """Mean depth of the transits divided by its standard error for white noise; 0 if unknown.

        It is infinite for a dip in a light curve without noise.
        """
        total = sum(self.points)
        depth = np.nansum(np.multiply(self.points, (self.inner, self.outer)))
        if not total or not np.isfinite(self.scatter) or not depth:
            return 0.0
        error = self.scatter * np.sqrt(total)
        return float(depth / error) if error > 0 else float(np.copysign(np.inf, depth))

    def is_v_shaped(self, limit: float, errors: float) -> bool:
        """Return whether the ratio of the outer to the inner depth is significantly below a limit.

        Args:
            limit: Ratio of the depths; 1/3 for a triangle, 1 for a box.
            errors: Required significance of the difference [standard errors].
        """
        if not min(self.points) or not self.inner > 0:
            return False
        error = self.scatter * np.hypot(
            limit / np.sqrt(self.points[0]), 1 / np.sqrt(self.points[1])
        )
        return bool(limit * self.inner - self.outer > errors * error)
