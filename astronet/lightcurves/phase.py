"""Folding time at a period."""

from collections.abc import Sequence

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve


def fold(time: Floats, ephemeris: Ephemeris) -> Floats:
    """Time [n] since the nearest transit's middle, in [−period/2, period/2) days (S&V 2018, §3.3).

    The order of the operations is the original's, so that ties at bin edges fall alike.
    """
    half = ephemeris.period / 2
    phase = np.mod(time + (half - ephemeris.epoch), ephemeris.period) - half
    return np.where(phase < half, phase, -half)  # the remainder of −1e-20 rounds to a whole period


def in_transit(time: Floats, ephemeris: Ephemeris, width: float = 1.0) -> Bools:
    """True [n] within `width` durations around (width/2 before to width/2 after) a transit."""
    return np.abs(fold(time, ephemeris)) <= 0.5 * width * ephemeris.duration


def without_transits(
    curve: LightCurve, ephemerides: Sequence[Ephemeris], width: float = 1.0
) -> LightCurve:
    """The curve without the points in transit of any of the ephemerides (a star's other planets).

    Raises:
        LightCurveError: The transits cover every point.
    """
    if not ephemerides:
        return curve
    keep = np.ones(len(curve), np.bool_)
    for ephemeris in ephemerides:
        keep &= ~in_transit(curve.time, ephemeris, width)
    if not keep.any():
        raise LightCurveError(
            f"star {curve.star}: its other transits cover all {len(curve)} points; "
            "leave them in, or correct their durations"
        )
    return curve.where(keep)


def count_transits(curve: LightCurve, ephemeris: Ephemeris) -> int:
    """How many transits have at least one point within half a duration of their middle."""
    near = in_transit(curve.time, ephemeris)
    number = np.round((curve.time[near] - ephemeris.epoch) / ephemeris.period)
    return len(np.unique(number))
