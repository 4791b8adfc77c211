"""Phase folding and selection of points in transit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from astronet.errors import LightCurveError, counted
from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.kernels import kernel
from astronet.lightcurves.lightcurve import LightCurve

_FEWEST_LEFT = 0.25
"""Minimum fraction of the points in transit that must remain without other events."""


def fold(time: Floats, ephemeris: Ephemeris) -> Floats:
    """Return the time since the nearest mid-transit [n] [d], from −period/2 to period/2.

    The operations are in the same order as in the public AstroNet code (S&V 2018, §3.3), so that
    points at a bin edge are assigned to the same bin.
    """
    times = np.ascontiguousarray(time, np.float64)
    return _fold(times, ephemeris.period, ephemeris.period / 2 - ephemeris.epoch)


def in_transit(time: Floats, ephemeris: Ephemeris, width: float = 1.0) -> Bools:
    """Return whether each time [n] is within `width`/2 transit durations of a mid-transit."""
    return np.abs(fold(time, ephemeris)) <= 0.5 * width * ephemeris.duration


def without_transits(
    curve: LightCurve, ephemerides: Sequence[Ephemeris], width: float = 1.0
) -> LightCurve:
    """Return the light curve without the transits of the given ephemerides.

    The removed intervals are centred on the mid-transits.

    Args:
        curve: Light curve.
        ephemerides: Ephemerides of the events.
        width: Width of the removed intervals [durations].

    Raises:
        LightCurveError: The transits cover all points.
    """
    if not ephemerides:
        return curve
    keep = np.ones(len(curve), np.bool_)
    for ephemeris in ephemerides:
        keep &= ~in_transit(curve.time, ephemeris, width)
    if not keep.any():
        raise LightCurveError(
            f"star {curve.star}: the transits of the other events cover all "
            f"{counted(len(curve), 'point')}; "
            "set preparation.remove_other_transits=false, or correct the durations of the events"
        )
    return curve.where(keep)


def at_other_periods(
    curve: LightCurve, event: Ephemeris, others: Sequence[Ephemeris]
) -> list[Ephemeris]:
    """Return the ephemerides whose transits do not stay at the same phases of an event.

    The transits of another event with the same, half or twice the period stay at the same phases if
    they drift by less than a transit duration over the light curve. Such an event is probably the
    secondary eclipse of the first, or its true period.

    Args:
        curve: Light curve, which defines the time span.
        event: Ephemeris of the event.
        others: Ephemerides of other events of the star.
    """
    span = float(curve.time.max() - curve.time.min())

    def drift(other: Ephemeris) -> float:
        smallest = min(abs(other.period - ratio * event.period) for ratio in (0.5, 1.0, 2.0))
        return smallest * span / other.period

    return [other for other in others if drift(other) >= event.duration]


def without_other_transits(
    curve: LightCurve, event: Ephemeris, others: Sequence[Ephemeris], width: float = 1.0
) -> LightCurve:
    """Return the light curve without the transits of other events, for a plot or a check.

    If less than a quarter of the points in the event's own transits would remain, as for an event
    with a multiple of another one's period, the light curve is returned unchanged.

    Args:
        curve: Light curve.
        event: Ephemeris of the event.
        others: Ephemerides of other events of the star.
        width: Width of the removed intervals [durations].
    """
    try:
        rest = without_transits(curve, others, width)
    except LightCurveError:  # the transits cover all points
        return curve
    own, left = (int(in_transit(one.time, event).sum()) for one in (curve, rest))
    return rest if left >= _FEWEST_LEFT * own else curve


def count_transits(curve: LightCurve, ephemeris: Ephemeris) -> int:
    """Return the number of transits that contain at least one point of the light curve."""
    near = in_transit(curve.time, ephemeris)
    number = np.round((curve.time[near] - ephemeris.epoch) / ephemeris.period)
    return len(np.unique(number))


_MOST_CYCLES = 2.0**50
"""Number of cycles up to which the rounding error of the quotient is at most one cycle."""


def _fused(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


_multiply_add: Any = intrinsic(_fused)
"""Fused multiply-add: a·b + c with a single rounding."""


@kernel()
def _fold(time: Floats, period: float, shift: float) -> Floats:
    """Return ((time + shift) modulo period) − period/2 [n] [d].

    The remainder is exactly representable, so the fused multiply-add is exact if the number of
    cycles is correct. Unlike `fmod`, the fused multiply-add compiles to vector instructions.
    """
    half, per_period = period / 2, 1 / period
    phase = np.empty(len(time))
    for i in range(len(time)):
        shifted = time[i] + shift
        size = abs(shifted)
        cycles = np.floor(size * per_period)  # may be off by one
        rest = _multiply_add(-cycles, period, size)
        cycles += (rest >= period) * 1.0 - (rest < 0) * 1.0
        rest = _multiply_add(-cycles, period, size)
        if not cycles <= _MOST_CYCLES:  # also NaN
            rest = np.fmod(size, period)
        if shifted < 0 and rest > 0:
            rest = period - rest
        rest -= half
        phase[i] = rest if rest < half else -half  # rounding can reach the upper limit
    return phase
