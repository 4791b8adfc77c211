"""The light of a star while another body passes before it: planets and eclipsing binaries."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from exoplanet_core import quad_limbdark_light_curve

from astronet.lightcurves.arrays import Floats

_PROFILE_POINTS = 1001  # over half a transit; the exposure's integral is exact between them


class LimbDarkening(NamedTuple):
    """The quadratic law I(μ) = 1 − u1 (1 − μ) − u2 (1 − μ)²."""

    u1: float
    u2: float


@dataclass(frozen=True)
class Orbit:
    """A circular orbit across a star's disc.

    Attributes:
        period: Orbital period [d].
        epoch: Time of the middle of a transit [d].
        ratio: Radius of the body in front over that of the star behind.
        impact: Distance of the transit's middle from the disc's centre [radii of the star].
        scaled_axis: Semi-major axis [radii of the star].
    """

    period: float
    epoch: float
    ratio: float
    impact: float
    scaled_axis: float

    @property
    def duration(self) -> float:
        """From first to last contact [d] (Winn 2010, equation 14)."""
        chord = math.sqrt(max((1 + self.ratio) ** 2 - self.impact**2, 1e-12))
        sine_inclination = math.sqrt(1 - (self.impact / self.scaled_axis) ** 2)
        return (
            self.period / math.pi * math.asin(min(chord / self.scaled_axis / sine_inclination, 1))
        )


def scaled_axis(period: float, density: float) -> float:
    """Semi-major axis in stellar radii, by Kepler's third law (Winn 2010, equation 30).

    Args:
        period: Orbital period [d].
        density: Mean density of the star [solar].
    """
    return float(4.2083 * period ** (2 / 3) * density ** (1 / 3))


def transit(time: Floats, orbit: Orbit, limb: LimbDarkening, exposure: float) -> Floats:
    """Light that the transits of an orbit take away [n], as a fraction of the star's: ≤ 0.

    Limb darkening as Agol, Luger & Foreman-Mackey 2020; the mean over each exposure [d] comes
    from the integral of the instantaneous profile.
    """
    lost = np.zeros(len(time))
    half = orbit.duration / 2 + exposure
    phase = np.abs((time - orbit.epoch + orbit.period / 2) % orbit.period - orbit.period / 2)
    inside = np.flatnonzero(phase < half)
    grid = np.linspace(0, half + exposure, _PROFILE_POINTS)
    angle = 2 * np.pi * grid / orbit.period
    distance = np.hypot(orbit.scaled_axis * np.sin(angle), orbit.impact * np.cos(angle))
    profile = quad_limbdark_light_curve(limb.u1, limb.u2, distance, np.array(orbit.ratio))
    step = grid[1]
    area = np.concatenate([[0.0], np.cumsum((profile[1:] + profile[:-1]) / 2 * step)])
    edges = phase[inside, None] + np.array([-exposure / 2, exposure / 2])
    # The profile is even, so its integral is odd.
    integral = np.sign(edges) * np.interp(np.abs(edges), grid, area)
    lost[inside] = (integral[:, 1] - integral[:, 0]) / exposure
    return lost


@dataclass(frozen=True)
class Binary:
    """Two stars that eclipse one another, perhaps blended with the light of a third.

    Attributes:
        orbit: Of the smaller star before the larger; its transits are the primary eclipses.
        limb: Limb darkening of the larger star.
        brightness: Surface brightness of the smaller star over that of the larger.
        secondary_phase: Phase of the secondary eclipse; 0.5 on a circular orbit.
        ellipsoidal: Amplitude of the light of their tides, a fraction of the larger star's.
        dilution: The binary's share of all light in the aperture.
    """

    orbit: Orbit
    limb: LimbDarkening
    brightness: float
    secondary_phase: float = 0.5
    ellipsoidal: float = 0.0
    dilution: float = 1.0


def binary(time: Floats, stars: Binary, exposure: float) -> Floats:
    """Light that a binary's eclipses and tides take away [n], as a fraction of all light."""
    orbit = stars.orbit
    companion = stars.brightness * orbit.ratio**2
    primary = transit(time, orbit, stars.limb, exposure)
    behind = Orbit(
        period=orbit.period,
        epoch=orbit.epoch + stars.secondary_phase * orbit.period,
        ratio=1 / orbit.ratio,
        impact=orbit.impact / orbit.ratio,
        scaled_axis=orbit.scaled_axis / orbit.ratio,
    )
    secondary = transit(time, behind, LimbDarkening(0.0, 0.0), exposure)
    tides = -stars.ellipsoidal * np.cos(4 * np.pi * (time - orbit.epoch) / orbit.period)
    change = (primary + tides + companion * secondary) / (1 + companion)
    return np.asarray(stars.dilution * change, np.float64)
