"""Trains of transits: the sum of single events at one period and epoch."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from astronet.detection.periodogram import Samples, Timeline
from astronet.detection.single_events import SingleEvents
from astronet.lightcurves.arrays import Floats, Ints
from astronet.lightcurves.kernels import kernel

_HALVINGS = 5
"""Number of times that the steps of the refinement are halved."""

_COMPRESSED = 6.0
"""Single-event statistic above which events count less than in proportion to it.

A deep glitch then does not determine the epoch of a train.
"""

OBSERVED = 0.25
"""Weight above which a transit counts as observed, relative to a typical transit."""


@dataclass(frozen=True)
class Train:
    """Periodic train of transits.

    Attributes:
        period: Period [d].
        epoch: Time of a mid-transit near the middle of the light curve [d].
        snr: Signal-to-noise ratio of all transits together.
    """

    period: float
    epoch: float
    snr: float


@dataclass(frozen=True, eq=False)
class Transits:
    """Observed single transits of a train.

    Attributes:
        number: Number of each transit, counted from the epoch of the train [transits].
        cell: Cell of each mid-transit [transits].
        numerator: Weighted depths [transits].
        weight: Information about the depths [transits].
    """

    number: Ints
    cell: Ints
    numerator: Floats
    weight: Floats


@dataclass(frozen=True, eq=False)
class Search:
    """Fits of single transits of one duration, prepared for sums along trains.

    Attributes:
        events: Fits of single transits.
        line: Cells in the order of time.
        time: Time of each cell [cells] [d].
        middle: Middle of the light curve [d].
        span: Length of the light curve [d].
    """

    events: SingleEvents
    line: Timeline
    time: Floats
    middle: float
    span: float

    @classmethod
    def of(cls, events: SingleEvents, time: Floats, step: float) -> Self:
        """Prepare the fits of one duration; some transits must be observed."""
        usable = time[events.weight > 0]
        start, stop = float(usable.min()), float(usable.max())
        line = Timeline.of(events, time, step, start)
        return cls(events, line, time, (start + stop) / 2, stop - start)

    def at_period(self, period: float) -> Train:
        """Return the best train near a period [d]; the epoch is free."""
        duration = self.events.duration
        bins = max(4, int(4 * period / duration))
        least = 2.2 * self.events.typical_weight
        epoch = _best_epoch(
            self.line.cell,
            self.line.start,
            self.line.step,
            self.time,
            self._compressed_numerator,
            self.events.weight,
            period,
            bins,
            least,
        )
        return self.near(period, epoch)

    @cached_property
    def _compressed_numerator(self) -> Floats:
        """Weighted depths with the logarithm of high single-event statistics [cells]."""
        ratio = np.abs(self.events.statistic) / _COMPRESSED
        high = np.flatnonzero(ratio > 1)
        numerator = self.events.numerator.copy()
        numerator[high] *= (1 + np.log(ratio[high])) / ratio[high]
        return numerator

    def near(self, period: float, epoch: float, halvings: int = _HALVINGS) -> Train:
        """Return the best train near a period and an epoch [d].

        Args:
            period: Period [d].
            epoch: Time of a mid-transit [d].
            halvings: Number of times that the steps are halved, which start at a sixth of the
                duration.
        """
        epoch += np.round((self.middle - epoch) / period) * period
        step = period * self.events.duration / 8 / max(self.span, period)
        values = _climb(
            self.line.cell,
            self.line.start,
            self.line.step,
            self.time,
            self.events.numerator,
            self.events.weight,
            period,
            epoch,
            step,
            self.events.duration / 6,
            halvings,
        )
        return Train(*values)

    def transits(self, train: Train, least: float = OBSERVED) -> Transits:
        """Return the observed transits of a train.

        Args:
            train: Period and epoch.
            least: Weight above which a transit counts as observed, relative to a typical transit.
        """
        start, stop = self._ends
        first = int(np.floor((start - train.epoch) / train.period))
        last = int(np.ceil((stop - train.epoch) / train.period))
        number = np.arange(first, last + 1)
        sample = np.rint(
            (train.epoch + number * train.period - self.line.start) / self.line.step
        ).astype(np.int64)
        inside = (sample >= 0) & (sample < len(self.line.cell))
        number, sample = number[inside], sample[inside]
        cell = self.line.cell[sample]
        observed = (cell >= 0) & (self.events.weight[cell] > least * self.events.typical_weight)
        number, cell = number[observed], cell[observed]
        return Transits(number, cell, self.events.numerator[cell], self.events.weight[cell])

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """Times of the first and last cell [d]."""
        return float(self.time.min()), float(self.time.max())

    def aligned(self, transits: Transits, reach: float) -> Transits:
        """Return transits of a train, each one at the time nearby at which it is strongest.

        Args:
            transits: Observed transits of a train.
            reach: Largest change of the times [d].
        """
        sample = np.rint((self.time[transits.cell] - self.line.start) / self.line.step)
        steps = int(reach / self.line.step)
        places = sample.astype(np.int64)[:, None] + np.arange(-steps, steps + 1)
        inside = (places >= 0) & (places < len(self.line.cell))
        cells = np.where(inside, self.line.cell[np.where(inside, places, 0)], -1)
        weight = self.events.weight[cells]
        observed = (cells >= 0) & (weight > OBSERVED * self.events.typical_weight)
        statistic = np.where(observed, self.events.statistic[cells], -np.inf)
        cell = cells[np.arange(len(cells)), statistic.argmax(axis=1)]
        return Transits(
            transits.number, cell, self.events.numerator[cell], self.events.weight[cell]
        )


@kernel()
def _best_epoch(
    cells: Samples,
    start: float,
    step: float,
    time: Floats,
    numerator: Floats,
    weight: Floats,
    period: float,
    bins: int,
    least: float,
) -> float:
    """Return the epoch at which the train with a period has the largest signal-to-noise ratio."""
    sums, weights, counts = np.zeros(bins), np.zeros(bins), np.zeros(bins)
    for j in range(len(cells)):
        cell = cells[j]
        if cell >= 0:
            phase = (time[cell] - start) / period
            k = int((phase - np.floor(phase)) * bins)
            sums[k] += numerator[cell]
            weights[k] += weight[cell]
            counts[k] += 1
    # A bin can contain several cells per transit.
    cells_per_bin = max(1.0, period / bins / step)
    best, place = -1.0, 0
    for k in range(bins):
        value = sums[k] * abs(sums[k]) / max(weights[k], least * cells_per_bin)
        if value > best:
            best, place = value, k
    return start + (place + 0.5) / bins * period


@kernel()
def _squared_snr(
    cells: Samples,
    start: float,
    step: float,
    time: Floats,
    numerator: Floats,
    weight: Floats,
    period: float,
    epoch: float,
) -> float:
    """Return the signed square of the signal-to-noise ratio of a train.

    Between two cells, weights are interpolated linearly, and numerators with a cubic function
    (Catmull & Rom 1974): straight lines would draw strong transits towards the cells.
    """
    total, information = 0.0, 0.0
    n = len(time)
    mid_transit = epoch - np.floor((epoch - start) / period) * period
    while True:
        j = int((mid_transit - start) / step + 0.5)
        if j >= len(cells):
            break
        cell = cells[j]
        if cell >= 0:
            offset = (mid_transit - time[cell]) / step
            first = cell if offset >= 0 else max(cell - 1, 0)
            second = min(first + 1, n - 1)
            x = min(max(offset + cell - first, 0.0), 1.0)
            if weight[first] == 0.0 or weight[second] == 0.0:
                first = second = cell
            a, b = numerator[first], numerator[second]
            before, after = max(first - 1, 0), min(second + 1, n - 1)
            y, z = numerator[before], numerator[after]
            if first == second or weight[before] == 0.0 or weight[after] == 0.0:
                y, z = 2 * a - b, 2 * b - a
            square, cube = 2 * y - 5 * a + 4 * b - z, 3 * (a - b) + z - y
            total += a + 0.5 * x * (b - y + x * (square + x * cube))
            information += (1 - x) * weight[first] + x * weight[second]
        mid_transit += period
    return total * abs(total) / information if information > 0 else 0.0


@kernel()
def _climb(
    cells: Samples,
    start: float,
    step: float,
    time: Floats,
    numerator: Floats,
    weight: Floats,
    period: float,
    epoch: float,
    period_step: float,
    epoch_step: float,
    halvings: int,
) -> tuple[float, float, float]:
    """Return period, epoch and signal-to-noise ratio at the nearest maximum, by pattern search."""
    best = _squared_snr(cells, start, step, time, numerator, weight, period, epoch)
    for _ in range(halvings):
        for _ in range(8):
            here, at_period, at_epoch = best, period, epoch
            for i in range(-1, 2):
                for k in range(-1, 2):
                    if i == 0 and k == 0:
                        continue
                    trial, moved = period + i * period_step, epoch + k * epoch_step
                    value = _squared_snr(cells, start, step, time, numerator, weight, trial, moved)
                    if value > here:
                        here, at_period, at_epoch = value, trial, moved
            if here == best:
                break
            best, period, epoch = here, at_period, at_epoch
        period_step /= 2
        epoch_step /= 2
    return period, epoch, np.sqrt(best) if best > 0 else 0.0
