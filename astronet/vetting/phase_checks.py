"""Checks of the light curve at other orbital phases than that of the transit."""

import numpy as np

from astronet.lightcurves.ephemeris import Ephemeris
from astronet.vetting.amplitudes import depths_at
from astronet.vetting.checks import (
    Check,
    Description,
    at_most_a_warning,
    both,
    one_sided,
    ppm,
    severity_of,
)
from astronet.vetting.measuring import Measured
from astronet.vetting.phases import Dip, PhaseSearch
from astronet.vetting.variability import LONGEST, Sinusoid

_DIFFERENCE = 2.0
"""Smallest difference of the significances of the transit and of other events [σ]."""

_LEAST_DEPTH = 3.0
"""Smallest depth with which a sinusoid is compared, in units of its error."""

_REPEATED = 3.0
"""Smallest significance of a secondary without the cycle that contributes most [σ]."""

_STRONG_VARIABILITY, _EXPLAINED = 1.0, 0.5
"""Amplitude of a sinusoid relative to the depth (Thompson et al. 2018), and fraction of the
depth that it explains."""

_MODEL_SHIFT = "model-shift test, Coughlin et al. 2016; Thompson et al. 2018"


def secondary(measured: Measured) -> Check:
    """Return whether there is a significant secondary eclipse that is too deep for a planet."""
    about = Description(
        "secondary",
        "Secondary eclipse",
        "ppm",
        "fails if a dip at another phase has a false-alarm probability below 0.1 % (all phases "
        "considered), is seen in more than one cycle, exceeds the tertiary and positive events by "
        "3.3 σ, and is deeper than the "
        "occultation of a planet with geometric albedo 1; warns below 1 % or if a planet is "
        "possible",
        _MODEL_SHIFT,
    )
    search = measured.phases
    dip = search.secondary
    if not dip.significance > 0:
        return about.unknown("no other phase is observed")
    chance = one_sided(dip.significance)
    chance = float(-np.expm1(search.phases * np.log1p(-min(chance, 1 - 1e-12))))
    rest = max(search.tertiary.significance, -search.positive.significance, 0.0)
    unique = (dip.significance - rest) / search.threshold_of_difference
    severity = both(severity_of(max(chance, 1e-300)), max(unique, 0.0))
    statement = (
        f"the deepest dip away from the transit is at phase {_phase(dip.phase)}: {ppm(dip.depth)}, "
        f"{dip.significance:.1f} σ{_origin(measured, dip)}"
    )
    if severity >= 1:
        severity, remark = _repeated(search, severity)
        statement += remark
    largest = largest_occultation(measured)
    if severity >= 1 and dip.depth - 2 * dip.error <= largest:
        statement += f"; the occultation of a planet could be as deep ({ppm(largest)})"
        severity = at_most_a_warning(severity)
    return about.result(statement, 1e6 * dip.depth, severity, 1e6 * dip.error)


def _repeated(search: PhaseSearch, severity: float) -> tuple[float, str]:
    """Return the severity of a secondary, which must repeat, and a remark if it does not."""
    if np.isnan(search.consistency):
        return at_most_a_warning(severity), "; only one cycle is observed at this phase"
    if search.consistency < _REPEATED:
        return both(severity, search.consistency / _REPEATED), "; it is seen in one cycle only"
    return severity, ""


def _phase(phase: float) -> str:
    return f"{phase:+.3f}".replace("-", "−")


def largest_occultation(measured: Measured) -> float:
    """Return the depth of the occultation of a planet that reflects all light: (Rp / a)².

    a / R* is that of the transit fit (circular orbit), Rp / R* its radius ratio; for geometric
    albedo 1 the depth is (Rp / a)² (Seager 2010, Exoplanet Atmospheres).
    """
    shape, period = measured.shape, measured.signal.ephemeris.period
    axis = 4.2083 * (10**shape.log_density.value * period**2) ** (1 / 3)
    return float((shape.radius_ratio.value / max(axis, 1.0)) ** 2)


def _origin(measured: Measured, dip: Dip) -> str:
    """Return whether a dip is the edge of the transit itself or another listed event, in words."""
    event = measured.signal.ephemeris
    period, time = event.period, event.epoch + dip.phase * event.period
    if abs(dip.phase) * period < 2.5 * event.duration:
        if measured.irregular:
            return " (next to the transit, which is early or late in some cycles)"
        return " (next to the transit, which may be longer than the ephemeris states)"
    if (other := sibling_at(measured, time)) is not None:
        return f" (the listed event with period {other.period:.5g} d)"
    return ""


