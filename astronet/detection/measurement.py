"""Measurement of a signal: refined ephemeris, depth, and their errors."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.ndimage import maximum_filter1d

from astronet.detection.periodogram import LONGEST_DURATION
from astronet.detection.removal import transit_model
from astronet.detection.single_events import SUBCELLS, SingleEvents
from astronet.detection.strongest import Pass, Signal
from astronet.detection.template import SMALL_PLANET, Shape
from astronet.detection.trains import Search, Train, Transits
from astronet.detection.uncertainties import best_duration, timing_errors
from astronet.detection.unused_transits import missing_transits, partial_transits
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.ephemeris import Ephemeris

_COARSE, _FINE = 1.2, 1.05
"""Ratios of the durations that are fitted; the second one is used for strong signals."""

_MOST_STEPS = 8
"""Maximum number of durations on either side of the trial duration."""

_STRONG = 15.0
"""Signal-to-noise ratio above which the shape of the transits is fitted."""

_IMPACT_PARAMETERS = (0.3, 0.6, 0.75, 0.85, 0.9, 0.95)
"""Impact parameters that are fitted in turn until the fit no longer improves."""

_IMPROVEMENT, _ACCURACY = 4.0, 1e-3
"""Increase of the squared signal-to-noise ratio that a large impact parameter requires.

The second value is relative; it is the accuracy of the limb darkening, which matters for very deep
transits.
"""

_LONG = 0.3
"""Duration above which the information that is lost in gaps is computed for each duration [d]."""

_HALVINGS = 8
"""Number of times that the steps of the refinement are halved."""

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
        transits: Transits that were used: all observed ones, except for the missing ones and, if
            most are clear, partial ones.
        observed: Numbers of all observed transits [n].
        missing: Number of transits that do not occur at their expected times.
        events: Fits of single transits of this duration.
        shape: Shape of the transits.
    """

    train: Train
    duration: float
    duration_error: float
    depth: float
    depth_error: float
    period_error: float
    epoch_error: float
    transits: Transits
    observed: Ints
    missing: int
    events: SingleEvents
    shape: Shape

    @property
    def ephemeris(self) -> Ephemeris:
        """Ephemeris, with the first observed transit as its epoch."""
        first = float(self.train.epoch + self.observed.min() * self.train.period)
        return Ephemeris(self.train.period, first, min(self.duration, 0.999 * self.train.period))

    @property
    def single_event_statistics(self) -> Floats:
        """Signal-to-noise ratio of each observed transit [transits]."""
        return np.asarray(self.transits.numerator / np.sqrt(self.transits.weight), np.float64)


