"""Simulated signals: planets, eclipsing binaries, variable stars and instrumental glitches."""

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
    a_over_rstar,
    binary,
    transit,
)

Kind = Literal["planet", "binary", "variable", "glitch", "noise"]


@dataclass(frozen=True)
class Star:
    """Main-sequence or slightly evolved star.

    Attributes:
        magnitude: Kepler magnitude Kp.
        temperature: Effective temperature [K].
        mass: Mass [solar masses].
        radius: Radius [solar radii].
    """

    magnitude: float
    temperature: float
    mass: float
    radius: float

    @property
    def density(self) -> float:
        """Mean density [solar densities]."""
        return self.mass / self.radius**3

    @property
    def log_gravity(self) -> float:
        """Logarithm of the surface gravity, log10(g / (cm/s²))."""
        return float(4.438 + np.log10(self.mass / self.radius**2))

    @property
    def limb(self) -> LimbDarkening:
        """Kepler-band limb darkening (fit to Claret & Bloemen 2011, linear in temperature)."""
        cooler = (5777 - self.temperature) / 1000
        return LimbDarkening(u1=0.40 + 0.12 * cooler, u2=0.26 - 0.09 * cooler)


@dataclass(frozen=True)
class Scene:
    """Conditions for which a signal is drawn: a star, an observing calendar and a noise level.

    Attributes:
        star: Properties of the star.
        calendar: Observing calendar.
        scatter: Standard deviation of the white and red noise per cadence, relative to the flux.
    """

    star: Star
    calendar: Calendar
    scatter: float

    def depth_of(self, snr: float, period: float, duration: float) -> float:
        """Return the relative depth of transits that have a given SNR.

        The transits are assumed to contain at least three cadences in total.

        Args:
            snr: Signal-to-noise ratio of all transits together.
            period: Period of the transits [d].
            duration: Duration of a transit [d].
        """
        inside = self.calendar.usable.sum() * duration / period
        return float(snr * self.scatter / np.sqrt(max(inside, 3.0)))


@dataclass(frozen=True, eq=False)
class Signal:
    """Simulated signal in a light curve.

    Attributes:
        kind: Type of the signal.
        change: Relative flux change [n].
        ephemeris: Ephemeris at which a search would find the signal, without measurement errors.
            For a binary of two similar stars, the period is half the orbital period.
        impact_parameter: Impact parameter that a transit fit would find.
        blended: Whether the light of other stars dilutes the eclipses.
    """

    kind: Kind
    change: Floats
    ephemeris: Ephemeris
    impact_parameter: float
    blended: bool = False


def draw_star(generator: Generator) -> Star:
    """Draw a star that is similar to Kepler's targets, most of which are faint and Sun-like."""
    temperature = float(np.clip(generator.normal(5650, 550), 3900, 7000))
    mass = float((temperature / 5777) ** 1.8)
    evolution = 1 + generator.exponential(0.25)
    magnitude = float(generator.triangular(11.0, 15.5, 16.0))
    return Star(magnitude, temperature, mass, float(mass**0.9 * min(evolution, 2.5)))


def draw_planet(generator: Generator, scene: Scene, snr: float) -> Signal:
    """Draw the signal of a transiting planet whose radius is chosen to give the requested SNR.

    The radius ratio is limited to the range from 0.004 to 0.2, so the actual SNR may differ.
    """
    near = generator.random() < 0.6
    period = _log_uniform(generator, 0.8, 30.0) if near else _log_uniform(generator, 30.0, 450.0)
    impact = float(generator.uniform(0, 0.9))
    # On eccentric orbits, transits are shorter or longer than on a circular orbit.
    axis = a_over_rstar(period, scene.star.density) * float(np.exp(generator.normal(0, 0.15)))
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
    """Draw the signal of an eclipsing binary.

    The type is random: an undiluted binary, a binary blended with other stars, a star with a small
    companion, or two similar stars. The eclipses of two similar stars are nearly equal, so a search
    finds half the orbital period. `snr` does not affect an undiluted binary; a signal of any other
    type is weakened, if necessary, until its SNR is a random multiple of `snr`.
    """
    look = generator.choice(["bare", "blend", "small", "twins"], p=[0.28, 0.38, 0.08, 0.26])
    twins, small = look == "twins", look == "small"
    period = _log_uniform(generator, 0.7, 60.0)
    low, high = {"twins": (0.8, 1.0), "small": (0.08, 0.22)}.get(str(look), (0.3, 1.0))
    ratio = float(generator.uniform(low, high))
    brightness = generator.uniform(0.6 if twins else 0.05, 1.0)
    impact = float(generator.uniform(0, 1.0 if small else 0.95 * (1 + ratio)))
    density = scene.star.density * float(np.exp(generator.normal(0, 0.5)))
    axis = max(a_over_rstar(period, density), 1.4 * (1 + ratio))
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
        # Detected eclipses usually have a higher SNR than transits.
        snr *= float(generator.lognormal(0.6, 0.4))
        change *= min(scene.depth_of(snr, found, duration) / max(float(np.ptp(change)), 1e-9), 1)
    ephemeris = Ephemeris(found, orbit.epoch, duration)
    return Signal("binary", change, ephemeris, impact, blended=look == "blend")


