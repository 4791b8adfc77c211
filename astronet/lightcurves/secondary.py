"""Position of the secondary eclipse: the deepest dip of a global view away from the transit."""

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.phase_bins import bin_centres, window_sums
from astronet.lightcurves.view_specs import ViewSpec

_LEAST_FILLED = 0.5
"""Smallest fraction of usable bins in a window of one duration for its mean to be compared."""


def secondary_bin(
    flux: Floats, ephemeris: Ephemeris, spec: ViewSpec, measured: Bools | None = None
) -> int:
    """Return the index of the bin on which a view around the secondary eclipse is centred.

    Args:
        flux: Global view [bins].
        ephemeris: Ephemeris of the event; its epoch is not used.
        spec: Specification of the view, which defines the search: `deepest_away` by default, or
            `deepest_outside` if the specification sets `exclude_transit`.
        measured: Whether each bin of the global view contains points [bins]; None if all do.
    """
    if spec.exclude_transit is None:
        return deepest_away(flux, ephemeris, measured)
    return deepest_outside(flux, ephemeris, spec.exclude_transit, measured)


def deepest_away(flux: Floats, ephemeris: Ephemeris, measured: Bools | None = None) -> int:
    """Return the index of the bin on which the deepest dip away from the transit is centred.

    It is the bin around which the mean of the global view [bins] over one transit duration is
    lowest. Only bins that are more than 1.5 durations and more than two bins away from the transit
    are considered or, if there are none, those more than a quarter of the period away. Bins that
    are not `measured` [bins] do not contribute to the mean.

    The mean around a bin just outside 1.5 durations includes the flux from one duration after
    mid-transit, so the ends of a transit that is longer than its catalogued duration, or the
    trend next to it, can be the deepest dip; see `deepest_outside`.
    """
    bins, fraction = len(flux), ephemeris.duration / ephemeris.period
    width = max(1, round(fraction * bins))
    if measured is None or measured.all():
        means = window_sums(flux, width)
    else:
        counts = window_sums(measured.astype(np.float64), width)
        sums = window_sums(np.where(measured, flux, 0.0), width)
        means = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    away = np.abs(bin_centres(bins, 1.0))
    allowed = away > max(1.5 * fraction, 2 / bins)
    if not allowed.any():
        allowed = away > 0.25
    return int(np.argmin(np.where(allowed, means, np.inf)))


def deepest_outside(
    flux: Floats, ephemeris: Ephemeris, exclusion: float, measured: Bools | None = None
) -> int:
    """Return the index of the bin on which the deepest dip outside the transit is centred.

    It is the bin around which the mean of the global view [bins] over one transit duration is
    lowest. Only the bins of `outside_transit` that are `measured` [bins] contribute to the mean,
    and at least half of the bins of the window must be among them. If no window does, the
    result is the bin at phase −0.5.

    Args:
        flux: Global view [bins].
        ephemeris: Ephemeris of the event; its epoch is not used.
        exclusion: Half-width of the excluded interval around mid-transit [durations].
        measured: Whether each bin contains points [bins]; None if all do.
    """
    used = outside_transit(len(flux), ephemeris, exclusion)
    used = used if measured is None else used & measured
    width = max(1, round(ephemeris.duration / ephemeris.period * len(flux)))
    counts = window_sums(used.astype(np.float64), width)
    sums = window_sums(np.where(used, flux, 0.0), width)
    filled = (counts >= max(_LEAST_FILLED * width, 1)) & used
    return int(np.argmin(np.where(filled, sums / np.maximum(counts, 1), np.inf)))


def outside_transit(bins: int, ephemeris: Ephemeris, exclusion: float) -> Bools:
    """Return whether each bin of a global view is outside the transit [bins].

    The bins of the transit are those within `exclusion` durations and those within two bins of
    mid-transit. If this leaves no bin, they are those within a quarter of the period.
    """
    away = np.abs(bin_centres(bins, 1.0))
    outside: Bools = away > max(exclusion * ephemeris.duration / ephemeris.period, 2 / bins)
    return outside if outside.any() else away > 0.25
