"""Measurement of a signal: refined ephemeris, depth, and their errors."""

from dataclasses import dataclass

import numpy as np

from astronet.detection.single_events import SingleEvents
from astronet.detection.strongest import LONGEST_DURATION, Pass, Signal
from astronet.detection.trains import Search, Train, Transits
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.ephemeris import Ephemeris

_DURATION_STEP = 1.2
"""Ratio of the durations that are fitted."""

_MOST_STEPS = 8
"""Maximum number of durations on either side of the trial duration."""

_SHORTEST = 1.2
"""Shortest duration [cells]."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """Signal, measured with a noise model that is not affected by it.

    All errors are 1 σ.

    Attributes:
        train: Period, epoch and signal-to-noise ratio.
        duration: Duration [d].
        duration_error: Error of the duration [d].
        depth: Depth at mid-transit, relative to the flux out of transit.
        depth_error: Error of the depth.
        period_error: Error of the period [d].
        epoch_error: Error of the epoch of the first observed transit [d].
        transits: Observed transits.
        events: Fits of single transits of this duration.
    """

    train: Train
    duration: float
    duration_error: float
    depth: float
    depth_error: float
    period_error: float
    epoch_error: float
    transits: Transits
    events: SingleEvents

    @property
    def ephemeris(self) -> Ephemeris:
        """Ephemeris, with the first observed transit as its epoch."""
        first = float(self.train.epoch + self.transits.number.min() * self.train.period)
        return Ephemeris(self.train.period, first, min(self.duration, 0.999 * self.train.period))

    @property
    def single_event_statistics(self) -> Floats:
        """Signal-to-noise ratio of each observed transit [transits]."""
        return np.asarray(
            self.transits.numerator / np.sqrt(self.transits.weight), np.float64
        )


def measure(found: Pass, signal: Signal) -> Measurement:
    """Measure a signal.

    The duration is at the maximum of a parabola through the squared signal-to-noise ratio as a
    function of the logarithm of the duration.

    Args:
        found: Search with a noise model that is not affected by the signal.
        signal: Signal.
    """
    step = found.curve.grid.step
    longest = max(LONGEST_DURATION * signal.train.period, signal.duration)
    durations, ratios, train = [signal.duration], [signal.train.snr], signal.train
    for direction in (1, -1):
        for count in range(1, _MOST_STEPS + 1):
            duration = signal.duration * _DURATION_STEP ** (direction * count)
            if not _SHORTEST * step <= duration <= longest:
                break
            _, fitted = _fit(found, duration, train)
            durations.append(duration)
            ratios.append(fitted.snr)
            if fitted.snr < max(ratios):
                if count > 1 or fitted.snr < 0.9 * max(ratios):
                    break
            else:
                train = fitted
    duration, error = _best_duration(np.array(durations), np.array(ratios))
    search, train = _fit(found, duration, train)
    transits = search.transits(train)
    information = float(transits.weight.sum())
    depth = float(transits.numerator.sum() / information)
    period_error, epoch_error = _timing_errors(transits, search.events, depth)
    return Measurement(
        train,
        duration,
        error,
        depth,
        float(1 / np.sqrt(information)),
        period_error,
        epoch_error,
        transits,
        search.events,
    )


def _fit(found: Pass, duration: float, train: Train) -> tuple[Search, Train]:
    """Return the fits of single transits of a duration [d], and the best train near another one."""
    grid = found.curve.grid
    events = SingleEvents.of(found.curve, duration, found.quiet)
    search = Search.of(events, grid.time, grid.step)
    return search, search.near(train.period, train.epoch)


def _best_duration(durations: Floats, snr: Floats) -> tuple[float, float]:
    """Return the duration with the largest signal-to-noise ratio, and its error [d].

    A decrease of the squared ratio by 1 corresponds to an increase of χ² by 1, that is to 1 σ.
    """
    order = np.argsort(durations)
    durations, snr = durations[order], snr[order]
    best = int(np.argmax(snr))
    if len(durations) < 3:
        return float(durations[best]), float(durations[best] * 0.2)
    middle = min(max(best, 1), len(durations) - 2)
    near = slice(middle - 1, middle + 2)
    position = np.log(durations[near])
    square, slope, _ = np.polyfit(position - position[1], snr[near] ** 2, 2)
    if square >= 0:
        return float(durations[best]), float(durations[best] * 0.2)
    offset = float(np.clip(-slope / (2 * square), position[0] - position[1], position[2] - position[1]))
    duration = float(durations[middle] * np.exp(offset))
    return duration, float(duration * min(1.0, 1 / np.sqrt(-square)))


def _timing_errors(
    transits: Transits, events: SingleEvents, depth: float
) -> tuple[float, float]:
    """Return the errors of the period and of the epoch of the first transit [d].

    The times of the transits have the errors that follow from the curvature of the matched filter,
    and are fitted with a linear ephemeris.
    """
    information = depth**2 * events.sharpness * transits.weight / events.information
    if len(information) < 2 or not information.sum() > 0:
        error = 1 / np.sqrt(information.sum()) if information.sum() > 0 else np.nan
        return float("nan"), float(error)
    number = transits.number - transits.number.min()
    mean = float(np.average(number, weights=information))
    spread = float((information * (number - mean) ** 2).sum())
    if spread == 0:
        return float("nan"), float(1 / np.sqrt(information.sum()))
    period_error = 1 / np.sqrt(spread)
    epoch_error = np.sqrt(1 / information.sum() + (mean * period_error) ** 2)
    return float(period_error), float(epoch_error)