def measure(found: Pass, signal: Signal) -> Measurement | None:
    """Measure a signal, or return None if its transits are not observed for the best duration.

    Several durations are fitted; the duration is at the maximum of a parabola through the squared
    signal-to-noise ratio as a function of the logarithm of the duration. If the signal is strong,
    transits of a planet with the radius that follows from the depth and other impact parameters are
    fitted as well.

    Args:
        found: Search with a noise model that is not affected by the signal.
        signal: Signal.
    """
    best = _best_fit(found, signal)
    missing = missing_transits(best.transits)
    covered = best.events.covered[best.cells[best.transits.cell // SUBCELLS]]
    unused = missing | partial_transits(best.transits, missing, covered)
    if unused.any():
        at = best.cells[best.transits.cell[unused] // SUBCELLS]
        found = replace(found, excluded=_near(found, at, best.events.duration))
        best = _best_fit(found, signal)
    fine = best.transits
    transits = replace(fine, cell=best.cells[fine.cell // SUBCELLS])
    information = float(transits.weight.sum())
    if not information > 0:
        return None
    response = _response(found, best)
    if not response > 0:
        return None
    depth = float(transits.numerator.sum()) / response
    period_error, epoch_error = timing_errors(transits, best.search.events, depth)
    return Measurement(
        best.train,
        best.search.events.duration,
        best.error,
        depth,
        float(np.sqrt(information)) / response,
        period_error,
        epoch_error,
        transits,
        Search.of(best.events, found.curve.grid.time, found.curve.grid.step)
        .transits(best.train)
        .number,
        int(missing.sum()),
        best.events,
        best.shape,
    )


class _Fit(NamedTuple):
    """Fit of a train with the best duration.

    Attributes:
        events: Fits of single transits with this duration.
        search: The same, at several times per cell near the transits.
        cells: Cells near the transits [n].
        train: Train.
        ratio: Signal-to-noise ratio for the number of transits of the first fit.
        error: Error of the duration [d].
        shape: Shape of the transits.
    """

    events: SingleEvents
    search: Search
    cells: Ints
    train: Train
    ratio: float
    error: float
    shape: Shape

    @property
    def transits(self) -> Transits:
        """Observed transits, at several times per cell."""
        return self.search.transits(self.train)


def _best_fit(found: Pass, signal: Signal) -> _Fit:
    """Return the fit of a signal with the best duration and impact parameter."""
    best = _fit_durations(found, signal.train, signal, signal.duration, SMALL_PLANET, _COARSE)
    if best.train.snr <= _STRONG:
        return best
    ratio = _radius_ratio(best)
    shapes = [Shape(ratio, impact) for impact in _IMPACT_PARAMETERS]
    best = other = _fit_durations(found, best.train, signal, best.events.duration, shapes[0], _FINE)
    for shape in shapes[1:]:
        fit = _fit_durations(found, other.train, signal, other.events.duration, shape, _FINE)
        if fit.ratio < other.ratio:
            break
        other = fit
    if other.ratio**2 > (1 + _ACCURACY) * best.ratio**2 + _IMPROVEMENT:
        best = other
    return best


def _near(found: Pass, cells: Ints, duration: float) -> Bools:
    """Return whether each cell is less than a duration [d] from one of some cells [cells]."""
    near = np.zeros(len(found.curve.grid.time), np.bool_)
    near[cells] = True
    return np.asarray(maximum_filter1d(near, 2 * int(duration / found.curve.grid.step) + 1))


def _response(found: Pass, fit: _Fit) -> float:
    """Return the sum of the weighted depths of all transits, for transits with depth 1.

    It equals the sum of their weights if the transits are far apart. If the period is short, other
    transits are part of the baseline of each one.
    """
    curve = found.curve
    model = transit_model(curve.grid, fit.train, fit.events.duration, fit.shape, 1.0)
    unit = replace(curve, weighted=curve.weigh(model))
    numerator = fit.events.between_cells(unit, fit.shape, fit.cells).numerator
    return float(numerator[fit.transits.cell].sum())


def _radius_ratio(fit: _Fit) -> float:
    """Return the radius ratio that follows from the depth, rounded to 0.01."""
    transits = fit.transits
    depth = max(float(transits.numerator.sum() / max(transits.weight.sum(), 1e-300)), 0.0)
    return float(np.clip(round(np.sqrt(depth), 2), SMALL_PLANET.radius_ratio, 0.5))


def _fit_durations(
    found: Pass, train: Train, signal: Signal, start: float, shape: Shape, step: float
) -> _Fit:
    """Fit a train with several durations, and return the fit with the best one.

    Args:
        found: Search with a noise model that is not affected by the signal.
        train: Period and epoch from which the fits start.
        signal: Signal; durations up to its trial duration are always allowed, and the scatter of
            this duration is used for all fits, so that they can be compared.
        start: Duration from which the fits start [d].
        shape: Shape of the transits.
        step: Ratio of the durations.
    """
    trial = found.search_with(signal.duration)
    transits = trial.transits(signal.train).weight.sum() / trial.events.information
    longest = max(LONGEST_DURATION * train.period, signal.duration)
    limits = _SHORTEST * found.curve.grid.step, longest
    first = _fit(found, start, train, trial.events, transits, shape)
    durations, ratios, train = [start], [first.ratio], first.train
    for direction in (1, -1):
        for count in range(1, _MOST_STEPS + 1):
            duration = start * step ** (direction * count)
            if not limits[0] <= duration <= limits[1]:
                break
            fit = _fit(found, duration, train, trial.events, transits, shape)
            durations.append(duration)
            ratios.append(fit.ratio)
            if fit.ratio >= max(ratios):
                train = fit.train
            elif count > 1 or fit.ratio < 0.9 * max(ratios):
                break
    duration, error = best_duration(np.array(durations), np.array(ratios))
    return _fit(found, duration, train, trial.events, transits, shape)._replace(error=error)


def _fit(
    found: Pass,
    duration: float,
    train: Train,
    similar: SingleEvents,
    transits: float,
    shape: Shape,
) -> _Fit:
    """Fit single transits with a duration [d], and a train near another one.

    The number of observed transits depends on the duration. The ratio is therefore normalised to
    a number of transits.
    """
    grid = found.curve.grid
    # The information that is lost in gaps depends on the duration if it is long.
    gaps = similar if duration < _LONG else None
    events = SingleEvents.of(found.curve, duration, shape, scale_of=similar, gaps_of=gaps)
    # Only the cells near the transits, because their fits take eight times more memory
    phase = (grid.time - train.epoch + train.period / 2) % train.period - train.period / 2
    near = np.abs(phase) <= duration + 3 * grid.step
    cells = np.flatnonzero(near & (events.weight > 0) & ~found.excluded)
    if len(cells) == 0:  # transits of this duration are not observed
        events = similar
        cells = np.flatnonzero(similar.weight > 0)
    fine = events.between_cells(found.curve, shape, cells)
    times = grid.time[cells, None] + np.arange(SUBCELLS) / SUBCELLS * grid.step
    search = Search.of(fine, times.ravel(), grid.step / SUBCELLS)
    fitted = search.near(train.period, train.epoch, _HALVINGS)
    used = cells[search.transits(fitted).cell // SUBCELLS]
    observed = events.weight[used].sum() / events.information
    comparable = observed > 0 and events is not similar
    ratio = fitted.snr * np.sqrt(transits / observed) if comparable else 0.0
    return _Fit(events, search, cells, fitted, float(ratio), np.nan, shape)
