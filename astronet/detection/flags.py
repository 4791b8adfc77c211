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
    has_timing_variations,
    has_uneven_depths,
)
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.clock import BKJD_ZERO, ZERO_POINTS
from astronet.lightcurves.ephemeris import Ephemeris

_MOST = 0.5
"""Fraction of the signal, or of the transits, that counts as most of it."""

_EDGE = 0.75
"""Largest distance of a transit next to a gap [d], or the transit duration if it is longer."""

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
        "timing_variations": has_timing_variations(grid, signal),
    }
    return tuple(name for name in FLAGS if present[name])


def _mid_transits(grid: Grid, signal: Measurement) -> Floats:
    return np.asarray(grid.time[signal.transits.cell], np.float64)


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
    times = _mid_transits(grid, signal)
    for other in others:
        ephemeris = other if isinstance(other, Ephemeris) else other.ephemeris
        period = ephemeris.period
        reach = 0.5 * signal.duration + 1.5 * ephemeris.duration
        phase = np.abs((times - ephemeris.epoch + period / 2) % period - period / 2)
        chance = min(1.0, 2 * reach / period)
        if (phase < reach).mean() > max(_MOST, 3 * chance):
            return True
    return False
