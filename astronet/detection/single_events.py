"""Matched filter for single transits at every time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.linalg import toeplitz
from scipy.ndimage import maximum_filter1d

from astronet.detection.scatter import local_scatter
from astronet.detection.template import SMALL_PLANET, Shape, transit_template, transit_templates
from astronet.detection.whitened import Whitened
from astronet.lightcurves.arrays import Bools, Floats, Ints

_LEAST_INFORMATION = 0.3
"""Minimum information about a transit, relative to a transit without gaps."""

_LEAST_COVERAGE = 0.6
"""Minimum fraction of the transit (weighted with its depth) that is observed."""

_COMPLETE, COMPLETELY_COVERED = 0.8, 0.95
"""Minimum fractions of the information and of the transit of a complete event."""

_REACH = 0.8
"""Time around a gap in which the lost information is computed [d]."""

SUBCELLS = 8
"""Number of mid-transit times per cell in the measurement of signals."""

_FEWEST_CELLS = 50
"""Smallest number of cells outside of dips for which the scatter is computed."""


@dataclass(frozen=True, eq=False)
class SingleEvents:
    """Maximum-likelihood fits of single transits of one duration, at every cell.

    The depth of a transit in cell i is numerator[i] / weight[i], its standard error is
    1 / √weight[i], and its single-event statistic is numerator[i] / √weight[i] (Jenkins 2002, §2).
    Numerators and weights of several transits add up.

    Attributes:
        duration: Duration of the transits [d].
        numerator: Weighted depths [cells]; 0 if the transit is not observed.
        weight: Information about the depth [cells]; 0 if the transit is not observed.
        information: Weight of a transit without gaps, before normalisation.
        available: Fraction of the information that is not lost in gaps [cells].
        covered: Fraction of the transit that is observed, weighted with its depth [cells].
        scale: Standard deviation of the statistic before normalisation [cells].
        whitened_template: Template after the whitening filter.
        half: Index of mid-transit in the template.
        sharpness: Information about the time of a transit with depth 1 and no gaps [1/d²], if the
            fits are between cells: the curvature of the matched filter as a function of the time,
            from its change over a fraction of a cell.
    """

    duration: float
    numerator: Floats
    weight: Floats
    information: float
    available: Floats
    covered: Floats
    scale: Floats
    whitened_template: Floats
    half: int
    sharpness: float = np.nan

    @classmethod
    def of(
        cls,
        curve: Whitened,
        duration: float,
        shape: Shape = SMALL_PLANET,
        *,
        scale_of: Self | None = None,
        gaps_of: Self | None = None,
    ) -> Self:
        """Fit transits of one duration [d].

        The baseline needs no separate fit: the noise model describes slow variations, and the
        information about the depth that they cost is subtracted exactly, next to gaps as well.
        The statistic is divided by its robust scatter in each segment, which accounts for noise
        that is not stationary. Transits that overlap with deep dips are left out.

        Args:
            curve: Light curve with its noise model.
            duration: Duration of the transits [d].
            shape: Shape of the transits.
            scale_of: Fits of a similar duration from which the scatter is taken; by default, it is
                computed.
            gaps_of: Fits of a similar duration from which the fraction of the information that is
                available is taken; by default, it is computed.
        """
        grid, noise = curve.grid, curve.noise
        template = transit_template(duration, grid.step, shape)
        half = len(template) // 2
        response = noise.response(template)
        inside = slice(noise.order, noise.order + len(template))
        information = float(response[inside] @ template)
        numerator = np.convolve(curve.weighted, template[::-1], "same")
        if gaps_of is not None:
            available, covered = gaps_of.available, gaps_of.covered
        else:
            lost = curve.gaps.lost_information(response, int(_REACH / grid.step) + half, half)
            available = 1 - lost / information
            covered = np.convolve(grid.observed.astype(float), -template, "same") / -template.sum()
        usable = (available > _LEAST_INFORMATION) & (covered > _LEAST_COVERAGE)
        weight = np.where(usable, available * information, 0.0)
        if scale_of is not None:
            scale = scale_of.scale
        else:
            quiet = numerator
            if curve.quiet is not curve.weighted:
                quiet = np.convolve(curve.quiet, template[::-1], "same")
            scale = _scatter(curve, quiet, weight, available, duration)
        return cls(
            duration,
            np.where(usable, numerator / scale**2, 0.0),
            weight / scale**2,
            information,
            available,
            covered,
            scale,
            np.convolve(template, noise.whitening)[: len(template) + int(0.7 / grid.step)],
            half,
        )

    def between_cells(self, curve: Whitened, shape: Shape, cells: Ints) -> Self:
        """Return the fits at eight mid-transit times in each of some cells [8 · n].

        Averaged over cells, a transit of only a few cells has a different shape if it is not
        centred on a cell, which would distort its duration and depth.

        Args:
            curve: Light curve with its noise model.
            shape: Shape of the transits.
            cells: Cells in which transits are observed [n].
        """
        step, precision = curve.grid.step, curve.noise.precision
        shifts = np.arange(SUBCELLS) / SUBCELLS
        templates = transit_templates(self.duration, step, shape, shifts)
        row = np.zeros(templates.shape[1])
        row[: len(precision)] = precision[: len(row)]
        inverse_covariance = toeplitz(row)
        information = np.einsum("sc,sc->s", templates @ inverse_covariance, templates)
        change = (templates[1] - templates[0]) * SUBCELLS / step
        padded = np.pad(curve.weighted, templates.shape[1] // 2)
        near = sliding_window_view(padded, templates.shape[1])[cells]
        numerator = near @ templates.T / self.scale[cells, None] ** 2
        weight = self.weight[cells, None] * information / self.information
        return replace(
            self,
            numerator=numerator.ravel(),
            weight=weight.ravel(),
            available=np.repeat(self.available[cells], SUBCELLS),
            covered=np.repeat(self.covered[cells], SUBCELLS),
            scale=np.repeat(self.scale[cells], SUBCELLS),
            sharpness=float(change @ inverse_covariance @ change),
        )

    @property
    def statistic(self) -> Floats:
        """Single-event statistic [cells]: signal-to-noise ratio of a transit at each cell."""
        root = np.sqrt(np.where(self.weight > 0, self.weight, 1))
        return np.asarray(self.numerator / root, np.float64)

    @property
    def complete(self) -> Bools:
        """Whether all of the transit and nearly all of the information are available [cells]."""
        return (self.available > _COMPLETE) & (self.covered > COMPLETELY_COVERED)

    @cached_property
    def typical_weight(self) -> float:
        """Median weight of the observed transits."""
        observed = self.weight[self.weight > 0]
        return float(np.median(observed)) if len(observed) else 0.0


def fit_single_events(curve: Whitened, durations: Sequence[float]) -> list[SingleEvents]:
    """Return the fits of single transits for each duration [d]."""
    return [SingleEvents.of(curve, duration) for duration in durations]


def _scatter(
    curve: Whitened, numerator: Floats, weight: Floats, available: Floats, duration: float
) -> Floats:
    """Return the scatter of the statistic near each cell [cells], without that of deep dips.

    Args:
        curve: Light curve with its noise model.
        numerator: Weighted depths in the light curve without its deep dips [cells].
        weight: Information about the depth [cells]; 0 if the transit is not observed.
        available: Fraction of the information that is not lost in gaps [cells].
        duration: Duration of the transits [d].
    """
    usable = weight > 0
    statistic = numerator / np.sqrt(np.where(usable, weight, np.inf))
    independent = max(1, round(duration / 2 / curve.grid.step))
    length = len(transit_template(duration, curve.grid.step))
    quiet = usable & ~_overlapping(curve.dips, length)
    used = quiet if quiet.sum() >= _FEWEST_CELLS else usable
    return local_scatter(curve.grid, statistic, used, available > _COMPLETE, independent)


def _overlapping(dips: Bools, length: int) -> Bools:
    """Return whether a transit with a length [cells] at each cell overlaps with a dip [cells]."""
    if not dips.any():
        return dips
    return np.asarray(maximum_filter1d(dips, length), np.bool_)
