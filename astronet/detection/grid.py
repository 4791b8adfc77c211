"""Light curves on a uniform time grid, segment by segment."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from scipy.ndimage import median_filter

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.lightcurve import LightCurve

FINEST_STEP = 10 / 1440
"""Shortest time step of the grid [d]; the points of a shorter cadence are averaged."""

MARGIN = 3.0
"""Time before and after each segment into which the noise is extrapolated [d]."""

_LEVEL = 21.0
"""Width of the running median that can be subtracted from the flux [d]."""

_LARGEST_MARGIN = 150
"""Maximum number of cells of a margin, which limits the cost for short cadences."""

_MOST_CELLS = 4_000_000
"""Maximum number of cells; the time step of longer light curves is larger."""

_OUTLIER = 6.0
"""Deviation from both neighbours above which an isolated cell is an outlier [σ]."""

_NEIGHBOURS = 0.2
"""Largest deviation of a neighbour of an outlier, relative to that of the outlier."""

_DIFFERENCE_TO_SIGMA = 1.4826 / np.sqrt(2)


@dataclass(frozen=True, eq=False)
class Grid:
    """Light curve averaged in the cells of a uniform time grid.

    The segments follow each other in the arrays. A margin without data precedes and follows each
    segment. The grid of each segment starts at the segment's first point.

    Attributes:
        star: Number or name of the star.
        step: Time step [d].
        margin: Number of cells before and after each segment.
        time: Mean time of the points of each cell [cells] [d]; interpolated in cells without data.
        flux: Flux divided by the median of its segment, minus 1 [cells]; 0 in cells without data.
        observed: Whether each cell [cells] contains data that can be used.
        starts: Index of the first cell with data of each segment [segments].
        stops: Index after the last cell with data of each segment [segments].
        segment: Segment number of each cell [cells], margins included.
    """

    star: int | str
    step: float
    margin: int
    time: Floats
    flux: Floats
    observed: Bools
    starts: Ints
    stops: Ints
    segment: Ints

    @classmethod
    def of(cls, curve: LightCurve) -> Self:
        """Return a light curve on a grid, without isolated outliers.

        Raises:
            LightCurveError: The median flux of a segment is not positive, or the fluxes do not
                vary.
        """
        step = _time_step(curve)
        margin = min(int(np.ceil(MARGIN / step)), _LARGEST_MARGIN)
        first = np.flatnonzero(np.diff(curve.segment, prepend=-1))
        counts = np.diff(np.append(first, len(curve)))
        since = curve.time - np.repeat(curve.time[first], counts)
        place = np.rint(since / step).astype(np.int64)
        lengths = place[first + counts - 1] + 1
        starts = margin + np.cumsum(np.append(0, lengths[:-1] + 2 * margin))
        total = int(starts[-1] + lengths[-1]) + margin
        cell = place + np.repeat(starts, counts)
        number = np.bincount(cell, minlength=total)
        flux = np.bincount(cell, _relative(curve, first, counts), total) / np.maximum(number, 1)
        segment = np.repeat(np.arange(len(first)), lengths + 2 * margin)
        # The cadence varies by 1e-4 because the times are barycentric.
        late = np.bincount(cell, since - place * step, total) / np.maximum(number, 1)
        filled = np.flatnonzero(number)
        time = curve.time[first][segment] + (np.arange(total) - starts[segment]) * step
        time += np.interp(np.arange(total), filled, late[filled])
        grid = cls(
            curve.star, step, margin, time, flux, number > 0, starts, starts + lengths, segment
        )
        return replace(grid, observed=grid.observed & ~grid._isolated_outliers())

    def without(self, masked: Bools) -> Self:
        """Return the grid with the masked cells [cells] marked as not observed.

        Raises:
            LightCurveError: All cells with data are masked.
        """
        observed = self.observed & ~masked
        if not observed.any():
            raise LightCurveError(
                f"star {self.star}: the transits of the known events cover all data; give fewer "
                "events, or correct their durations"
            )
        return replace(self, observed=observed)

    def minus(self, model: Floats) -> Self:
        """Return the grid with a model of the flux [cells] subtracted from the flux."""
        return replace(self, flux=np.where(self.observed, self.flux - model, self.flux))

    @property
    def span(self) -> float:
        """Time from the first to the last cell with data [d]."""
        last = self.stops - 1
        return float(self.time[last].max() - self.time[self.starts].min())

    @cached_property
    def edge_distance(self) -> Floats:
        """Time from each cell to the nearest end of its segment [cells] [d]."""
        cells = np.arange(len(self.flux))
        left = np.abs(cells - self.starts[self.segment])
        right = np.abs(self.stops[self.segment] - 1 - cells)
        return np.asarray(np.minimum(left, right) * self.step, np.float64)

    def interpolated(self) -> Floats:
        """Return the flux [cells], linearly interpolated in cells without data."""
        cells = np.arange(len(self.flux))
        return np.interp(cells, cells[self.observed], self.flux[self.observed])

    def windows(self, days: float) -> Iterator[slice]:
        """Yield the cells of windows of a length [d] of which more than a quarter is observed."""
        length = max(1, int(days / self.step))
        for start, stop in zip(self.starts, self.stops, strict=True):
            for first in range(start, stop, length):
                cells = slice(first, min(first + length, stop))
                if self.observed[cells].sum() > length / 4:
                    yield cells

    def running_median(self, days: float, fewest: int = 1) -> Floats:
        """Return the running median of the flux over a time [d] in each segment [cells].

        At its ends, the segment is reflected. The median is 0 in the margins.

        Args:
            days: Width of the running median [d].
            fewest: Smallest width [cells].
        """
        level, flux = np.zeros(len(self.flux)), self.interpolated()
        width = max(2 * int(days / 2 / self.step) + 1, fewest)
        for start, stop in zip(self.starts, self.stops, strict=True):
            level[start:stop] = median_filter(flux[start:stop], width, mode="reflect")
        return level

    def levelled(self) -> Self:
        """Return the grid without the running median of the flux over 21 d in long segments.

        A running median follows steps of the flux, and does not change transits.
        """
        level, long = self.running_median(_LEVEL), self.stops - self.starts > _LEVEL / self.step
        return self.minus(np.where(long[self.segment], level, 0.0))

    def _isolated_outliers(self) -> Bools:
        """Return whether each cell [cells] alone differs by more than 6 σ from the cells around it.

        A cell whose neighbours deviate in the same direction by more than a fifth of its own
        deviation is not an outlier, because it can be in a short transit.
        """
        flux = self.interpolated()
        left, right = np.roll(flux, 1), np.roll(flux, -1)
        around = (np.roll(flux, 2) + np.roll(flux, -2)) / 2
        excess = flux - np.clip(flux, np.minimum(left, right), np.maximum(left, right))
        deviation = np.maximum(
            (left - around) * np.sign(excess), (right - around) * np.sign(excess)
        )
        excess = np.where(deviation > _NEIGHBOURS * np.abs(flux - around), 0.0, excess)
        difference = np.abs(np.diff(flux))[self.observed[1:] & self.observed[:-1]]
        sigma = np.median(difference) * _DIFFERENCE_TO_SIGMA if len(difference) else np.inf
        return self.observed & (np.abs(excess) > _OUTLIER * sigma) & (sigma > 0)


def _time_step(curve: LightCurve) -> float:
    """Return the time step of the grid of a light curve [d].

    Raises:
        LightCurveError: No two points are in the same segment.
    """
    steps = np.diff(curve.time)[np.diff(curve.segment) == 0]
    steps = steps[steps > 0]
    if len(steps) == 0:
        raise LightCurveError(
            f"star {curve.star}: no two points are less than 0.75 d apart, so transits cannot be "
            "resolved; give a light curve with a shorter cadence"
        )
    cadence = float(np.median(steps))
    step = cadence * max(1, round(FINEST_STEP / cadence))
    counts = np.bincount(curve.segment)
    length = len(counts) * 2 * MARGIN + float(steps.sum())
    return max(step, length / _MOST_CELLS)


def _relative(curve: LightCurve, first: Ints, counts: Ints) -> Floats:
    """Return the flux divided by the median of its segment, minus 1 [n].

    Raises:
        LightCurveError: The median of a segment is not positive, or all fluxes are equal.
    """
    # Scaling by a power of two is exact, and prevents overflows.
    exponent = int(np.frexp(np.abs(curve.flux).max())[1])
    flux = np.ldexp(curve.flux, -exponent)
    levels = np.array([np.median(part) for part in np.split(flux, first[1:])])
    if not (levels > 0).all():
        worst = int(np.argmin(levels))
        raise LightCurveError(
            f"star {curve.star}: the median flux from {curve.time[first[worst]]:.2f} d is "
            f"{np.ldexp(levels[worst], exponent):g}, so transit depths are undefined; give "
            "positive fluxes (to a flux around 0, add the level of the star in the unit of the "
            "flux)"
        )
    relative = flux / np.repeat(levels, counts) - 1
    if not np.ptp(relative) > 0:
        raise LightCurveError(
            f"star {curve.star}: the flux is constant within each segment, so there is nothing to "
            "search; give measured fluxes"
        )
    return np.asarray(relative, np.float64)
