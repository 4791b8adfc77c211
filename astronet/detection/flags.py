"""Possible problems of a candidate."""

from collections.abc import Sequence

import numpy as np

from astronet.detection.candidate import FLAGS
from astronet.detection.dips import runs
from astronet.detection.grid import Grid
from astronet.detection.measurement import Measurement
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.clock import BKJD_ZERO, ZERO_POINTS
from astronet.lightcurves.ephemeris import Ephemeris

_MOST = 0.5
"""Fraction of the signal, or of the transits, that counts as most of it."""

_EDGE = 0.75
"""Largest distance of a transit next to a gap [d], or the transit duration if it is longer."""

_LONG_GAP = 0.2
"""Length of a long gap [d]."""

_TESS_ORBIT = 13.7
"""Orbital period of TESS [d] (Ricker et al. 2015, §4.1)."""

_FIRST_TESS_DAY = 1325.0 + ZERO_POINTS["BTJD"] - BKJD_ZERO
"""Time of the first TESS light curves, BTJD 1325, in BKJD [d]."""

_ORBIT_TOLERANCE = 0.02
_PERIOD_TOLERANCE = 0.01
_VARIABILITY = 100.0
"""Power of a sinusoid above which the star counts as variable, relative to the noise around it."""

_DIFFERENCE = 5.0
"""Significance of a difference of the depths [σ]."""


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
    present = {
        "few_transits": len(signal.observed.number) < 3,
        "segment_edges": _is_at_edges(complete, signal),
        "momentum_dumps": _is_at_short_gaps(complete, signal),
        "orbit": _has_orbital_period(grid, signal),
        "variability": _is_variability(grid, signal),
        "sibling": _is_residual(signal, grid, others),
        "uneven_depths": _has_uneven_depths(signal),
        "timing_variations": signal.irregular,
    }
    return tuple(name for name in FLAGS if present[name])


def _mid_transits(grid: Grid, signal: Measurement) -> Floats:
    return np.asarray(grid.time[signal.transits.cell], np.float64)


def _is_at_edges(grid: Grid, signal: Measurement) -> bool:
    """Return whether most of the squared SNR is within 0.75 d of a long gap or the ends."""
    starts, stops = runs(~grid.observed)
    long = (stops - starts) * grid.step > _LONG_GAP
    edges = np.concatenate([starts[long], stops[long]])
    cells = signal.observed.cell
    distance = np.abs(cells[:, None] - edges[None, :]).min(axis=1, initial=len(grid.time))
    near = distance * grid.step < max(_EDGE, signal.duration)
    power = signal.observed.numerator**2 / signal.observed.weight
    expected = near.mean() if len(near) else 0.0
    return bool(power[near].sum() > _MOST * power.sum() and (len(near) <= 10 or expected > _MOST))


def _is_at_short_gaps(grid: Grid, signal: Measurement) -> bool:
    """Return whether most transits coincide with short gaps, which are rare elsewhere."""
    starts, stops = runs(~grid.observed)
    short = (stops - starts) * grid.step <= _LONG_GAP
    gap = np.zeros(len(grid.time))
    gap[starts[short]] = 1
    half = max(1, int(signal.duration / 2 / grid.step))
    counted = np.append(0, np.cumsum(gap))
    near = np.clip(np.arange(len(gap)) + half + 1, 0, len(gap))
    before = np.clip(np.arange(len(gap)) - half, 0, len(gap))
    touched = counted[near] - counted[before] > 0
    usual = float(touched[grid.observed].mean())
    fraction = float(touched[signal.observed.cell].mean())
    count = len(signal.observed.cell)
    error = np.sqrt(max(usual * (1 - usual), 1e-4) / max(count, 1))
    return bool(fraction > _MOST and fraction > usual + 3 * error)


def _has_orbital_period(grid: Grid, signal: Measurement) -> bool:
    """Return whether the period of a TESS signal is close to a multiple of the orbital period."""
    if grid.time[grid.observed].min() < _FIRST_TESS_DAY:
        return False
    ratio = signal.train.period / _TESS_ORBIT
    return bool(any(abs(ratio / factor - 1) < _ORBIT_TOLERANCE for factor in (0.5, 1.0, 2.0)))


def _is_variability(grid: Grid, signal: Measurement) -> bool:
    """Return whether the flux varies with the signal's period, or with half or twice that period.

    The transits are left out. The amplitude of a sinusoid is fitted at the three periods and
    compared with those at neighbouring periods.
    """
    period = signal.train.period
    phase = np.abs((grid.time - signal.train.epoch + period / 2) % period - period / 2)
    used = grid.observed & (phase > signal.duration)
    if used.sum() < 100 or period > grid.span / 3:
        return False
    time, flux = grid.time[used], grid.flux[used]
    if not np.var(flux) > 0:
        return False
    spacing = 3.0 * period / grid.span  # three independent frequencies
    for factor in (0.5, 1.0, 2.0):
        frequency = 1 / (period * factor)
        around = [k * spacing for k in (-4, -3, -2, -1, 1, 2, 3, 4)]
        trials = [frequency] + [frequency * (1 + offset) for offset in around]
        power = np.array([_sinusoid_power(time, flux, trial) for trial in trials])
        if power[0] > _VARIABILITY * np.median(power[1:]) and power[0] > _VARIABILITY:
            return True
    return False


def _sinusoid_power(time: Floats, flux: Floats, frequency: float) -> float:
    """Return the squared amplitude of a sinusoid in units of its variance for white noise."""
    angle = 2 * np.pi * frequency * time
    product = np.abs(np.exp(1j * angle) @ (flux - flux.mean())) ** 2
    return float(product / (0.5 * len(flux) * np.var(flux)))


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


def _has_uneven_depths(signal: Measurement) -> bool:
    """Return whether the mean depths of odd and even transits differ by more than 5 σ.

    The depths of real transits can scatter by more than their errors, for example because the
    crowding depends on the quarter. The errors of the means are then those of the scatter.
    """
    transits = signal.transits
    odd = transits.number % 2 == 1
    if odd.all() or not odd.any():
        return False
    depth = transits.numerator / transits.weight
    weights = [transits.weight[part].sum() for part in (odd, ~odd)]
    means = [np.average(depth[part], weights=transits.weight[part]) for part in (odd, ~odd)]
    deviation = depth - np.where(odd, means[0], means[1])
    scatter = (transits.weight * deviation**2).sum() / max(len(depth) - 2, 1)
    error = np.sqrt(max(scatter, 1.0) * (1 / weights[0] + 1 / weights[1]))
    return bool(abs(means[0] - means[1]) > _DIFFERENCE * error)
