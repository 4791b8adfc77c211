"""Depth of a dip of known shape at any time, relative to the flux before and after it.

The same estimate is made at the transits and at all other times. The scatter at other times is the
error of the depth, including red noise on the time scale of the transit.
"""

from dataclasses import dataclass

import numpy as np

from astronet.detection.noise import robust_scatter
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.kernels import kernel

REACH = 1.5
"""Half of the width of the fitted interval: transit and baseline [durations]."""

_FLANK, _INSIDE = 0.25, 0.5
"""Smallest fraction of the baseline on each side, and of the dip, that must be observed."""

_FEWEST = 40
"""Number of independent estimates that determine the scatter of a quarter as well as all do."""


@dataclass(frozen=True, eq=False)
class Template:
    """Shape of a dip, which is 1 in the middle and symmetric.

    Attributes:
        step: Distance of the samples [d].
        values: Samples [k] from the middle outward; the dip is 0 after the last one.
        reach: Half of the width of the interval in which a dip is fitted [d].
        duration: Time from the beginning to the end of the dip [d].
    """

    step: float
    values: Floats
    reach: float
    duration: float

    @property
    def area(self) -> float:
        """Integral of the dip over time [d]."""
        return float(self.step * (2 * self.values.sum() - self.values[0]))


@dataclass(frozen=True, eq=False)
class Amplitudes:
    """Depths of a dip at several times [m].

    Attributes:
        centre: Times of the middle of the dip [m] [d].
        depth: Depths, as a fraction of the flux [m]; NaN if too few points were observed.
        variance: Variance of each depth, if that of each point is 1 [m].
        coverage: Fraction of the dip that was observed [m].
    """

    centre: Floats
    depth: Floats
    variance: Floats
    coverage: Floats

    @property
    def known(self) -> Bools:
        """Whether each depth is known [m]."""
        return np.isfinite(self.depth)


def depths_at(
    time: Floats, flux: Floats, starts: Ints, used: Bools, centre: Floats, template: Template
) -> Amplitudes:
    """Fit the depth of a dip and a linear baseline at several times, and return the depths.

    Args:
        time: Times of the points [n] [d], in ascending order within each segment.
        flux: Relative fluxes [n].
        starts: First point of each segment, and n [segments + 1]; a fit uses one segment.
        used: Whether each point is used [n].
        centre: Times of the middle of the dip [m] [d], in ascending order.
        template: Shape of the dip.
    """
    step = _sampling(time, starts)
    depth, variance, coverage = (np.full(len(centre), x) for x in (np.nan, np.nan, 0.0))
    _fit(
        *(time, flux, starts, used, centre, template.values, template.step, template.reach),
        *(template.duration / 2, template.area / step, template.reach / step),
        *(depth, variance, coverage),
    )
    return Amplitudes(centre, depth, variance, coverage)


def scatter_by_part(amplitudes: Amplitudes, quiet: Bools, part: Ints, parts: int) -> Floats:
    """Return the noise per point that explains the scatter of depths, for each part [parts].

    It is the robust scatter of depth / √variance in each quarter or sector, averaged with that of
    all of them according to the number of independent estimates.

    Args:
        amplitudes: Depths [m].
        quiet: Whether each of them is known, contains no dip and counts as independent [m].
        part: Number of the quarter or sector of each depth [m].
        parts: Number of quarters or sectors.
    """
    relative = amplitudes.depth / np.sqrt(amplitudes.variance)
    overall = robust_scatter(relative[quiet]) if quiet.sum() > 2 else np.nan
    scatter = np.full(parts, overall)
    for each in np.unique(part[quiet]):
        own = relative[quiet & (part == each)]
        if len(own) > 2:
            weight = len(own) / (len(own) + _FEWEST)
            scatter[each] = np.sqrt(weight * robust_scatter(own) ** 2 + (1 - weight) * overall**2)
    return scatter


def _sampling(time: Floats, starts: Ints) -> float:
    """Return the median time between points [d]."""
    steps = np.diff(time)
    inside = np.ones(len(steps), np.bool_)
    inside[starts[1:-1] - 1] = False
    steps = steps[inside & (steps > 0)]
    return float(np.median(steps)) if len(steps) else 1.0


