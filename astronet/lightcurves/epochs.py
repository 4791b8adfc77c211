"""Detection of epochs that are on another clock than the light curve."""

from astronet.errors import LightCurveError
from astronet.lightcurves.clock import BKJD_ZERO, PLAUSIBLE_BKJD, ZERO_POINTS
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve

_FAR = 1000.0
"""Distance of an epoch from the data that may be an error [d]; TOI epochs can be years older."""

_IMPOSSIBLE = 20000.0
"""Distance of an epoch from the data that must be an error [d]."""


def check_clock(curve: LightCurve, ephemeris: Ephemeris) -> None:
    """Raise if the epoch cannot be on the clock of the light curve.

    Raises:
        LightCurveError: The epoch is more than 20,000 d (55 years) from the data.
    """
    first, last = float(curve.time.min()), float(curve.time.max())
    if min(abs(ephemeris.epoch - first), abs(ephemeris.epoch - last)) > _IMPOSSIBLE:
        raise LightCurveError(
            other_clock(curve, ephemeris)
            or f"the epoch, {ephemeris.epoch:.12g} d, and the times, {first:.0f} to {last:.0f} d, "
            "are on different clocks; give both in BKJD (BJD − 2454833)"
        )


def other_clock(curve: LightCurve, ephemeris: Ephemeris) -> str:
    """Return a message that names the likely clocks of the epoch and of the times, or "".

    The message is empty unless the epoch is more than 1,000 d outside the data and would be within
    one period of them on another clock.
    """
    first, last = float(curve.time.min()), float(curve.time.max())
    reach = min(ephemeris.period, _FAR)
    if first - _FAR <= ephemeris.epoch <= last + _FAR:
        return ""
    for times, zero in ZERO_POINTS.items():
        if not PLAUSIBLE_BKJD[0] <= first + zero - BKJD_ZERO <= PLAUSIBLE_BKJD[1]:
            continue
        for name, other in ZERO_POINTS.items():
            shift = other - zero
            if name != times and first - reach <= ephemeris.epoch + shift <= last + reach:
                remedy = f"add {shift:.12g} d to" if shift > 0 else f"subtract {-shift:.12g} d from"
                return (
                    f"the epoch, {ephemeris.epoch:.12g} d, is probably in {name}, but the times, "
                    f"{first:.0f} to {last:.0f} d, are in {times}; {remedy} the epoch"
                )
    return ""
