"""Settings of the search for transits."""

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from astronet.errors import ConfigError


@dataclass(frozen=True)
class SearchSettings:
    """Settings of the search for transits in one light curve.

    Attributes:
        max_signals: Maximum number of candidates.
        min_snr: Smallest detection statistic of a candidate; the statistic is similar to the
            signal-to-noise ratio (see `Candidate`).
        min_period: Shortest period [d]; it must be below half of the light curve's time span.
        max_period: Longest period [d]; None means the longest period for which `min_transits`
            transits fit into the light curve.
        min_transits: Smallest number of observed transits (1, 2 or 3). If it is 3, one of them can
            be mostly in a gap; the candidate then has the flag few_transits.
        stellar_density: Smallest and largest possible mean density of the star [solar densities],
            which determine the range of transit durations.
        null_curves: Number of inverted or scrambled light curves from which false-alarm
            probabilities are computed; 0 means none.
        seed: Random seed of the scrambled light curves.

    Raises:
        ConfigError: A setting is out of range, or is not a number.

    Examples:
        The first three signals with periods up to 50 d, of a star like the Sun:

        >>> import astronet
        >>> settings = astronet.SearchSettings(3, max_period=50, stellar_density=(0.5, 2))
        >>> settings.min_period
        0.3
    """

    max_signals: int = 10
    min_snr: float = 7.0
    min_period: float = 0.3
    max_period: float | None = None
    min_transits: int = 3
    stellar_density: tuple[float, float] = (0.2, 3.0)
    null_curves: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("max_signals", 1), ("null_curves", 0), ("seed", 0)):
            if not self._is_integer(name, least):
                raise _out_of_range(name, getattr(self, name), f"an integer of at least {least}")
        if not self._is_integer("min_transits", 1) or self.min_transits > 3:
            raise _out_of_range("min_transits", self.min_transits, "1, 2 or 3")
        if not _is_real(self.min_snr) or not 0 <= self.min_snr < math.inf:
            raise _out_of_range("min_snr", self.min_snr, "a finite number of at least 0")
        self._check_periods()
        self._check_densities()

    def _check_periods(self) -> None:
        shortest, longest = self.min_period, self.max_period
        if not _is_real(shortest) or not 0 < shortest < math.inf:
            raise _out_of_range("min_period", shortest, "a positive number of days")
        if longest is None:
            return
        if not _is_real(longest) or not 0 < longest < math.inf:
            raise _out_of_range("max_period", longest, "a positive number of days, or none")
        if longest <= shortest:
            raise ConfigError(
                f"the range of periods, {shortest:g} to {longest:g} d, is invalid; give a shortest "
                "period below the longest one",
                arguments=("min_period", "max_period"),
            )

    def _check_densities(self) -> None:
        given: Any = self.stellar_density
        densities = list(given) if hasattr(given, "__iter__") else []
        if len(densities) != 2 or not all(map(_is_real, densities)):
            raise ConfigError(
                f"the setting stellar_density of the search is {given!r}; give two numbers, the "
                "smallest and the largest density, for example (0.8, 1.2)",
                arguments=("stellar_density", "density"),
            )
        lowest, highest = densities
        if not 0 < lowest <= highest < math.inf:
            raise ConfigError(
                f"the range of stellar densities, {lowest:g} to {highest:g}, is invalid; give two "
                "positive numbers in ascending order",
                arguments=("stellar_density", "density"),
            )

    def _is_integer(self, name: str, least: int) -> bool:
        """Return whether a setting is an integer that is not less than a limit."""
        value = getattr(self, name)
        return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def _is_real(value: Any) -> bool:
    """Return whether a value is a real number, but not a truth value."""
    return isinstance(value, Real) and not isinstance(value, bool)


def _out_of_range(name: str, value: object, valid: str) -> ConfigError:
    return ConfigError(
        f"the setting {name} of the search is {value!r}; give {valid}", arguments=(name,)
    )
