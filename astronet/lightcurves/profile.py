"""Search for the dip of a folded light curve near the expected transit, at any width."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.phase_bins import window_sums
from astronet.lightcurves.views import FoldedCurve

_BINS_PER_DURATION = 10
"""Minimum number of bins per transit duration, unless this requires more than `_MOST_BINS`."""

_FEWEST_BINS, _MOST_BINS = 2000, 20000
"""Minimum and maximum number of bins over the period."""


@dataclass(frozen=True)
class Box:
    """Box-shaped dip in a folded light curve.

    Attributes:
        offset: Centre of the dip, relative to the expected mid-transit [d].
        width: Width of the dip [d].
        depth: Mean depth of the dip, in the unit of the flux.
        significance: Depth divided by its standard error for white noise.
    """

    offset: float
    width: float
    depth: float
    significance: float


@dataclass(frozen=True, eq=False)
class Profile:
    """Sums of a folded light curve in bins of phase, from which boxes are measured quickly.

    Attributes:
        period: Period of the folded light curve [d].
        counts: Number of points in each bin [n], from −period/2 to period/2.
        sums: Sum of the depths of the points in each bin [n].
        scatter: Standard deviation of the points out of transit.
    """

    period: float
    counts: Floats
    sums: Floats
    scatter: float

    @classmethod
    def of(
        cls, folded: FoldedCurve, level: float, scatter: float, points: Bools | None = None
    ) -> Self:
        """Bin a folded light curve.

        Args:
            folded: Detrended and folded light curve.
            level: Flux out of transit.
            scatter: Standard deviation of the points out of transit.
            points: Mask [n] of the points to use; None means all.
        """
        period, duration = folded.ephemeris.period, folded.ephemeris.duration
        wanted = _BINS_PER_DURATION * period / duration
        bins = int(np.clip(wanted, _FEWEST_BINS, _MOST_BINS))
        phase, flux = folded.phase, folded.flux
        if points is not None:
            phase, flux = phase[points], flux[points]
        place = np.minimum(((phase / period + 0.5) * bins).astype(np.int64), bins - 1)
        counts = np.bincount(place, minlength=bins).astype(np.float64)
        sums = np.bincount(place, level - flux, bins).astype(np.float64)
        return cls(period, counts, sums, scatter)

    def boxes(self, width: float) -> tuple[Floats, Floats]:
        """Return the mean depth and the significance of a box around the centre of each bin [n].

        Bins without points within the box have the depth 0 and the significance 0.

        Args:
            width: Width of the box [d].
        """
        bins = len(self.counts)
        half = min(max(round(width / self.period * bins / 2 - 0.5), 0), (bins - 1) // 2)
        counts, sums = (window_sums(values, 2 * half + 1) for values in (self.counts, self.sums))
        depth = sums / np.maximum(counts, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            significance = np.where(counts > 0, depth * np.sqrt(counts) / self.scatter, 0.0)
        return depth, np.nan_to_num(significance, nan=0.0, posinf=1e9, neginf=-1e9)

    def at(self, width: float) -> Box:
        """Return the box of a given width [d] at the expected mid-transit."""
        depth, significance = self.boxes(width)
        middle = len(depth) // 2
        return Box(0.0, width, float(depth[middle]), float(significance[middle]))

    def best(self, widths: Floats, reach: float) -> Box:
        """Return the most significant box.

        Args:
            widths: Widths to try [k] [d].
            reach: Maximum distance of the centre from the expected mid-transit [d]; half the width
                for boxes wider than twice this distance.
        """
        offsets = ((np.arange(len(self.counts)) + 0.5) / len(self.counts) - 0.5) * self.period
        found = []
        for width in widths:
            depth, significance = self.boxes(width)
            near = np.abs(offsets) <= min(max(reach, width / 2), self.period / 2)
            place = int(np.argmax(np.where(near, significance, -np.inf)))
            found.append(
                Box(float(offsets[place]), float(width), float(depth[place]), significance[place])
            )
        return max(found, key=lambda box: box.significance)
