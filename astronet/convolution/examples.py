"""What convolution is tried on: a ball that is dropped twice, and a star with a planet."""

import numpy as np
from scipy.stats import binned_statistic_2d

from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import fold
from astronet.simulation.transits import LimbDarkening, Orbit, transit

FIRST_DROP = np.array([0.1, 0.4, 0.3, 0.2])
SECOND_DROP = np.array([0.5, 0.3, 0.15, 0.05])
"""How likely a ball is to roll 0, 1, 2 or 3 steps, from high up and from less high."""

EDGE = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]], np.float64)
"""Finds edges that stand upright (Prewitt 1970); its transpose finds those that lie."""

BLUR = np.full((3, 3), 1 / 9)
"""The mean over a square of nine pixels."""

_EXPOSURE = 0.0204340  # Kepler's long cadence [d]
_DAYS = 400


def planet(late: float = 0.0, scatter: float = 1e-3) -> tuple[LightCurve, Ephemeris]:
    """A hot giant planet of a quiet star, 400 days in Kepler's cadence, and its ephemeris.

    Args:
        late: By how much its transits come early and late in turn, as when another planet pulls
            at it [d].
        scatter: White noise of a point, as a part of the star's light.
    """
    time = np.arange(0, _DAYS, _EXPOSURE)
    orbit = Orbit(period=5.0, epoch=2.5, radius_ratio=0.1, impact_parameter=0.3, a_over_rstar=12.3)
    flux = 1 + transit(time - lateness(time, late), orbit, LimbDarkening(0.4, 0.25), _EXPOSURE)
    flux += scatter * np.random.default_rng(1).standard_normal(len(time))
    return LightCurve("simulated", time, flux), Ephemeris(5.0, 2.5, orbit.duration)


def lateness(time: Floats, late: float) -> Floats:
    """How late [n] the planet's transits are [d], in two waves over the 400 days.

    Args:
        time: [n] [d].
        late: At most [d].
    """
    return np.asarray(late * np.sin(4 * np.pi * time / _DAYS), np.float64)


def stacked(curve: LightCurve, event: Ephemeris, bins: int = 24, durations: float = 2.0) -> Floats:
    """The transits of an event one above the other: an image [cycles, bins] of the mean flux.

    Args:
        curve: A flat light curve.
        event: What to fold at.
        bins: Columns.
        durations: How far they reach to either side of the middle; pixels without data are NaN.
    """
    phase = fold(curve.time, event)
    cycle = np.round((curve.time - phase - event.epoch) / event.period)
    reach = durations * event.duration
    rows = np.arange(cycle.min(), cycle.max() + 2) - 0.5
    columns = np.linspace(-reach, reach, bins + 1)
    image = binned_statistic_2d(cycle, phase, curve.flux, "mean", [rows, columns]).statistic
    return np.asarray(image, np.float64)


def ingress_scatter(edges: Floats, event: Ephemeris, bins: int, late: float) -> float:
    """How well upright edges tell when the planet of `planet(late)` comes: a scatter [d].

    Of every cycle, the place of the darkest edge less the ingress that was put in.

    Args:
        edges: Valid cross-correlation of a stack with EDGE [cycles − 2, bins − 2].
        event: What the stack was folded at.
        bins: Columns of the stack, two durations to either side.
        late: By how much the transits come early and late [d].
    """
    width = 4 * event.duration / bins
    cycles = 1 + np.arange(len(edges))
    middles = np.asarray(event.epoch + cycles * event.period, np.float64)
    apart = edges.argmin(axis=1) * width - lateness(middles, late)
    return float(apart.std())
