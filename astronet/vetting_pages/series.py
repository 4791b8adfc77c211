"""Data of the figures of a vetting page, reduced to the number of points that a page needs."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import fold, in_transit

MOST_POINTS = 6000
"""Maximum number of points of a light curve near transits, and of bins elsewhere."""

_CLOSE, _PER_DURATION = 3.0, 4
"""Distance from a transit up to which bins are narrow [durations], and their number in each."""

_NEAR = 3.0  # width of the interval around a transit in which all points are kept, in durations


class Points(NamedTuple):
    """Points of a light curve: times [k] [d, BKJD] and fluxes [k]."""

    time: Floats
    flux: Floats


def thinned(curve: LightCurve, events: Sequence[Ephemeris], most: int = MOST_POINTS) -> Points:
    """Return the points near transits, and means of the other points in bins of equal width.

    If more than `most` points are near transits, they are averaged, too.

    Args:
        curve: Light curve.
        events: Ephemerides of all events of the star.
        most: Maximum number of points near transits, and of bins elsewhere.
    """
    near = np.zeros(len(curve), np.bool_)
    for event in events:
        near |= in_transit(curve.time, event, _NEAR)
    if near.sum() > most:
        near[:] = False
    kept = Points(curve.time[near], curve.flux[near])
    rest = _averaged(curve, ~near, most)
    order = np.argsort(np.concatenate([kept.time, rest.time]), kind="stable")
    return Points(
        np.concatenate([kept.time, rest.time])[order], np.concatenate([kept.flux, rest.flux])[order]
    )


def _averaged(curve: LightCurve, chosen: Bools, most: int) -> Points:
    """Return the means of chosen points [n] in at most `most` bins, which do not cross gaps."""
    time, flux, segment = curve.time[chosen], curve.flux[chosen], curve.segment[chosen]
    if len(time) <= most:
        return Points(time, flux)
    every = int(np.ceil(len(time) / most))
    starts = np.flatnonzero(np.diff(segment, prepend=-1))
    place = np.arange(len(time)) - np.repeat(starts, np.diff(np.append(starts, len(time))))
    group = np.cumsum((place % every == 0).astype(np.int64)) - 1
    count = np.bincount(group)
    return Points(np.bincount(group, time) / count, np.bincount(group, flux) / count)


def phase_bins(place: Floats, flux: Floats, reach: float, bins: int) -> Points:
    """Return the median flux in bins from −reach to reach; bins without points are left out.

    Args:
        place: Times since mid-transit or phases of the points [n].
        flux: Fluxes [n].
        reach: Half of the width of the interval.
        bins: Number of bins.
    """
    inside = np.abs(place) <= reach
    index = ((place[inside] / reach + 1) / 2 * bins).astype(np.int64).clip(0, bins - 1)
    order = np.argsort(index, kind="stable")
    values, index = flux[inside][order], index[order]
    edges = np.searchsorted(index, np.arange(bins + 1))
    middles = [np.median(values[a:b]) if b > a else np.nan for a, b in pairwise(edges)]
    centres = ((np.arange(bins) + 0.5) / bins * 2 - 1) * reach
    known = np.isfinite(middles)
    return Points(centres[known], np.asarray(middles, np.float64)[known])


def transit_times(curve: LightCurve, event: Ephemeris) -> Floats:
    """Return the mid-transit times [t] [d] between the first and last point of a light curve."""
    first = np.ceil((curve.time.min() - event.epoch) / event.period)
    last = np.floor((curve.time.max() - event.epoch) / event.period)
    return np.asarray(event.epoch + event.period * np.arange(first, last + 1), np.float64)


def folded_at(curve: LightCurve, event: Ephemeris, factor: float, bins: int) -> Points:
    """Return the median flux in bins of the phase for a multiple of the period.

    Bins near the expected transits are at most a quarter of the duration wide.

    Args:
        curve: Detrended light curve.
        event: Ephemeris.
        factor: Multiple of the period: at most 2. The phase is 0 at the epoch.
        bins: Number of bins over the whole period.
    """
    period = factor * event.period
    phase = fold(curve.time, Ephemeris(period, event.epoch, min(event.duration, 0.9 * period)))
    phase /= period
    whole = phase_bins(phase, curve.flux, 0.5, bins)
    reach = _CLOSE * event.duration / period
    if event.duration / period * bins >= _PER_DURATION or 2 * reach > 0.4:
        return whole
    fine = round(2 * _CLOSE * _PER_DURATION)
    middles = (0.0,) if factor <= 1 else (0.0, 0.5)
    parts = []
    for middle in middles:
        since = (phase - middle + 0.5) % 1 - 0.5
        near = phase_bins(since, curve.flux, reach, fine)
        parts.append(Points((near.time + middle + 0.5) % 1 - 0.5, near.flux))
    far = np.ones(len(whole.time), np.bool_)
    for middle in middles:
        far &= np.abs((whole.time - middle + 0.5) % 1 - 0.5) > reach
    parts.append(Points(whole.time[far], whole.flux[far]))
    order = np.argsort(np.concatenate([part.time for part in parts]), kind="stable")
    time, flux = (np.concatenate(some)[order] for some in zip(*parts, strict=True))
    return Points(time, flux)
