"""Depths of the single transits of a signal: odd and even ones, and missing ones."""

import numpy as np
from scipy.stats import norm, ttest_ind_from_stats

from astronet.detection.measurement import Measurement
from astronet.detection.trains import Transits
from astronet.lightcurves.arrays import Bools

_DIFFERENCE = 5.0
"""Significance of a difference of the depths [σ]."""

_MANY = 5
"""Number of transits of each kind from which errors are computed from the depths alone."""

_LEAST_DIFFERENCE, _LEAST_OF_ONE = 0.01, 0.1
"""Smallest difference of the depths, relative to their mean, and that of a single transit.

Depths are averaged over cells, so those of transits at other places in a cell differ slightly.
"""

_CLEAR = 8.0
"""Single-event statistic of a typical present transit above which each one is examined."""

_DEEPEST = 0.9
"""Quantile of the depths that is the depth of the present transits, if most are absent."""

_PRESENT, _ABSENT = 0.6, 0.3
"""Smallest depth of a present transit, and largest depth of an absent one, relative to this."""

_MOST_ABSENT, _DISTINCT = 0.4, 0.8
"""Smallest fraction of absent transits, and of those that are either present or absent."""

_NO_TRANSIT = 0.15
"""Largest mean depth of absent transits, relative to that of the present ones, or 3 σ."""


_MULTIPLES = range(2, 7)
"""Multiples of the period that can be the true period."""


def has_uneven_depths(transits: Transits) -> bool:
    """Return whether the mean depths of odd and even transits differ by more than 5 σ.

    The depths of real transits can scatter by more than their errors, for example because the
    crowding depends on the quarter. The errors of the means are then those of the scatter. If there
    are many transits, the means are also compared by the scatter alone, because the errors are too
    large if the noise cannot be measured between the eclipses of a close binary.
    """
    odd = transits.number % 2 == 1
    if odd.all() or not odd.any():
        return False
    depth = transits.numerator / transits.weight
    fewest = min(odd.sum(), (~odd).sum())
    least = max(_LEAST_DIFFERENCE, _LEAST_OF_ONE / fewest)
    if abs(_mean(transits, odd) - _mean(transits, ~odd)) < least * abs(depth.mean()):
        return False
    if _exceeds(transits, odd) or _exceeds(transits, ~odd):
        return True
    if fewest < _MANY:
        return False
    groups = depth[odd], depth[~odd]
    spreads = [float(np.std(group, ddof=1)) for group in groups]
    if not any(spreads):
        return True
    chance = ttest_ind_from_stats(
        *(groups[0].mean(), spreads[0], len(groups[0])),
        *(groups[1].mean(), spreads[1], len(groups[1])),
        equal_var=False,
    ).pvalue
    return bool(chance < 2 * norm.sf(_DIFFERENCE))


def are_most_absent(signal: Measurement) -> bool:
    """Return whether most expected transits are absent, while the others are clear.

    The depths are those at all expected times that are observed. Either each transit is clearly
    present or absent, or only every second to sixth one is present, so that a multiple of the
    period is more likely.
    """
    transits = _with_measured(signal.observed, signal.transits)
    if len(transits.number) < 3:
        return False
    return _are_separate(transits) or any(
        _is_multiple(transits, factor) for factor in _MULTIPLES if 2 * factor <= len(transits.cell)
    )


def _with_measured(expected: Transits, measured: Transits) -> Transits:
    """Return the expected transits, with early and late ones at their measured times."""
    _, at, of = np.intersect1d(expected.number, measured.number, return_indices=True)
    numerator, weight = expected.numerator.copy(), expected.weight.copy()
    numerator[at], weight[at] = measured.numerator[of], measured.weight[of]
    return Transits(expected.number, expected.cell, numerator, weight)


def _are_separate(transits: Transits) -> bool:
    """Return whether each transit is clearly present or absent, and many are absent."""
    depth = transits.numerator / transits.weight
    usual = float(np.quantile(depth, _DEEPEST))
    if usual * np.sqrt(np.median(transits.weight)) < _CLEAR:
        return False
    present, absent = depth > _PRESENT * usual, depth < _ABSENT * usual
    distinct = present.mean() + absent.mean() >= _DISTINCT and present.sum() >= 2
    return bool(distinct and absent.mean() >= _MOST_ABSENT and _is_zero(transits, absent, usual))


def _is_multiple(transits: Transits, factor: int) -> bool:
    """Return whether only every second (third, …) transit is present, by 5 σ."""
    phase = transits.number % factor
    means = [_mean(transits, phase == one) for one in range(factor)]
    chosen = phase == int(np.argmax(means))
    if chosen.sum() < 2 or chosen.all():
        return False
    usual, rest = _mean(transits, chosen), _mean(transits, ~chosen)
    shallow = rest < _ABSENT * usual and _is_zero(transits, ~chosen, usual)
    return shallow and _exceeds(transits, chosen)


def _is_zero(transits: Transits, chosen: Bools, usual: float) -> bool:
    """Return whether the mean depth of some transits is 0, compared with a usual depth."""
    error = 1 / np.sqrt(transits.weight[chosen].sum())
    return bool(_mean(transits, chosen) < max(_NO_TRANSIT * usual, 3 * error))


def _exceeds(transits: Transits, chosen: Bools) -> bool:
    """Return whether some transits are deeper than the others by more than 5 σ on average."""
    depth, weight = transits.numerator / transits.weight, transits.weight
    means = np.where(chosen, _mean(transits, chosen), _mean(transits, ~chosen))
    scatter = (weight * (depth - means) ** 2).sum() / max(len(depth) - 2, 1)
    variance = 1 / weight[chosen].sum() + 1 / weight[~chosen].sum()
    difference = _mean(transits, chosen) - _mean(transits, ~chosen)
    return bool(difference > _DIFFERENCE * np.sqrt(max(scatter, 1.0) * variance))


def _mean(transits: Transits, chosen: Bools) -> float:
    """Return the mean depth of some transits; −∞ if there are none."""
    weight = transits.weight[chosen].sum()
    return float(transits.numerator[chosen].sum() / weight) if weight > 0 else -np.inf
