"""Seeded light curves with planets, for the tests of the search."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from astronet.detection.candidate import Candidate
from astronet.detection.template import SMALL_PLANET, Shape, transit_template
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve

Times = NDArray[np.float64]

CADENCE = 30 / 1440
"""Time between the points [d]."""


class Planet(NamedTuple):
    """Transits of a planet: period [d], epoch [d], duration [d] and depth at mid-transit."""

    period: float
    epoch: float
    duration: float
    depth: float
    shape: Shape = SMALL_PLANET

    @property
    def ephemeris(self) -> Ephemeris:
        return Ephemeris(self.period, self.epoch, self.duration)


def times(days: float, step: float = CADENCE, start: float = 0.0) -> Times:
    """Return the times of one segment [d]."""
    return start + np.arange(0, days, step)


def since_transit(time: Times, period: float, epoch: float) -> Times:
    """Return the time since the nearest mid-transit [d]."""
    return (time - epoch + period / 2) % period - period / 2


def transits(time: Times, planet: Planet, step: float = CADENCE) -> Times:
    """Return the flux change of limb-darkened transits, averaged over each exposure."""
    fine = 50
    template = planet.depth * transit_template(planet.duration, step / fine, planet.shape)
    middle = len(template) // 2
    offsets = ((np.arange(15) + 0.5) / 15 - 0.5) * step
    phase = since_transit(time, planet.period, planet.epoch)[:, None] + offsets
    places = phase / step * fine + middle
    return np.interp(places, np.arange(len(template)), template, left=0, right=0).mean(1)


def curve_with(
    *planets: Planet,
    time: Times | None = None,
    noise: float = 3e-4,
    seed: int = 0,
    trend: Times | float = 0.0,
    step: float = CADENCE,
    level: float = 1e4,
) -> LightCurve:
    """Return a light curve with white noise, planets and a relative trend; 60 d by default."""
    time = times(60) if time is None else time
    flux = 1 + noise * np.random.default_rng(seed).standard_normal(len(time)) + trend
    for planet in planets:
        flux = flux * (1 + transits(time, planet, step))
    return LightCurve("star", time, level * flux)


def red_noise(count: int, sigma: float, correlation: float, seed: int) -> Times:
    """Return an autoregressive process of order 1 with a standard deviation [count]."""
    from scipy.signal import lfilter

    white = np.random.default_rng(seed).standard_normal(count + 500)
    process = lfilter([np.sqrt(1 - correlation**2)], [1, -correlation], white)
    return np.asarray(sigma * process[500:])


def is_planet(candidate: Candidate, planet: Planet, periods: float = 1e-3) -> bool:
    """Return whether a candidate has the period and the epoch of a planet."""
    found = candidate.ephemeris
    late = since_transit(np.array(found.epoch), planet.period, planet.epoch)
    return bool(abs(found.period / planet.period - 1) < periods and abs(late) < planet.duration / 2)
