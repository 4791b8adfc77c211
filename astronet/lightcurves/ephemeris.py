"""When a planet candidate transits."""

import math
from dataclasses import dataclass

from astronet.errors import LightCurveError


@dataclass(frozen=True)
class Ephemeris:
    """A periodic transit signal, all in days, on the clock of the light curve (Kepler: BKJD).

    Attributes:
        period: Time between transits [d].
        epoch: Time of the middle of any one transit [d].
        duration: From first to last contact [d]; NASA's tables give hours.

    Raises:
        LightCurveError: A value is not finite or not positive, or the transit is as long as
            the period.
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
                    f"a {name} of {getattr(self, name):g} d is impossible; it must be above zero"
                )
        if self.duration >= self.period:
            raise LightCurveError(
                f"a transit of {self.duration:g} d cannot fit in a period of {self.period:g} d; "
                "durations are in days (divide NASA's tce_duration by 24)"
            )
