"""Removal of the transits of a signal from a light curve."""

import numpy as np
from scipy.ndimage import maximum_filter1d

from astronet.detection.grid import Grid
from astronet.detection.template import Shape, transit_template
from astronet.detection.trains import Search, Train
from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.ephemeris import Ephemeris

LARGEST_SHIFT = 0.01
"""Largest deviation from a linear ephemeris at which transits are masked [periods]."""

_SHIFTS = 4
"""Number of mid-transit times per cell for which the model is computed."""

_EXTRA_CELLS = 2.0
"""Width of the masked interval beyond the transit [cells]."""

_WIDTH = 1.15
"""Width of the masked interval around transits of a signal [durations]."""

_KNOWN_WIDTH = 1.5
"""Width of the masked interval around transits of a known event [durations]."""

_CLEAR_EVENT = 6.0
"""Single-event statistic above which an early or late transit is masked at its observed time."""

VARIABLE_SHIFT, _EXPECTED_EVENT = 0.1, 4.0
"""LARGEST_SHIFT and _CLEAR_EVENT for signals with known transit-timing variations."""

_DEEP_EVENT = 5.0
"""Root mean square of the single-event statistics above which transits are deep."""

_DEEP_SIGNAL, _NOISE_WINDOW = 50.0, 21.0
"""Squared signal-to-noise ratio per 21 d above which transits are deep."""


def is_deep(search: Search, train: Train) -> bool:
    """Return whether the transits of a train affect the estimate of the noise."""
    transits = search.transits(train)
    if len(transits.number) == 0:
        return False
    squares = transits.numerator**2 / transits.weight
    in_window = train.snr**2 * min(1.0, _NOISE_WINDOW / max(search.span, train.period))
    return bool(np.mean(squares) > _DEEP_EVENT**2 or in_window > _DEEP_SIGNAL)


def transit_mask(
    grid: Grid, train: Train, search: Search, largest_shift: float = LARGEST_SHIFT
) -> Bools:
    """Return whether each cell is in a transit of a train [cells], with a margin.

    A clear transit that is early or late, because of transit-timing variations, is also masked at
    its observed time.

    Args:
        grid: Light curve.
        train: Period and epoch.
        search: Fits of single transits.
        largest_shift: Largest deviation from the expected time, relative to the period.
    """
    duration = search.events.duration
    width = _WIDTH * duration + _EXTRA_CELLS * grid.step
    distance = np.abs(_phase(grid.time, train.period, train.epoch))
    masked = distance <= width / 2
    transits = search.transits(train)
    if len(transits.number) == 0:
        return np.asarray(masked, np.bool_)
    depth = float(transits.numerator.sum() / transits.weight.sum())
    expected = np.sqrt(np.median(transits.weight)) * max(depth, 0.0)
    near = distance <= 0.5 * duration + largest_shift * train.period
    statistic = search.events.statistic
    highest = statistic == maximum_filter1d(statistic, 2 * int(duration / 2 / grid.step) + 1)
    clear = _CLEAR_EVENT if largest_shift <= LARGEST_SHIFT else _EXPECTED_EVENT
    moved = near & highest & (statistic > max(clear, 0.4 * expected))
    cells = 2 * int(np.ceil(width / 2 / grid.step)) + 1
    return np.asarray(masked | (maximum_filter1d(moved.astype(np.int8), cells) > 0), np.bool_)


def transit_model(grid: Grid, train: Train, duration: float, shape: Shape, depth: float) -> Floats:
    """Return the flux change of all transits of a train [cells].

    Args:
        grid: Light curve.
        train: Period and epoch.
        duration: Duration [d].
        shape: Shape of the transits.
        depth: Depth at mid-transit.
    """
    shifts = np.arange(_SHIFTS) / _SHIFTS
    templates = [transit_template(duration, grid.step, shape, shift) for shift in shifts]
    places = np.concatenate(
        [
            np.arange(len(one)) - len(one) // 2 - shift
            for one, shift in zip(templates, shifts, strict=True)
        ]
    )
    order = np.argsort(places)
    phase = _phase(grid.time, train.period, train.epoch) / grid.step
    change = np.concatenate(templates)[order]
    return depth * np.interp(phase, places[order], change, left=0.0, right=0.0)


def known_mask(grid: Grid, ephemeris: Ephemeris) -> Bools:
    """Return whether each cell is in a transit of a known event [cells], with a margin."""
    distance = np.abs(_phase(grid.time, ephemeris.period, ephemeris.epoch))
    return np.asarray(distance <= 0.5 * _KNOWN_WIDTH * ephemeris.duration + grid.step, np.bool_)


def _phase(time: Floats, period: float, epoch: float) -> Floats:
    """Return the time since the nearest mid-transit [n] [d]."""
    return np.asarray((time - epoch + period / 2) % period - period / 2, np.float64)
