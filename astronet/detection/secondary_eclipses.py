"""Second dips of a signal at another phase, as those of eclipsing binaries."""

from collections.abc import Sequence

import numpy as np

from astronet.detection.consistency import combined_strength
from astronet.detection.grid import Grid
from astronet.detection.measurement import Measurement
from astronet.detection.noise import robust_scatter
from astronet.detection.windows import Windows
from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.ephemeris import Ephemeris

_FARTHEST = 1.5
"""Smallest distance of a second dip from the transit [durations]."""

_MASK = 0.6
"""Half of the width of the masked interval around each transit [durations]."""

_BOX, _FLANK = 0.4, 1.1
"""Half of the width of the box, and outer distance of its flanks [durations]."""

_INNER = 0.6
"""Inner distance of the flanks [durations]."""

_COVERAGE = 0.6
"""Smallest fraction of the box, and of each flank, that is observed."""

_PHASES = 4
"""Number of trial phases per duration."""

_OBSERVED = 0.3
"""Smallest number of cycles in which a phase is observed, relative to the largest number."""

_TRIED = 5
"""Number of phases whose consistency is examined."""

_STRONG = 7.0
"""Smallest detection statistic of a second dip; real noise hardly ever exceeds it."""

_BESIDE, _FEWEST_PHASES = 1.5, 20
"""Distance from a dip within which the depths are affected by it [durations], and smallest number
of other phases whose scatter is known."""

_RELATIVE = 6.0
"""Smallest strength of a second dip, relative to the scatter of the other phases."""

_ASYMMETRY = 1.3
"""Smallest ratio of a second dip to the strongest brightening at any phase.

Variability has brightenings as strong as its dips; a box next to a dip is brighter by half of it.
"""

_RATIOS = (1 / 3, 1 / 2, 2 / 3, 1.0, 3 / 2, 2.0, 3.0)
"""Ratios of the periods of two signals of an eclipsing binary."""

_DRIFT, _LARGEST_DRIFT = 0.5, 0.05
"""Largest shift of two such signals relative to each other in the light curve [durations, periods].
"""


def second_dip(grid: Grid, signal: Measurement) -> float | None:
    """Return the time from a transit to a significant second dip [d]; None if there is none.

    Each cell is compared with the cells before and after it, in a box with flanks that together
    last about two durations. The depths are averaged at each phase. The deepest dip must be
    consistent between the periods, as a signal of the search, and exceed the scatter of the phases,
    so that neither glitches nor variability count as dips.

    Args:
        grid: Light curve without the transits of other signals.
        signal: Signal.
    """
    period, duration = signal.train.period, signal.duration
    since = (grid.time - signal.train.epoch + period / 2) % period - period / 2
    used = grid.observed & (np.abs(since) > _MASK * duration + grid.step / 2)
    depth, valid = _box_depths(grid.flux, used, duration / grid.step)
    valid &= np.abs(since) > _FARTHEST * duration
    if valid.sum() < 2 * _PHASES:
        return None
    bins = max(2 * _PHASES, int(_PHASES * period / duration))
    cycle = np.floor((grid.time - signal.train.epoch) / period + 0.5)[valid].astype(np.int64)
    phase = np.minimum(((since[valid] / period + 0.5) * bins).astype(np.int64), bins - 1)
    place = (cycle - cycle.min()) * bins + phase
    size = int(place.max() // bins + 1) * bins
    number = np.bincount(place, minlength=size)
    mean = np.bincount(place, depth[valid], size) / np.maximum(number, 1)
    dip = _significant_phase(mean.reshape(-1, bins), number.reshape(-1, bins) > 0)
    return None if dip is None else ((dip + 0.5) / bins - 0.5) * period


def _significant_phase(depths: Floats, observed: Bools) -> int | None:
    """Return the phase of the deepest dip of a folded light curve; None if it is not significant.

    Args:
        depths: Depth in each cycle at each phase [cycles, phases]; 0 if it is not known.
        observed: Whether it is known [cycles, phases].
    """
    cycles = observed.sum(axis=0)
    known = cycles >= max(2, _OBSERVED * cycles.max())
    if known.sum() < 2 * _PHASES:
        return None
    mean = depths.sum(axis=0) / np.maximum(cycles, 1)
    noise = robust_scatter((depths - mean)[observed])
    if not noise > 0:
        return None
    # The residuals of a mean of few values are too small.
    noise /= np.sqrt(1 - 1 / cycles.max())
    strength = np.where(known, mean / noise * np.sqrt(cycles), -np.inf)
    middle = float(np.median(strength[known]))
    brightest = middle - float(strength[known].min())
    for phase in np.argsort(-strength, kind="stable")[:_TRIED]:
        scale = _scatter_elsewhere(strength, known, phase)
        least = max(_STRONG, _RELATIVE * scale, _ASYMMETRY * brightest)
        if strength[phase] - middle < least:
            return None
        values = depths[observed[:, phase], phase] / noise
        if combined_strength(values, np.ones(len(values))).statistic > _STRONG:
            return int(phase)
    return None


def _scatter_elsewhere(strength: Floats, known: Bools, phase: int) -> float:
    """Return the robust scatter of the strength at other phases, at least 1.

    If few phases are left, because the period is short, it is 1.
    """
    distance = np.abs(np.arange(len(strength)) - phase)
    distance = np.minimum(distance, len(strength) - distance)
    far = known & (distance > _BESIDE * _PHASES)
    return max(robust_scatter(strength[far]), 1.0) if far.sum() >= _FEWEST_PHASES else 1.0


def _box_depths(flux: Floats, used: Bools, duration: float) -> tuple[Floats, Bools]:
    """Return the depth of each cell relative to its flanks [cells], and whether it is known.

    Args:
        flux: Relative flux [cells].
        used: Whether each cell is used [cells].
        duration: Duration [cells].
    """
    windows = Windows.of(flux, used)
    half = max(0, round(_BOX * duration - 0.5))
    inner = max(half + 1, round(_INNER * duration))
    outer = max(inner, round(_FLANK * duration))
    inside, covered = windows.mean(-half, half)
    before, covered_before = windows.mean(-outer, -inner)
    after, covered_after = windows.mean(inner, outer)
    known = np.minimum(covered, np.minimum(covered_before, covered_after)) >= _COVERAGE
    return (before + after) / 2 - inside, known


def has_period_of_another(
    signal: Measurement, span: float, others: Sequence[Measurement | Ephemeris]
) -> bool:
    """Return whether a stronger signal has the same period at another phase, or a multiple of it.

    The periods must agree so closely that the phase is constant, which planets in resonance do not.

    Args:
        signal: Signal.
        span: Length of the light curve [d].
        others: Stronger signals of the star, and known events.
    """
    for other in others:
        ephemeris = other if isinstance(other, Ephemeris) else other.ephemeris
        period = signal.train.period
        reach = _DRIFT * max(signal.duration, ephemeris.duration)
        for ratio in _RATIOS:
            drift = abs(ephemeris.period * ratio / period - 1) * span
            if drift < min(reach, _LARGEST_DRIFT * period):
                return True
    return False
