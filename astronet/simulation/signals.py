"""What makes a search believe in a transit: planets, and all that looks like one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator

from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.simulation.calendar import Calendar
from astronet.simulation.noise import rotation
from astronet.simulation.transits import (
    Binary,
    LimbDarkening,
    Orbit,
    binary,
    scaled_axis,
    transit,
)

Kind = Literal["planet", "binary", "variable", "glitch", "noise"]


@dataclass(frozen=True)
class Star:
    """A star of the main sequence or a little above it.

    Attributes:
        magnitude: Kepler magnitude Kp.
        temperature: Effective temperature [K].
        mass: Mass [solar].
        radius: Radius [solar].
    """

    magnitude: float
    temperature: float
    mass: float
    radius: float

    @property
    def density(self) -> float:
        """Mean density [solar]."""
        return self.mass / self.radius**3

    @property
    def log_gravity(self) -> float:
        """Surface gravity, log10 [cm/s2]."""
        return float(4.438 + np.log10(self.mass / self.radius**2))

    @property
    def limb(self) -> LimbDarkening:
        """Limb darkening in Kepler's band (a line through Claret & Bloemen 2011)."""
        cooler = (5777 - self.temperature) / 1000
        return LimbDarkening(u1=0.40 + 0.12 * cooler, u2=0.26 - 0.09 * cooler)


@dataclass(frozen=True)
class Scene:
    """Where a signal is drawn: a star, when it is seen, and the scatter of one cadence."""

    star: Star
    calendar: Calendar
    scatter: float

    def depth_of(self, snr: float, period: float, duration: float) -> float:
        """Depth that a search finds at this signal-to-noise ratio."""
        inside = self.calendar.usable.sum() * duration / period
        return float(snr * self.scatter / np.sqrt(max(inside, 3.0)))


@dataclass(frozen=True, eq=False)
class Signal:
    """A signal in a light curve.

    Attributes:
        kind: What it is.
        change: Relative change of flux [n].
        ephemeris: As a faultless search would find it.
        impact: Impact parameter that a fit finds.
    """

    kind: Kind
    change: Floats
    ephemeris: Ephemeris
    impact: float


def draw_star(generator: Generator) -> Star:
    """A star as Kepler chose its targets: faint and like the sun, most of them."""
    temperature = float(np.clip(generator.normal(5650, 550), 3900, 7000))
    mass = float((temperature / 5777) ** 1.8)
    evolution = 1 + generator.exponential(0.25)
    magnitude = float(generator.triangular(11.0, 15.5, 16.0))
    return Star(magnitude, temperature, mass, float(mass**0.9 * min(evolution, 2.5)))


def draw_planet(generator: Generator, scene: Scene, snr: float) -> Signal:
    """A planet on an orbit that fits the star's density, as large as the ratio asks for."""
    near = generator.random() < 0.6
    period = _log_uniform(generator, 0.8, 30.0) if near else _log_uniform(generator, 30.0, 450.0)
    impact = float(generator.uniform(0, 0.9))
    # Eccentric orbits make transits seem shorter or longer than a circle's.
    axis = scaled_axis(period, scene.star.density) * float(np.exp(generator.normal(0, 0.15)))
    axis = max(axis, 2.0)
    limb = scene.star.limb
    mu = np.sqrt(1 - impact**2)
    darkening = (1 - limb.u1 * (1 - mu) - limb.u2 * (1 - mu) ** 2) / (1 - limb.u1 / 3 - limb.u2 / 6)
    orbit = Orbit(period, _first_epoch(generator, scene, period), 0.05, impact, axis)
    depth = scene.depth_of(snr, period, orbit.duration)
    ratio = float(np.clip(np.sqrt(depth / darkening), 0.004, 0.2))
    orbit = Orbit(period, orbit.epoch, ratio, impact, axis)
    change = transit(scene.calendar.time, orbit, limb, scene.calendar.exposure)
    return Signal("planet", change, Ephemeris(period, orbit.epoch, orbit.duration), impact)


def draw_binary(generator: Generator, scene: Scene, snr: float) -> Signal:
    """An eclipsing binary: bare and deep, blended to a planet's depth, grazing, or of two twins.

    Of twins, whose eclipses are almost alike, a search finds half the period.
    """
    look = generator.choice(["bare", "blend", "small", "twins"], p=[0.28, 0.38, 0.08, 0.26])
    twins, small = look == "twins", look == "small"
    period = _log_uniform(generator, 0.7, 60.0)
    low, high = {"twins": (0.8, 1.0), "small": (0.08, 0.22)}.get(str(look), (0.3, 1.0))
    ratio = float(generator.uniform(low, high))
    brightness = generator.uniform(0.6 if twins else 0.05, 1.0)
    impact = float(generator.uniform(0, 1.0 if small else 0.95 * (1 + ratio)))
    density = scene.star.density * float(np.exp(generator.normal(0, 0.5)))
    axis = max(scaled_axis(period, density), 1.4 * (1 + ratio))
    eccentric = period > 8 and not twins and generator.random() < 0.4
    orbit = Orbit(period, _first_epoch(generator, scene, period), ratio, impact, axis)
    stars = Binary(
        orbit,
        scene.star.limb,
        brightness=0.01 * brightness if small else float(brightness),
        secondary_phase=float(generator.uniform(0.3, 0.7)) if eccentric else 0.5,
        ellipsoidal=float(generator.uniform(0.1, 0.5)) * axis**-3 * (not small),
    )
    change = binary(scene.calendar.time, stars, scene.calendar.exposure)
    found = period / 2 if twins else period
    duration = min(orbit.duration, 0.4 * found)
    if look != "bare":
        # Where eclipses are found they are stronger than transits, as a rule.
        snr *= float(generator.lognormal(0.6, 0.4))
        change *= min(scene.depth_of(snr, found, duration) / max(float(np.ptp(change)), 1e-9), 1)
    return Signal("binary", change, Ephemeris(found, orbit.epoch, duration), impact)


