"""False alarms: dips of a light curve without signals that a search reports as an event."""

import numpy as np
from numpy.random import Generator

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.simulation.signals import Scene, Signal


def search_noise(generator: Generator, flux: Floats, scene: Scene, seen: Bools) -> Signal:
    """Fold a light curve of noise at twelve random periods, and return its most significant dip.

    The flux change of the returned signal is 0 because the dip is part of the noise.
    """
    time, step = scene.calendar.time, scene.calendar.exposure
    best, found = -np.inf, Ephemeris(1.0, float(time[0]), 0.1)
    longest = generator.uniform(np.log(10.0), np.log(450.0))
    for period in np.exp(generator.uniform(0.0, longest, 12)).tolist():
        duration = min(0.1 * period ** (1 / 3) * float(generator.uniform(0.5, 1.8)), 0.3 * period)
        dip = _local_dip(flux, seen, max(round(duration / step), 1))
        bins = int(period / duration * 2)
        place = ((time - time[0]) % period / period * bins).astype(np.int64)
        points = np.bincount(place, seen, bins)
        power = np.bincount(place, dip * seen, bins) / np.sqrt(np.maximum(points, 1))
        significance = float(power.max() / np.std(power))
        if significance > best:
            epoch = float(time[0] + (np.argmax(power) + 0.5) * period / bins)
            best, found = significance, Ephemeris(period, epoch, duration)
    return Signal("noise", np.zeros(len(time)), found, float(generator.uniform(0, 1)))


def _local_dip(flux: Floats, seen: Bools, width: int) -> Floats:
    """Return the depth of the local dip around each point [n].

    The depth is the mean flux in a window of three widths minus the mean flux in a window of one
    width, both centred on the point.

    Args:
        flux: Relative flux [n].
        seen: Whether to use each point [n].
        width: Width of a dip [points].
    """
    total = np.concatenate([[0.0], np.cumsum(np.where(seen, flux, 0.0))])
    points = np.concatenate([[0], np.cumsum(seen)])
    index = np.arange(len(flux))

    def mean(half: int) -> Floats:
        low, high = np.maximum(index - half, 0), np.minimum(index + half + 1, len(flux))
        return np.asarray(
            (total[high] - total[low]) / np.maximum(points[high] - points[low], 1), np.float64
        )

    return mean(width + width // 2) - mean(width // 2)
