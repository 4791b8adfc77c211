"""Transits that coincide with disturbances: short gaps, steps and brightenings."""

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.stats import binom

from astronet.detection.dips import runs
from astronet.detection.grid import Grid
from astronet.detection.measurement import Measurement
from astronet.detection.noise import robust_scatter
from astronet.detection.windows import Windows
from astronet.lightcurves.arrays import Bools, Floats, Ints

_MOST = 0.5
"""Fraction of the signal, or of the transits, that counts as most of it."""

_CHANCE, _RARE = 1e-3, 3.0
"""Largest probability that as many transits coincide with disturbances by chance, and smallest
ratio of their fraction to that at other times."""

LONG_GAP = 0.2
"""Length of a long gap [d]."""

_NEAR = 1
"""Distance of a gap from a transit next to it [cells]."""

_CLEAR = 5.0
"""Significance of a step or a brightening [σ]."""

_STEP = 0.5
"""Smallest step, relative to the depth."""

_WINDOW, _OUTSIDE = 1.0, 0.8
"""Length of the windows before and after a transit, and their distance from its middle, in which
the levels are measured [durations]."""

_FEWEST_CELLS = 2
"""Smallest length of these windows [cells]."""

_COVERAGE = 0.5
"""Smallest fraction of a window that is observed."""

_BESIDE, _LEVEL = 1.0, 3.0
"""Largest distance of a brightening from mid-transit, and of the cells whose median is the level
[durations]."""

_SHORTEST_LEVEL = 0.5
"""Smallest distance of the cells whose median is the level [d]."""

_MOST_TRANSITS = 500
"""Maximum number of transits that are examined for brightenings."""

_BETWEEN = np.arange(1, 8) * 0.618 % 1
"""Phases with which the transits are compared; repeated disturbances do not have such phases."""

_SAME_OFFSET = 2
"""Largest deviation of a brightening from its usual time relative to mid-transit [cells]."""


def is_at_short_gaps(grid: Grid, signal: Measurement) -> bool:
    """Return whether most transits coincide with or are next to short gaps, rare elsewhere.

    Args:
        grid: Light curve before other signals were removed, whose transits are not gaps.
        signal: Signal.
    """
    starts, stops = runs(~grid.observed)
    short = (stops - starts) * grid.step <= LONG_GAP
    change = np.zeros(len(grid.time) + 1, np.int64)
    change[starts[short]], change[stops[short]] = 1, -1
    gap = np.cumsum(change)[:-1] > 0
    reach = max(1, int(signal.duration / 2 / grid.step)) + _NEAR
    return _coincide(_widened(gap, reach), grid, signal)


def is_at_steps(grid: Grid, signal: Measurement) -> bool:
    """Return whether the flux before and after most transits differs by half of the depth or more.

    The difference must also be larger than 5 times the robust scatter of such differences in the
    light curve, which contains the variability of the star.

    Args:
        grid: Light curve without the transits of other signals.
        signal: Signal.
    """
    duration = signal.duration / grid.step
    near = max(1, round(_OUTSIDE * duration))
    far = near + max(_FEWEST_CELLS, round(_WINDOW * duration)) - 1
    windows = Windows.of(grid.flux, grid.observed)
    before, covered_before = windows.mean(-far, -near)
    after, covered_after = windows.mean(near, far)
    known = np.minimum(covered_before, covered_after) >= _COVERAGE
    jump = np.where(known, np.abs(after - before), 0.0)
    if not known.any():
        return False
    scatter = robust_scatter((after - before)[known])
    step = jump > max(_CLEAR * scatter, _STEP * signal.depth)
    transits = signal.observed
    power = transits.numerator**2 / transits.weight
    return bool(power[step[transits.cell]].sum() > _MOST * power.sum())


def is_beside_brightenings(grid: Grid, signal: Measurement) -> bool:
    """Return whether most transits are beside brightenings, such as flares, rare elsewhere.

    A brightening exceeds the median flux around it by the depth and by 5 σ. The noise model causes
    a dip at the same distance from each of them.

    Args:
        grid: Light curve without the transits of other signals.
        signal: Signal.
    """
    chosen = np.argsort(-signal.observed.numerator, kind="stable")[:_MOST_TRANSITS]
    cells = signal.observed.cell[chosen]
    offsets = _offsets_of_brightenings(grid, signal, cells)
    if not len(cells) or np.isfinite(offsets).mean() <= _MOST:
        return False
    usual_offset = float(np.median(offsets[np.isfinite(offsets)]))
    shifts = np.rint(_BETWEEN * signal.train.period / grid.step).astype(np.int64)
    elsewhere = (cells[:, None] + shifts).ravel()
    others = _offsets_of_brightenings(grid, signal, elsewhere[elsewhere < len(grid.time)])
    hit, usual = (np.abs(values - usual_offset) <= _SAME_OFFSET for values in (offsets, others))
    return _is_rare(hit, usual)


def _offsets_of_brightenings(grid: Grid, signal: Measurement, cells: Ints) -> Floats:
    """Return the distance from some cells [n] to the brightening beside each one [n] [cells].

    It is infinite if there is no brightening.
    """
    difference = np.diff(grid.flux)[grid.observed[1:] & grid.observed[:-1]]
    noise = robust_scatter(difference) / np.sqrt(2)
    beside = max(2, round(_BESIDE * signal.duration / grid.step))
    reach = max(beside, round(max(_LEVEL * signal.duration, _SHORTEST_LEVEL) / grid.step))
    offsets = np.arange(-reach, reach + 1)
    places = np.clip(cells[:, None] + offsets, 0, len(grid.time) - 1)
    flux = np.where(grid.observed[places], grid.flux[places], np.nan)
    number = np.isfinite(flux).sum(axis=1)
    # Missing values are last; `nanmedian` would be ten times slower.
    level = np.sort(flux, axis=1)[np.arange(len(cells)), np.maximum(number - 1, 0) // 2]
    near = np.where(np.isfinite(flux) & (np.abs(offsets) <= beside), flux, -np.inf)
    bright = near.max(axis=1) - level > max(_CLEAR * noise, signal.depth)
    return np.where(bright & (number > 0), offsets[near.argmax(axis=1)], np.inf)


def _coincide(disturbed: Bools, grid: Grid, signal: Measurement) -> bool:
    """Return whether most transits are at disturbed cells [cells], which chance hardly explains."""
    return _is_rare(disturbed[signal.observed.cell], disturbed[grid.observed])


def _is_rare(hit: Bools, usual: Bools) -> bool:
    """Return whether most values are true, while few usual ones are, so that this is no chance.

    Args:
        hit: Whether each transit is disturbed [transits].
        usual: Whether the light curve is disturbed at other times [n].
    """
    if not len(hit) or hit.mean() <= _MOST:
        return False
    # One more disturbance than observed, because their number is uncertain
    rate = (usual.sum() + 1) / (len(usual) + 1)
    chance = binom.sf(hit.sum() - 1, len(hit), rate)
    return bool(hit.mean() > _RARE * rate and chance < _CHANCE)


def _widened(mask: Bools, reach: int) -> Bools:
    """Return whether a mask [cells] is true within a distance of each cell [cells]."""
    return np.asarray(maximum_filter1d(mask, 2 * reach + 1), np.bool_)
