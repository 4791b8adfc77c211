"""Times of light curves of your own: on the clock that is declared, or refused."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from astronet.errors import LightCurveError
from astronet.lightcurves.clock import BKJD_ZERO, PLAUSIBLE_BKJD, ZERO_POINTS

Clock = Literal["bkjd", "btjd", "bjd"]
Unit = Literal["d", "h", "min", "s"]

UNIT_DAYS: dict[Unit, float] = {"d": 1.0, "h": 1 / 24, "min": 1 / 1440, "s": 1 / 86400}
"""Length of each unit [d]."""

_FIRST_TESS_BTJD = 1300.0
"""TESS's first sector began on 2018 July 25, BTJD 1325."""


def check_dates(star: int | str, median: float, clock: Clock, unit: Unit) -> None:
    """Refuses a median time [d] that the clock cannot show, and names what it looks like."""
    claimed = clock.upper()
    if _possible(median, claimed):
        return
    likely = [name for name in ZERO_POINTS if _possible(median, name)]
    if not likely and unit == "d":
        likely = [
            f"{claimed} in {u}" for u in UNIT_DAYS if _possible(median * UNIT_DAYS[u], claimed)
        ]
    raise LightCurveError(
        f"star {star}: times with a median of {median:.12g} d cannot be {claimed}"
        + (f"; they look like {' or '.join(likely)}" if likely else "")
        + "; declare the clock and the unit that they have, or convert them"
    )


def check_unit(star: int | str, time: Any, unit: Unit) -> None:
    """Refuses times that bear another unit than the declared one."""
    borne = str(getattr(time, "unit", None) or unit)
    if borne not in (unit, "day" if unit == "d" else unit):
        raise LightCurveError(
            f"star {star}: the times are in {borne}, not in {unit} as declared; set unit to it"
        )


def bkjd_of(star: int | str, time: Any) -> NDArray[np.float64]:
    """The times [n] of an astropy Time in BKJD [d]."""
    if getattr(time, "scale", None) != "tdb":
        raise LightCurveError(
            f"star {star}: its times are in the scale {getattr(time, 'scale', '(none)')}, not in "
            "barycentric TDB; correct them to BJD_TDB"
        )
    # jd1 and jd2 together keep what one double would lose.
    days = np.array((time.jd1 - BKJD_ZERO) + time.jd2, np.float64)
    days[np.asarray(time.mask)] = np.nan
    return days


def _possible(median: float, name: str) -> bool:
    """Whether a time [d] on a clock is a date at which such data were taken."""
    bkjd = median + ZERO_POINTS[name] - BKJD_ZERO
    too_early = name == "BTJD" and median < _FIRST_TESS_BTJD
    return PLAUSIBLE_BKJD[0] <= bkjd <= PLAUSIBLE_BKJD[1] and not too_early
