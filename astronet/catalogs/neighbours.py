"""Events of other stars with the same ephemeris: their number, and the deepest one."""

import numpy as np

from astronet.lightcurves.arrays import Floats, Ints
from astronet.lightcurves.kernels import kernel


@kernel()
def count_stars(
    period: Floats,
    epoch: Floats,
    star: Ints,
    first: Ints,
    last: Ints,
    together: float,
    most: int,
) -> Ints:
    """Return the number of stars that have an event at the ephemeris of each event, at most `most`.

    Args:
        period: Period of each event [n] [d], in ascending order.
        epoch: Epoch of each event [n] [d].
        star: Number of each event's star [n], counted from 0.
        first: First event whose period counts as equal to that of each event [n].
        last: End of the range of events whose periods count as equal [n].
        together: Maximum difference between transit times that count as equal [d].
        most: Number of stars at which counting stops.
    """
    counts = np.zeros(len(period), np.int64)
    counted_for = np.full(star.max() + 1, -1)
    for one in range(len(period)):
        for other in range(first[one], last[one]):
            if counted_for[star[other]] == one:
                continue
            cycles = (epoch[other] - epoch[one]) / period[one]
            if abs(cycles - np.round(cycles)) * period[one] < together:
                counted_for[star[other]] = one
                counts[one] += 1
                if counts[one] == most:
                    break
    return counts


@kernel()
def deepest_of_others(
    period: Floats,
    epoch: Floats,
    star: Ints,
    depth: Floats,
    first: Ints,
    last: Ints,
    ratio: float,
    together: float,
) -> Floats:
    """Return the largest depth of the events of other stars at the ephemeris of each event [n].

    The transit times agree if the difference of the epochs is a multiple of the shorter period. The
    result is NaN if there is no such event with a known depth.

    Args:
        period: Period of each event [n] [d], in ascending order.
        epoch: Epoch of each event [n] [d].
        star: Number of each event's star [n].
        depth: Depth of each event [n]; NaN if unknown.
        first: First event whose period is that of each event [n], multiplied by the ratio.
        last: End of the range of such events [n].
        ratio: Ratio of their periods to that of the event.
        together: Maximum difference between transit times that count as equal [d].
    """
    deepest = np.full(len(period), np.nan)
    for one in range(len(period)):
        shorter = period[one] * min(1.0, ratio)
        for other in range(first[one], last[one]):
            if star[other] == star[one] or not depth[other] > 0:
                continue
            cycles = (epoch[other] - epoch[one]) / shorter
            near = abs(cycles - np.round(cycles)) * shorter < together
            if near and not deepest[one] >= depth[other]:
                deepest[one] = depth[other]
    return deepest
