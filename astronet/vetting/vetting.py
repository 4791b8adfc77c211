"""Vetting of one signal: all classical statistics, with errors, thresholds and a verdict."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.vetting import depth_checks, instrument_checks, phase_checks, shape_checks
from astronet.vetting.centroid import CentroidShift, measure_centroid
from astronet.vetting.checks import Check
from astronet.vetting.measuring import Measured, measure_signal
from astronet.vetting.signal import Signal
from astronet.vetting.stellar import Stellar
from astronet.vetting.variability import Sinusoid, sinusoids
from astronet.vetting.verdict import verdict_of

_LONGER, _REPETITIONS = 1.2, 3
"""Ratio of the fitted duration to that of the ephemeris above which the signal is measured again,
and maximum number of repetitions."""


@dataclass(frozen=True, eq=False)
class Vetting:
    """Statistics of one signal, and the checks that they pass or fail.

    Attributes:
        ephemeris: Ephemeris that was given.
        checks: All checks, in the order of a page.
        measured: Measurements from which they follow: `shape` (depth, duration, impact parameter
            and other values with errors), `transits` (each single transit), and `phases` (depths at
            all orbital phases, with the primary, secondary, tertiary and positive events).
        sinusoids: Sinusoids with half, once and twice the period.
        centroid: Centroid shift in transit; None if the light curve has no centroids.
    """

    ephemeris: Ephemeris
    checks: tuple[Check, ...]
    measured: Measured
    sinusoids: tuple[Sinusoid, ...]
    centroid: CentroidShift | None

    @property
    def failed(self) -> tuple[Check, ...]:
        """Checks that fail."""
        return tuple(check for check in self.checks if check.outcome == "fail")

    @property
    def warned(self) -> tuple[Check, ...]:
        """Checks that warn."""
        return tuple(check for check in self.checks if check.outcome == "warn")

    @property
    def verdict(self) -> str:
        """Verdict in words."""
        return verdict_of(self.checks)

    @property
    def severity(self) -> float:
        """Severity of the worst check; at least 1 if a check fails."""
        known = [check.severity for check in self.checks if not math.isnan(check.severity)]
        return max(known, default=math.nan)

    def check(self, name: str) -> Check:
        """Return the check with a given name.

        Raises:
            KeyError: There is no such check.
        """
        for each in self.checks:
            if each.name == name:
                return each
        raise KeyError(f"no check is named {name}; choose from {[c.name for c in self.checks]}")

    def as_row(self) -> dict[str, Any]:
        """Return all statistics as the columns of a table; unknown ones are None."""
        shape, transits, phases = self.measured.shape, self.measured.transits, self.measured.phases
        odd, even = transits.odd_even() or ((math.nan, math.nan), (math.nan, math.nan))
        row: dict[str, float] = {
            "depth_ppm": 1e6 * shape.depth.value,
            "depth_error_ppm": 1e6 * shape.depth.error,
            "duration_days": shape.duration.value,
            "duration_error_days": shape.duration.error,
            "epoch_offset_days": shape.offset.value,
            "epoch_offset_error_days": shape.offset.error,
            "radius_ratio": shape.radius_ratio.value,
            "radius_ratio_error": shape.radius_ratio.error,
            "impact": shape.impact.value,
            "impact_error": shape.impact.error,
            "ingress_fraction": shape.ingress_fraction.value,
            "ingress_fraction_error": shape.ingress_fraction.error,
            "log_density": shape.log_density.value,
            "log_density_error": shape.log_density.error,
            "snr": transits.multiple_event,
            "max_single_event": float(transits.statistic.max()),
            "transits": len(transits),
            "complete_transits": int(transits.complete.sum()),
            "odd_depth_ppm": 1e6 * odd[0],
            "odd_depth_error_ppm": 1e6 * odd[1],
            "even_depth_ppm": 1e6 * even[0],
            "even_depth_error_ppm": 1e6 * even[1],
            "secondary_phase": phases.secondary.phase,
            "secondary_phase_error": phases.secondary_phase_error,
            "secondary_depth_ppm": 1e6 * phases.secondary.depth,
            "secondary_depth_error_ppm": 1e6 * phases.secondary.error,
            "red_noise_factor": phases.scatter,
        }
        if self.centroid is not None:
            row |= {
                "centroid_shift_pixels": self.centroid.pixels[0],
                "centroid_shift_error_pixels": self.centroid.pixels[1],
                "centroid_offset_arcsec": self.centroid.offset,
                "centroid_offset_error_arcsec": self.centroid.offset_error,
                "centroid_statistic": self.centroid.statistic,
            }
        return {name: value if np.isfinite(value) else None for name, value in row.items()}


def vet_signal(
    curve: LightCurve,
    ephemeris: Ephemeris,
    others: Sequence[Ephemeris] = (),
    stellar: Stellar | None = None,
) -> Vetting:
    """Compute the classical vetting statistics of one signal.

    The light curve is detrended with the transits masked, and the transits of the star's other
    planets are removed first. Depths are measured relative to the flux before and after each
    transit; their errors are the scatter of the same measurement at all other times, so that they
    include red noise.

    Args:
        curve: Light curve, not detrended. The centroid is measured if the light curve has centroids
            (reader option `centroid`).
        ephemeris: Ephemeris of the signal.
        others: Ephemerides of the star's other events.
        stellar: Radius, mass and density of the star; None if unknown.

    Raises:
        LightCurveError: The light curve cannot be detrended, or no transit is observed together
            with the flux before and after it.

    Examples:
        >>> import numpy as np
        >>> import astronet
        >>> time = np.arange(0, 90, 0.02)
        >>> noise = 1e-4 * np.random.default_rng(0).standard_normal(len(time))
        >>> event = astronet.Ephemeris(period=4.0, epoch=1.0, duration=0.2)
        >>> in_transit = np.abs((time - 1 + 2) % 4 - 2) < 0.1
        >>> curve = astronet.LightCurve("star", time, 1 + noise - 0.001 * in_transit)
        >>> vetting = astronet.vet_signal(curve, event)
        >>> [check.name for check in vetting.failed]
        []
        >>> vetting.check("odd_even").outcome
        'pass'
    """
    measured = _measured(curve, ephemeris, others)
    found = sinusoids(curve, ephemeris, others)
    shift, reason = _centroid(curve, measured, others)
    checks = (
        depth_checks.significance(measured),
        depth_checks.number_of_transits(measured),
        depth_checks.single_event(measured),
        depth_checks.clear_transits(measured),
        depth_checks.odd_even(measured),
        depth_checks.depth_scatter(measured),
        depth_checks.absent_transits(measured),
        depth_checks.timing_scatter(measured),
        phase_checks.secondary(measured),
        phase_checks.uniqueness(measured),
        phase_checks.same_phases(measured),
        phase_checks.sinusoidal(measured, found),
        shape_checks.v_shape(measured),
        shape_checks.asymmetry(measured),
        shape_checks.size(measured, stellar),
        shape_checks.density(measured, stellar),
        instrument_checks.edges(measured),
        instrument_checks.short_gaps(measured),
        instrument_checks.telescope_period(measured),
        instrument_checks.centroid(measured, shift, reason),
        instrument_checks.crowding(_crowding(curve)),
    )
    return Vetting(ephemeris, checks, measured, found, shift)


def _measured(curve: LightCurve, ephemeris: Ephemeris, others: Sequence[Ephemeris]) -> Measured:
    """Measure a signal; if its transits are longer than stated, or it has a secondary, again.

    The transits and the secondary must be masked when the light curve is detrended, which would
    otherwise remove a part of them.
    """
    measured = measure_signal(Signal.of(curve, ephemeris, others))
    event = ephemeris
    for _ in range(_REPETITIONS):
        duration = measured.signal.ephemeris.duration
        if not duration > _LONGER * event.duration:
            break
        event = replace(event, duration=duration)
        again = _again(curve, event, others)
        if again is None:
            return measured
        measured = again
    if measured.phases.secondary.significance > measured.phases.threshold:
        fitted, phase = measured.signal.ephemeris, measured.phases.secondary.phase
        eclipse = replace(fitted, epoch=fitted.epoch + phase * fitted.period)
        measured = _again(curve, event, others, (eclipse,)) or measured
    return measured


def _again(
    curve: LightCurve,
    event: Ephemeris,
    others: Sequence[Ephemeris],
    masked: Sequence[Ephemeris] = (),
) -> Measured | None:
    """Measure a signal again; None if too little of the light curve is left for the trend."""
    try:
        return measure_signal(Signal.of(curve, event, others, masked))
    except LightCurveError:
        return None


def _centroid(
    curve: LightCurve, measured: Measured, others: Sequence[Ephemeris]
) -> tuple[CentroidShift | None, str]:
    """Return the centroid shift, or the reason why it is unknown."""
    if curve.centroid is None:
        return None, "the light curve has no centroids"
    try:
        return measure_centroid(curve, measured.signal.ephemeris, others), ""
    except LightCurveError as error:
        return None, str(error)
    except np.linalg.LinAlgError:
        return None, "the centroids do not vary"


def _crowding(curve: LightCurve) -> float | None:
    """Return the mean fraction of the flux that comes from the star; None if it is unknown."""
    return None if curve.crowding is None else float(np.nanmean(curve.crowding))
