"""Small copies of views for pictures, stored as one byte per bin."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronet.lightcurves.arrays import Ints, Views

BINS = 64
"""Number of bins of a thumbnail."""

Bytes = NDArray[np.int8]
"""Thumbnails in hundredths of the transit depth."""

_PER_DEPTH = 100.0
"""Number of steps per transit depth. Values are clipped to ±1.27 depths."""

_DEVIANT = 4.0
"""Deviation of a bin of a global view from the average above which it replaces the average, in
units of the scatter of the bins. In noise, about one in ten views has such a bin."""

_SIGMA_PER_MAD = 1.4826
"""Standard deviation of a normal distribution in units of its median absolute deviation."""


def local_thumbnails(views: Views) -> Bytes:
    """Return thumbnails [n, 64] of local views [n, bins]: averages of neighbouring bins."""
    return _as_bytes(_averages(views))


def global_thumbnails(views: Views) -> Bytes:
    """Return thumbnails [n, 64] of global views [n, bins], in which short transits remain visible.

    They are averages of neighbouring bins. The bin farthest from 0, the median of a view, replaces
    the average of its group if they differ by more than four times the scatter. In an average, the
    transits of long periods would be invisible, because they cover a small part of a group.
    """
    starts, _ = _groups(views.shape[1])
    averages = _averages(views)
    off = views - np.repeat(averages, np.diff([*starts, views.shape[1]]), axis=1)
    scatter = _SIGMA_PER_MAD * np.median(np.abs(off), axis=1, keepdims=True)
    low = np.minimum.reduceat(views, starts, axis=1)
    high = np.maximum.reduceat(views, starts, axis=1)
    extreme = np.where(-low >= high, low, high)
    deviant = np.abs(extreme - averages) > _DEVIANT * scatter
    return _as_bytes(np.where(deviant, extreme, averages))


def as_views(thumbnails: Bytes) -> Views:
    """Return thumbnails as flux in units of the transit depth, like views."""
    return thumbnails.astype(np.float32) / np.float32(_PER_DEPTH)


def _averages(views: Views) -> Views:
    """Return the averages [n, 64] of groups of neighbouring bins of views [n, bins]."""
    starts, widths = _groups(views.shape[1])
    sums = np.add.reduceat(views, starts, axis=1)
    return (sums / np.maximum(widths, 1)).astype(np.float32)


def _groups(bins: int) -> tuple[Ints, Ints]:
    """Return the first bin and the number of bins of each group [64].

    If there are fewer bins than groups, groups without a bin of their own show the bin at their
    place (`reduceat` returns it).
    """
    edges = np.arange(BINS + 1) * bins // BINS
    return edges[:-1], np.diff(edges)


def _as_bytes(values: NDArray[Any]) -> Bytes:
    return np.clip(np.rint(values * _PER_DEPTH), -127, 127).astype(np.int8)
