"""Example data for convolutions: a ball dropped twice, image kernels, and a star with a planet."""

import numpy as np
from scipy.stats import binned_statistic_2d

from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import fold
from astronet.simulation.transits import LimbDarkening, Orbit, transit

FIRST_DROP = np.array([0.1, 0.4, 0.3, 0.2])
"""Probabilities that a dropped ball rolls 0, 1, 2 or 3 steps."""

SECOND_DROP = np.array([0.5, 0.3, 0.15, 0.05])
"""Probabilities that a ball dropped from a lower height rolls 0, 1, 2 or 3 steps."""

EDGE = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]], np.float64)
"""Kernel that detects vertical edges (Prewitt 1970); its transpose detects horizontal edges."""

BLUR = np.full((3, 3), 1 / 9)
"""Kernel that averages 3 × 3 pixels."""

_EXPOSURE = 0.0204340  # long cadence of Kepler [d]
_DAYS = 400  # time span of the light curve


def planet(ttv: float = 0.0, scatter: float = 1e-3) -> tuple[LightCurve, Ephemeris]:
    """Return a simulated light curve of a star with a hot Jupiter, and the planet's ephemeris.

    The star is constant apart from the transits, and the light curve covers 400 days.

    Args:
        ttv: Amplitude of the transit timing variations [d].
        scatter: Standard deviation of the white noise per cadence, relative to the stellar flux.
    """
    time = np.arange(0, _DAYS, _EXPOSURE)
    orbit = Orbit(period=5.0, epoch=2.5, radius_ratio=0.1, impact_parameter=0.3, a_over_rstar=12.3)
    flux = 1 + transit(
        time - timing_variation(time, ttv), orbit, LimbDarkening(0.4, 0.25), _EXPOSURE
    )
    flux += scatter * np.random.default_rng(1).standard_normal(len(time))
    return LightCurve("simulated", time, flux), Ephemeris(5.0, 2.5, orbit.duration)


def timing_variation(time: Floats, ttv: float) -> Floats:
    """Return transit timing variations [n] [d]: a sine function with a period of 200 days.

    Args:
        time: Times [n] [d].
        ttv: Amplitude [d].
    """
    return np.asarray(ttv * np.sin(4 * np.pi * time / _DAYS), np.float64)


def stacked(curve: LightCurve, event: Ephemeris, bins: int = 24, durations: float = 2.0) -> Floats:
    """Return an image [cycles, bins] of the mean flux, with one transit per row.

    Pixels without data are NaN.

    Args:
        curve: Detrended light curve.
        event: Ephemeris of the transits.
        bins: Number of columns.
        durations: Half-width of the image in transit durations.
    """
    phase = fold(curve.time, event)
    cycle = np.round((curve.time - phase - event.epoch) / event.period)
    reach = durations * event.duration
    rows = np.arange(cycle.min(), cycle.max() + 2) - 0.5
    columns = np.linspace(-reach, reach, bins + 1)
    image = binned_statistic_2d(cycle, phase, curve.flux, "mean", [rows, columns]).statistic
    return np.asarray(image, np.float64)


def ingress_scatter(edges: Floats, event: Ephemeris, bins: int, ttv: float) -> float:
    """Return the standard deviation [d] of ingress times measured with the kernel `EDGE`.

    The ingress of each cycle is at the smallest cross-correlation in its row. The simulated timing
    variation is subtracted before the standard deviation is computed.

    Args:
        edges: Valid cross-correlation of the stacked transits with `EDGE` [cycles − 2, bins − 2].
        event: Ephemeris of the stacked transits.
        bins: Number of columns of the stacked transits, which must cover ±2 durations.
        ttv: Amplitude of the transit timing variations to subtract [d].
    """
    width = 4 * event.duration / bins
    cycles = 1 + np.arange(len(edges))
    middles = np.asarray(event.epoch + cycles * event.period, np.float64)
    residuals = edges.argmin(axis=1) * width - timing_variation(middles, ttv)
    return float(residuals.std())
