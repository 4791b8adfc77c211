"""Periodogram: the best detection statistic at each period and duration."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from astronet.detection.folding import fold_periods, pack
from astronet.detection.settings import SearchSettings
from astronet.detection.single_events import SingleEvents
from astronet.detection.template import central_duration
from astronet.lightcurves.arrays import Floats, Ints

RESOLUTION = 1e-3
"""Width of the intervals of the periodogram in log period."""

DURATION_RATIO, _LONG_RATIO, _LONG = 1.5, 1.25, 0.25
"""Ratio of adjacent durations, ratio of adjacent long ones, and shortest long duration [d].

Slow variations are filtered out, so the filtered flux of a long transit is mostly that of its
ingress and egress, which depends strongly on the duration.
"""

LONGEST_DURATION = 0.25
"""Longest duration of a transit [periods]."""

_PERIOD_MARGIN = 1.25
"""Factor by which the longest period of a duration is extended."""

_OVERSAMPLING = 3.0
"""Number of trial epochs per duration."""

_SHORTEST_CHORD = 0.55
"""Shortest transit, relative to one through the centre of the star (impact parameter 0.84)."""

_CELLS_PER_TRANSIT = 2.0
"""Shortest duration of a transit [cells]."""

CLIPPING, _MANY_EVENTS, _CLIPPING_MANY = 6.0, 256, 4.0
"""Largest single-event statistic; the second value applies to more than 256 events."""

_HEAVIEST = 1.6
"""Largest weight of an event relative to a typical event."""

_BACKGROUND = 301
"""Width of the running median of the periodogram [intervals]."""


Samples = NDArray[np.int32]
"""Index of the cell nearest to each sample of a timeline [samples]."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """Cells of a light curve in the order of time, on one uniform grid.

    Attributes:
        step: Time step [d].
        start: Time of the first sample [d].
        cell: Index of the cell nearest to each sample [samples]; −1 if there is none.
    """

    step: float
    start: float
    cell: Samples

    @classmethod
    def of(cls, events: SingleEvents, time: Floats, step: float, start: float) -> Self:
        """Return the samples at which transits of one duration are observed."""
        usable = np.flatnonzero(events.weight > 0)[::-1]
        sample = np.rint((time[usable] - start) / step).astype(np.int64)
        inside = sample >= 0
        size = int(sample.max()) + 1 if inside.any() else 1
        cell = np.full(size, -1, np.int32)
        cell[sample[inside]] = usable[inside]
        # The cadence varies, so now and then no cell is nearest to a sample between two cells.
        skipped = inside[1:] & (np.diff(sample) == -2) & (np.diff(usable) == -1)
        cell[sample[1:][skipped] + 1] = usable[1:][skipped]
        return cls(step, start, cell)


@dataclass(frozen=True, eq=False)
class Periodogram:
    """Best statistic at each period and duration, from fast folding.

    Attributes:
        durations: Trial durations [durations] [d].
        statistic: Largest statistic in each interval of log period [durations, intervals]; 0 if
            the duration does not occur at this period.
        period: Period of this statistic [durations, intervals] [d].
        limits: Shortest and longest period [d].
    """

    durations: Floats
    statistic: Floats
    period: Floats
    limits: tuple[float, float]

    @classmethod
    def of(
        cls,
        events: Sequence[SingleEvents],
        time: Floats,
        step: float,
        limits: tuple[float, float],
        settings: SearchSettings,
    ) -> Self:
        """Fold the single events of all durations at the periods between two limits.

        Args:
            events: Fits of single transits, one for each duration.
            time: Time of each cell [cells] [d].
            step: Time step of the cells [d].
            limits: Shortest and longest period [d].
            settings: Settings of the search.
        """
        shortest, longest = limits
        intervals = int(np.log(longest / shortest) / RESOLUTION) + 1
        best = np.zeros((len(events), intervals), np.float32)
        period = np.zeros((len(events), intervals))
        start = float(min(time[one.weight > 0].min(initial=np.inf) for one in events))
        for row, one in enumerate(events):
            low, high = period_range(one.duration, settings)
            low, high = max(low, shortest), min(high, longest)
            if low < high and one.typical_weight > 0:
                line = Timeline.of(one, time, step, start)
                samples = max(1, round(one.duration / _OVERSAMPLING / step))
                _fold(one, line, samples, (low, high), shortest, best[row], period[row])
        return cls(
            np.array([one.duration for one in events]),
            np.sqrt(best).astype(float),
            period,
            limits,
        )

    def interval(self, period: float) -> int:
        """Return the interval that contains a period [d], or the nearest one.

        The refined period of a peak can be slightly outside the limits.
        """
        place = int(np.log(period / self.limits[0]) / RESOLUTION)
        return min(max(place, 0), int(self.period.shape[1]) - 1)

    @cached_property
    def best(self) -> Floats:
        """Largest statistic at each period, for all durations [intervals]."""
        return np.asarray(self.statistic.max(axis=0), np.float64)

    @cached_property
    def detection_efficiency(self) -> Floats:
        """Signal detection efficiency [intervals] (Kovács et al. 2002, §3).

        It is the periodogram minus its running median, divided by its running robust scatter,
        because the noise depends on the period.
        """
        background = median_filter(self.best, _BACKGROUND, mode="nearest")
        deviation = np.abs(self.best - background)
        scatter = 1.4826 * median_filter(deviation, _BACKGROUND, mode="nearest")
        return np.asarray((self.best - background) / np.maximum(scatter, 0.05), np.float64)

    def peaks(self, number: int) -> Ints:
        """Return the intervals of the highest peaks, in two groups of equal size.

        The first group is ordered by statistic, the second one by detection efficiency.
        """
        taken = np.zeros(len(self.best) + 6, np.bool_)
        chosen: list[int] = []
        for values in (self.best, self.detection_efficiency):
            wanted = len(chosen) + number // 2
            for place in np.argsort(-values, kind="stable"):
                if len(chosen) >= wanted or not self.best[place] > 0:
                    break
                if not taken[place : place + 7].any():
                    taken[place + 3] = True
                    chosen.append(int(place))
        return np.array(chosen, np.int64)


def trial_durations(step: float, limits: tuple[float, float], settings: SearchSettings) -> Floats:
    """Return the durations to search [durations] [d], for periods between two limits [d].

    The shortest one is that of the shortest period for the densest star and a large impact
    parameter, but at least two time steps; the longest one is that of the longest period for the
    least dense star, but at most a quarter of this period.
    """
    low, high = settings.stellar_density
    longest = min(central_duration(limits[1], low), LONGEST_DURATION * limits[1])
    grazing = _SHORTEST_CHORD * central_duration(limits[0], high) * DURATION_RATIO**0.5
    shortest = max(_CELLS_PER_TRANSIT * step, min(grazing, longest))
    durations = [shortest]
    while (following := durations[-1] * _ratio(durations[-1])) < longest * DURATION_RATIO**0.5:
        durations.append(following)
    return np.array(durations)


def _ratio(duration: float) -> float:
    """Return the ratio of the next longer duration to a duration [d]."""
    return _LONG_RATIO if duration >= _LONG else DURATION_RATIO


def period_range(duration: float, settings: SearchSettings) -> tuple[float, float]:
    """Return the shortest and longest period at which a trial duration is searched [d]."""
    low, high = settings.stellar_density
    shortest = (duration / DURATION_RATIO**0.5 / central_duration(1.0, low)) ** 3
    longest = _PERIOD_MARGIN * (duration / (_SHORTEST_CHORD * central_duration(1.0, high))) ** 3
    return float(shortest), float(longest)


def _fold(
    events: SingleEvents,
    line: Timeline,
    samples: int,
    limits: tuple[float, float],
    shortest: float,
    best: np.ndarray,
    period: Floats,
) -> None:
    """Fold the events of one duration, sampled at every `samples`-th time step."""
    step = line.step * samples
    cell = line.cell[::samples]
    weight = np.where(cell >= 0, events.weight[cell], 0.0)
    statistic = np.where(cell >= 0, events.statistic[cell], 0.0)
    relative = np.minimum(weight / events.typical_weight, _HEAVIEST)
    first, last = max(4, int(limits[0] / step)), max(4, int(np.ceil(limits[1] / step)))
    levels = int(np.ceil(np.log2(max(len(cell) / first, 1)))) + 2
    packed = np.zeros((levels, len(cell) + last), np.int32)
    scales = np.ones(levels)
    for level in range(levels):
        count = 1 << level
        if count < len(cell) / last / 2:
            continue
        clipping = CLIPPING if count <= _MANY_EVENTS else _CLIPPING_MANY
        scales[level] = min(
            30.0,
            32000 / (count * clipping * np.sqrt(_HEAVIEST) * 1.01),
            np.sqrt(65000 / (count * _HEAVIEST * 1.01)),
        )
        clipped = np.clip(statistic, -clipping, clipping)
        packed[level, : len(cell)] = pack(clipped, relative, scales[level])
    trial = np.zeros(len(period))
    fold_periods(
        packed, scales, first, last, float(np.log(shortest / step)), RESOLUTION, best, trial
    )
    period[:] = trial * step