@kernel()
def _fit(
    time: Floats,
    flux: Floats,
    starts: Ints,
    used: Bools,
    centre: Floats,
    shape: Floats,
    step: float,
    reach: float,
    half: float,
    full: float,
    flank: float,
    depth: Floats,
    variance: Floats,
    coverage: Floats,
) -> None:
    """Write the depth, its variance and the coverage at each centre; see `depths_at`.

    Args:
        time: Times [n].
        flux: Relative fluxes [n].
        starts: First point of each segment, and n.
        used: Whether each point is used [n].
        centre: Times of the middle of the dip [m].
        shape: Samples of the dip from the middle outward [k].
        step: Distance of the samples [d].
        reach: Half of the width of the fitted interval [d].
        half: Half of the duration [d].
        full: Sum of the dip over all points if none is missing.
        flank: Number of points of the interval on each side of the middle.
        depth: Output [m].
        variance: Output [m].
        coverage: Output [m].
    """
    least = max(_FLANK * flank * (reach - half) / reach, 1.0)
    for segment in range(len(starts) - 1):
        low, end = starts[segment], starts[segment + 1]
        if end - low < 4:
            continue
        first = np.searchsorted(centre, time[low] - reach)
        last = np.searchsorted(centre, time[end - 1] + reach)
        for m in range(first, last):
            while low < end and time[low] < centre[m] - reach:
                low += 1
            sums = _sums(time, flux, used, low, end, centre[m], shape, step, reach, half)
            here = sums[4] / full
            # A dip at a short gap can be in two segments; the one with more of it counts.
            if here < coverage[m]:
                continue
            coverage[m] = here
            if here >= _INSIDE and min(sums[0], sums[1]) >= least:
                depth[m], variance[m] = _solved(sums)


@kernel()
def _sums(
    time: Floats,
    flux: Floats,
    used: Bools,
    low: int,
    end: int,
    middle: float,
    shape: Floats,
    step: float,
    reach: float,
    half: float,
) -> Floats:
    """Return the sums of the normal equations for a dip at one time [11].

    They are the number of points before and after the dip, and the sums of 1, x, s, x², x s, s²,
    f, x f and s f, with x the time, s the dip and f the flux.

    Args:
        time: Times [n].
        flux: Relative fluxes [n].
        used: Whether each point is used [n].
        low: First point of the interval.
        end: End of the segment.
        middle: Time of the middle of the dip [d].
        shape: Samples of the dip from the middle outward [k].
        step: Distance of the samples [d].
        reach: Half of the width of the fitted interval [d].
        half: Half of the duration [d].
    """
    sums = np.zeros(11)
    i = low
    while i < end and time[i] <= middle + reach:
        if used[i]:
            since = time[i] - middle
            x, place, f = since / reach, abs(since) / step, flux[i] - 1.0
            k = int(place)
            s = shape[k] + (shape[k + 1] - shape[k]) * (place - k) if k + 1 < len(shape) else 0.0
            sums[0] += since < -half
            sums[1] += since > half
            sums[2] += 1.0
            sums[3] += x
            sums[4] += s
            sums[5] += x * x
            sums[6] += x * s
            sums[7] += s * s
            sums[8] += f
            sums[9] += x * f
            sums[10] += s * f
        i += 1
    return sums


@kernel()
def _solved(sums: Floats) -> tuple[float, float]:
    """Return the depth and its variance from the sums of `_sums`; NaN if they are degenerate.

    The baseline (constant and slope) is eliminated from the normal equations.
    """
    n, x, s, xx, xs, ss, f, xf, sf = sums[2:]
    determinant = n * xx - x * x
    if determinant <= 1e-12 * n * xx:
        return np.nan, np.nan
    a, b = (s * xx - xs * x) / determinant, (xs * n - s * x) / determinant
    rest = ss - a * s - b * xs
    if rest <= 1e-9 * ss:
        return np.nan, np.nan
    return -(sf - a * f - b * xf) / rest, 1 / rest
