"""Checks of a signal against the instrument: gaps, orbits, centroids and crowding."""

import math

from astronet.vetting.centroid import CentroidShift
from astronet.vetting.checks import (
    Check,
    Description,
    at_most_a_warning,
    both,
    one_sided,
    out_of,
    percent,
    severity_of,
)
from astronet.vetting.depth_checks import UNCLEAR
from astronet.vetting.measuring import Measured
from astronet.vetting.rhythms import Coincidence, at_edges, at_short_gaps, instrument_period

_FAR = 0.5
"""Distance of the source from the star that another star must have [pixel]."""


def edges(measured: Measured) -> Check:
    """Return whether the transits are next to the ends of quarters, sectors and long gaps."""
    return _coincidence(
        "edges",
        "Ends of quarters and gaps",
        "ends of quarters, sectors or long gaps",
        at_edges(measured),
    )


def short_gaps(measured: Measured) -> Check:
    """Return whether the transits are next to short gaps, such as those of momentum dumps."""
    return _coincidence(
        "short_gaps", "Momentum dumps and short gaps", "short gaps", at_short_gaps(measured)
    )


def _coincidence(name: str, title: str, what: str, found: Coincidence) -> Check:
    about = Description(
        name,
        title,
        "",
        "fails if more transits coincide than by chance (binomial probability below 0.1 %), warns "
        "below 1 %",
        "binomial test; compare the Skye test of Thompson et al. 2018",
    )
    statement = (
        f"{out_of(found.transits, found.of, 'transit')} next to {what} (expected by "
        "chance: "
        f"{found.expected * found.of:.1f})"
    )
    return about.result(statement, found.transits, severity_of(found.probability))


def telescope_period(measured: Measured) -> Check:
    """Return whether the period is that of the telescope's orbit."""
    about = Description(
        "instrument_period",
        "Period of the telescope",
        "d",
        "warns within 1 % of 13.7 d, half or twice that (TESS), or of 372.5 d (Kepler)",
        "Thompson et al. 2018; Ricker et al. 2015",
    )
    rhythm, period = instrument_period(measured), measured.signal.ephemeris.period
    if rhythm is None:
        return about.result("the period is not that of the telescope's orbit", period, 0.0)
    return about.result(
        f"the period is close to {rhythm:g} d, a period of the telescope",
        period,
        at_most_a_warning(1.0),
    )


def centroid(measured: Measured, shift: CentroidShift | None, reason: str) -> Check:
    """Return whether the source of the transits is far from the star.

    Args:
        measured: Measured signal.
        shift: Measured centroid shift; None if it is unknown.
        reason: Reason why it is unknown.
    """
    about = Description(
        "centroid",
        "Centroid offset",
        "arcsec",
        "fails if the source of the transits is more than half a pixel from the star (probability "
        "below 0.1 %), warns above a third of a pixel",
        "Bryson et al. 2013, §2; Twicken et al. 2018, §6",
    )
    if shift is None or not math.isfinite(shift.offset):
        return about.unknown(reason or "the depth is not positive")
    if not measured.is_clear:
        return about.unknown(UNCLEAR)
    length = math.hypot(*shift.shift)
    pixels = shift.offset * shift.pixels[0] / length if length > 0 else 0.0
    statement = (
        f"the source of the transits is {shift.offset:.2f} ± {shift.offset_error:.2f} arcsec from "
        "the "
        "centroid of the star"
    )
    chance = math.exp(-(shift.significance**2) / 2)
    certain = severity_of(one_sided(shift.offset / max(shift.offset_error, 1e-12)))
    severity = both(severity_of(chance), certain, pixels / _FAR)
    return about.result(statement, shift.offset, severity, shift.offset_error)


def crowding(fraction: float | None) -> Check:
    """Return whether other stars contribute most of the flux in the aperture.

    Args:
        fraction: Mean fraction of the flux that comes from the star; None if it is unknown.
    """
    about = Description(
        "crowding",
        "Crowding",
        "",
        "warns if less than 75 % of the flux in the aperture comes from the star",
        "CROWDSAP of the light-curve files; PDCSAP_FLUX is corrected for it",
    )
    if fraction is None:
        return about.unknown("the files do not state the crowding")
    statement = f"{percent(fraction)} of the flux in the aperture comes from the star"
    return about.result(statement, fraction, at_most_a_warning((1 - fraction) / 0.25 * 2 / 3))
