"""Signals that are not transits, and their cells."""

import numpy as np

from astronet.detection.grid import Grid
from astronet.detection.measurement import Measurement
from astronet.detection.removal import transit_mask
from astronet.detection.settings import SearchSettings
from astronet.detection.strongest import Pass, Signal
from astronet.lightcurves.arrays import Bools

_COMPARABLE = 0.4
"""Statistic of an event, relative to the strongest one, above which both can be of one planet."""

_EXCESS = 4.0
"""Ratio of the strongest event's statistic to that of the signal above which it is a glitch."""

_LEAST_SNR = 0.7
"""Smallest measured signal-to-noise ratio, relative to the threshold of the statistic."""

_COMPLETE = 2
"""Number of complete transits with which one that is partly in a gap is accepted."""

_WIDTH, _EXTRA_CELLS = 1.5, 2
"""Width of the masked interval around a glitch, in durations and additional cells."""


def cells_to_mask(
    found: Pass, signal: Signal, measured: Measurement | None, settings: SearchSettings
) -> Bools | None:
    """Return the cells [cells] to mask if a signal cannot be of a planet; None if it can be.

    A signal is rejected if it is not a dip, has too few observed transits, or is weak if the noise
    is estimated without it, as variability with its period is. It is also rejected if it consists
    of one or two deep events and weak ones: the noise model has random errors, so the filtered flux
    within a few days of a deep glitch contains faint copies of it. Then only the deep events are
    masked.

    Args:
        found: Search in which the signal was found.
        signal: Signal.
        measured: Measurement of the signal; None if it could not be measured.
        settings: Settings of the search.
    """
    grid = found.curve.grid
    weakest = _LEAST_SNR * settings.min_snr
    if (
        measured is None
        or measured.depth <= 0
        or measured.train.snr < weakest
        or not _has_transits(signal, measured, settings.min_transits)
    ):
        return transit_mask(grid, signal.train, found.search_with(signal.duration))
    events = measured.single_event_statistics
    deep = events > _COMPARABLE * events.max()
    if events.max() > _EXCESS * signal.statistic and deep.sum() < min(3, len(events)):
        return _near(grid, measured, deep)
    return None


def _has_transits(signal: Signal, measured: Measurement, fewest: int) -> bool:
    """Return whether enough transits are observed.

    The best duration can leave less than 60 % of a transit in the data that belongs to the signal.
    This is accepted if at least two others are complete.
    """
    partial = signal.strength.transits if measured.complete >= _COMPLETE else 0
    return max(len(measured.observed.number), partial) >= fewest


def _near(grid: Grid, signal: Measurement, chosen: Bools) -> Bools:
    """Return whether each cell is in one of the chosen transits [transits], with a margin."""
    reach = _WIDTH * signal.duration / 2 / grid.step + _EXTRA_CELLS
    distance = np.arange(len(grid.time))[:, None] - signal.transits.cell[chosen]
    return np.asarray((np.abs(distance) <= reach).any(axis=1), np.bool_)
