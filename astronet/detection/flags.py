"""Possible problems of a candidate."""

from collections.abc import Sequence

import numpy as np

from astronet.detection.candidate import FLAGS
from astronet.detection.dips import runs
from astronet.detection.disturbances import (
    LONG_GAP,
    is_at_short_gaps,
    is_at_steps,
    is_beside_brightenings,
)
from astronet.detection.grid import Grid
from astronet.detection.measurement import Measurement
from astronet.detection.periodic_variability import varies_with_period
from astronet.detection.secondary_eclipses import has_period_of_another, second_dip
from astronet.detection.transit_depths import (
    are_most_absent,
    has_uneven_depths,
)
from astronet.lightcurves.clock import BKJD_ZERO, ZERO_POINTS
from astronet.lightcurves.ephemeris import Ephemeris

_MOST = 0.5
"""Fraction of the signal, or of the transits, that counts as most of it."""

_EDGE = 0.75
"""Largest distance of a transit next to a gap [d], or the transit duration if it is longer."""

_NEXT = 1.5
"""Distance within which a transit is next to that of another signal [durations of the latter]."""

_TESS_ORBIT = 13.7
"""Orbital period of TESS [d] (Ricker et al. 2015, §4.1)."""

_FIRST_TESS_DAY = 1325.0 + ZERO_POINTS["BTJD"] - BKJD_ZERO
"""Time of the first TESS light curves, BTJD 1325, in BKJD [d]."""

_ORBIT_TOLERANCE = 0.02


def flags_of(
    grid: Grid, complete: Grid, signal: Measurement, others: Sequence[Measurement | Ephemeris]
) -> tuple[str, ...]:
    """Return the names of the possible problems of a signal, in the order of `FLAGS`.

    Args:
        grid: Light curve without the transits of other signals.
        complete: Light curve before other signals were removed, whose transits are not gaps.
        signal: Signal.
        others: Stronger signals of the star, and known events.
    """
    dip = second_dip(grid, signal)
    present = {
        "few_transits": len(signal.observed.number) < 3,
        "segment_edges": _is_at_edges(complete, signal),
        "momentum_dumps": is_at_short_gaps(complete, signal),
        "steps": is_at_steps(grid, signal),
        "brightenings": is_beside_brightenings(grid, signal),
        "orbit": _has_orbital_period(grid, signal),
        "variability": varies_with_period(grid, signal, dip),
        "sibling": _is_residual(signal, grid, others),
        "secondary": dip is not None or has_period_of_another(signal, grid.span, others),
        "uneven_depths": has_uneven_depths(signal.transits),
        "missing_transits": are_most_absent(signal),
        "timing_variations": signal.irregular,
    }
    return tuple(name for name in FLAGS if present[name])


def flags_among(
    grid: Grid,
    signals: Sequence[Measurement],
    statistics: Sequence[float],
    flags: Sequence[tuple[str, ...]],
) -> list[tuple[str, ...]]:
    """Return the flags of all signals of a star, with those that depend on signals found later.

    A signal can be part of a stronger one that was found after it: the transits of the latter were
    in the light curve, and if most transits of the former overlap with them, they are its cause.

    Args:
        grid: Light curve.
        signals: Signals in the order in which they were found.
        statistics: Detection statistic of each signal.
        flags: Flags of each signal.
    """
    completed = []
    for number, (signal, present) in enumerate(zip(signals, flags, strict=True)):
        others = [other for other in signals if other is not signal]
        stronger = [
            other
            for other, statistic in zip(signals[number:], statistics[number:], strict=True)
            if statistic > statistics[number]
        ]
        added = set(present)
        if has_period_of_another(signal, grid.span, others):
            added.add("secondary")
        if any(_overlaps(grid, signal, other.ephemeris, 0.5) > _MOST for other in stronger):
            added.add("sibling")
        completed.append(tuple(name for name in FLAGS if name in added))
    return completed


def _overlaps(grid: Grid, signal: Measurement, other: Ephemeris, reach: float) -> float:
    """Return the fraction of transits that are close to those of another signal.

    Args:
        grid: Light curve.
        signal: Signal.
        other: Ephemeris of the other signal.
        reach: Largest distance, in durations of the other signal, beyond half of this one's.
    """
    times = grid.time[signal.transits.cell]
    since = (times - other.epoch + other.period / 2) % other.period - other.period / 2
    return float(np.mean(np.abs(since) < 0.5 * signal.duration + reach * other.duration))


def _is_at_edges(grid: Grid, signal: Measurement) -> bool:
    """Return whether most of the squared SNR is within 0.75 d of a long gap or the ends."""
    starts, stops = runs(~grid.observed)
    long = (stops - starts) * grid.step > LONG_GAP
    edges = np.sort(np.concatenate([[-np.inf, np.inf], starts[long], stops[long]]))
    cells = signal.observed.cell
    after = np.searchsorted(edges, cells)
    distance = np.minimum(edges[after] - cells, cells - edges[after - 1])
    near = distance * grid.step < max(_EDGE, signal.duration)
    power = signal.observed.numerator**2 / signal.observed.weight
    expected = near.mean() if len(near) else 0.0
    return bool(power[near].sum() > _MOST * power.sum() and (len(near) <= 10 or expected > _MOST))


def _has_orbital_period(grid: Grid, signal: Measurement) -> bool:
    """Return whether the period of a TESS signal is close to a multiple of the orbital period."""
    if grid.time[grid.observed].min() < _FIRST_TESS_DAY:
        return False
    ratio = signal.train.period / _TESS_ORBIT
    return bool(any(abs(ratio / factor - 1) < _ORBIT_TOLERANCE for factor in (0.5, 1.0, 2.0)))


def _is_residual(
    signal: Measurement, grid: Grid, others: Sequence[Measurement | Ephemeris]
) -> bool:
    """Return whether most transits are within two durations of those of another signal."""
    for other in others:
        ephemeris = other if isinstance(other, Ephemeris) else other.ephemeris
        width = signal.duration + 2 * _NEXT * ephemeris.duration
        chance = min(1.0, width / ephemeris.period)
        if _overlaps(grid, signal, ephemeris, _NEXT) > max(_MOST, 3 * chance):
            return True
    return False
