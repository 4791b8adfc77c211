"""Number of stars with an event at the same ephemeris."""

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
