"""Ephemeris of a periodic transit signal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from astronet.errors import LightCurveError
from astronet.lightcurves.clock import bkjd_of


@dataclass(frozen=True)
class Ephemeris:
    """Ephemeris of a periodic transit signal, in the time system of the light curve (BKJD).

    Astropy quantities are converted to days, and an epoch given as an astropy `Time` to BKJD.

    Attributes:
        period: Time between transits [d].
        epoch: Time of any mid-transit [d].
        duration: Time from first to last contact [d]; the NASA Exoplanet Archive lists durations in
            hours.

    Raises:
        LightCurveError: A value is not a finite number or a quantity of time, the time scale of the
            epoch is not TDB, the period or duration is not positive, or the duration is not shorter
            than the period.

    Examples:
        TrES-2 b, whose transits last 1.8 hours:

        >>> import astronet
        >>> astronet.Ephemeris(period=2.47061, epoch=132.646, duration=1.783 / 24).duration
        0.07429166666666666

        The same with units:

        >>> from astropy import units as u
        >>> from astropy.time import Time
        >>> epoch = Time(2454965.646, format="jd", scale="tdb")
        >>> event = astronet.Ephemeris(2.47061 * u.day, epoch, 1.783 * u.hour)
        >>> round(event.epoch, 6), round(event.duration, 6)
        (132.646, 0.074292)
    """

    period: float
    epoch: float
    duration: float

    def __post_init__(self) -> None:
        for name in ("period", "epoch", "duration"):
            try:
                object.__setattr__(self, name, float(_in_days(name, getattr(self, name))))
            except LightCurveError:
                raise
            except (TypeError, ValueError, OverflowError):
                raise LightCurveError(
                    f"the {name} is {getattr(self, name)!r}; give it as a finite number of days"
                ) from None
            if not math.isfinite(getattr(self, name)):
                raise LightCurveError(
                    f"the {name} is {getattr(self, name)}; give it as a finite number of days"
                )
        for name in ("period", "duration"):
            if getattr(self, name) <= 0:
                raise LightCurveError(
                    f"the {name} is {getattr(self, name):g} d; it must be positive"
                )
        if self.duration >= self.period:
            raise LightCurveError(
                f"a transit of {self.duration:g} d cannot fit in a period of {self.period:g} d; "
                "durations are in days (divide NASA's tce_duration by 24)"
            )


def is_valid(period: float, epoch: float, duration: float) -> bool:
    """Return whether the values [d] form a valid ephemeris."""
    try:
        Ephemeris(period, epoch, duration)
    except LightCurveError:
        return False
    return True


def ephemerides_of(event: Ephemeris | Sequence[Ephemeris]) -> list[Ephemeris]:
    """Return the ephemerides of one or several events as a list.

    Raises:
        LightCurveError: The event is neither an ephemeris nor a list of ephemerides.
    """
    some = [event] if isinstance(event, Ephemeris) else event
    if not isinstance(some, Sequence) or not all(isinstance(one, Ephemeris) for one in some):
        raise LightCurveError(
            "an event must be an astronet.Ephemeris, or a list of them; give "
            "Ephemeris(period, epoch, duration)"
        )
    return list(some)


def _in_days(name: str, value: Any) -> Any:
    """Return a period, epoch or duration in days; values without a unit are returned unchanged.

    Raises:
        LightCurveError: The time scale of an astropy `Time` is not TDB.
        ValueError: The unit is not a unit of time.
    """
    if name == "epoch" and hasattr(value, "scale"):
        if value.scale != "tdb":
            raise LightCurveError(
                f"the time scale of the epoch is {value.scale}, not barycentric TDB; give the "
                'epoch as BJD_TDB, for example Time(…, format="jd", scale="tdb")'
            )
        return bkjd_of("the epoch", value)
    return value.to_value("d") if hasattr(value, "to_value") else value
