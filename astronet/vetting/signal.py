"""Detrended light curve of one signal, without the transits of the star's other planets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.detrend import flatten
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import (
    at_other_periods,
    fold,
    in_transit,
    without_other_transits,
)

_RARE = 0.05
"""Fraction of the time in the transits of another planet up to which they are cut out; those of
other planets are divided by their mean, so that most of the data remains."""

_PROFILE_BINS = 16  # of the mean transit

OTHERS_WIDTH = 1.5
"""Width of the intervals that are removed around the transits of other planets [durations]."""


@dataclass(frozen=True, eq=False)
class Signal:
    """Periodic signal in the detrended light curve [n] of a star.

    Attributes:
        curve: Detrended light curve [n] without the transits of the star's other planets.
        detrended: Detrended light curve with all transits.
        ephemeris: Ephemeris of the signal.
        removed: Ephemerides of the other planets whose transits are removed.
        kept: Ephemerides of other events that stay at the same phases of the signal, for example
            its secondary eclipse; their transits are not removed.
        since: Time since the nearest mid-transit [n] [d], from −period/2 to period/2.
        number: Number of the nearest transit [n], counted from the epoch of the ephemeris.
        exposure: Exposure time [d], estimated from the time between points.
    """

    curve: LightCurve
    detrended: LightCurve
    ephemeris: Ephemeris
    removed: tuple[Ephemeris, ...]
    kept: tuple[Ephemeris, ...]
    since: Floats
    number: Ints
    exposure: float

    @classmethod
    def of(
        cls,
        curve: LightCurve,
        ephemeris: Ephemeris,
        others: Sequence[Ephemeris] = (),
        masked: Sequence[Ephemeris] = (),
    ) -> Self:
        """Detrend a light curve with all transits masked, and remove those of other planets.

        Args:
            curve: Light curve, not detrended.
            ephemeris: Ephemeris of the signal.
            others: Ephemerides of the star's other events.
            masked: Ephemerides of other dips of this signal, such as its secondary eclipse, that
                are masked when the light curve is detrended, but not removed.

        Raises:
            LightCurveError: The light curve cannot be detrended, or no point is in transit.
        """
        exposure = exposure_of(curve)
        if ephemeris.duration < exposure / 2:
            raise LightCurveError(
                f"star {curve.star}: the duration is {ephemeris.duration:g} d, but the time "
                "between "
                f"points is {exposure:g} d; correct the duration (in days), or use a light curve "
                "with "
                "a shorter exposure time"
            )
        flat = flatten(curve, (ephemeris, *others, *masked))
        removed = at_other_periods(curve, ephemeris, others)
        frequent = [one for one in removed if OTHERS_WIDTH * one.duration > _RARE * one.period]
        corrected = flat
        for other in frequent:
            corrected = without_profile(corrected, other, ephemeris)
        rare = [one for one in removed if one not in frequent]
        rest = without_other_transits(corrected, ephemeris, rare, OTHERS_WIDTH)
        if len(rest) == len(flat):
            removed = frequent
        since = fold(rest.time, ephemeris)
        if not (np.abs(since) < ephemeris.duration / 2).any():
            raise LightCurveError(
                f"star {curve.star}: no point of the light curve is in transit; check the period, "
                "the epoch (BKJD) and the duration, or add the files that contain the transits"
            )
        number = np.round((rest.time - since - ephemeris.epoch) / ephemeris.period)
        kept = [other for other in others if other not in removed]
        return cls(
            rest,
            flat,
            ephemeris,
            tuple(removed),
            tuple(kept),
            since,
            number.astype(np.int64),
            exposure,
        )

    @property
    def orbital_phase(self) -> Floats:
        """Phase of each point [n], from −0.5 to 0.5; the transit has phase 0."""
        return self.since / self.ephemeris.period

    def shifted(self, number: Ints, delay: Floats) -> Self:
        """Return the signal with the times since mid-transit corrected for delays of transits.

        Args:
            number: Numbers of some transits [t], in ascending order.
            delay: Measured minus expected times of these transits [t] [d].
        """
        place = np.searchsorted(number, self.number).clip(0, len(number) - 1)
        late = np.where(number[place] == self.number, delay[place], 0.0)
        return replace(self, since=self.since - late)

    def within(self, width: float) -> Bools:
        """Return whether each point [n] is in an interval of `width` durations at a transit."""
        return np.asarray(np.abs(self.since) <= width / 2 * self.ephemeris.duration, np.bool_)


def without_profile(curve: LightCurve, other: Ephemeris, event: Ephemeris) -> LightCurve:
    """Return a detrended light curve divided by the mean transit of another planet.

    The mean is the median in bins of the phase, without the transits of the event.

    Args:
        curve: Detrended light curve.
        other: Ephemeris of the other planet.
        event: Ephemeris of the event.
    """
    reach = min(OTHERS_WIDTH / 2 * other.duration, other.period / 2)
    since = fold(curve.time, other)
    near = np.abs(since) < reach
    index = ((since[near] / reach + 1) / 2 * _PROFILE_BINS).astype(np.int64)
    index = index.clip(0, _PROFILE_BINS - 1)
    used = ~in_transit(curve.time[near], event, 1.2)
    flux = curve.flux.copy()
    values = flux[near]
    for one in range(_PROFILE_BINS):
        inside = index == one
        if (inside & used).any():
            values[inside] /= np.median(values[inside & used])
    flux[near] = values
    return curve.with_flux(flux)


def binned(
    place: Floats, flux: Floats, weight: Floats, reach: float, bins: int
) -> tuple[Floats, Floats, Floats]:
    """Return weighted means of places and fluxes in bins from −reach to reach, and their weights.

    Bins without points are left out.

    Args:
        place: Times or phases of the points [n], with absolute values of at most `reach`.
        flux: Fluxes [n].
        weight: Weights, which are inverse variances [n].
        reach: Half of the width of the binned interval.
        bins: Number of bins.
    """
    index = ((place / reach + 1) / 2 * bins).astype(np.int64).clip(0, bins - 1)
    total = np.bincount(index, weight, bins)
    some = total > 0
    means = [np.bincount(index, weight * each, bins)[some] / total[some] for each in (place, flux)]
    return np.asarray(means[0]), np.asarray(means[1]), np.asarray(total[some])


def exposure_of(curve: LightCurve) -> float:
    """Return the median time between points of a segment [d]: the exposure time, without gaps."""
    steps = np.diff(curve.time)[np.diff(curve.segment) == 0]
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else 0.0
