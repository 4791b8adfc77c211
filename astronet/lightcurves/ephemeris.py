"""Ephemeris of a periodic transit signal."""

import math
from dataclasses import dataclass

from astronet.errors import LightCurveError


@dataclass(frozen=True)
class Ephemeris:
    """Ephemeris of a periodic transit signal, in the time system of the light curve (BKJD).

    Attributes:
        period: Time between transits [d].
        epoch: Time of any mid-transit [d].
        duration: Time from first to last contact [d]; the NASA Exoplanet Archive lists durations in
            hours.

    Raises:
        LightCurveError: A value is not a finite number, the period or duration is not positive, or
            the duration is not shorter than the period.

    Examples:
        TrES-2 b, whose transits last 1.8 hours:

        >>> import astronet
        >>> astronet.Ephemeris(period=2.47061, epoch=132.646, duration=1.783 / 24).duration
        0.07429166666666666
    """

    period: float
    epoch: float
    duration: float

    def __post_init__(self) -> None:
        for name in ("period", "epoch", "duration"):
            try:
                object.__setattr__(self, name, float(getattr(self, name)))
            except (TypeError, ValueError):
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
