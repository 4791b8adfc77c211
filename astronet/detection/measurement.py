"""Measurement of a signal: refined ephemeris, depth, and their errors."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

from astronet.detection.grid import Grid
from astronet.detection.single_events import SingleEvents, Whitened
from astronet.detection.strongest import LONGEST_DURATION, Signal
from astronet.detection.template import transit_template
from astronet.detection.trains import Search, Train, Transits
from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.ephemeris import Ephemeris

_DURATION_STEPS = 1.2 ** np.arange(-2, 3)
"""Durations that are fitted first, relative to the trial duration."""

_SHALLOW = 5.0
"""Root mean square of the single-event statistics below which transits are shallow."""

_SHORTEST = 1.2
"""Shortest duration [cells]."""

_EXTRA_CELLS = 2.0
"""Width of the masked interval beyond the transit [cells]."""

_WIDTH = 1.15
"""Width of the masked interval [durations]."""

_CLEAR_EVENT = 6.0
"""Single-event statistic above which a shifted transit is masked where it is."""

LARGEST_SHIFT = 0.01
"""Largest deviation from a linear ephemeris at which transits are masked [periods]."""


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


def measure(curve: Whitened, signal: Signal, search: Search) -> Measurement:
    """Measure a signal; its transits do not count as noise if they are deep.

    The duration is at the maximum of a parabola through the squared signal-to-noise ratio as a
    function of the logarithm of the duration.

    Args:
        curve: Light curve with its noise model, without the transits of other signals.
        signal: Signal.
        search: Fits of single transits with which the signal was found.
    """
    quiet = None
    if not is_shallow(search.transits(signal.train)):
        masked = transit_mask(curve.grid, signal.train, search)
        if (curve.grid.observed & ~masked).any():
            quiet = Whitened.of(curve.grid.without(masked))
            curve = Whitened.of(curve.grid, quiet.noise)
    durations = signal.duration * _DURATION_STEPS
    longest = max(LONGEST_DURATION * signal.train.period, signal.duration)
    durations = durations[(durations >= _SHORTEST * curve.grid.step) & (durations <= longest)]
    fits = [_fit(curve, quiet, duration, signal.train) for duration in durations]
    duration, error = _best_duration(durations, np.array([train.snr for _, train in fits]))
    strongest = max((train for _, train in fits), key=lambda train: train.snr)
    fitted, train = _fit(curve, quiet, duration, strongest)
    transits = fitted.transits(train)
    information = float(transits.weight.sum())
    depth = float(transits.numerator.sum() / information)
    period_error, epoch_error = _timing_errors(transits, fitted.events, depth)
    return Measurement(
        train,
        duration,
        error,
        depth,
        float(1 / np.sqrt(information)),
        period_error,
        epoch_error,
        transits,
        fitted.events,
    )


def is_shallow(transits: Transits) -> bool:
    """Return whether single transits are too shallow to affect the noise model."""
    return bool(np.mean(transits.numerator**2 / transits.weight) < _SHALLOW**2)


def transit_mask(
    grid: Grid, train: Train, search: Search, largest_shift: float = LARGEST_SHIFT
) -> Bools:
    """Return whether each cell is in a transit of a train [cells], with a margin.

    A clear transit is also masked where it is if it does not occur at the expected time, because
    of transit-timing variations.

    Args:
        grid: Light curve.
        train: Period and epoch.
        search: Fits of single transits.
        largest_shift: Largest deviation from the expected time, relative to the period.
    """
    duration = search.events.duration
    width = _WIDTH * duration + _EXTRA_CELLS * grid.step
    phase = (grid.time - train.epoch + train.period / 2) % train.period - train.period / 2
    masked = np.abs(phase) <= width / 2
    transits = search.transits(train)
    if len(transits.number) == 0:
        return masked
    mean = float(transits.numerator.sum() / transits.weight.sum())
    expected = np.sqrt(np.median(transits.weight)) * max(mean, 0.0)
    near = np.abs(phase) <= 0.5 * duration + largest_shift * train.period
    statistic = search.events.statistic
    highest = statistic == maximum_filter1d(statistic, 2 * int(duration / 2 / grid.step) + 1)
    moved = near & highest & (statistic > max(_CLEAR_EVENT, 0.4 * expected))
    cells = 2 * int(np.ceil(width / 2 / grid.step)) + 1
    return np.asarray(masked | (maximum_filter1d(moved.astype(np.int8), cells) > 0), np.bool_)


def transit_model(grid: Grid, signal: Measurement) -> Floats:
    """Return the flux change of all transits of a signal [cells]."""
    template = signal.depth * transit_template(signal.duration, grid.step)
    half = len(template) // 2
    period = signal.train.period
    phase = (grid.time - signal.train.epoch + period / 2) % period - period / 2
    place = phase / grid.step + half
    return np.interp(place, np.arange(len(template)), template, left=0.0, right=0.0)


def _fit(
    curve: Whitened, quiet: Whitened | None, duration: float, train: Train
) -> tuple[Search, Train]:
    events = SingleEvents.of(curve, duration, quiet)
    search = Search.of(events, curve.grid.time, curve.grid.step)
    return search, search.near(train.period, train.epoch)


def _best_duration(durations: Floats, snr: Floats) -> tuple[float, float]:
    """Return the duration with the largest signal-to-noise ratio, and its error [d].

    A decrease of the squared ratio by 1 corresponds to an increase of χ² by 1, that is to 1 σ.
    """
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
