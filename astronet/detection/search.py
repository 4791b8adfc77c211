"""Search of a light curve for the transits of planets."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from astronet.detection.candidate import Candidate
from astronet.detection.flags import flags_among, flags_of
from astronet.detection.grid import Grid
from astronet.detection.lone_events import lone_signal
from astronet.detection.measurement import Measurement, measure
from astronet.detection.nulls import null_curves
from astronet.detection.rejection import cells_to_mask
from astronet.detection.removal import (
    VARIABLE_SHIFT,
    is_deep,
    known_mask,
    transit_mask,
    transit_model,
)
from astronet.detection.settings import SearchSettings
from astronet.detection.strongest import Pass, Signal
from astronet.detection.trains import Search
from astronet.detection.whitened import Whitened
from astronet.errors import LightCurveError, counted
from astronet.lightcurves.arrays import Bools
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import in_transit

_logger = logging.getLogger("astronet")

_SAME_PERIOD, _SAME_PHASE = 0.01, 0.2
"""Largest relative difference of the periods, and of the phases, of a residual of a signal."""

_MOST_RESIDUALS = 5
"""Maximum number of residuals that are removed without being listed."""

_CUT_WIDTH = 1.6
"""Width of the intervals that are cut out for null light curves [durations]."""


def find_transits(
    curve: LightCurve,
    settings: SearchSettings = SearchSettings(),
    known: Sequence[Ephemeris] = (),
    progress: Callable[[], None] = lambda: None,
) -> list[Candidate]:
    """Search a light curve for periodic transits, and return the candidates, strongest first.

    After each signal, its transits are removed and the light curve is searched again, until no
    signal is above the threshold. If there are no candidates, the reason is logged.

    Args:
        curve: Light curve in the mission's own unit, not detrended.
        settings: Settings of the search; by default, periods from 0.3 d to half of the time span.
        known: Ephemerides of events whose transits are left out.
        progress: Function that is called when the light curve, and each null light curve, has been
            searched.

    Raises:
        LightCurveError: The light curve is too short, its cadence too long, its fluxes are constant
            or not positive, or the known events cover all data.

    Examples:
        A planet with a period of 4 d and a transit depth of 0.1 %:

        >>> import numpy as np
        >>> import astronet
        >>> time = np.arange(0, 80, 0.02)
        >>> noise = 3e-4 * np.random.default_rng(1).standard_normal(len(time))
        >>> transit = np.abs((time - 1.5) % 4 - 2) < 0.06
        >>> curve = astronet.LightCurve("star", time, 1000 * (1 + noise - 1e-3 * transit))
        >>> [candidate] = astronet.find_transits(curve)
        >>> round(candidate.ephemeris.period, 2), candidate.transits
        (4.0, 20)
    """
    grid = Grid.of(curve)
    limits = _period_limits(grid, settings)
    found = _with_flags(grid, list(_signals(grid, limits, settings, known)))
    progress()
    probabilities: Sequence[float | None] = [None] * len(found)
    if settings.null_curves and found:
        quiet = _without_transits(curve, [*known, *(one.measured.ephemeris for one in found)])
        nulls = null_statistics(quiet, settings, progress)
        probabilities = [
            (1 + sum(null >= one.signal.statistic for null in nulls)) / (1 + len(nulls))
            for one in found
        ]
    candidates = [
        _candidate(one, probability) for one, probability in zip(found, probabilities, strict=True)
    ]
    return sorted(candidates, key=lambda candidate: -candidate.statistic)


def null_statistics(
    curve: LightCurve, settings: SearchSettings, progress: Callable[[], None] = lambda: None
) -> list[float]:
    """Return the largest detection statistic in each of `settings.null_curves` null light curves.

    Args:
        curve: Light curve without the transits of its planets.
        settings: Settings of the search.
        progress: Function that is called after each null light curve.

    Raises:
        LightCurveError: As in `find_transits`.
    """
    statistics = []
    for null in null_curves(curve, settings.null_curves, settings.seed):
        grid = Grid.of(null)
        found = Pass.of(Whitened.levelled(grid), _period_limits(grid, settings), settings)
        signals = found.signals() if found else []
        statistics.append(signals[0].statistic if signals else 0.0)
        progress()
    return statistics


@dataclass(frozen=True, eq=False)
class _Found:
    signal: Signal
    measured: Measurement
    flags: tuple[str, ...]


def _with_flags(grid: Grid, found: Sequence[_Found]) -> list[_Found]:
    """Return the signals with the flags that depend on other signals."""
    signals, statistics = [one.measured for one in found], [one.signal.statistic for one in found]
    flags = flags_among(grid, signals, statistics, [one.flags for one in found])
    return [replace(one, flags=names) for one, names in zip(found, flags, strict=True)]


def _signals(
    grid: Grid,
    limits: tuple[float, float],
    settings: SearchSettings,
    known: Sequence[Ephemeris],
) -> Iterator[_Found]:
    """Yield the signals of a light curve, and remove each one before the next search."""
    others: list[Measurement | Ephemeris] = list(known)
    complete, number = grid, 0
    for ephemeris in known:
        grid = grid.without(known_mask(grid, ephemeris))
    for _ in range(settings.max_signals + _MOST_RESIDUALS):
        found = Pass.of(Whitened.levelled(grid), limits, settings)
        if found is None:
            _logger.info("star %s: no transit can be observed between the gaps", grid.star)
            return
        signal = _strongest(found, settings)
        if signal is None or signal.statistic < settings.min_snr:
            _log_end(grid, number, signal, settings)
            return
        quiet = found.without_its_noise(signal)
        if quiet is not found and signal.strength.transits >= 3:
            signal = replace(quiet.resolved(signal), strength=signal.strength)
        measured = measure(quiet, signal)
        masked = cells_to_mask(found, signal, measured, settings)
        if measured is None or masked is not None:
            grid = grid if masked is None else _masked(grid, masked)
            continue
        if residual := _with_same_period(measured, others):
            search = Search.of(residual.events, grid.time, grid.step)
            shifted = transit_mask(grid, residual.train, search, VARIABLE_SHIFT)
            grid = _masked(_without(grid, measured), shifted)
            continue
        yield _Found(signal, measured, flags_of(grid, complete, measured, others))
        number += 1
        if number == settings.max_signals:
            return
        others.append(measured)
        grid = _without(grid, measured)
    _log_end(grid, number, None, settings)


def _strongest(found: Pass, settings: SearchSettings) -> Signal | None:
    """Return the strongest periodic signal, or that with one or two transits if it is stronger.

    Otherwise, half the period of two transits would be found if one between them may be missing.
    """
    periodic = found.strongest()
    if settings.min_transits == 3:
        return periodic
    lone = lone_signal(found, settings)
    if lone is None or periodic is None or periodic.statistic < settings.min_snr:
        return lone or periodic
    return lone if lone.statistic > periodic.strength.snr else periodic


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


def _log_end(grid: Grid, number: int, signal: Signal | None, settings: SearchSettings) -> None:
    """Log why the search ends."""
    if number:
        reason = f"{counted(number, 'signal')} found"
    else:
        reason = f"no signal with a statistic of at least {settings.min_snr:g}"
    if signal is not None:
        reason += (
            f"; the strongest remaining signal has a statistic of {signal.statistic:.1f} and a "
            f"period of {signal.train.period:.5g} d"
        )
    _logger.info("star %s: %s", grid.star, reason)


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


def _without_transits(curve: LightCurve, ephemerides: Sequence[Ephemeris]) -> LightCurve:
    """Return the light curve without points in the transits of some events."""
    keep = np.ones(len(curve), np.bool_)
    for ephemeris in ephemerides:
        keep &= ~in_transit(curve.time, ephemeris, _CUT_WIDTH)
    return curve.where(keep) if keep.any() else curve


def _period_limits(grid: Grid, settings: SearchSettings) -> tuple[float, float]:
    """Return the shortest and longest period to search [d].

    Raises:
        LightCurveError: The shortest period is at least half of the time span.
    """
    shortest, longest = settings.min_period, grid.span / 2
    if settings.max_period is not None:
        longest = min(longest, settings.max_period)
    if longest <= shortest:
        reason = (
            f"three transits with a period of at least {shortest:g} d do not fit into "
            f"{grid.span:.3g} d of data"
            if settings.min_transits == 3
            else f"the minimum period, {shortest:g} d, is not below half of the {grid.span:.3g} d "
            "of data, as the search requires"
        )
        raise LightCurveError(
            f"star {grid.star}: {reason}; give a longer light curve, or a shorter minimum period"
        )
    return shortest, longest


def _candidate(found: _Found, probability: float | None) -> Candidate:
    measured = found.measured
    single_events = measured.single_event_statistics
    return Candidate(
        ephemeris=measured.ephemeris,
        depth=measured.depth,
        period_error=measured.period_error,
        epoch_error=measured.epoch_error,
        duration_error=measured.duration_error,
        depth_error=measured.depth_error,
        snr=measured.train.snr,
        statistic=found.signal.statistic,
        sde=found.signal.sde,
        max_single_event=float(single_events.max(initial=0.0)),
        transits=len(measured.observed.number),
        complete_transits=measured.complete,
        false_alarm_probability=probability,
        flags=found.flags,
    )
