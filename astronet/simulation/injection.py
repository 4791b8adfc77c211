"""Injection of transits with a known signal-to-noise ratio into real light curves."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from scipy.optimize import brentq

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Ints
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import in_transit
from astronet.simulation.transits import LimbDarkening, Orbit, a_over_rstar, transit

SUN = LimbDarkening(0.40, 0.26)
"""Limb darkening of the Sun in the Kepler band (Claret & Bloemen 2011)."""

_MAD_TO_SIGMA = 1.4826  # for a normal distribution: 1 / Φ⁻¹(3/4)
_RATIOS = (1e-5, 0.5)  # smallest and largest radius ratio
_TRIES = 1000  # maximum number of draws of an orbit


@dataclass(frozen=True)
class InjectionRange:
    """Distribution of injected transit signals; each pair is the lower and the upper limit.

    Attributes:
        period: Period [d], uniform in the logarithm.
        snr: Signal-to-noise ratio, uniform.
        density: Mean density of the star [solar densities], uniform in the logarithm.
        impact_parameter: Impact parameter, uniform.
        min_transits: Minimum number of observed transits.
        limb: Limb darkening of the star; by default, that of the Sun in the Kepler band.
    """

    period: tuple[float, float] = (0.5, 400.0)
    snr: tuple[float, float] = (6.0, 20.0)
    density: tuple[float, float] = (0.2, 3.0)
    impact_parameter: tuple[float, float] = (0.0, 0.9)
    min_transits: int = 3
    limb: LimbDarkening = SUN


@dataclass(frozen=True)
class Injection:
    """Transit signal of a planet, for injection into a light curve.

    Attributes:
        orbit: Orbit of the planet.
        limb: Limb darkening of the star.
        exposure: Exposure time of the light curve [d].
        snr: Signal-to-noise ratio of all transits together; see `signal_to_noise`.
        transits: Number of observed transits.
    """

    orbit: Orbit
    limb: LimbDarkening
    exposure: float
    snr: float
    transits: int

    @property
    def ephemeris(self) -> Ephemeris:
        """Period, epoch, and duration from first to last contact."""
        return Ephemeris(self.orbit.period, self.orbit.epoch, self.orbit.duration)


def inject(curve: LightCurve, injection: Injection) -> LightCurve:
    """Return the light curve multiplied by the transits of a planet.

    Args:
        curve: Light curve that is not detrended, so that detrending affects the transits as it
            affects those of a real planet.
        injection: Signal of the planet.
    """
    change = transit(curve.time, injection.orbit, injection.limb, injection.exposure)
    return curve.with_flux(curve.flux * (1 + change))


def draw_injection(
    generator: Generator, flat: LightCurve, limits: InjectionRange | None = None
) -> Injection:
    """Draw a planet whose radius gives exactly the signal-to-noise ratio that was drawn.

    Orbits with too few observed transits are drawn again, with another period.

    Args:
        generator: Random number generator.
        flat: Detrended light curve of the star without the transits of its known planets; it
            determines the noise and the observed transits.
        limits: Distribution of the signals; by default `InjectionRange()`.

    Raises:
        LightCurveError: No orbit in the range has enough observed transits, or no planet is large
            enough to give the signal-to-noise ratio.
    """
    limits = limits or InjectionRange()
    exposure = cadence(flat)
    snr = float(generator.uniform(*limits.snr))
    for _ in range(_TRIES):
        orbit = _draw_orbit(generator, flat, limits)
        if (transits := _observed_transits(flat, orbit, exposure)) >= limits.min_transits:
            drawn = Injection(orbit, limits.limb, exposure, snr, transits)
            return _scaled(flat, drawn)
    raise LightCurveError(
        f"star {flat.star}: none of {_TRIES} random orbits with periods from "
        f"{limits.period[0]:g} d to {limits.period[1]:g} d has {limits.min_transits} observed "
        "transits; give a shorter range of periods"
    )


def signal_to_noise(flat: LightCurve, injection: Injection) -> float:
    """Return the signal-to-noise ratio of all transits together.

    It is √(Σ m²) / σ, with m the flux change at each point of the light curve, and σ the noise per
    point on the time scale of the transits, which includes red noise; see `noise_per_point`. The
    time scale is the time that the centre of the planet spends on the disc of the star.

    Args:
        flat: Detrended light curve without the signal.
        injection: Signal of the planet.
    """
    return _strength(flat, injection) / _noise(flat, injection)


def _strength(flat: LightCurve, injection: Injection) -> float:
    """Return the root of the sum of the squared flux changes."""
    change = transit(flat.time, injection.orbit, injection.limb, injection.exposure)
    return float(np.sqrt(np.sum(change**2)))


def _noise(flat: LightCurve, injection: Injection) -> float:
    """Return the noise per point on the time scale of the transits."""
    return noise_per_point(flat, replace(injection.orbit, radius_ratio=0.0).duration)


def noise_per_point(flat: LightCurve, duration: float) -> float:
    """Return the standard deviation of the noise per point, measured over one duration.

    It is the robust standard deviation of the means of the fluxes in windows of one duration, each
    multiplied by the square root of the number of its points. For white noise, it equals the
    standard deviation of the points; red noise increases it (Pont, Zucker & Queloz 2006, §2.3).
    Windows with fewer than half of their points are not used.

    Args:
        flat: Detrended light curve; its flux is close to 1.
        duration: Length of the windows [d].

    Raises:
        LightCurveError: The light curve has fewer than two windows.
    """
    starts = np.flatnonzero(np.diff(flat.segment, prepend=-1))
    since = flat.time - flat.time[starts][flat.segment]
    window = np.floor(since / max(duration, 1e-9)).astype(np.int64)
    number = np.cumsum((np.diff(window, prepend=-1) != 0) | (np.diff(flat.segment, prepend=-1) > 0))
    count = np.bincount(number)
    total = np.bincount(number, flat.flux - 1)
    used = count >= max(0.5 * duration / cadence(flat), 1)
    if used.sum() < 2:
        raise LightCurveError(
            f"star {flat.star}: no two intervals of {duration:g} d are at least half full, so the "
            "noise cannot be measured; give a shorter duration, or exclude this star"
        )
    scaled = total[used] / np.sqrt(count[used])
    return float(_MAD_TO_SIGMA * np.median(np.abs(scaled - np.median(scaled))))


def cadence(curve: LightCurve) -> float:
    """Return the median time between adjacent points of the same segment [d].

    Raises:
        LightCurveError: No two points are in the same segment.
    """
    step = np.diff(curve.time)[np.diff(curve.segment) == 0]
    if len(step) == 0:
        raise LightCurveError(
            f"star {curve.star}: no two points are in the same segment; exclude this star"
        )
    return float(np.median(step))


def _draw_orbit(generator: Generator, flat: LightCurve, limits: InjectionRange) -> Orbit:
    """Draw an orbit; the radius ratio is that of a point, and the epoch in the first period."""
    period, density = (
        float(np.exp(generator.uniform(*np.log(limit))))
        for limit in (limits.period, limits.density)
    )
    impact = float(generator.uniform(*limits.impact_parameter))
    epoch = float(flat.time.min() + generator.uniform(0, period))
    axis = max(a_over_rstar(period, density), 1.5)
    return Orbit(period, epoch, 0.0, impact, axis)


def _observed_transits(flat: LightCurve, orbit: Orbit, exposure: float) -> int:
    """Return the number of transits of which at least half of the points are observed."""
    width = max(orbit.duration, exposure)
    near = flat.time[in_transit(flat.time, Ephemeris(orbit.period, orbit.epoch, width))]
    numbers: Ints = np.round((near - orbit.epoch) / orbit.period).astype(np.int64)
    if len(numbers) == 0:
        return 0
    count = np.bincount(numbers - numbers.min())
    return int((count >= max(math.floor(0.5 * width / exposure), 1)).sum())


def _scaled(flat: LightCurve, injection: Injection) -> Injection:
    """Return the injection with the radius ratio that gives its signal-to-noise ratio.

    Raises:
        LightCurveError: No radius ratio up to 0.5 gives the signal-to-noise ratio.
    """

    def with_ratio(ratio: float) -> Injection:
        return replace(injection, orbit=replace(injection.orbit, radius_ratio=ratio))

    def excess(log_ratio: float) -> float:
        return _strength(flat, with_ratio(math.exp(log_ratio))) / wanted - 1

    wanted = injection.snr * _noise(flat, injection)
    low, high = map(math.log, _RATIOS)
    if excess(high) < 0:
        raise LightCurveError(
            f"star {flat.star}: no planet with a period of {injection.orbit.period:g} d has a "
            f"signal-to-noise ratio of {injection.snr:g}; the light curve is too noisy"
        )
    return with_ratio(math.exp(float(brentq(excess, low, high, xtol=1e-9))))
