"""Light curves with one signal of known depth, and their vetting."""

import numpy as np

from astronet.lightcurves import Ephemeris, LightCurve
from astronet.simulation.transits import LimbDarkening, Orbit, transit
from astronet.vetting.vetting import vet_signal

SUN = LimbDarkening(0.40, 0.26)
DARK = LimbDarkening(0.0, 0.0)
CADENCE = 0.0204
NOISE = 3e-4
AXIS = 12.0
EPOCH = 2.3


def times(days=300.0, start=170.0, gaps=()):
    time = start + np.arange(0, days, CADENCE)
    keep = np.ones(len(time), bool)
    for first, last in gaps:
        keep &= (time < start + first) | (time > start + last)
    return time[keep]


def orbit_of(period=5.0, ratio=0.05, impact=0.2, shift=0.0, axis=AXIS):
    return Orbit(period, 170.0 + EPOCH + shift * period, ratio, impact, axis)


def dips(time, orbit, limb=SUN):
    """Return the flux change of a body's transits [n] (≤ 0)."""
    return transit(time, orbit, limb, CADENCE)


def noisy(time, change, seed=0, noise=NOISE, level=1e4):
    return level * (1 + change + noise * np.random.default_rng(seed).standard_normal(len(time)))


def event_of(orbit):
    return Ephemeris(orbit.period, orbit.epoch, orbit.duration)


def vetted(change=None, *, time=None, seed=0, orbit=None, others=(), stellar=None, noise=NOISE):
    """Vet a planet's transits, or another signal at their times."""
    time = times() if time is None else time
    orbit = orbit_of() if orbit is None else orbit
    change = dips(time, orbit) if change is None else change
    curve = LightCurve(1, time, noisy(time, change, seed, noise))
    return vet_signal(curve, event_of(orbit), others, stellar)


def number(time, orbit):
    return np.round((time - orbit.epoch) / orbit.period).astype(int)


def failed(vetting):
    return {check.name for check in vetting.failed}
