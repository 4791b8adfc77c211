"""Centroids of one quarter or sector, without the motion of the image and slow trends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import fold, in_transit

MASK_WIDTH = 1.2
"""Width of the masked interval around a transit, in transit durations: ephemerides have errors."""

_SAME_PERIOD = 2e-3
"""Largest relative difference from a period ratio of 1:2, 1:1 or 2:1 at which another event is
taken to be the same signal, which is not masked."""

_CELLS_PER_DURATION = 12
_FEWEST = 60  # cells out of transit that a part needs
_WINDOW_DURATIONS, _SHORTEST_WINDOW = 3.0, 0.8  # running median; the shortest window is in days
_CLIP, _ROUNDS = 4.0, 3


@dataclass(frozen=True, eq=False)
class Part:
    """Centroids and flux of one quarter, campaign or sector, averaged in k cells of a time grid.

    Attributes:
        cell: Index of each cell in the grid [k].
        phase: Time since the nearest mid-transit [k] [d].
        outside: Whether each cell is out of transit [k].
        values: Column and row of the centroid [pixel], and flux relative to its median [k, 3]; 0 if
            the median is not positive.
        position: Offset of the image [k, 2] [pixel].
        orientation: Matrix [2, 2] [arcsec/pixel]; see `LightCurve.orientation`.
        step: Width of a cell [d].
        duration: Duration of the event [d].
    """

    cell: Ints
    phase: Floats
    outside: Bools
    values: Floats
    position: Floats
    orientation: Floats
    step: float
    duration: float

    @property
    def window(self) -> int:
        """Width of the running median that removes slow trends [cells], an odd number."""
        days = max(_WINDOW_DURATIONS * self.duration, _SHORTEST_WINDOW)
        return int(days / self.step) | 1


def parts_of(
    curve: LightCurve, ephemeris: Ephemeris, others: Sequence[Ephemeris]
) -> Iterator[Part]:
    """Yield the parts of a light curve that have at least one cell in transit and 60 outside.

    Points without a centroid, a position or an orientation are omitted, and so are points in the
    transits of other events.

    Args:
        curve: Light curve with centroids, positions and orientations, not detrended.
        ephemeris: Ephemeris of the event.
        others: Ephemerides of the star's other events.
    """
    if curve.centroid is None or curve.position is None or curve.orientation is None:
        return
    part = curve.part[curve.segment]
    known = np.isfinite(curve.centroid).all(axis=1) & np.isfinite(curve.position).all(axis=1)
    known &= np.isfinite(curve.orientation[part]).all(axis=(1, 2))
    known &= ~_in_other_transits(curve.time, ephemeris, others)
    step = _step(curve, ephemeris.duration)
    for number in np.unique(part[known]).tolist():
        rows = np.flatnonzero(known & (part == number))
        found = _averaged(curve, rows, ephemeris, curve.orientation[number], step)
        if found.outside.sum() >= _FEWEST and not found.outside.all():
            yield found


def steady(part: Part) -> Part:
    """Return the part without the motion of the image, slow trends and outliers out of transit.

    The motion is the second-order polynomial of the position that fits the centroids out of transit
    best. The trend is a running median over three durations, at least 0.8 d, in which transits are
    interpolated. The mean of the new values out of transit is 0.
    """
    values = part.values.copy()
    values[:, :2] -= _motion(part)
    values -= _trend(part, values)
    scatter = _deviation(values[part.outside, :2])
    keep = (np.abs(values[:, :2]) <= _CLIP * scatter).all(axis=1) | ~part.outside
    outside = part.outside[keep]
    return Part(
        part.cell[keep],
        part.phase[keep],
        outside,
        values[keep] - values[keep][outside].mean(axis=0),
        part.position[keep],
        part.orientation,
        part.step,
        part.duration,
    )


def _in_other_transits(time: Floats, ephemeris: Ephemeris, others: Sequence[Ephemeris]) -> Bools:
    """Return whether each time [n] is in a transit of another event that is not the same signal."""
    masked = np.zeros(len(time), np.bool_)
    for other in others:
        ratio = other.period / ephemeris.period
        if min(abs(ratio / same - 1) for same in (0.5, 1.0, 2.0)) > _SAME_PERIOD:
            masked |= in_transit(time, other, MASK_WIDTH)
    return masked


def _step(curve: LightCurve, duration: float) -> float:
    """Return the width of the grid's cells [d]: a cadence, or less than a tenth of the duration."""
    steps = np.diff(curve.time)
    part = curve.part[curve.segment][1:]
    inside = (steps > 0) & (np.diff(curve.segment) == 0)
    cadences = [np.median(steps[inside & (part == k)]) for k in np.unique(part[inside])]
    return max([duration / _CELLS_PER_DURATION, *map(float, cadences)])


def _averaged(
    curve: LightCurve, rows: Ints, ephemeris: Ephemeris, orientation: Floats, step: float
) -> Part:
    """Return the means of the points `rows` [m] in each cell of a grid."""
    time = curve.time[rows]
    cells, place = np.unique(np.rint((time - time[0]) / step).astype(np.int64), return_inverse=True)
    count = np.bincount(place)

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(place, values) / count, np.float64)

    assert curve.centroid is not None and curve.position is not None
    centroid = curve.centroid[rows] - np.median(curve.centroid[rows], axis=0)
    position = curve.position[rows] - np.median(curve.position[rows], axis=0)
    level = np.median(curve.flux[rows])
    flux = curve.flux[rows] / level - 1 if level > 0 else np.zeros(len(rows))
    phase = fold(mean(time), ephemeris)
    return Part(
        cells,
        phase,
        np.abs(phase) > MASK_WIDTH / 2 * ephemeris.duration,
        np.stack([mean(centroid[:, 0]), mean(centroid[:, 1]), mean(flux)], axis=1),
        np.stack([mean(position[:, 0]), mean(position[:, 1])], axis=1),
        orientation,
        step,
        ephemeris.duration,
    )


def _motion(part: Part) -> Floats:
    """Return the centroids [k, 2] that the position predicts, fitted out of transit."""
    size = _deviation(part.position[part.outside])
    column, row = (part.position / np.where(size > 0, size, 1.0)).T
    terms = [np.ones_like(row), column, row, column**2, column * row, row**2]
    design = np.stack(terms, axis=1)
    predicted = np.empty((len(design), 2))
    for axis in range(2):
        observed = part.values[:, axis]
        used = part.outside
        for _ in range(_ROUNDS):
            kept = design[used]  # normal equations are ten times faster than a decomposition
            weights = np.linalg.lstsq(kept.T @ kept, kept.T @ observed[used], rcond=None)[0]
            predicted[:, axis] = design @ weights
            residual = observed - predicted[:, axis]
            used = part.outside & (np.abs(residual) <= _CLIP * _deviation(residual[used]))
    return predicted


def _trend(part: Part, values: Floats) -> Floats:
    """Return the running median of the values [k, c], with transits interpolated linearly."""
    grid = np.arange(part.cell[-1] + 1)
    place = part.cell[part.outside]
    trend = np.empty_like(values)
    for column in range(values.shape[1]):
        filled = np.interp(grid, place, values[part.outside, column])
        trend[:, column] = median_filter(filled, size=part.window, mode="nearest")[part.cell]
    return trend


def _deviation(values: Floats) -> Floats:
    """Return the robust standard deviation [c] of the values [k, c], whose median is near 0.

    The residuals of a running median are often exactly 0, so their median says little.
    """
    return np.asarray(np.quantile(np.abs(values), 0.683, axis=0), np.float64)
