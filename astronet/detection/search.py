"""Search of a light curve for the transits of planets."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from astronet.detection.candidate import Candidate
from astronet.detection.flags import flags_among
from astronet.detection.grid import Grid
from astronet.detection.inputs import search_inputs
from astronet.detection.measurement import Measurement
from astronet.detection.next_signal import Found, next_signal
from astronet.detection.nulls import null_curves
from astronet.detection.passes import passes_of
from astronet.detection.removal import known_mask
from astronet.detection.settings import SearchSettings
from astronet.detection.strongest import Signal
from astronet.errors import LightCurveError, counted
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import in_transit

_logger = logging.getLogger("astronet")

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
        curve: Light curve in the mission's own unit, not detrended, or an object that
            `astronet.lightcurves.conversion.light_curve_of` accepts, such as one of lightkurve.
        settings: Settings of the search; by default, periods from 0.3 d to half of the time span.
        known: Ephemeris or ephemerides of events whose transits are left out.
        progress: Function that is called when the light curve, and each null light curve, has been
            searched.

    Raises:
        LightCurveError: The light curve is too short, its cadence too long, its fluxes are constant
            or not positive, the known events cover all data, or an argument has a wrong type.

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
    curve, known = search_inputs(curve, settings, known)
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
        passes = passes_of(grid, _period_limits(grid, settings), settings)
        signals = [signal for one in passes for signal in one.signals()]
        statistics.append(max((signal.statistic for signal in signals), default=0.0))
        progress()
    return statistics


def _with_flags(grid: Grid, found: Sequence[Found]) -> list[Found]:
    """Return the signals with the flags that depend on other signals."""
    signals, statistics = [one.measured for one in found], [one.signal.statistic for one in found]
    flags = flags_among(grid, signals, statistics, [one.flags for one in found])
    return [replace(one, flags=names) for one, names in zip(found, flags, strict=True)]


def _signals(
    grid: Grid,
    limits: tuple[float, float],
    settings: SearchSettings,
    known: Sequence[Ephemeris],
) -> Iterator[Found]:
    """Yield the signals of a light curve, and remove each one before the next search."""
    others: list[Measurement | Ephemeris] = list(known)
    complete, number = grid, 0
    for ephemeris in known:
        grid = grid.without(known_mask(grid, ephemeris))
    for _ in range(settings.max_signals + _MOST_RESIDUALS):
        step = next_signal(grid, complete, limits, settings, others)
        if step.ends:
            _log_end(grid, number, step.last, settings)
            return
        grid = step.grid
        if step.found:
            yield step.found
            number += 1
            if number == settings.max_signals:
                return
            others.append(step.found.measured)
    _log_end(grid, number, None, settings)


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
            f"star {grid.star}: {reason}; give a longer light curve, or a shorter minimum period",
            arguments=("min_period",),
        )
    return shortest, longest


def _candidate(found: Found, probability: float | None) -> Candidate:
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
