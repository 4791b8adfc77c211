"""Time systems: checks of declared times, and conversion to BKJD.

The argument `clock` is the time system of a light curve: "bkjd", "btjd" or "bjd".
"""

from typing import Any, Literal, get_args

import numpy as np

from astronet.errors import ConfigError, LightCurveError
from astronet.lightcurves.arrays import Floats

BKJD_ZERO = 2454833.0
"""BJD at BKJD 0 [d] (Kepler Archive Manual, KDMC-10008, §2.3.2).

The package converts times and epochs to BKJD.
"""

ZERO_POINTS = {"BKJD": BKJD_ZERO, "BTJD": 2457000.0, "BJD": 0.0, "MJD": 2400000.5}
"""Julian date at the zero point of each time system [d].

BTJD is the time system of TESS (EXP-TESS-ARC-ICD-0014).
"""

PLAUSIBLE_BKJD = (-1000.0, 10000.0)
"""Range of plausible times [BKJD]: the era of space-based surveys, April 2006 to May 2036."""

Clock = Literal["bkjd", "btjd", "bjd"]
Unit = Literal["d", "h", "min", "s"]

UNIT_DAYS: dict[Unit, float] = {"d": 1.0, "h": 1 / 24, "min": 1 / 1440, "s": 1 / 86400}
"""Length of each unit [d]."""

_FIRST_TESS_BTJD = 1300.0
"""Earliest plausible BTJD [d]; sector 1 of TESS began on 2018 July 25, BTJD 1325."""


def check_declaration(clock: str, unit: str) -> None:
    """Raise an error if the declared time system or unit is unknown.

    Raises:
        ConfigError: The time system or the unit is unknown; the message lists the valid values.
    """
    for name, value, known in (("clock", clock, get_args(Clock)), ("unit", unit, get_args(Unit))):
        if value not in known:
            raise ConfigError(f"{name}={value!r} is unknown; choose one of {', '.join(known)}")


def check_dates(star: int | str, median: float, clock: Clock, unit: Unit) -> None:
    """Raise an error if the median of the times is not plausible in the declared time system.

    Args:
        star: Number or name of the star.
        median: Median of the times, after conversion from the declared unit to days [d].
        clock: Declared time system.
        unit: Declared unit.

    Raises:
        LightCurveError: The median is not plausible. The message names the time systems or units in
            which it would be plausible, if there are any.
    """
    declared = clock.upper()
    if _plausible(median, declared):
        return
    likely = [name for name in ZERO_POINTS if _plausible(median, name)]
    if not likely and unit == "d":
        likely = [
            f"{declared} in {u}" for u in UNIT_DAYS if _plausible(median * UNIT_DAYS[u], declared)
        ]
    raise LightCurveError(
        f"star {star}: times with a median of {median:.12g} d cannot be {declared}"
        + (f"; they look like {' or '.join(likely)}" if likely else "")
        + "; declare the correct clock and unit, or convert the times"
    )


def check_unit(star: int | str, time: Any, unit: Unit) -> None:
    """Raise an error if the times have a unit other than the declared one.

    Args:
        star: Number or name of the star.
        time: Times [n]; times without a unit are assumed to be in the declared unit.
        unit: Declared unit.

    Raises:
        LightCurveError: The unit of the times is not the declared one.
    """
    actual = str(getattr(time, "unit", None) or unit)
    if actual not in (unit, "day" if unit == "d" else unit):
        raise LightCurveError(
            f"star {star}: the times are in {actual}, not in {unit} as declared; declare the "
            "correct unit, or convert the times"
        )


def bkjd_of(star: int | str, time: Any) -> Floats:
    """Convert an astropy `Time` [n] to BKJD [d]; masked times become NaN.

    Args:
        star: Number or name of the star, for the error message.
        time: The `Time` to convert.

    Raises:
        LightCurveError: The time scale is not TDB.
    """
    if getattr(time, "scale", None) != "tdb":
        raise LightCurveError(
            f"star {star}: the time scale is {getattr(time, 'scale', '(none)')}, not barycentric "
            "TDB; convert the times to BJD_TDB"
        )
    # The sum of jd1 and jd2 in one double would lose precision.
    days = np.array((time.jd1 - BKJD_ZERO) + time.jd2, np.float64)
    days[np.asarray(time.mask)] = np.nan
    return days


def _plausible(median: float, name: str) -> bool:
    """Return whether a median time [d] in the time system `name` is plausible for a survey."""
    bkjd = median + ZERO_POINTS[name] - BKJD_ZERO
    too_early = name == "BTJD" and median < _FIRST_TESS_BTJD
    return PLAUSIBLE_BKJD[0] <= bkjd <= PLAUSIBLE_BKJD[1] and not too_early
