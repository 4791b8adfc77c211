"""Simulated stars with known vetting statistics, for `benchmarks.vetting`."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.random import Generator

from astronet.lightcurves import Ephemeris, LightCurve
from astronet.lightcurves.arrays import Floats
from astronet.simulation import centroids
from astronet.simulation.calendar import Calendar
from astronet.simulation.kepler_calendar import kepler_calendar
from astronet.simulation.signals import Scene, Star, draw_binary, draw_star
from astronet.simulation.star import observe_signal
from astronet.simulation.transits import LimbDarkening, Orbit, a_over_rstar, transit
from astronet.vetting.stellar import Stellar

Kind = Literal["planet", "altered", "binary"]

_QUARTERS = range(9)
"""Quarters that are simulated."""


@dataclass(frozen=True, eq=False)
class Case:
    """Simulated star with one signal and its true statistics; NaN if they do not apply.

    Attributes:
        kind: "planet", "altered" (a planet's transits with different odd and even depths, a
            secondary eclipse and a centroid offset) or "binary".
        curve: Light curve with centroids.
        ephemeris: Ephemeris as a search would report it.
        stellar: Radius, mass and density of the star.
        depth: Depth at mid-transit.
        odd_even: Difference of the depths of odd and even transits.
        secondary: Depth and orbital phase of the secondary eclipse.
        source: Offset of the source toward east and north [arcsec].
    """

    kind: Kind
    curve: LightCurve
    ephemeris: Ephemeris
    stellar: Stellar
    depth: float
    odd_even: float
    secondary: tuple[float, float]
    source: tuple[float, float]


@cache
def short_calendar() -> Calendar:
    """Return the first nine quarters of Kepler's calendar."""
    calendar = kepler_calendar()
    first, last = calendar.rows(_QUARTERS[0]).start, calendar.rows(_QUARTERS[-1]).stop
    quarters = tuple(each for each in calendar.quarters if each[0] in _QUARTERS)
    start = calendar.first_cadence + first
    gaps = tuple(gap for gap in calendar.gaps if start <= gap[0] and gap[1] < start + last - first)
    return Calendar(
        calendar.time[first:last],
        calendar.correction[first:last],
        start,
        calendar.exposure,
        quarters,
        gaps,
    )


def draw_case(seed: int, kind: Kind) -> Case:
    """Draw a simulated star whose random numbers are determined by a seed."""
    generator = np.random.default_rng([20261127, seed])
    calendar, star = short_calendar(), draw_star(generator)
    stellar = Stellar(star.radius, star.mass)
    snr = float(8 + generator.lognormal(2.7, 1.0))
    scatter = 1.2 * 1e-4 * 10 ** (0.2 * (star.magnitude - 12))
    if kind == "binary":
        signal = draw_binary(generator, Scene(star, calendar, scatter), snr)
        source = centroids.draw_source(generator) if signal.blended else (0.0, 0.0)
        nothing = (float("nan"), float("nan"))
        true = signal.ephemeris
        change, truth = signal.change, (float("nan"), float("nan"), nothing)
    else:
        change, true, truth = _planet(generator, star, calendar, scatter, snr, kind == "altered")
        far = kind == "altered" and generator.random() < 0.7
        source = centroids.draw_source(generator) if far else (0.0, 0.0)
    observed = observe_signal(generator, calendar, star, change)
    shift = centroids.centroid_shift(change, source)
    pixels = centroids.draw_centroids(generator, calendar, shift, scatter)
    keep = np.isfinite(observed.corrected)
    curve = LightCurve(
        seed,
        calendar.time[keep],
        observed.corrected[keep],
        calendar.quarter[keep],
        centroid=pixels.centroid[keep],
        position=pixels.position[keep],
        orientation={q: centroids.orientation(q) for q, _, _ in calendar.quarters},
    )
    found = _reported(generator, true, snr, calendar)
    return Case(kind, curve, found, stellar, *truth, source)


def _planet(
    generator: Generator, star: Star, calendar: Calendar, scatter: float, snr: float, altered: bool
) -> tuple[Floats, Ephemeris, tuple[float, float, tuple[float, float]]]:
    """Draw a planet's transits; altered ones have known odd and even depths and a secondary."""
    span = float(np.ptp(calendar.time))
    period = float(np.exp(generator.uniform(np.log(1.0), np.log(span / 5))))
    impact = float(generator.uniform(0, 0.9))
    axis = max(a_over_rstar(period, star.density) * float(np.exp(generator.normal(0, 0.15))), 2.0)
    epoch = float(calendar.time[0] + generator.uniform(0, period))
    orbit = Orbit(period, epoch, 0.05, impact, axis)
    inside = max(calendar.usable.sum() * orbit.duration / period, 3.0)
    ratio = float(np.clip(np.sqrt(snr * scatter / np.sqrt(inside)), 0.004, 0.15))
    orbit = Orbit(period, epoch, ratio, impact, axis)
    change = transit(calendar.time, orbit, star.limb, calendar.exposure)
    depth = -float(transit(np.array([epoch]), orbit, star.limb, 1e-4)[0])
    true = Ephemeris(period, epoch, orbit.duration)
    if not altered:
        return change, true, (depth, 0.0, (0.0, float("nan")))
    number = np.round((calendar.time - epoch) / period).astype(np.int64)
    contrast = float(generator.uniform(0, 0.4)) if generator.random() < 0.7 else 0.0
    change *= 1 + contrast / 2 * np.where(number % 2 == 1, 1, -1)
    phase = 0.5 if generator.random() < 0.3 else float(generator.uniform(0.2, 0.8))
    fraction = float(generator.uniform(0.1, 0.9))
    behind = Orbit(period, epoch + phase * period, ratio, impact, axis)
    dark = LimbDarkening(0.0, 0.0)
    eclipse = transit(calendar.time, behind, dark, calendar.exposure)
    full = -float(transit(np.array([behind.epoch]), behind, dark, 1e-4)[0])
    change += eclipse * (fraction * depth / full)
    return change, true, (depth, contrast * depth, (fraction * depth, (phase + 0.5) % 1 - 0.5))


def _reported(generator: Generator, true: Ephemeris, snr: float, calendar: Calendar) -> Ephemeris:
    """Return the ephemeris that a search would report, with random errors."""
    epoch_error = true.duration / snr / 2
    transits = max(float(np.ptp(calendar.time)) / true.period, 1.0)
    duration = true.duration * float(np.exp(generator.normal(0, 0.08)))
    return Ephemeris(
        true.period + epoch_error / transits * float(generator.standard_normal()),
        true.epoch + epoch_error * float(generator.standard_normal()),
        min(duration, 0.9 * true.period),
    )
