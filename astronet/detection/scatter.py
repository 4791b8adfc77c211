"""Scatter of the single-event statistic, which depends on the time."""

import numpy as np

from astronet.detection.grid import Grid
from astronet.detection.noise import robust_scatter
from astronet.lightcurves.arrays import Bools, Floats

_PRIOR_EVENTS = 20
"""Weight of the light curve's scatter in the scatter of a segment [independent events]."""

_EDGES = (0.5, 1.0, 2.0)
"""Distances from the ends of segments between which the scatter is computed [d]."""

_MOST_EDGES = 0.2
"""Fraction of the cells near the ends of segments above which they are not treated separately."""

_FEWEST_CELLS = 50
"""Smallest number of cells for which the scatter next to gaps is computed."""

_ENOUGH_CELLS = 1500
"""Number of cells from which a robust scatter is computed, with an error of about 3 %."""

_CLIPPING = 8.0
"""Largest statistic that counts for the scatter near the ends of segments."""

_LARGEST_FACTOR = 1.9
"""Largest factor of the scatter near the ends of segments."""

_LOWEST_SCALE = 0.3
"""Smallest scatter of a segment, relative to that of the light curve."""

_LEAST_SCATTER = 0.01
"""Scatter of a statistic below which the light curve has no noise, except rounding errors."""


def local_scatter(
    grid: Grid, statistic: Floats, usable: Bools, complete: Bools, independent: int
) -> Floats:
    """Return the robust scatter of the statistic near each cell [cells].

    The scatter of each segment is combined with that of the light curve. Next to gaps and near the
    ends of segments, it is multiplied by the normalised scatter there, if that exceeds 1: for
    example, the temperature of the telescope changes after an interruption.

    Args:
        grid: Grid of the light curve.
        statistic: Single-event statistics [cells].
        usable: Whether the statistic at each cell is used [cells].
        complete: Whether nearly all information is available [cells].
        independent: Number of cells per independent event.
    """
    if not usable.any():
        return np.ones(len(statistic))
    scale = _scatter_of_segments(grid, statistic, usable, independent)
    partial = usable & ~complete
    if partial.sum() > _FEWEST_CELLS:
        scale[partial] *= max(1.0, robust_scatter(statistic[partial] / scale[partial]))
    distance = grid.edge_distance
    if (distance[usable] < _EDGES[-1]).mean() > _MOST_EDGES:  # a short light curve
        return scale
    inner = 0.0
    for outer in _EDGES:
        near = (distance >= inner) & (distance < outer)
        values = (statistic / scale)[near & usable]
        values = np.maximum(values[values < 0], -_CLIPPING)  # not affected by transits
        events = len(values) / independent
        square = (float(values @ values) / independent + _PRIOR_EVENTS) / (events + _PRIOR_EVENTS)
        scale[near] *= np.clip(np.sqrt(square), 1.0, _LARGEST_FACTOR)
        inner = outer
    return scale


def _scatter_of_segments(grid: Grid, statistic: Floats, usable: Bools, independent: int) -> Floats:
    """Return the scatter in the segment of each cell [cells]."""
    order = np.flatnonzero(usable)
    overall = robust_scatter(statistic[order[:: len(order) // _ENOUGH_CELLS + 1]])
    overall = overall if overall > _LEAST_SCATTER else 1.0
    borders = np.searchsorted(grid.segment[order], np.arange(1, len(grid.starts)))
    parts = np.split(statistic[order], borders)
    scales = np.full(len(grid.starts), overall)
    stride = max(1, independent // 2)
    for number, part in enumerate(parts):
        if len(part) >= 5 * stride:
            events = len(part) / independent
            some = part[:: max(stride, len(part) // _ENOUGH_CELLS + 1)]
            square = events * robust_scatter(some) ** 2 + _PRIOR_EVENTS * overall**2
            scales[number] = np.sqrt(square / (events + _PRIOR_EVENTS))
    return np.asarray(np.maximum(scales, _LOWEST_SCALE * overall)[grid.segment], np.float64)
