"""Features of the empty bins of the global view."""

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.features.definition import Feature, log_of
from astronet.lightcurves.kernels import kernel

COVERAGE = (
    Feature("transit_fraction", "log10(duration / period)"),
    Feature("empty_fraction", "fraction of the bins without points"),
    Feature("empty_in_transit", "fraction of the bins within half a duration without points"),
    Feature("largest_gap", "longest sequence of bins without points / number of bins, cyclic"),
)
"""Features of the bins of the global view that contain no points."""

_REPEATS = (0.02, 0.9)
"""Smallest and largest fraction of equal bins that are taken for empty ones."""


@kernel()
def coverage_features(measured: Bools, fraction: float, width: int) -> Floats:
    """Return the features `COVERAGE` [4] of a global view.

    Args:
        measured: Whether each bin contains points [bins].
        fraction: Transit duration divided by the period.
        width: Number of bins of the transit duration.
    """
    n = len(measured)
    first, run, longest, inside = n // 2 - width // 2, 0, 0, 0
    for i in range(2 * n):
        run = 0 if measured[i % n] else run + 1
        longest = max(longest, run)
    for i in range(first, first + width):
        inside += not measured[i]
    features = np.zeros(4)
    features[0] = log_of(fraction)
    features[1], features[2] = 1.0 - measured.sum() / n, inside / width
    features[3] = min(longest, n) / n
    return features


def without_repeats(flux: Floats) -> Bools:
    """Return a guess of the measured bins [n] of a global view for which they are not known.

    All empty bins of a view have the same value, the median flux of the light curve, whereas the
    values of measured bins hardly ever repeat. The most frequent value is taken for that of empty
    bins if 2 to 90 % of the bins have it, and at least twice as many as any other value. More equal
    bins are a view without noise.
    """
    values = np.sort(flux)
    first = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    repeats = np.diff(first, append=len(flux))
    most = int(repeats.argmax())
    count, others = repeats[most], np.delete(repeats, most)
    in_range = _REPEATS[0] * len(flux) <= count <= _REPEATS[1] * len(flux)
    if not in_range or count < 2 * others.max():
        return np.ones(len(flux), np.bool_)
    return np.asarray(flux != values[first[most]])
