"""Variability of the star with the period of a signal (the SWEET test of Kepler's Robovetter)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import in_transit
from astronet.vetting.measuring import starts_of

FACTORS = (1 / 3, 0.5, 2 / 3, 1.0, 2.0)
"""Periods of the sinusoids, relative to that of the signal."""

LONGEST = 10.0
"""Longest period of a sinusoid [d]; slower variability is removed by detrending."""

_MASK = 1.2  # width of the masked transits, in durations
_NEIGHBOURS = 20
"""Number of frequencies next to that of the sinusoid whose amplitudes measure the noise."""

_NEAREST, _SPACING = 3.0, 1.5
"""Distance of the nearest of them, and of adjacent ones, in units of 1 / time span."""


@dataclass(frozen=True)
class Sinusoid:
    """Sinusoid fitted to the light curve without transits, before it is detrended.

    Attributes:
        period: Period of the sinusoid [d].
        amplitude: Amplitude, as a fraction of the flux.
        error: Root mean square amplitude at neighbouring frequencies.
        probability: Probability that noise has at least this amplitude, which is exp(−A² / error²)
            for noise whose power varies little between the frequencies.
    """

    period: float
    amplitude: float
    error: float
    probability: float


def sinusoids(
    curve: LightCurve, ephemeris: Ephemeris, others: Sequence[Ephemeris] = ()
) -> tuple[Sinusoid, ...]:
    """Fit sinusoids with a third, half, two thirds, once and twice the period, and return them.

    Periods above 10 d are left out. The transits of all events are masked, and each quarter or
    sector is divided by its median, and a fitted parabola is removed (Thompson et al. 2018).

    Args:
        curve: Light curve, not detrended.
        ephemeris: Ephemeris of the signal.
        others: Ephemerides of the star's other events.
    """
    periods = [factor * ephemeris.period for factor in FACTORS]
    periods = [period for period in periods if period <= LONGEST]
    if not periods:
        return ()
    masked = np.zeros(len(curve), np.bool_)
    for event in (ephemeris, *others):
        masked |= in_transit(curve.time, event, _MASK)
    time, flux = _without_slow_trends(curve, ~masked)
    if len(time) < 20:
        return ()
    span = float(np.ptp(time))
    return tuple(_sinusoid(time, flux, period, span) for period in periods if period < span / 2)


def _sinusoid(time: Floats, flux: Floats, period: float, span: float) -> Sinusoid:
    steps = _NEAREST + _SPACING * np.arange(_NEIGHBOURS // 2)
    frequencies = 1 / period + np.concatenate([-steps[::-1], steps]) / span
    frequencies = frequencies[frequencies > 0.5 / period]
    amplitude = _amplitude(time, flux, 1 / period)
    around = np.array([_amplitude(time, flux, frequency) for frequency in frequencies])
    error = float(np.sqrt(np.mean(around**2))) if len(around) else 0.0
    probability = float(np.exp(-((amplitude / error) ** 2))) if error > 0 else 1.0
    return Sinusoid(period, amplitude, error, probability)


def _amplitude(time: Floats, flux: Floats, frequency: float) -> float:
    """Return the amplitude of a sinusoid that is fitted to fluxes whose mean is 0."""
    angle = 2 * np.pi * frequency * time
    sine, cosine = np.sin(angle), np.cos(angle)
    matrix = np.array([[sine @ sine, sine @ cosine], [sine @ cosine, cosine @ cosine]])
    if np.linalg.det(matrix) <= 1e-12 * len(time) ** 2:
        return 0.0
    return float(np.hypot(*np.linalg.solve(matrix, np.array([sine @ flux, cosine @ flux]))))


def _without_slow_trends(curve: LightCurve, used: Bools) -> tuple[Floats, Floats]:
    """Return the times and fluxes of the used points, each segment without a parabola."""
    times, fluxes = [], []
    starts = starts_of(curve.segment)
    for begin, end in pairwise(starts):
        chosen = used[begin:end]
        if chosen.sum() < 10:
            continue
        time, flux = curve.time[begin:end][chosen], curve.flux[begin:end][chosen]
        level = float(np.median(flux))
        if level <= 0:
            continue
        flux = flux / level - 1
        limit = 5 * 1.4826 * float(np.median(np.abs(flux - np.median(flux))))
        good = np.abs(flux - np.median(flux)) <= max(limit, 1e-12)
        place = (time - time.mean()) / max(float(np.ptp(time)), 1e-9)
        trend = np.polynomial.Polynomial.fit(place[good], flux[good], 2)
        times.append(time[good])
        fluxes.append((flux - trend(place))[good])
    if not times:
        return np.zeros(0), np.zeros(0)
    return np.concatenate(times), np.concatenate(fluxes)
