"""Dips and flares that are far larger than the noise."""

from typing import NamedTuple, Self

import numpy as np
from scipy.ndimage import binary_dilation, label, maximum

from astronet.detection.grid import Grid
from astronet.detection.noise import robust_scatter
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.kernels import kernel

_DEEP = 20.0
"""Smallest deviation of a dip from the running median [σ]."""

_OUTLYING = 4.0
"""Deviation from the running median of all cells of a dip [σ]."""

_WIDTH, _LONG_WIDTH = 1.0, 3.0
"""Widths of the running medians [d]."""

_FEWEST_CELLS = 7
"""Smallest width of the running medians [cells]."""

_SAME_LEVEL = 0.3
"""Largest difference of the two medians, relative to the deviation of a dip.

If a dip lasts longer than half of the shorter width, the median follows it.
"""

_SHORT_GAP = 0.25
"""Longest gap inside a dip [d]."""

_REACH = 0.25
"""Time before and after a dip in which its filtered flux is computed [d], unless it is longer."""


def deep_dips(grid: Grid) -> Bools:
    """Return whether each cell [cells] is in a dip or flare of more than 20 σ.

    The dips include a cell on either side, and short gaps. Dips longer than about half a day and
    dips of stars with large variations within a day are not found.

    Args:
        grid: Light curve.
    """
    level = grid.running_median(_WIDTH, _FEWEST_CELLS)
    deviation = np.where(grid.observed, np.abs(grid.flux - level), 0.0)
    scatter = robust_scatter((grid.flux - level)[grid.observed])
    if not scatter > 0 or not (deviation > _DEEP * scatter).any():
        return np.zeros(len(deviation), np.bool_)
    long_level = grid.running_median(_LONG_WIDTH, _FEWEST_CELLS)
    regions, count = label((deviation > _OUTLYING * scatter) | _short_gaps(grid))
    number = np.arange(1, count + 1)
    peak = maximum(deviation, regions, number)
    shift = maximum(np.abs(level - long_level), regions, number)
    deep = (peak > _DEEP * scatter) & (shift < _SAME_LEVEL * peak)
    return np.asarray(binary_dilation(np.append(False, deep)[regions]), np.bool_)


def runs(mask: Bools) -> tuple[Ints, Ints]:
    """Return the first cell of each run of true values of a mask [cells], and that after it."""
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


class Neighbourhoods(NamedTuple):
    """Cells around each dip.

    Attributes:
        first: First cell of the surroundings of each dip [dips]. They extend by the length of the
            dip or 0.25 d, whichever is longer, but do not overlap.
        last: Cell after the surroundings [dips].
        begin: First of the cells that are closer to each dip than to others [dips].
        end: Cell after these [dips].
    """

    first: Ints
    last: Ints
    begin: Ints
    end: Ints

    @classmethod
    def of(cls, mask: Bools, step: float) -> Self:
        """Return the cells around the dips of a mask [cells], for a time step [d]."""
        starts, stops = runs(mask)
        reach = np.maximum(stops - starts, int(_REACH / step))
        middle = (stops[:-1] + starts[1:]) // 2
        begin, end = np.append(0, middle), np.append(middle, len(mask))
        return cls(np.maximum(starts - reach, begin), np.minimum(stops + reach, end), begin, end)


@kernel()
def add_filtered(
    values: Floats, coefficients: Floats, cells: Neighbourhoods, both: bool, result: Floats
) -> None:
    """Add filtered values to the surroundings of dips; those around each dip are filtered alone.

    Args:
        values: Values [cells].
        coefficients: Coefficients [n] of the filter, by distance in cells.
        cells: Cells around each dip.
        both: Whether the filter is symmetric; otherwise, it applies to earlier cells only.
        result: Array [cells] to which the values are added.
    """
    first, last, begin, end = cells
    for number in range(len(first)):
        for i in range(first[number], last[number]):
            total = 0.0
            start = max(begin[number], i - len(coefficients) + 1)
            stop = min(end[number], i + len(coefficients)) if both else i + 1
            for j in range(start, stop):
                total += coefficients[abs(i - j)] * values[j]
            result[i] += total


def _short_gaps(grid: Grid) -> Bools:
    """Return whether each cell [cells] is in a gap that can be inside a dip."""
    gaps = np.zeros(len(grid.observed) + 1, np.int64)
    starts, stops = runs(~grid.observed)
    short = stops - starts <= _SHORT_GAP / grid.step
    np.add.at(gaps, starts[short], 1)
    np.add.at(gaps, stops[short], -1)
    return np.asarray(np.cumsum(gaps)[:-1] > 0, np.bool_)
