"""Clocks: the Julian dates from which times are counted, and how a wrong one shows itself."""

from astronet.errors import LightCurveError
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve

BKJD_ZERO = 2454833.0
"""BJD of BKJD 0 [d] (Kepler Archive Manual, KDMC-10008, §2.3.2): our one clock."""

ZERO_POINTS = {"BKJD": BKJD_ZERO, "BTJD": 2457000.0, "BJD": 0.0, "MJD": 2400000.5}
"""Where the clocks of the field begin [BJD]; BTJD is TESS's (EXP-TESS-ARC-ICD-0014)."""

PLAUSIBLE_BKJD = (-1000.0, 10000.0)
"""April 2006 to May 2036: when photometry of transits from space was or will be made."""

_FAR = 1000.0
"""Epochs of tables lie within or near the data; those of TOIs may be some years older [d]."""
_IMPOSSIBLE = 20000.0


def refuse_other_clock(curve: LightCurve, ephemeris: Ephemeris) -> None:
    """Refuses an epoch that cannot be on the clock of the light curve.

    Raises:
        LightCurveError: The epoch is more than 20,000 d (55 years) from the data.
    """
    first, last = float(curve.time.min()), float(curve.time.max())
    if min(abs(ephemeris.epoch - first), abs(ephemeris.epoch - last)) > _IMPOSSIBLE:
        raise LightCurveError(
            other_clock(curve, ephemeris)
            or f"the epoch, {ephemeris.epoch:.12g}, is on another clock than the times, "
            f"{first:.0f} to {last:.0f} d; give both in BKJD (BJD − 2454833)"
        )


def other_clock(curve: LightCurve, ephemeris: Ephemeris) -> str:
    """Which clocks would bring an epoch far from the data into them; "" if none, or if near.

    The epoch lies more than 1,000 d outside the data, and counted from another zero point it
    would lie within them, to a period.
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
                return (
                    f"the epoch, {ephemeris.epoch:.12g}, fits the times, {first:.0f} to "
                    f"{last:.0f} d, if it is {name} and they are {times}: "
                    f"{'add' if shift > 0 else 'subtract'} {abs(shift):.12g} d"
                )
    return ""
