"""Errors of the duration, the period and the epoch of a signal."""

import numpy as np

from astronet.detection.single_events import SingleEvents
from astronet.detection.trains import Search, Train, Transits
from astronet.lightcurves.arrays import Floats

_CLEAR, _MOST_CLEAR = 6.0, 0.6
"""Single-event statistic of clear transits, and the smallest fraction of such transits."""

_STRONG = 10.0
"""Single-event statistic that at least three transits must exceed."""

_LEAST_SCATTER = 0.1
"""Smallest significant scatter of mid-transits, relative to the largest deviation."""


def best_duration(durations: Floats, snr: Floats) -> tuple[float, float]:
    """Return the duration with the largest signal-to-noise ratio, and its error [d].

    A decrease of the squared ratio by 1 corresponds to an increase of χ² by 1, that is to 1 σ.
    """
    order = np.argsort(durations)
    durations, snr = durations[order], snr[order]
    best = int(np.argmax(snr))
    if len(durations) < 3:
        return float(durations[best]), float(durations[best] * 0.2)
    middle = min(max(best, 1), len(durations) - 2)
    near = slice(middle - 1, middle + 2)
    position = np.log(durations[near])
    square, slope, _ = np.polyfit(position - position[1], snr[near] ** 2, 2)
    if square >= 0:
        return float(durations[best]), float(durations[best] * 0.2)
    offset = float(
        np.clip(-slope / (2 * square), position[0] - position[1], position[2] - position[1])
    )
    duration = float(durations[middle] * np.exp(offset))
    return duration, float(duration * min(1.0, 1 / np.sqrt(-square)))


def timing_scatter(search: Search, train: Train, reach: float) -> float:
    """Return the scatter of mid-transits around a linear ephemeris [d]; 0 if it is not significant.

    It is significant if at least three transits are strong, most are clear, and the scatter is
    larger than a tenth of the largest deviation and than three times the error of a time.

    Args:
        search: Fits of single transits.
        train: Period and epoch.
        reach: Largest deviation of a transit [d].
    """
    transits = search.aligned(search.transits(train), reach)
    statistic = transits.numerator / np.sqrt(transits.weight)
    clear = statistic > _CLEAR
    if (statistic > _STRONG).sum() < 3 or clear.mean() < _MOST_CLEAR:
        return 0.0
    late = search.time[transits.cell] - train.epoch - transits.number * train.period
    scatter = float(np.std(late[clear]))
    depth = transits.numerator.sum() / transits.weight.sum()
    information = depth**2 * search.events.sharpness / search.events.information
    errors = 1 / np.sqrt(information * transits.weight[clear])
    least = max(_LEAST_SCATTER * reach, 3 * float(np.median(errors)), 2 * search.line.step)
    return scatter if scatter > least else 0.0


def timing_errors(
    transits: Transits, events: SingleEvents, depth: float, scatter: float = 0.0
) -> tuple[float, float]:
    """Return the errors of the period and of the epoch of the first transit [d].

    The times of the transits have the errors that follow from the curvature of the matched filter,
    and are fitted with a linear ephemeris. If their scatter is known, it is added.

    Args:
        transits: Observed transits.
        events: Fits of single transits.
        depth: Depth.
        scatter: Scatter of the mid-transits around a linear ephemeris [d].
    """
    information = depth**2 * events.sharpness * transits.weight / events.information
    information = information / (1 + scatter**2 * information)
    if len(information) < 2 or not information.sum() > 0:
        error = 1 / np.sqrt(information.sum()) if information.sum() > 0 else np.nan
        return float("nan"), float(error)
    number = transits.number - transits.number.min()
    mean = float(np.average(number, weights=information))
    spread = float((information * (number - mean) ** 2).sum())
    if spread == 0:
        return float("nan"), float(1 / np.sqrt(information.sum()))
    period_error = 1 / np.sqrt(spread)
    epoch_error = np.sqrt(1 / information.sum() + (mean * period_error) ** 2)
    return float(period_error), float(epoch_error)
