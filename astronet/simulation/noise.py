"""What a light curve holds besides the signal: photons, spots, the instrument."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from scipy.signal import lfilter

from astronet.lightcurves.arrays import Floats, Ints
from astronet.simulation.calendar import Calendar

COSMIC_RAY = 1 << 7
"""SAP_QUALITY: a cosmic ray in the optimal aperture (Kepler Archive Manual, table 2-3)."""
DROPOUT = 1 << 10
"""SAP_QUALITY: a sudden loss of a pixel's sensitivity, corrected."""
EXCLUDED = 1 << 8
"""SAP_QUALITY: left out by hand."""
NO_DATA = 1 << 16
"""SAP_QUALITY: nothing was collected or sent."""


def photon_flux(magnitude: float) -> float:
    """Flux of a star of this Kepler magnitude [e-/s]: 1.74e5 at Kp = 12."""
    return 1.74e5 * 10 ** (-0.4 * (magnitude - 12))


def white_scatter(magnitude: float) -> float:
    """Relative scatter of one long cadence: photons, and 270 reads of 18 pixels at 90 e-."""
    electrons = photon_flux(magnitude) * 6.0198 * 270
    return float(np.sqrt(electrons + 270 * 18 * 90.0**2) / electrons)


def correlated(generator: Generator, count: int, timescale: float) -> Floats:
    """An Ornstein-Uhlenbeck process [count] of unit scatter; `timescale` is in steps."""
    memory = np.exp(-1 / timescale)
    shocks = generator.standard_normal(count)
    shocks[1:] *= np.sqrt(1 - memory**2)
    return np.asarray(lfilter([1.0], [1.0, -memory], shocks), np.float64)


def rotation(
    generator: Generator, time: Floats, period: float, lifetime: float, harmonics: Sequence[float]
) -> Floats:
    """Spots on a turning star [n]: harmonics of its period [d] that change in `lifetime` [d]."""
    nodes = np.linspace(time[0], time[-1], max(int(np.ptp(time) / lifetime * 4), 8))
    angle = 2 * np.pi * time / period
    total = np.zeros(len(time))
    for order, weight in enumerate(harmonics, start=1):
        cosine, sine = (
            np.interp(time, nodes, correlated(generator, len(nodes), 4.0)) for _ in range(2)
        )
        total += weight * (cosine * np.cos(order * angle) + sine * np.sin(order * angle))
    return total


def settling(generator: Generator, calendar: Calendar) -> Floats:
    """Exponential ramps [n] of unit size while the telescope warms up or cools after a gap."""
    count = int(calendar.stretch[-1]) + 1
    size = generator.standard_normal(count)[calendar.stretch]
    rate = 1 / generator.uniform(0.7, 3.0, count)[calendar.stretch]
    return np.asarray(size * np.exp(-rate * calendar.days_since_gap), np.float64)


def drift(generator: Generator, calendar: Calendar) -> Floats:
    """A slope and a bend [n] of unit size in each quarter, as the star wanders over its pixels."""
    total = np.zeros(len(calendar))
    for number, _, count in calendar.quarters:
        place = np.linspace(-1, 1, count)
        slope, bend = generator.standard_normal(2)
        total[calendar.rows(number)] = slope * place + bend * (place**2 - 1 / 3)
    return total


def quarter_levels(generator: Generator, calendar: Calendar, spread: float) -> Floats:
    """A level [n] for each quarter; quarters a year apart lie on the same CCD and are alike."""
    seasons = 1 + spread * generator.standard_normal(4)
    levels = 1 + 0.1 * spread * generator.standard_normal(len(calendar.quarters))
    both = levels * seasons[[number % 4 for number, _, _ in calendar.quarters]]
    return np.asarray(both[np.clip(calendar.quarter, 0, None)], np.float64)


def cosmic_rays(generator: Generator, count: int) -> tuple[Floats, Ints]:
    """Spikes [count] in units of the scatter, and their quality bits [count]."""
    spikes, quality = np.zeros(count), np.zeros(count, np.int64)
    hits = generator.integers(0, count, generator.poisson(0.003 * count))
    quality[hits] = COSMIC_RAY
    # Most hits are cleaned; of one in six a part is left.
    left = hits[: len(hits) // 6]
    spikes[left] = generator.exponential(4.0, len(left))
    return spikes, quality


def outliers(generator: Generator, count: int) -> Floats:
    """Rare points [count] far off either way, in units of the scatter, without a flag."""
    total = np.zeros(count)
    places = generator.integers(0, count, generator.poisson(0.0004 * count))
    total[places] = generator.standard_t(2.0, len(places)) * 3
    return total


def dropouts(generator: Generator, calendar: Calendar, number: int) -> tuple[Floats, Ints]:
    """Sudden losses of sensitivity [n] of unit depth that heal in days, with their bits [n]."""
    total, quality = np.zeros(len(calendar)), np.zeros(len(calendar), np.int64)
    for place in generator.integers(0, len(calendar), number):
        after = calendar.time[place:] - calendar.time[place]
        total[place:] -= np.exp(-after / generator.uniform(0.5, 8.0)) * (after < 40)
        quality[place] |= DROPOUT
    return total, quality
