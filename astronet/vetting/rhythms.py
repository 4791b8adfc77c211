"""Coincidence of transits with rhythms of the instrument: gaps, ends of quarters, orbits, rolls."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from astronet.lightcurves.arrays import Bools, Floats
from astronet.vetting.measuring import Measured

TESS_ORBIT, KEPLER_YEAR = 13.7, 372.5
"""Orbital periods of TESS (Ricker et al. 2015) and of Kepler around the Sun [d]."""

_TOLERANCE = 0.01
"""Largest relative difference of a period from a rhythm."""

_TESS_START, _KEPLER_END = 3400.0, 1600.0
"""Times that separate the missions [d, BKJD]: TESS began at 3492, Kepler's prime mission ended at
1591."""

_EDGE = 1.0
"""Distance from the end of a quarter, sector or long gap that counts as its edge [d]."""

_SHORT = 1.5
"""Smallest length of a short gap [exposures]."""


@dataclass(frozen=True)
class Coincidence:
    """Transits that coincide with something.

    Attributes:
        transits: Number of transits that coincide.
        of: Number of transits.
        expected: Fraction of the observed time that coincides.
        probability: Probability that at least this number coincides by chance (binomial).
    """

    transits: int
    of: int
    expected: float
    probability: float


def at_edges(measured: Measured) -> Coincidence:
    """Return the transits within 1 d (or one duration, if longer) of the ends of segments."""
    curve = measured.signal.curve
    edge = np.flatnonzero(np.diff(curve.segment))
    times = np.concatenate([curve.time[[0, -1]], curve.time[edge], curve.time[edge + 1]])
    reach = max(_EDGE, measured.signal.ephemeris.duration)
    return _coincidence(measured, np.sort(times), reach)


def at_short_gaps(measured: Measured) -> Coincidence:
    """Return the transits next to short gaps, such as those of momentum dumps.

    A gap is short if it does not end the segment, that is up to 0.75 d.
    """
    curve = measured.signal.curve
    steps = np.diff(curve.time)
    inside = np.diff(curve.segment) == 0
    gap = np.flatnonzero(inside & (steps > (1 + _SHORT) * measured.signal.exposure))
    times = (curve.time[gap] + curve.time[gap + 1]) / 2
    return _coincidence(measured, times, 0.75 * measured.signal.ephemeris.duration)


def instrument_period(measured: Measured) -> float | None:
    """Return the period of the telescope [d] that equals that of the signal; None if none does.

    For TESS, half, once and twice the orbital period are compared; for Kepler, the year of its
    orbit, after which the same detector observes a star again.
    """
    period, start = measured.signal.ephemeris.period, float(measured.signal.curve.time.min())
    if start > _TESS_START:
        rhythms = [factor * TESS_ORBIT for factor in (0.5, 1.0, 2.0)]
    elif start < _KEPLER_END:
        rhythms = [KEPLER_YEAR]
    else:
        rhythms = []
    return next((one for one in rhythms if abs(period / one - 1) < _TOLERANCE), None)


def _coincidence(measured: Measured, times: Floats, reach: float) -> Coincidence:
    """Return the transits within a distance [d] of some times [k] in ascending order."""
    near = _near(measured.transits.time, times, reach)
    known = measured.events.known
    expected = (
        float(_near(measured.events.centre[known], times, reach).mean()) if known.any() else 1.0
    )
    count, of = int(near.sum()), len(near)
    return Coincidence(count, of, expected, float(binom.sf(count - 1, of, expected)))


def _near(at: Floats, times: Floats, reach: float) -> Bools:
    """Return whether each time [n] is within a distance of one of some times [k]."""
    if not len(times):
        return np.zeros(len(at), np.bool_)
    place = np.searchsorted(times, at)
    before, after = times[(place - 1).clip(0)], times[place.clip(0, len(times) - 1)]
    return np.asarray(np.minimum(np.abs(at - before), np.abs(at - after)) <= reach, np.bool_)