def draw_variable(generator: Generator, scene: Scene, snr: float) -> Signal:
    """Draw the signal of a pulsating or spotted star whose variability survives detrending.

    The period, 0.4 to 6 d, is too short for detrending to remove the variability.
    """
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
    # The depth in a box of one transit duration is about 0.7 standard deviations of the wave.
    change *= scene.depth_of(snr, period, duration) / (0.7 * float(np.std(change)))
    return Signal("variable", change, Ephemeris(period, epoch, duration), _random_impact(generator))


def draw_glitch(generator: Generator, scene: Scene, snr: float) -> Signal:
    """Draw the signal of one to three glitches that a search mistakes for long-period transits."""
    calendar = scene.calendar
    period = _log_uniform(generator, 60.0, 650.0)
    duration = float(generator.uniform(0.15, 0.9))
    epoch = _first_epoch(generator, scene, period)
    transits = np.arange(epoch, calendar.time[-1], period)
    depth = scene.depth_of(snr, period, duration)
    change = np.zeros(len(calendar))
    affected = transits[: int(generator.integers(1, 4))]
    for middle in affected:
        size = depth * generator.uniform(0.6, 1.4) * len(transits) / len(affected)
        change += size * _glitch(generator, calendar.time - middle, duration)
    return Signal("glitch", change, Ephemeris(period, epoch, duration), _random_impact(generator))


def _glitch(generator: Generator, time: Floats, duration: float) -> Floats:
    """Draw a glitch around time 0, and return its flux change [n], about −1 at the deepest point.

    The glitch is a dropout, a ramp, a temporary step or an oscillation.
    """
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
    """Draw the time [d] of the first transit after the start of Q1, outside gaps if possible."""
    calendar = scene.calendar
    start = calendar.time[0] + 11.0
    for epoch in generator.uniform(start, start + min(period, 1200.0), 8).tolist():
        if calendar.usable[min(np.searchsorted(calendar.time, epoch), len(calendar) - 1)]:
            break
    return float(epoch)


def _faintest_phase(calendar: Calendar, change: Floats, period: float, duration: float) -> float:
    """Return the first time [d] at which the phase-folded flux change has its minimum."""
    bins = max(int(period / duration * 2), 4)
    place = ((calendar.time - calendar.time[0]) % period / period * bins).astype(np.int64)
    mean = np.bincount(place, change, bins) / np.maximum(np.bincount(place, minlength=bins), 1)
    return float(calendar.time[0] + (np.argmin(mean) + 0.5) * period / bins)


def _log_uniform(generator: Generator, low: float, high: float) -> float:
    return float(np.exp(generator.uniform(np.log(low), np.log(high))))


def _random_impact(generator: Generator) -> float:
    """Draw the impact parameter that a transit fit would find for a signal without transits."""
    return float(generator.uniform(0, 1))


DRAW: dict[Kind, Callable[[Generator, Scene, float], Signal]] = {
    "planet": draw_planet,
    "binary": draw_binary,
    "variable": draw_variable,
    "glitch": draw_glitch,
}
"""Function that draws each kind of signal, given a random number generator, a scene and an SNR.

There is no function for the kind "noise": events of this kind are found by searching a light curve
without signals.
"""
