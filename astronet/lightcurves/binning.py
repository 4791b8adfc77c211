"""Medians in bins that may overlap, of points in any order: a counting sort instead of a sort."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Floats, Ints
from astronet.lightcurves.medians import median


class Binned(NamedTuple):
    """What the bins hold: the median of each, NaN where it is empty, and its number of points."""

    median: Floats
    points: Ints


def bin_median(x: Floats, y: Floats, bins: int, width: float, first: float, last: float) -> Binned:
    """Medians of y [n] in bins of x [n], which need not be sorted.

    Bin i covers [first + i·spacing, first + i·spacing + width), where the spacing brings the
    last bin's end to `last`. Bins may overlap, so a histogram would be wrong; the edges are
    added up one by one, as the original does.

    Raises:
        LightCurveError: There are no two bins of that width between first and last.
    """
    if not 0 < width < last - first or bins < 2:
        raise LightCurveError(
            f"{bins} bins of {width:.3g} d do not fit between {first:.3g} and {last:.3g} d; "
            "give the view a narrower bin_width, or more durations"
        )
    steps = np.full(bins, (last - first - width) / (bins - 1))
    steps[0] = first
    begins = np.cumsum(steps)
    steps[0] = first + width
    return Binned(*_medians(x, y, begins, np.cumsum(steps)))


@njit(cache=True, nogil=True)
def _medians(x: Floats, y: Floats, begins: Floats, ends: Floats) -> tuple[Floats, Ints]:
    """Medians of y [n] and numbers of points in bins begins[i] ≤ x < ends[i], both rising [k].

    The edges of all bins together cut the line into cells. Points are put in order of their
    cells; a bin is then a run of neighbours, whose order does not matter to its median.
    """
    outside = 2 * len(begins)  # the last cell; so is the first, 0
    cell = _edges_up_to(begins, x)
    cell += _edges_up_to(ends, x)
    first_point = np.zeros(outside + 2, np.int64)
    for c in cell:
        if 0 < c < outside:
            first_point[c + 1] += 1
    first_point = np.cumsum(first_point)
    place, in_order = first_point.copy(), np.empty(first_point[-1])
    for i, c in enumerate(cell):
        if 0 < c < outside:
            in_order[place[c]] = y[i]
            place[c] += 1
    first = first_point[_edges_up_to(begins, begins) + _edges_up_to(ends, begins)]
    last = first_point[_edges_up_to(begins, ends) + _edges_up_to(ends, ends)]
    count = np.maximum(last - first, 0)
    medians, scratch = np.full(len(begins), np.nan), np.empty(count.max())
    for i in range(len(begins)):
        if count[i]:
            medians[i] = median(in_order[first[i] : last[i]], scratch)
    return medians, count


@njit(cache=True, nogil=True)
def _edges_up_to(edges: Floats, x: Floats) -> NDArray[np.int32]:
    """How many of the nearly even, rising edges [k] are at or below each x [n]."""
    last = len(edges) - 1
    per_step = last / (edges[last] - edges[0])
    counts = np.empty(len(x), np.int32)
    for i in range(len(x)):  # without a branch, for vector instructions
        guess = (x[i] - edges[0]) * per_step + 1.0
        guess = guess if guess > 0 else 0.0  # NaN too, where edges lie too close for a double
        counts[i] = np.int32(min(guess, last + 1.0))
    for i in range(len(x)):
        while counts[i] <= last and edges[counts[i]] <= x[i]:
            counts[i] += 1
        while counts[i] > 0 and edges[counts[i] - 1] > x[i]:
            counts[i] -= 1
    return counts
