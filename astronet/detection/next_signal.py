"""Next signal of a light curve: one pass of the search, and the removal of what it found."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from astronet.detection.flags import flags_of
from astronet.detection.grid import Grid
from astronet.detection.lone_events import lone_signal
from astronet.detection.measurement import Measurement, measure
from astronet.detection.passes import passes_of
from astronet.detection.rejection import cells_to_mask
from astronet.detection.removal import VARIABLE_SHIFT, is_deep, transit_mask, transit_model
from astronet.detection.settings import SearchSettings
from astronet.detection.strongest import Pass, Signal
from astronet.detection.trains import Search
from astronet.lightcurves.arrays import Bools
from astronet.lightcurves.ephemeris import Ephemeris

_logger = logging.getLogger("astronet")

_SAME_PERIOD, _SAME_PHASE = 0.01, 0.2
"""Largest relative difference of the periods, and of the phases, of a residual of a signal."""


@dataclass(frozen=True, eq=False)
class Found:
    """Signal that is to be listed.

    Attributes:
        signal: Signal, as it was found.
        measured: The same, measured.
        flags: Names of possible problems.
    """

    signal: Signal
    measured: Measurement
    flags: tuple[str, ...]


class Step(NamedTuple):
    """Result of one pass of the search: light curve for the next pass, unless it was the last.

    Attributes:
        grid: Light curve without the signal.
        found: Signal; None if it is not to be listed.
        last: Strongest remaining signal, if it is below the threshold.
        ends: Whether the search ends.
    """

    grid: Grid
    found: Found | None = None
    last: Signal | None = None
    ends: bool = False


def next_signal(
    grid: Grid,
    complete: Grid,
    limits: tuple[float, float],
    settings: SearchSettings,
    others: Sequence[Measurement | Ephemeris],
) -> Step:
    """Search a light curve once, and remove the strongest signal.

    Args:
        grid: Light curve without the transits of other signals.
        complete: Light curve before other signals were removed.
        limits: Shortest and longest period [d].
        settings: Settings of the search.
        others: Stronger signals of the star, and known events.
    """
    passes = passes_of(grid, limits, settings)
    if not passes:
        _logger.info("star %s: no transit can be observed between the gaps", grid.star)
        return Step(grid, ends=True)
    found, signal = _strongest(passes, settings)
    if signal is None or signal.statistic < settings.min_snr:
        return Step(grid, last=signal, ends=True)
    quiet = found.without_its_noise(signal)
    if quiet is not found and signal.strength.transits >= 3:
        signal = replace(quiet.resolved(signal), strength=signal.strength)
    measured = measure(quiet, signal)
    masked = cells_to_mask(found, signal, measured, settings)
    if measured is None or masked is not None:
        return Step(grid if masked is None else _masked(grid, masked))
    if residual := _with_same_period(measured, others):
        search = Search.of(residual.events, grid.time, grid.step)
        shifted = transit_mask(grid, residual.train, search, VARIABLE_SHIFT)
        return Step(_masked(_without(grid, measured), shifted))
    flags = flags_of(grid, complete, measured, others)
    return Step(_without(grid, measured), Found(signal, measured, flags))


def _strongest(passes: Sequence[Pass], settings: SearchSettings) -> tuple[Pass, Signal | None]:
    """Return the strongest periodic signal, or that with one or two transits if it is stronger.

    Otherwise, half the period of two transits would be found if one between them may be missing.
    The pass in which the signal was found is returned as well.
    """
    signals = [(one, one.strongest()) for one in passes]
    found, periodic = max(signals, key=lambda pair: pair[1].statistic if pair[1] else -1.0)
    if settings.min_transits == 3:
        return found, periodic
    lone = lone_signal(passes[-1], settings)
    if lone is None:
        return found, periodic
    if periodic is None or periodic.statistic < settings.min_snr:
        return passes[-1], lone
    if lone.statistic > periodic.strength.snr:
        return passes[-1], lone
    return found, periodic


def _with_same_period(
    signal: Measurement, others: Sequence[Measurement | Ephemeris]
) -> Measurement | None:
    """Return a stronger signal with the same period and overlapping phases; None if there is none.

    Transits that do not occur at regular times leave residuals with nearly the same period. Two
    planets with such periods would not be stable.
    """
    for other in others:
        if isinstance(other, Measurement):
            ratio = signal.train.period / other.train.period
            distance = signal.train.epoch - other.train.epoch
            phase = abs(distance / other.train.period - round(distance / other.train.period))
            if abs(ratio - 1) < _SAME_PERIOD and phase < _SAME_PHASE:
                return other
    return None


def _without(grid: Grid, signal: Measurement) -> Grid:
    """Return the light curve without the transits of a signal.

    Shallow transits are subtracted, and deep ones are marked as not observed, because they differ
    from the model by more than the noise. Many gaps would impair the noise model.
    """
    search = Search.of(signal.events, grid.time, grid.step)
    if is_deep(search, signal.train):
        masked = transit_mask(grid, signal.train, search)
        if (grid.observed & ~masked).any():
            return grid.without(masked)
    model = transit_model(grid, signal.train, signal.duration, signal.shape, signal.depth)
    return grid.minus(model)


def _masked(grid: Grid, masked: Bools) -> Grid:
    """Return the grid with cells [cells] marked as not observed, unless none would be left."""
    return grid.without(masked) if (grid.observed & ~masked).any() else grid
