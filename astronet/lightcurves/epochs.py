"""Checks that an epoch is in the same time system as the light curve."""

from astronet.errors import LightCurveError
from astronet.lightcurves.clock import ZERO_POINTS
from astronet.lightcurves.dips import Dip
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.views import FoldedCurve

_EPOCHS = ZERO_POINTS | {"JD − 2400000": 2400000.0, "JD − 2450000": 2450000.0}
"""Julian date at the zero point of each time system in which epochs are given [d]."""

_FAR = 1000.0
"""Distance of an epoch from the data above which the epoch may be wrong [d].

The limit is this large because TOI epochs can precede the data by years.
"""

_VISIBLE = 5.0
"""Significance above which the light curve dips at the expected transits [sigma]."""

_IMPOSSIBLE = 20000.0
"""Distance of an epoch from the data above which the epoch must be wrong [d]."""


def check_epoch(curve: LightCurve, ephemeris: Ephemeris) -> None:
    """Raise an error if the epoch cannot be in the time system of the light curve.

    Raises:
        LightCurveError: The epoch is more than 20,000 d (55 years) from the data.
    """
    first, last = float(curve.time.min()), float(curve.time.max())
    if min(abs(ephemeris.epoch - first), abs(ephemeris.epoch - last)) > _IMPOSSIBLE:
        raise LightCurveError(
            other_clock(curve, ephemeris)
            or f"the epoch, {ephemeris.epoch:.12g} d, and the times, {first:.0f} to {last:.0f} d, "
            "are in different time systems; give both in BKJD (BJD − 2454833)"
        )


def check_clock(curve: LightCurve, folded: FoldedCurve) -> None:
    """Raise an error if the epoch is probably not in the time system of the light curve.

    Args:
        curve: Light curve.
        folded: The same light curve, detrended and folded with the ephemeris.

    Raises:
        LightCurveError: The epoch is probably in another time system (see `other_clock`), and the
            light curve does not dip at the expected transits.
    """
    hint = other_clock(curve, folded.ephemeris)
    if hint and Dip.of(folded).significance < _VISIBLE:
        raise LightCurveError(hint)


def other_clock(curve: LightCurve, ephemeris: Ephemeris) -> str:
    """Return a message if the epoch and the times are probably in different time systems, else "".

    The time systems are assumed to differ if the epoch is more than 1,000 d outside the time span
    of the data but, after conversion between two time systems, within one period (at most 1,000 d)
    of this time span. The message names the two time systems and the conversion.
    """
    first, last = float(curve.time.min()), float(curve.time.max())
    reach = min(ephemeris.period, _FAR)
    if first - _FAR <= ephemeris.epoch <= last + _FAR:
        return ""
    # The difference of the zero points identifies the two time systems, except that MJD and
    # JD − 2400000 differ by only half a day.
    for times, zero in ZERO_POINTS.items():
        shifts = {name: other - zero for name, other in _EPOCHS.items() if name != times}
        found = {
            name: shift
            for name, shift in shifts.items()
            if first - reach <= ephemeris.epoch + shift <= last + reach
        }
        if found:
            verb, link = ("add", "to") if min(found.values()) > 0 else ("subtract", "from")
            days = " or ".join(f"{abs(shift):.12g} d" for shift in found.values())
            return (
                f"the epoch is probably in {' or '.join(found)}, but the times of the light curve "
                f"are in {times}; {verb} {days} {link} the epoch, or give the epoch of a transit "
                "within the time span of the data"
            )
    return ""
