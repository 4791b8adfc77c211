"""Times of single transits, and the linear ephemeris that follows from them."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from astronet.detection.single_events import SUBCELLS, SingleEvents
from astronet.detection.trains import Search, Train, Transits
from astronet.lightcurves.arrays import Floats, Ints

_CLEAR, _MOST_CLEAR = 6.0, 0.6
"""Single-event statistic of clear transits, and the smallest fraction of such transits."""

_STRONG, _FEWEST_STRONG = 10.0, 2
"""Single-event statistic that a number of transits must exceed."""

_LEAST_SCATTER, _FEWEST_IRREGULAR = 0.1, 3
"""Smallest significant scatter of mid-transits, relative to the largest deviation, and smallest
number of transits."""


class Times(NamedTuple):
    """Mid-transits of the clear transits of a train.

    Attributes:
        number: Number of each transit, counted from the epoch of the train [transits].
        late: Time of each transit minus that of the train [transits] [d].
        error: Error of each time [transits] [d].
    """

    number: Ints
    late: Floats
    error: Floats


def transit_times(search: Search, train: Train, reach: float) -> Times | None:
    """Return the times of the clear transits of a train; None if most are not clear.

    Each time is the maximum of a parabola through the single-event statistics at three adjacent
    times.

    Args:
        search: Fits of single transits at several times per cell.
        train: Period and epoch.
        reach: Largest deviation of a transit [d].
    """
    transits = search.aligned(search.transits(train), reach)
    statistic = transits.numerator / np.sqrt(transits.weight)
    cell = transits.cell
    before, after = np.maximum(cell - 1, 0), np.minimum(cell + 1, len(search.time) - 1)
    left, right = search.events.statistic[before], search.events.statistic[after]
    curvature = left - 2 * statistic + right
    adjacent = search.time[after] - search.time[before] < 3 * search.line.step
    peak = adjacent & (statistic >= left) & (statistic >= right) & (curvature < 0)
    clear = peak & (statistic > _CLEAR)
    if (statistic[peak] > _STRONG).sum() < _FEWEST_STRONG or clear.mean() < _MOST_CLEAR:
        return None
    shift = search.line.step * ((left - right)[clear] / (2 * curvature[clear]))
    time = search.time[cell[clear]] + shift
    late = time - train.epoch - transits.number[clear] * train.period
    depth = transits.numerator.sum() / transits.weight.sum()
    events, weight = search.events, transits.weight[clear]
    random = depth**2 * events.sharpness / events.information * weight
    gaps = gap_errors(events.covered[cell[clear]], SUBCELLS * search.line.step)
    error = np.sqrt(1 / random + gaps**2)
    return Times(transits.number[clear], np.asarray(late, np.float64), error)


def linear_train(search: Search, train: Train, reach: float) -> Train:
    """Return a train with the linear ephemeris that fits the times of its clear transits best.

    The train with the highest signal-to-noise ratio is less accurate if the transits are deep: it
    depends on small differences between the model and the transits.

    Args:
        search: Fits of single transits at several times per cell.
        train: Period and epoch; returned if most transits are not clear, or if fewer transits would
            be observed with the new ones.
        reach: Largest deviation of a transit [d].
    """
    times = transit_times(search, train, reach)
    if times is None:
        return train
    slope, offset = np.polyfit(times.number, times.late, 1, w=1 / times.error)
    linear = replace(train, period=train.period + float(slope), epoch=train.epoch + float(offset))
    fewer = len(search.transits(linear).number) < len(search.transits(train).number)
    return train if fewer else linear


def timing_scatter(search: Search, train: Train, reach: float) -> float:
    """Return the scatter of mid-transits around a linear ephemeris [d]; 0 if it is not significant.

    It is significant if it is larger than a tenth of the largest deviation and than three times the
    error of a time.

    Args:
        search: Fits of single transits at several times per cell.
        train: Period and epoch.
        reach: Largest deviation of a transit [d].
    """
    times = transit_times(search, train, reach)
    if times is None or len(times.late) < _FEWEST_IRREGULAR:
        return 0.0
    scatter = float(np.std(times.late))
    least = max(_LEAST_SCATTER * reach, 3 * float(np.median(times.error)), 2 * search.line.step)
    return scatter if scatter > least else 0.0


def gap_errors(covered: Floats, step: float) -> Floats:
    """Return the errors of the times of transits that are partly in gaps [transits] [d].

    The information that is lost is known for each cell, and not at each time between cells, so the
    time of a transit with a gap has an error of up to half a cell.

    Args:
        covered: Fraction of each transit that is observed, weighted with its depth [transits].
        step: Width of a cell [d].
    """
    return np.asarray(0.5 * step * (1 - np.clip(covered, 0, 1)), np.float64)


def timing_errors(
    transits: Transits, events: SingleEvents, depth: float, systematic: Floats
) -> tuple[float, float]:
    """Return the errors of the period and of the epoch of the first transit [d].

    The times of the transits have the errors that follow from the curvature of the matched filter,
    and are fitted with a linear ephemeris.

    Args:
        transits: Observed transits.
        events: Fits of single transits.
        depth: Depth.
        systematic: Additional error of the time of each transit [transits] [d].
    """
    information = depth**2 * events.sharpness * transits.weight / events.information
    information = information / (1 + systematic**2 * information)
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
