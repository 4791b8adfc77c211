"""Noise of a light curve: photon noise, starspots and instrumental effects."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from scipy.signal import lfilter

from astronet.lightcurves.arrays import Floats, Ints
from astronet.simulation.calendar import Calendar

COSMIC_RAY = 1 << 7
"""SAP_QUALITY flag: cosmic ray in the optimal aperture (Kepler Archive Manual, table 2-3)."""

DROPOUT = 1 << 10
"""SAP_QUALITY flag: sudden pixel sensitivity dropout, corrected."""

EXCLUDED = 1 << 8
"""SAP_QUALITY flag: cadence excluded manually."""

NO_DATA = 1 << 16
"""SAP_QUALITY flag: no data."""


def photon_flux(magnitude: float) -> float:
    """Return the flux [e-/s] of a star with Kepler magnitude Kp: 1.74e5 e-/s for Kp = 12."""
    return 1.74e5 * 10 ** (-0.4 * (magnitude - 12))


def white_scatter(magnitude: float) -> float:
    """Return the standard deviation of the white noise in one long cadence, relative to the flux.

    The sources are photon noise and read noise (270 reads of 18 pixels, 90 e- per pixel and read).
    """
    electrons = photon_flux(magnitude) * 6.0198 * 270
    return float(np.sqrt(electrons + 270 * 18 * 90.0**2) / electrons)


def correlated(generator: Generator, count: int, timescale: float) -> Floats:
    """Draw an Ornstein-Uhlenbeck process [count] with unit variance.

    Args:
        generator: Random number generator.
        count: Number of steps.
        timescale: Correlation time, in steps.
    """
    memory = np.exp(-1 / timescale)
    shocks = generator.standard_normal(count)
    shocks[1:] *= np.sqrt(1 - memory**2)
    return np.asarray(lfilter([1.0], [1.0, -memory], shocks), np.float64)


def rotation(
    generator: Generator, time: Floats, period: float, lifetime: float, harmonics: Sequence[float]
) -> Floats:
    """Draw the variability of a rotating star with spots, and return the flux change [n].

    Args:
        generator: Random number generator.
        time: Times [n] [d].
        period: Rotation period [d].
        lifetime: Time scale on which the amplitudes of the harmonics change [d].
        harmonics: Typical amplitude of each harmonic of the rotation frequency, starting with the
            rotation frequency itself.
    """
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
    """Draw thermal ramps, one after each gap, and return the flux changes [n].

    The ramps decay exponentially, with time constants between 0.7 and 3 d. The initial amplitudes
    are drawn from a standard normal distribution.
    """
    count = int(calendar.interval[-1]) + 1
    size = generator.standard_normal(count)[calendar.interval]
    rate = 1 / generator.uniform(0.7, 3.0, count)[calendar.interval]
    return np.asarray(size * np.exp(-rate * calendar.days_since_gap), np.float64)


def drift(generator: Generator, calendar: Calendar) -> Floats:
    """Draw a quadratic flux drift [n] for each quarter, such as that caused by image motion.

    The linear and quadratic coefficients are drawn from a standard normal distribution and apply to
    times scaled to −1 … 1 in each quarter. The flux change is 0 between quarters.
    """
    total = np.zeros(len(calendar))
    for number, _, count in calendar.quarters:
        place = np.linspace(-1, 1, count)
        slope, bend = generator.standard_normal(2)
        total[calendar.rows(number)] = slope * place + bend * (place**2 - 1 / 3)
    return total


def quarter_levels(generator: Generator, calendar: Calendar, spread: float) -> Floats:
    """Draw a relative flux level for each quarter, and return the levels of all cadences [n].

    Every fourth quarter has a similar level, because the star is then on the same CCD.

    Args:
        generator: Random number generator.
        calendar: Observing calendar.
        spread: Standard deviation of the levels of different CCDs. The standard deviation of the
            levels of different quarters on the same CCD is a tenth of this value.
    """
    seasons = 1 + spread * generator.standard_normal(4)
    levels = 1 + 0.1 * spread * generator.standard_normal(len(calendar.quarters))
    both = levels * seasons[[number % 4 for number, _, _ in calendar.quarters]]
    return np.asarray(both[np.clip(calendar.quarter, 0, None)], np.float64)


def cosmic_rays(generator: Generator, count: int) -> tuple[Floats, Ints]:
    """Draw cosmic-ray hits in `count` cadences, and return flux changes and quality flags.

    Returns:
        Flux changes in units of the standard deviation of the noise [count], and quality flags
        [count]. Most of the flagged cadences have no flux change.
    """
    spikes, quality = np.zeros(count), np.zeros(count, np.int64)
    hits = generator.integers(0, count, generator.poisson(0.003 * count))
    quality[hits] = COSMIC_RAY
    # One in six hits leaves a residual after cleaning.
    left = hits[: len(hits) // 6]
    spikes[left] = generator.exponential(4.0, len(left))
    return spikes, quality


def outliers(generator: Generator, count: int) -> Floats:
    """Draw rare outliers of either sign in `count` cadences, and return the flux changes [count].

    The flux changes are in units of the standard deviation of the noise. Outliers have no quality
    flag.
    """
    total = np.zeros(count)
    places = generator.integers(0, count, generator.poisson(0.0004 * count))
    total[places] = generator.standard_t(2.0, len(places)) * 3
    return total


def dropouts(generator: Generator, calendar: Calendar, number: int) -> tuple[Floats, Ints]:
    """Draw pixel sensitivity dropouts, which recover exponentially within days.

    Args:
        generator: Random number generator.
        calendar: Observing calendar.
        number: Number of dropouts.

    Returns:
        Flux changes [n], −1 at the start of each dropout, and quality flags [n].
    """
    total, quality = np.zeros(len(calendar)), np.zeros(len(calendar), np.int64)
    for place in generator.integers(0, len(calendar), number):
        after = calendar.time[place:] - calendar.time[place]
        total[place:] -= np.exp(-after / generator.uniform(0.5, 8.0)) * (after < 40)
        quality[place] |= DROPOUT
    return total, quality
