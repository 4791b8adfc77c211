"""Passes of the search: short and long periods with a noise model of their own."""

from astronet.detection.grid import Grid
from astronet.detection.settings import SearchSettings
from astronet.detection.strongest import Pass
from astronet.detection.template import central_duration
from astronet.detection.whitened import Whitened

_SHORT_MEMORY = 0.7
"""Memory of the noise model for short periods [shortest periods]."""


def passes_of(
    grid: Grid, limits: tuple[float, float], settings: SearchSettings
) -> tuple[Pass, ...]:
    """Search a light curve once, and return one or two passes; none if no transit can be observed.

    The noise model predicts the flux from the last days, so that stellar variability is filtered
    out. If transits repeat within this time, the model learns to predict them as well, and they
    lose most of their signal. Short periods are therefore searched with a model of shorter memory.

    Args:
        grid: Light curve.
        limits: Shortest and longest period [d].
        settings: Settings of the search.
    """
    curve = Whitened.levelled(grid)
    memory = curve.noise.order * grid.step
    split = memory + central_duration(memory, 1.0)
    short = _SHORT_MEMORY * limits[0]
    if short >= memory or limits[0] >= split:
        found = [Pass.of(curve, limits, settings)]
    else:
        recent = Whitened.levelled(grid, curve.dips, short)
        found = [Pass.of(recent, (limits[0], min(split, limits[1])), settings, limits)]
        if split < limits[1]:
            found.append(Pass.of(curve, (split, limits[1]), settings, limits))
    return tuple(one for one in found if one)
