"""Passes of the search: short and long periods with a noise model of their own."""

import numpy as np
from scipy import fft

from astronet.detection.grid import Grid
from astronet.detection.settings import SearchSettings
from astronet.detection.strongest import Pass
from astronet.detection.template import central_duration
from astronet.detection.whitened import Whitened

_SHORT_MEMORY = 0.7
"""Memory of the noise model for short periods [shortest periods]."""

_LINE, _NEAR = 40.0, 1
"""Power of a line in the spectrum of a pulsating star, relative to the noise, and distance within
which a multiple of its frequency is expected [frequencies]."""

_MULTIPLES, _ORDERS, _COMB = 8, 8, 0.3
"""Number of harmonics of a transit signal that are compared with the strongest line, largest order
of this line, and smallest mean power of the harmonics, relative to the line."""


def passes_of(
    grid: Grid, limits: tuple[float, float], settings: SearchSettings
) -> tuple[Pass, ...]:
    """Search a light curve once, and return one or two passes; none if no transit can be observed.

    The noise model predicts the flux from the last days, so that stellar variability is filtered
    out. If transits repeat within this time, the model learns to predict them as well, and they
    lose most of their signal. Short periods are therefore searched with a model of shorter memory,
    except for pulsating stars, whose pulsations it would not filter out.

    Args:
        grid: Light curve.
        limits: Shortest and longest period [d].
        settings: Settings of the search.
    """
    curve = Whitened.levelled(grid)
    memory = curve.noise.order * grid.step
    split = memory + central_duration(memory, 1.0)
    short = _SHORT_MEMORY * limits[0]
    found = []
    if short < memory and limits[0] < split:
        recent = Whitened.levelled(grid, curve.dips, short)
        if not pulsates(recent, 1 / split):
            found.append(Pass.of(recent, (limits[0], min(split, limits[1])), settings, limits))
    if not found:
        found.append(Pass.of(curve, limits, settings))
    elif split < limits[1]:
        found.append(Pass.of(curve, (split, limits[1]), settings, limits))
    return tuple(one for one in found if one)


def pulsates(curve: Whitened, lowest: float) -> bool:
    """Return whether the flux contains a strong sinusoid that is not a harmonic of transits.

    The transits of a planet have many harmonics of similar power, and a pulsation has few.

    Args:
        curve: Light curve with a noise model that does not describe pulsations.
        lowest: Lowest frequency [1/d].
    """
    grid = curve.grid
    flux = np.where(grid.observed & ~curve.dips, np.clip(curve.residual, -5, 5), 0.0)
    size = fft.next_fast_len(2 * len(flux), real=True)
    power = np.abs(fft.rfft(flux, size)) ** 2 / max(float(flux @ flux), 1e-300)
    width = 1 / (size * grid.step)
    power[: int(lowest / width)] = 0.0
    line = int(np.argmax(power))
    if not power[line] > _LINE:
        return False
    highest = 0.0
    for order in range(1, _ORDERS + 1):
        places = np.rint(np.arange(1, _MULTIPLES + 1) * line / order).astype(np.int64)
        near = np.clip(places[:, None] + np.arange(-_NEAR, _NEAR + 1), 0, len(power) - 1)
        harmonics = np.where(places < len(power), power[near].max(axis=1), 0.0)
        highest = max(highest, float(np.minimum(harmonics / power[line], 1.0).mean()))
    return highest < _COMB
