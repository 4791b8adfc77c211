"""Units of times: their spellings, and the time systems that they can state."""

import re
from typing import Any

from astronet.errors import LightCurveError
from astronet.lightcurves.clock import ZERO_POINTS, Clock, Unit

_SPELLINGS: dict[str, Unit] = {
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
}
"""Unit of each spelling, in lower case."""

_SYSTEM = re.compile(
    r"(?i)(bkjd|btjd|[a-z]?m?jd)(?:[ _(-]*(tdb|tt|utc|tai|ut1?|et|tcb|tcg|gps)\)?)?"
    r"(?: *[-\u2212] *(\d+(?:\.\d+)?))?(?:,? *\(?([a-z]+)\)?)?"
)
"""Pattern of a time system in a unit: its name, time scale, offset [d] and unit."""

_BARYCENTRIC = ("BJD", "BKJD", "BTJD")


def unit_named(text: str) -> str:
    """Return the unit with a spelling, for example "d" for "Days"; other texts unchanged."""
    return _SPELLINGS.get(text.strip().casefold(), text.strip())


def zero_point(stated: str) -> tuple[float | None, str]:
    """Return the Julian date at the zero point that a unit states [d], or None, and the unit.

    Examples of such units are "BJD - 2457000, days" (TESS), "BJD-2454833" (Kepler), "BTJD",
    "BJD" and "BJD_TDB"; the unit of the times is then days unless the text names another one.

    Raises:
        LightCurveError: The unit states a time system that is not BJD in TDB, for example JD, HJD
            or MJD.
    """
    text = stated.strip()
    named = _SYSTEM.fullmatch(text)
    if named is None:
        return None, unit_named(text)
    system, scale = named[1].upper(), (named[2] or "tdb").upper()
    if system not in _BARYCENTRIC or scale != "TDB":
        name = system if scale == "TDB" else f"{system}_{scale}"
        raise LightCurveError(
            f"the unit of the times is '{text}', so their time system is {name}, not barycentric "
            "BJD_TDB; convert the times to BJD_TDB"
        )
    return ZERO_POINTS[system] + float(named[3] or 0), unit_named(named[4] or "d")


def check_unit(star: int | str, time: Any, unit: Unit, clock: Clock) -> None:
    """Raise an error if the times state a unit or time system other than the declared one.

    The unit of the times can also state the time system, as in "BJD - 2457000, days" or "BTJD".

    Args:
        star: Number or name of the star.
        time: Times [n]; times without a unit are assumed to be in the declared unit.
        unit: Declared unit.
        clock: Declared time system.

    Raises:
        LightCurveError: The unit or time system of the times is not the declared one.
    """
    stated = str(getattr(time, "unit", None) or "")
    try:
        zero, actual = zero_point(stated)
    except LightCurveError as error:
        raise LightCurveError(f"star {star}: {error}") from None
    if zero is not None and zero != ZERO_POINTS[clock.upper()]:
        raise LightCurveError(
            f"star {star}: the times are in {stated}, not in {clock} as declared; declare the "
            "correct clock, or convert the times"
        )
    if actual not in (unit, ""):
        raise LightCurveError(
            f"star {star}: the times are in {actual}, not in {unit} as declared; declare the "
            "correct unit, or convert the times"
        )