def draw_variable(generator: Generator, scene: Scene, snr: float) -> Signal:
    """A pulsating or spotted star that varies too fast to be flattened; no transit at all."""
    time = scene.calendar.time
    period = _log_uniform(generator, 0.4, 6.0)
    duration = period * float(generator.uniform(0.08, 0.25))
    if generator.random() < 0.5:
        waves = [1.0, *generator.uniform(0, 0.5, 2)]
        lag = generator.uniform(0, 2 * np.pi, 3)
        angle = 2 * np.pi * time / period
        change = sum(
            (w * np.cos(k * angle + a) for k, (w, a) in enumerate(zip(waves, lag, strict=True), 1)),
            np.zeros(len(time)),
        )
        beat = 2 * np.pi * time / (period * generator.uniform(0.55, 0.95))
        change += generator.uniform(0, 0.7) * np.cos(beat)
    else:
        lifetime = period * float(generator.uniform(30, 200))
        change = rotation(generator, time, period, lifetime, (1.0, 0.6, 0.3))
    epoch = _faintest_phase(scene.calendar, change, period, duration)
    # A transit covers a part of the wave, so that a search sees about a third of its height.
    change *= scene.depth_of(snr, period, duration) / (0.7 * float(np.std(change)))
    return Signal("variable", change, Ephemeris(period, epoch, duration), _any_impact(generator))


def draw_glitch(generator: Generator, scene: Scene, snr: float) -> Signal:
    """One to three faults of the instrument that a search folded at a long period."""
    calendar = scene.calendar
    period = _log_uniform(generator, 60.0, 650.0)
    duration = float(generator.uniform(0.15, 0.9))
    epoch = _first_epoch(generator, scene, period)
    transits = np.arange(epoch, calendar.time[-1], period)
    depth = scene.depth_of(snr, period, duration)
    change = np.zeros(len(calendar))
    struck = transits[: int(generator.integers(1, 4))]
    for middle in struck:
        size = depth * generator.uniform(0.6, 1.4) * len(transits) / len(struck)
        change += size * _fault(generator, calendar.time - middle, duration)
    return Signal("glitch", change, Ephemeris(period, epoch, duration), _any_impact(generator))


def _fault(generator: Generator, time: Floats, duration: float) -> Floats:
    """One fault of about unit depth around time 0: a lost pixel, a slide or a sharp step."""
    width = duration * float(generator.uniform(0.7, 2.0))
    start = -duration / 2
    shape = generator.choice(["drop", "slide", "step", "swing"])
    inside = (time >= start) & (time < start + width)
    if shape == "drop":
        return np.where(time >= start, -np.exp(np.minimum(start - time, 0) / width), 0.0)
    if shape == "slide":
        return np.where(inside, (start - time) / width, 0.0)
    if shape == "step":
        return np.where(inside, -1.0, 0.0)
    return np.asarray(-np.exp(-((time / width) ** 2)) * np.cos(2 * time / width + 0.6), np.float64)


def _first_epoch(generator: Generator, scene: Scene, period: float) -> float:
    """A first transit after the first day of Q1 that the telescope does not miss."""
    calendar = scene.calendar
    start = calendar.time[0] + 11.0
    for epoch in generator.uniform(start, start + min(period, 1200.0), 8).tolist():
        if calendar.usable[min(np.searchsorted(calendar.time, epoch), len(calendar) - 1)]:
            break
    return float(epoch)


def _faintest_phase(calendar: Calendar, change: Floats, period: float, duration: float) -> float:
    """The first time at which the folded change is lowest over a duration."""
    bins = max(int(period / duration * 2), 4)
    place = ((calendar.time - calendar.time[0]) % period / period * bins).astype(np.int64)
    mean = np.bincount(place, change, bins) / np.maximum(np.bincount(place, minlength=bins), 1)
    return float(calendar.time[0] + (np.argmin(mean) + 0.5) * period / bins)


def _log_uniform(generator: Generator, low: float, high: float) -> float:
    return float(np.exp(generator.uniform(np.log(low), np.log(high))))


def _any_impact(generator: Generator) -> float:
    """What a transit fit finds where there is no transit."""
    return float(generator.uniform(0, 1))


DRAW: dict[Kind, Callable[[Generator, Scene, float], Signal]] = {
    "planet": draw_planet,
    "binary": draw_binary,
    "variable": draw_variable,
    "glitch": draw_glitch,
}
"""How each kind of signal is drawn, for a signal-to-noise ratio; noise is only searched for."""
