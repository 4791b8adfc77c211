"""Medians in bins that may overlap; a counting sort assigns points in any order to the bins."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Floats, Ints
from astronet.lightcurves.kernels import kernel
from astronet.lightcurves.medians import median


class Binned(NamedTuple):
    """Median [bins] and number of points [bins] of each bin; the median of an empty bin is NaN."""

    median: Floats
    points: Ints


def bin_median(x: Floats, y: Floats, bins: int, width: float, first: float, last: float) -> Binned:
    """Return the median of y and the number of points in each bin of x.

    Bin i covers [first + i·spacing, first + i·spacing + width), with a spacing such that the last
    bin ends at `last`. Bins may overlap, so a histogram cannot be used. The edges are cumulative
    sums of the spacing, as in the public AstroNet code (S&V 2018).

    Args:
        x: Phases [n] of the points [d], in any order.
        y: Fluxes [n] of the points.
        bins: Number of bins.
        width: Width of a bin [d].
        first: Beginning of the first bin [d].
        last: End of the last bin [d].

    Raises:
        LightCurveError: There are fewer than two bins, the width is not positive, or the width is
            not less than `last` − `first`.
    """
    if not 0 < width < last - first or bins < 2:
        raise LightCurveError(
            f"bins {width:.3g} d wide do not fit into the window from {first:.3g} to {last:.3g} d; "
            "decrease bin_width, or increase durations"
        )
    steps = np.full(bins, (last - first - width) / (bins - 1))
    steps[0] = first
    begins = np.cumsum(steps)
    steps[0] = first + width
    return Binned(*_medians(x, y, begins, np.cumsum(steps)))


@kernel()
def _medians(x: Floats, y: Floats, begins: Floats, ends: Floats) -> tuple[Floats, Ints]:
    """Return the medians of y [n] and the numbers of points in the bins begins[i] ≤ x < ends[i].

    `begins` [bins] and `ends` [bins] are in ascending order. The edges of all bins divide the axis
    into cells, and the points are sorted by cell. The points of a bin are then contiguous, and
    their order does not affect the median.
    """
    outside = 2 * len(begins)  # cells 0 and 2·bins are outside all bins
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


@kernel()
def _edges_up_to(edges: Floats, x: Floats) -> NDArray[np.int32]:
    """Return, for each x [n], the number of edges at or below it.

    The edges [k] must be in ascending order. The search is fast if they are almost evenly spaced.
    """
    last = len(edges) - 1
    per_step = last / (edges[last] - edges[0])
    counts = np.empty(len(x), np.int32)
    for i in range(len(x)):  # branch-free, so that it compiles to vector instructions
        guess = (x[i] - edges[0]) * per_step + 1.0
        guess = guess if guess > 0 else 0.0  # NaN if doubles cannot resolve the edges
        counts[i] = np.int32(min(guess, last + 1.0))
    for i in range(len(x)):
        while counts[i] <= last and edges[counts[i]] <= x[i]:
            counts[i] += 1
        while counts[i] > 0 and edges[counts[i] - 1] > x[i]:
            counts[i] -= 1
    return counts
