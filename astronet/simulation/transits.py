"""Transit and eclipse models of planets and eclipsing binaries."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from exoplanet_core import quad_limbdark_light_curve

from astronet.lightcurves.arrays import Floats

_PROFILE_POINTS = 1001  # of the grid on which the profile of half a transit is integrated


class LimbDarkening(NamedTuple):
    """Quadratic limb-darkening law I(μ) / I(1) = 1 − u1 (1 − μ) − u2 (1 − μ)²."""

    u1: float
    u2: float


@dataclass(frozen=True)
class Orbit:
    """Circular orbit of a transiting or eclipsing body.

    Attributes:
        period: Orbital period [d].
        epoch: Mid-transit time of any transit [d].
        radius_ratio: Radius of the transiting body in stellar radii.
        impact_parameter: Projected distance from the centre of the star at mid-transit, in stellar
            radii.
        a_over_rstar: Semi-major axis in stellar radii.
    """

    period: float
    epoch: float
    radius_ratio: float
    impact_parameter: float
    a_over_rstar: float

    @property
    def duration(self) -> float:
        """Time from first to last contact [d] (Winn 2010, eq. 14); near 0 if no transit occurs."""
        chord = math.sqrt(max((1 + self.radius_ratio) ** 2 - self.impact_parameter**2, 1e-12))
        sine_inclination = math.sqrt(1 - (self.impact_parameter / self.a_over_rstar) ** 2)
        sine = chord / self.a_over_rstar / sine_inclination
        return self.period / math.pi * math.asin(min(sine, 1))


def a_over_rstar(period: float, density: float) -> float:
    """Return the semi-major axis in stellar radii by Kepler's third law (Winn 2010, equation 30).

    Args:
        period: Orbital period [d].
        density: Mean density of the star [solar densities].
    """
    return float(4.2083 * period ** (2 / 3) * density ** (1 / 3))


def transit(time: Floats, orbit: Orbit, limb: LimbDarkening, exposure: float) -> Floats:
    """Return the relative flux change [n] (≤ 0) caused by transits, averaged over each exposure.

    The limb-darkened transit profile is computed as in Agol, Luger & Foreman-Mackey 2020. The mean
    over each exposure is computed from the cumulative integral of the profile.

    Args:
        time: Mid-exposure times [n] [d].
        orbit: Orbit of the transiting body.
        limb: Limb darkening of the star.
        exposure: Exposure time [d].
    """
    change = np.zeros(len(time))
    half = orbit.duration / 2 + exposure
    phase = np.abs((time - orbit.epoch + orbit.period / 2) % orbit.period - orbit.period / 2)
    inside = np.flatnonzero(phase < half)
    grid = np.linspace(0, half + exposure, _PROFILE_POINTS)
    angle = 2 * np.pi * grid / orbit.period
    distance = np.hypot(orbit.a_over_rstar * np.sin(angle), orbit.impact_parameter * np.cos(angle))
    profile = quad_limbdark_light_curve(limb.u1, limb.u2, distance, np.array(orbit.radius_ratio))
    step = grid[1]
    area = np.concatenate([[0.0], np.cumsum((profile[1:] + profile[:-1]) / 2 * step)])
    edges = phase[inside, None] + np.array([-exposure / 2, exposure / 2])
    # The profile is an even function of time, so its integral is odd.
    integral = np.sign(edges) * np.interp(np.abs(edges), grid, area)
    change[inside] = (integral[:, 1] - integral[:, 0]) / exposure
    return change


@dataclass(frozen=True)
class Binary:
    """Eclipsing binary, possibly blended with other stars.

    Attributes:
        orbit: Orbit of the smaller star, whose transits are the primary eclipses.
        limb: Limb darkening of the larger star.
        brightness: Surface brightness of the smaller star relative to that of the larger star.
        secondary_phase: Orbital phase of the middle of the secondary eclipse, counted from the
            middle of the primary eclipse; 0.5 for a circular orbit.
        ellipsoidal: Amplitude of the ellipsoidal variation relative to the flux of the larger star.
        dilution: Fraction of the flux in the aperture that comes from the binary.
    """

    orbit: Orbit
    limb: LimbDarkening
    brightness: float
    secondary_phase: float = 0.5
    ellipsoidal: float = 0.0
    dilution: float = 1.0


def binary(time: Floats, stars: Binary, exposure: float) -> Floats:
    """Return the relative flux change [n] caused by eclipses and ellipsoidal variation.

    The eclipses are averaged over each exposure. Limb darkening is ignored in secondary eclipses.

    Args:
        time: Mid-exposure times [n] [d].
        stars: Properties of the binary.
        exposure: Exposure time [d].
    """
    orbit = stars.orbit
    companion = stars.brightness * orbit.radius_ratio**2
    primary = transit(time, orbit, stars.limb, exposure)
    behind = Orbit(
        period=orbit.period,
        epoch=orbit.epoch + stars.secondary_phase * orbit.period,
        radius_ratio=1 / orbit.radius_ratio,
        impact_parameter=orbit.impact_parameter / orbit.radius_ratio,
        a_over_rstar=orbit.a_over_rstar / orbit.radius_ratio,
    )
    secondary = transit(time, behind, LimbDarkening(0.0, 0.0), exposure)
    tides = -stars.ellipsoidal * np.cos(4 * np.pi * (time - orbit.epoch) / orbit.period)
    change = (primary + tides + companion * secondary) / (1 + companion)
    return np.asarray(stars.dilution * change, np.float64)
