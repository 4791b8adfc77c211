"""Measurement of a signal: refined ephemeris, depth, and their errors."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import maximum_filter1d

from astronet.detection.fitting import Fit, Fitter
from astronet.detection.grid import Grid
from astronet.detection.single_events import SingleEvents
from astronet.detection.strongest import Pass, Signal
from astronet.detection.template import Shape
from astronet.detection.timing import gap_errors, linear_train, timing_errors, timing_scatter
from astronet.detection.trains import Search, Train, Transits
from astronet.detection.unused_transits import incomplete_transits, missing_transits
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.ephemeris import Ephemeris

_REACH = 0.5
"""Largest deviation of the transits from a linear ephemeris [durations]."""

_GAP_ERROR = 4.0
"""Relative error of the depth if most of a transit of one cell is in a gap."""


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
        observed: All transits of which at least 60 % is observed.
        irregular: Whether some transits do not occur at their expected times.
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
    observed: Transits
    irregular: bool
    events: SingleEvents
    shape: Shape

    @property
    def ephemeris(self) -> Ephemeris:
        """Ephemeris, with the first observed transit as its epoch."""
        first = float(self.train.epoch + self.observed.number.min() * self.train.period)
        return Ephemeris(self.train.period, first, min(self.duration, 0.999 * self.train.period))

    @property
    def complete(self) -> int:
        """Number of transits without missing data."""
        return int(self.events.complete[self.observed.cell].sum())

    @property
    def single_event_statistics(self) -> Floats:
        """Signal-to-noise ratio of each observed transit [transits]."""
        return np.asarray(self.transits.numerator / np.sqrt(self.transits.weight), np.float64)


def measure(found: Pass, signal: Signal) -> Measurement | None:
    """Measure a signal, or return None if its transits are not observed for the best duration.

    Several durations are fitted; the duration is at the maximum of a parabola through the squared
    signal-to-noise ratio as a function of the logarithm of the duration. If the signal is strong,
    transits of a planet with the radius that follows from the depth and other impact parameters are
    fitted as well. If the times of clear transits deviate from a linear ephemeris, each transit is
    fitted at its own time, so that duration and depth are those of the single transits.

    Args:
        found: Search with a noise model that is not affected by the signal.
        signal: Signal.
    """
    fitter = Fitter(found, signal, np.zeros(len(found.curve.grid.time), np.bool_))
    best = fitter.best()
    if timing_scatter(best.search, best.train, _REACH * best.events.duration) > 0:
        fitter = replace(fitter, reach=_REACH * best.events.duration)
        best = fitter.best()
    missing = missing_transits(best.transits)
    grid = found.curve.grid
    unused = incomplete_transits(grid, best, missing)
    unused |= _near(grid, best.at[missing], best.events.duration)
    if unused.any():
        fitter = replace(fitter, excluded=unused)
        best = fitter.best()
    if not best.transits.weight.sum() > 0:
        return None
    response = fitter.response(best)
    if not response > 0:
        return None
    return _measurement(fitter, best, response, int(missing.sum()))


def _measurement(fitter: Fitter, fit: Fit, response: float, missing: int) -> Measurement:
    grid, events = fitter.found.curve.grid, fit.events
    transits = replace(fit.transits, cell=fit.at)
    depth = float(transits.numerator.sum()) / response
    covered = np.minimum(events.covered[fit.at], 1.0)
    scatter = timing_scatter(fit.search, fit.train, fitter.reach) if fitter.reach else 0.0
    systematic = np.hypot(scatter, gap_errors(covered, grid.step))
    period_error, epoch_error = timing_errors(transits, fit.search.events, depth, systematic)
    in_gaps = np.average(1 - covered, weights=transits.weight)
    train = linear_train(fit.search, fit.train, _REACH * events.duration)
    return Measurement(
        train=train,
        duration=events.duration,
        duration_error=fit.error,
        depth=depth,
        depth_error=float(
            np.hypot(
                np.sqrt(transits.weight.sum()) / response,
                _GAP_ERROR * grid.step / events.duration * in_gaps * depth,
            )
        ),
        period_error=period_error,
        epoch_error=epoch_error,
        transits=transits,
        observed=Search.of(events, grid.time, grid.step).transits(train, least=0.0),
        irregular=missing > 0 or fitter.reach > 0,
        events=events,
        shape=fit.shape,
    )


def _near(grid: Grid, cells: Ints, duration: float) -> Bools:
    """Return whether each cell is less than a duration [d] from one of some cells [cells]."""
    near = np.zeros(len(grid.time), np.bool_)
    near[cells] = True
    return np.asarray(maximum_filter1d(near, 2 * int(duration / grid.step) + 1), np.bool_)
