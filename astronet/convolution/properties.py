"""Measures of the locality, equivariance and invariance of feature maps.

The properties are defined in Goodfellow, Bengio & Courville 2016, *Deep Learning*, §9.2 and §9.3.
"""

from collections.abc import Callable, Sequence

import numpy as np

from astronet.lightcurves.arrays import Floats, Ints
from astronet.models.geometry import Layer

Maps = Callable[[Floats], Floats]
"""Function of a view [n] that returns feature maps [channels, n']."""


def affected_points(maps: Maps, view: Floats, place: int, change: float = 1.0) -> Ints:
    """Return the indices [m] of the feature-map points that change with one point of the view.

    A point is included if it changes in at least one channel.

    Args:
        maps: Function that returns the feature maps of a view.
        view: View [n].
        place: Index of the changed point.
        change: Amount added to the view at that point.
    """
    other = view.copy()
    other[place] += change
    return np.flatnonzero((maps(view) != maps(other)).any(axis=0)).astype(np.int64)


def equivariance_error(maps: Maps, view: Floats, shift: int, jump: int) -> Floats:
    """Return the deviation [n'] from equivariance under a circular shift at each map point.

    The deviation is the largest difference, over all channels, between the maps of the shifted view
    and the shifted maps, relative to the largest absolute value of the maps. It is 0 if the maps
    are equivariant.

    Args:
        maps: Function that returns the feature maps of a view.
        view: View [n].
        shift: Shift of the view, a multiple of `jump` [points of the view].
        jump: Distance between neighbouring points of the maps [points of the view].
    """
    expected = np.roll(maps(view), shift // jump, axis=1)
    found = maps(np.roll(view, shift))
    deviation = np.abs(found - expected).max(axis=0) / np.abs(expected).max()
    return np.asarray(deviation, np.float64)


def relative_change(maps: Maps, view: Floats, shifts: Sequence[int]) -> Floats:
    """Return the relative change [m] of feature maps caused by each of m shifts of the view.

    The relative change is ‖maps' − maps‖ / ‖maps‖, where maps' are computed from the shifted view.
    It is 0 if the maps are invariant, and √2 if they are shifted so far that maps' and maps do not
    overlap.

    Args:
        maps: Function that returns the feature maps of a view.
        view: View [n].
        shifts: Circular shifts of the view [m] [points].
    """
    before = maps(view)
    after = [maps(np.roll(view, shift)) for shift in shifts]
    return np.array([np.linalg.norm(a - before) / np.linalg.norm(before) for a in after])


def points_seeing(layer: Layer, place: int) -> Ints:
    """Return the indices [m] of the output points whose receptive fields contain a bin of the view.

    Circular padding is ignored.

    Args:
        layer: Layer from `astronet.models.geometry.layers_of`.
        place: Index of the bin in the view.
    """
    fields = [layer.seen_by(point) for point in range(layer.length)]
    return np.flatnonzero([first <= place <= last for first, last in fields]).astype(np.int64)


def points_at_boundary(layer: Layer, bins: int, shift: int) -> Ints:
    """Return the indices [m] of the output points that depend on the ends of a shifted view.

    The receptive fields of these points contain bins that the shift has moved from the end of the
    view to its start, or extend beyond the view.

    Args:
        layer: Layer from `astronet.models.geometry.layers_of`.
        bins: Number of bins of the view.
        shift: Circular shift of the view to the right [bins].
    """
    fields = [layer.seen_by(point) for point in range(layer.length)]
    return np.flatnonzero([f < shift or last >= bins for f, last in fields]).astype(np.int64)
