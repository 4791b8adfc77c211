"""Light curves that are searched: real ones, with injected transits, and without transits.

All random numbers are determined by the seed, the star and the number of the light curve, not by
the engine that searches it.
"""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

import astronet
from astronet import Ephemeris, LightCurve
from astronet.detection.nulls import null_curve
from astronet.lightcurves.phase import without_transits
from astronet.missions import kepler
from astronet.simulation.injection import Injection, InjectionRange, draw_injection, inject
from benchmarks import kepler_90

PERIODS = (0.5, 400.0)
"""Range of the searched periods, and of the periods of injections [d]."""

SEED = 16
CUT = 1.6
"""Width of the interval that is cut out around each transit of a known planet [durations]."""

WIDE_CUTS = {1161345: (2.2, 11.0)}
"""Shift and width of the cuts for stars without a constant period [durations].

The transits of KIC 1161345 are up to three durations early and seven durations late. With the usual
width, most of them would remain in the light curves without transits."""


@dataclass(frozen=True, eq=False)
class Star:
    """Light curve of a star without the transits of its planets; false positives remain.

    Attributes:
        number: Kepler number of the star.
        raw: Light curve that is not detrended.
        planets: Number of planets that were cut out.
    """

    number: int
    raw: LightCurve
    planets: int
    _drawn: dict[int, Injection] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, object]:
        """Return the state for a worker; the injections can be drawn at the same time."""
        return {**self.__dict__, "_drawn": {}}

    @cached_property
    def flat(self) -> LightCurve:
        """Detrended light curve, in which the noise is measured."""
        return astronet.flatten(self.raw)

    def injection(self, index: int) -> Injection:
        """Return one of the signals that are injected into the light curve of this star."""
        if index not in self._drawn:
            generator = np.random.default_rng([SEED, self.number, index])
            self._drawn[index] = draw_injection(
                generator, self.flat, InjectionRange(period=PERIODS)
            )
        return self._drawn[index]

    def curve(self, kind: str, index: int) -> LightCurve:
        """Return a light curve that is not detrended.

        Args:
            kind: "real"; "null", without transits; or "injection", with an injected signal.
            index: Number of the null or of the injection.
        """
        if kind == "null":
            return null_curve(self.raw, index, seed=SEED + self.number)
        return inject(self.raw, self.injection(index)) if kind == "injection" else self.raw


def star_numbers(data: Path) -> list[int]:
    """Return the numbers of the stars that have light curves, in ascending order."""
    return sorted(int(place.name) for place in (data / "kepler").glob("*/*"))


@lru_cache(maxsize=16)
def read_star(data: Path, number: int) -> Star:
    """Return the light curve of a star, without the transits of its planets.

    Args:
        data: Folder that contains kepler/ (light curves) and dr24/ (the TCE table).
        number: Kepler number of the star.
    """
    raw = kepler.read_light_curve(data / "kepler", number)
    planets = _planets(data, number)
    shift, width = WIDE_CUTS.get(number, (0.0, CUT))
    wide = [Ephemeris(p.period, p.epoch + shift * p.duration, width * p.duration) for p in planets]
    if number == kepler_90.NUMBER:
        wide.append(Ephemeris(10_000.0, *kepler_90.LATE_TRANSIT))
    return Star(number, without_transits(raw, wide), len(planets))


def _planets(data: Path, number: int) -> list[Ephemeris]:
    if number == kepler_90.NUMBER:  # of which only one planet is labelled
        return [Ephemeris(*planet) for planet in kepler_90.PLANETS.values()]
    table = _table(data)
    rows = table[(table["kepid"] == number) & (table["av_training_set"] == "PC")]
    values = rows[["tce_period", "tce_time0bk", "tce_duration"]].to_numpy(np.float64)
    return [Ephemeris(period, epoch, hours / 24) for period, epoch, hours in values]


@lru_cache(maxsize=1)
def _table(data: Path) -> pd.DataFrame:
    return pd.read_csv(data / "dr24" / "q1_q17_dr24_tce.csv", comment="#")
