"""Box least squares of astropy and of cuPeriod, on matched durations and the grid of Ofir (2014).

Both receive the light curve after a blind `astronet.flatten`. They list the highest peak in each of
60 intervals of the period, with its power. The statistic is computed from it afterwards; see
`benchmarks.searching.efficiency`.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import astronet
from astronet import LightCurve
from benchmarks.searching.engines import Found, Signal

OVERSAMPLING = 3
"""Oversampling of the frequency grid (Ofir 2014, §3.2)."""

DURATIONS = np.geomspace(0.35, 1.5, 4)
"""Durations of the boxes, in units of the longest transit of a star like the Sun.

They are those of stellar densities from 0.2 to 3 solar and impact parameters from 0 to 0.9."""

_CHUNK = 2**0.5  # ratio of the periods that are searched with the same durations
_BINS = 60  # of the median and the scatter of the periodogram, in the logarithm of the period
_MIN_TRANSITS = 3


class Periodogram(NamedTuple):
    """Power of the best box at each period [n], with its epoch and duration [d]."""

    period: NDArray[np.float64]
    power: NDArray[np.float64]
    epoch: NDArray[np.float64]
    duration: NDArray[np.float64]


Points = tuple[NDArray[np.float64], NDArray[np.float64]]
Chunk = Callable[[Points, float, float], Periodogram]
"""Function of the points and of the limits of the periods that returns a periodogram."""


def prepared(curve: LightCurve, clip: float | None, upper: float | None = None) -> Points:
    """Return the times and fluxes after a blind detrending and sigma clipping, if any.

    Args:
        curve: Light curve that is not detrended.
        clip: Threshold of two-sided clipping; None means that dips are not clipped.
        upper: Threshold of one-sided clipping of brightenings, if `clip` is None.
    """
    flat = astronet.flatten(curve)
    if clip is None and upper is None:
        return flat.time, flat.flux
    from astropy.stats import sigma_clip

    low, high = (clip, clip) if clip else (math.inf, upper)
    kept = ~sigma_clip(flat.flux, sigma_lower=low, sigma_upper=high).mask
    return flat.time[kept], flat.flux[kept]


def duration_of(period: float) -> float:
    """Return the duration of a central transit of a star like the Sun [d] (13 h for a year)."""
    return float(13 / 24 * (period / 365.25) ** (1 / 3))


def frequency_step(period: float, span: float) -> float:
    """Return the distance of adjacent frequencies [1/d] (Ofir 2014, equation 5)."""
    return duration_of(period) / period / (OVERSAMPLING * span)


def astropy_chunk(points: Points, low: float, high: float) -> Periodogram:
    """Return the periodogram of `astropy.timeseries.BoxLeastSquares` with its default settings."""
    from astropy.timeseries import BoxLeastSquares

    time, flux = points
    middle = math.sqrt(low * high)
    # Ofir 2014, equation 7: an even grid in the cube root of the frequency
    step = frequency_step(middle, float(np.ptp(time))) * middle ** (2 / 3) / 3
    roots = np.arange(high ** (-1 / 3), low ** (-1 / 3), step)
    model = BoxLeastSquares(time, flux, np.full(len(time), np.std(flux)))
    found = model.power(roots[::-1] ** -3, DURATIONS * duration_of(middle))
    return Periodogram(found.period, found.power, found.transit_time, found.duration)


def cuperiod_chunk(points: Points, low: float, high: float) -> Periodogram:
    """Return the periodogram of cuPeriod's BLS on the CPU.

    Durations and the grid are matched to transits: by default, the shortest box is 1 % of the
    period, which is four days at a period of 400 d.
    """
    import cuperiod
    from cuperiod.core.config import BLSSettings

    time, flux = points
    middle = math.sqrt(low * high)
    duration = duration_of(middle)
    settings = BLSSettings(
        min_period_days=low,
        max_period_days=high,
        min_transits=_MIN_TRANSITS,
        duration_min_frac=DURATIONS[0] * duration / low,
        duration_max_frac=DURATIONS[-1] * duration / low,
        n_durations=len(DURATIONS),
        grid_duration_frac=duration / middle,
        grid_oversample=OVERSAMPLING,
    )
    errors = np.full(len(time), np.std(flux))
    found = cuperiod.periodogram(
        (time, flux, errors), "BLS", backend="numba", domain=cuperiod.Domain.FLUX, settings=settings
    )
    ascending = np.argsort(found.frequency)[::-1]
    values = (1 / found.frequency, found.power, found.extras["t0"], found.extras["duration"])
    return Periodogram(*(np.asarray(value)[ascending] for value in values))


@dataclass(frozen=True)
class Boxes:
    """Box least squares as a search engine.

    Attributes:
        name: Name of the engine.
        chunk: Function that computes the periodogram in a small range of periods.
        clip: Threshold of two-sided sigma clipping; None means none.
    """

    name: str
    chunk: Chunk
    clip: float | None = None
    partial: bool = True

    def search(self, curve: LightCurve, periods: tuple[float, float]) -> Found:
        """Search a light curve that is not detrended on the full grid of periods."""
        points = prepared(curve, self.clip)
        longest = float(np.ptp(points[0])) / _MIN_TRANSITS
        limits = (periods[0], min(periods[1], longest))
        parts = [self.chunk(points, low, high) for low, high in _chunks(*limits)]
        whole = Periodogram(*map(np.concatenate, zip(*parts, strict=True)))
        edges = np.linspace(math.log(limits[0]), math.log(limits[1]), _BINS + 1)
        place = np.clip(np.searchsorted(edges, np.log(whole.period)) - 1, 0, _BINS - 1)
        groups = [Periodogram(*(a[place == k] for a in whole)) for k in range(_BINS)]
        powers = [group.power for group in groups]
        background = {
            "edges": edges,
            "count": np.array([len(power) for power in powers]),
            "median": np.array([np.median(power) for power in powers]),
            "deviation": np.array([np.median(np.abs(p - np.median(p))) for p in powers]),
            "mean": np.array([power.mean() for power in powers]),
            "std": np.array([power.std() for power in powers]),
        }
        return Found([_highest(group) for group in groups], background)

    def search_near(
        self,
        curve: LightCurve,
        intervals: Sequence[tuple[float, float]],
        background: dict[str, Any],
    ) -> Found:
        """Return the strongest signal in each interval of periods."""
        points = prepared(curve, self.clip)
        longest = float(np.ptp(points[0])) / _MIN_TRANSITS
        return Found(
            [_highest(self.chunk(points, low, high)) for low, high in intervals if high < longest]
        )


def _chunks(low: float, high: float) -> Iterator[tuple[float, float]]:
    count = max(round(math.log(high / low) / math.log(_CHUNK)), 1)
    edges = np.geomspace(low, high, count + 1)
    return zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)


def _highest(found: Periodogram) -> Signal:
    """Return the highest peak; its statistic is its power."""
    k = int(np.argmax(found.power))
    return Signal(*(float(a[k]) for a in (found.period, found.epoch, found.duration, found.power)))


ENGINES = {
    "bls": Boxes("bls", astropy_chunk),
    "bls clipped": Boxes("bls clipped", astropy_chunk, clip=4.0),
    "cuperiod": Boxes("cuperiod", cuperiod_chunk),
    "cuperiod clipped": Boxes("cuperiod clipped", cuperiod_chunk, clip=4.0),
}
"""Engines by name."""