def sibling_at(measured: Measured, time: float) -> Ephemeris | None:
    """Return the other event of the star that stays at the phases of a time [d]; None if none."""
    period = measured.signal.ephemeris.period
    for other in measured.signal.kept:
        cycle = min(period, other.period)
        apart = abs((time - other.epoch + cycle / 2) % cycle - cycle / 2)
        if apart < other.duration:
            return other
    return None


def uniqueness(measured: Measured) -> Check:
    """Return whether the transit is the strongest event of the folded light curve."""
    about = Description(
        "uniqueness",
        "Uniqueness of the transit",
        "σ",
        "fails if the transit exceeds the tertiary or the positive event by less than 2 σ, warns "
        "below 3 σ",
        _MODEL_SHIFT,
    )
    search = measured.phases
    others = [search.tertiary.significance, -search.positive.significance]
    rest = max((value for value in others if np.isfinite(value)), default=np.nan)
    if not np.isfinite(rest):
        return about.unknown("no other phase is observed")
    value = search.primary.significance - rest
    relation = "stronger" if value >= 0 else "weaker"
    statement = (
        f"the transit ({search.primary.significance:.1f} σ) is {abs(value):.1f} σ {relation} than "
        "the "
        "strongest event at other phases"
    )
    return about.result(statement, value, _DIFFERENCE / max(value, 1e-3), float(np.sqrt(2)))


def same_phases(measured: Measured) -> Check:
    """Return whether another listed event is at constant phases of the signal."""
    about = Description(
        "same_period",
        "Other events with this period",
        "",
        "warns if another listed event has the same, half or twice the period",
        "Coughlin et al. 2016",
    )
    kept = measured.signal.kept
    if not kept:
        return about.result("no other listed event has the same, half or twice the period", 0, 0.0)
    periods = " and ".join(f"{other.period:.5g} d" for other in kept)
    subject = "another listed event has" if len(kept) == 1 else "other listed events have"
    statement = f"{subject} the same, half or twice the period ({periods})"
    return about.result(statement, len(kept), at_most_a_warning(1.0))


def sinusoidal(measured: Measured, found: tuple[Sinusoid, ...]) -> Check:
    """Return whether the star varies with the period of the signal."""
    about = Description(
        "sinusoid",
        "Sinusoidal variability",
        "ppm",
        "fails if a sinusoid with a third, half, two thirds, once or twice the period has an "
        "amplitude "
        "above the transit depth, or explains half of the depth (probability below 0.1 %); warns "
        "at "
        "two thirds of these limits",
        "after the SWEET test, Thompson et al. 2018",
    )
    if not found:
        return about.unknown(f"the periods exceed {LONGEST:g} d or half of the observations")
    # The depth of a signal that is not significant is no measure of the variability.
    mean = measured.transits.mean_depth()
    depth = max(measured.shape.depth.value, _LEAST_DEPTH * mean.error)
    judged = [(_severity_of_sinusoid(one, depth, measured), one) for one in found]
    severity, largest = max(judged, key=lambda each: (each[0], each[1].amplitude))
    statement = (
        f"a sinusoid with period {largest.period:.4g} d has an amplitude of "
        f"{ppm(largest.amplitude)}"
    )
    return about.result(statement, 1e6 * largest.amplitude, severity, 1e6 * largest.error)


def _severity_of_sinusoid(one: Sinusoid, depth: float, measured: Measured) -> float:
    explained = one.amplitude * _apparent_depth(one.period, measured) / depth
    strength = max(one.amplitude / depth / _STRONG_VARIABILITY, explained / _EXPLAINED)
    return both(severity_of(one.probability), strength)


def _apparent_depth(period: float, measured: Measured) -> float:
    """Return the depth that is measured at the minimum of a sinusoid with amplitude 1."""
    signal = measured.signal
    template = measured.shape.template(signal.exposure, signal.ephemeris.period)
    time = np.linspace(-template.reach, template.reach, 201)
    flux = 1 - np.cos(2 * np.pi * time / period)
    starts, every = np.array([0, len(time)]), np.ones(len(time), np.bool_)
    return float(depths_at(time, flux, starts, every, np.zeros(1), template).depth[0])
