"""Locality, equivariance and invariance as measured quantities of any function of a row.

The properties are those of Goodfellow, Bengio & Courville 2016, *Deep Learning*, §9.2 and §9.3.
"""

from collections.abc import Callable, Sequence

import numpy as np

from astronet.lightcurves.arrays import Floats, Ints
from astronet.models.geometry import Layer

Maps = Callable[[Floats], Floats]
"""From a view [n] to feature maps [channels, n']."""


def moved_by(maps: Maps, view: Floats, place: int, change: float = 1.0) -> Ints:
    """Locality: the points of the feature maps that one point of the view has a say in.

    Args:
        maps: What to measure.
        view: Where to start from [n].
        place: Which point is changed.
        change: By how much.
    """
    other = view.copy()
    other[place] += change
    return np.flatnonzero((maps(view) != maps(other)).any(axis=0)).astype(np.int64)


def strayed(maps: Maps, view: Floats, shift: int, jump: int) -> Floats:
    """Equivariance: where shifting first and last are not the same [n'], 0 where they are.

    Shifts are circular. The largest difference of any channel, as a part of the maps' largest
    value.

    Args:
        maps: What to measure.
        view: The view [n].
        shift: By how much it is shifted [points of the view], a multiple of the jump.
        jump: From one point of the maps to the next [points of the view].
    """
    expected = np.roll(maps(view), shift // jump, axis=1)
    found = maps(np.roll(view, shift))
    apart = np.abs(found - expected).max(axis=0) / np.abs(expected).max()
    return np.asarray(apart, np.float64)


def unlike(maps: Maps, view: Floats, shifts: Sequence[int]) -> Floats:
    """Invariance: how much maps change when the view is shifted, ‖maps' − maps‖ / ‖maps‖ [shifts].

    0 is invariant; √2 is as unlike as two maps that have nothing in common.

    Args:
        maps: What to measure.
        view: The view [n].
        shifts: By how much it is shifted, circularly [points].
    """
    before = maps(view)
    after = [maps(np.roll(view, shift)) for shift in shifts]
    return np.array([np.linalg.norm(a - before) / np.linalg.norm(before) for a in after])


def seeing(layer: Layer, place: int) -> Ints:
    """The points of a layer in whose field a point of the view lies, circles left aside."""
    fields = [layer.seen_by(point) for point in range(layer.length)]
    return np.flatnonzero([first <= place <= last for first, last in fields]).astype(np.int64)


def near_the_seam(layer: Layer, bins: int, shift: int) -> Ints:
    """The points of a layer that see where the ends of a circularly shifted view meet.

    Args:
        layer: One of `astronet.models.geometry.layers_of`.
        bins: Points of the view.
        shift: By how much it is shifted, to the right.
    """
    fields = [layer.seen_by(point) for point in range(layer.length)]
    return np.flatnonzero([f < shift or last >= bins for f, last in fields]).astype(np.int64)
