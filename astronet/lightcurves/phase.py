"""Folding time at a period."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve


def fold(time: Floats, ephemeris: Ephemeris) -> Floats:
    """Time [n] since the nearest transit's middle, in [−period/2, period/2) days (S&V 2018, §3.3).

    The order of the operations is the original's, so that ties at bin edges fall alike.
    """
    times = np.ascontiguousarray(time, np.float64)
    return _fold(times, ephemeris.period, ephemeris.period / 2 - ephemeris.epoch)


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


_MOST_CYCLES = 2.0**50
"""Beyond that a quotient may be further off than by one."""


def _fused(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


_multiply_add: Any = intrinsic(_fused)
"""a·b + c, rounded once."""


@njit(cache=True, nogil=True)
def _fold(time: Floats, period: float, shift: float) -> Floats:
    """The remainder of time + shift by the period, less half a period [n].

    A remainder is a double without rounding, so that the multiply-add gives it exactly once the
    quotient is right, in vector instructions, which the library's `fmod` has not.
    """
    half, per_period = period / 2, 1 / period
    phase = np.empty(len(time))
    for i in range(len(time)):
        shifted = time[i] + shift
        size = abs(shifted)
        cycles = np.floor(size * per_period)  # may be one off
        rest = _multiply_add(-cycles, period, size)
        cycles += (rest >= period) * 1.0 - (rest < 0) * 1.0
        rest = _multiply_add(-cycles, period, size)
        if not cycles <= _MOST_CYCLES:  # NaN too
            rest = np.fmod(size, period)
        if shifted < 0 and rest > 0:
            rest = period - rest
        rest -= half
        phase[i] = rest if rest < half else -half  # a time just before the end rounds to it
    return phase
