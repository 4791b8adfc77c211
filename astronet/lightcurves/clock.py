"""Time systems: checks of declared times, and conversion to BKJD.

The argument `clock` is the time system of a light curve: "bkjd", "btjd" or "bjd".
"""

from typing import Any, Literal, get_args

import numpy as np

from astronet.errors import ConfigError, LightCurveError
from astronet.lightcurves.arrays import Floats, plain_values
from astronet.lightcurves.time_checks import drop_placeholders

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

_COARSEST = 0.001
"""Maximum step between adjacent single-precision times [d]; BKJD and BTJD have 0.0002 d."""

_FEW_POINTS = 20
"""Minimum number of points for which repeated times are counted."""

_MOST_REPEATED = 0.6
"""Maximum fraction of points with the same time as the previous one.

With two simultaneous measurements per time, the fraction is 0.5.
"""

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


def check_system(star: int | str, time: Any, clock: Clock, unit: Unit) -> None:
    """Raise an error if the format of an astropy `Time` [n] contradicts the declaration.

    Args:
        star: Number or name of the star.
        time: Times in an astropy `Time`, whose zero point and unit are known.
        clock: Declared time system.
        unit: Declared unit; only the default, d, agrees with a `Time`.

    Raises:
        LightCurveError: The format is another time system, or a unit other than d is declared.
    """
    stated = {"jd": "bjd"}.get(time.format, time.format)
    if stated in get_args(Clock) and stated != clock:
        raise LightCurveError(
            f"star {star}: the times are in {stated}, not in {clock} as declared; declare "
            f"the clock {stated}"
        )
    if unit != "d":
        raise LightCurveError(
            f"star {star}: the times are in days, not in {unit} as declared; declare the unit d"
        )


def is_time(time: Any) -> bool:
    """Return whether the times are an astropy `Time`, which states its time system."""
    return hasattr(time, "jd1") and hasattr(time, "scale")


def check_precision(place: object, time: Any, unit_days: float) -> None:
    """Raise an error if the times are in single precision, and that is too coarse for transits.

    Args:
        place: File or star, for the error message.
        time: Times [n] in any precision.
        unit_days: Unit of the times [d].

    Raises:
        LightCurveError: Adjacent single-precision numbers differ by more than 0.001 d.
    """
    dtype: Any = getattr(time, "dtype", None)
    if getattr(dtype, "kind", "") != "f" or dtype.itemsize > 4:
        return
    values = np.abs(plain_values(time)).astype(np.float32)
    if not (finite := np.isfinite(values)).any():
        return
    typical = np.median(values[finite])
    step = float(np.spacing(typical)) * unit_days
    if step > _COARSEST:
        raise LightCurveError(
            f"{place}: the times are in single precision, which has steps of {step:.2g} d at "
            f"{typical:.0f}, so they have lost digits; store them in double precision"
        )


def check_digits(star: int | str, repeated: int, points: int) -> None:
    """Raise an error if most points share their time, so the times must have lost digits.

    Args:
        star: Number or name of the star.
        repeated: Number of points with the same time as the previous point of the same file.
        points: Number of points.

    Raises:
        LightCurveError: There are at least 20 points, and more than 60 % of them repeat a time.
    """
    if points >= _FEW_POINTS and repeated > _MOST_REPEATED * points:
        raise LightCurveError(
            f"star {star}: many points share one time ({repeated:,} of {points:,} have the same "
            "time as the point before), so the times have lost digits; store them in double "
            "precision or with more decimals"
        )


def bkjd_of(place: str, time: Any) -> Floats:
    """Convert an astropy `Time` [n] to BKJD [d]; masked times become NaN.

    Args:
        place: File, star or argument, for the error message.
        time: The `Time` to convert.

    Raises:
        LightCurveError: The time scale is not TDB, the times are time differences or phases, or
            they are not plausible for a survey.
    """
    if any(kind.__name__ == "TimeDelta" for kind in type(time).__mro__):
        raise LightCurveError(
            f"{place}: the times are a {type(time).__name__}, not an astropy Time with a time "
            "system; give barycentric dates"
        )
    if getattr(time, "scale", None) != "tdb":
        raise LightCurveError(
            f"{place}: the time scale is {getattr(time, 'scale', '(none)')}, not "
            "barycentric TDB; convert the times to BJD_TDB"
        )
    # The sum of jd1 and jd2 in one double would lose precision.
    days = np.array((time.jd1 - BKJD_ZERO) + time.jd2, np.float64)
    days[np.asarray(time.mask)] = np.nan
    stated = np.asarray(plain_values(time))
    days = drop_placeholders(place, days, stated if stated.dtype.kind == "f" else None)
    if np.isfinite(days).any() and not _plausible(median := float(np.nanmedian(days)), "BKJD"):
        raise LightCurveError(
            f"{place}: times with a median of JD {median + BKJD_ZERO:.12g} are not those of a "
            "survey; give the correct format of the times, for example btjd"
        )
    return days


def _plausible(median: float, name: str) -> bool:
    """Return whether a median time [d] in the time system `name` is plausible for a survey."""
    bkjd = median + ZERO_POINTS[name] - BKJD_ZERO
    too_early = name == "BTJD" and median < _FIRST_TESS_BTJD
    return PLAUSIBLE_BKJD[0] <= bkjd <= PLAUSIBLE_BKJD[1] and not too_early
