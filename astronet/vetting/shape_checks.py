"""Checks of the shape of the transit, and of the size of the transiting body."""

import numpy as np

from astronet.vetting.checks import (
    Check,
    Description,
    both,
    one_sided,
    percent,
    severity_of,
    two_sided,
)
from astronet.vetting.depth_checks import UNCLEAR
from astronet.vetting.measuring import Measured
from astronet.vetting.shape import Value
from astronet.vetting.stellar import EARTH_RADII, Stellar

_GRAZING = 1.04
"""Sum of impact parameter and radius ratio of a binary (Thompson et al. 2018)."""

_CERTAIN = 1.645
"""Number of standard errors by which the limit must be exceeded."""

_LARGEST_PLANET = 30.0
"""Radius above which a body is a star [Earth radii] (Thompson et al. 2018)."""

_LARGE_ASYMMETRY = 0.1
"""Asymmetry relative to the depth that is not due to the sampling."""

_STAR_ERROR, _ECCENTRICITY_ERROR = 0.1, 0.15
"""Errors of log10 of the density of the catalogue, and of that for a circular orbit: the rms of
3 e sin ω / ln 10 for eccentricities of about 0.15."""

_LARGE_DISAGREEMENT = 1.0
"""Difference of the logarithms of the densities that is not due to a wrong star."""


def v_shape(measured: Measured) -> Check:
    """Return whether the transit is V-shaped, as that of a grazing binary."""
    about = Description(
        "v_shape",
        "V shape",
        "R*",
        "fails if the sum of impact parameter and radius ratio exceeds 1.04 by 1.6 σ, warns above "
        "1.04",
        "Thompson et al. 2018",
    )
    if not measured.is_clear:
        return about.unknown(UNCLEAR)
    value, error = measured.shape.contact
    fraction = measured.shape.ingress_fraction.value
    statement = (
        f"the ingress takes {percent(fraction)} of the transit (50 % is a V); impact parameter "
        "plus "
        "radius "
        f"ratio is {value:.2f} ± {error:.2f}"
    )
    surely = (value - _GRAZING) / max(error, 1e-6) / _CERTAIN
    severity = max(surely, 0.7) if value > _GRAZING else min(value / _GRAZING, 0.99) * 0.6
    return about.result(statement, value, severity, error)


def asymmetry(measured: Measured) -> Check:
    """Return whether the first and second half of the transit have the same depth."""
    about = Description(
        "asymmetry",
        "Asymmetry",
        "",
        "fails if the halves differ by more than 10 % of the depth (probability below 0.1 %), "
        "warns "
        "below 1 %",
        "difference of the mean fluxes of both halves, less the slope of the baseline",
    )
    if not measured.is_clear:
        return about.unknown(UNCLEAR)
    value, error = halves(measured)
    if not np.isfinite(value):
        return about.unknown("one half of the transit is not observed")
    statement = (
        f"the halves of the transit differ by {100 * abs(value):.1f} % of the depth "
        f"({abs(value) / error:.1f} σ)"
    )
    severity = both(severity_of(two_sided(value / error)), abs(value) / _LARGE_ASYMMETRY)
    return about.result(statement, value, severity, error)


def halves(measured: Measured) -> Value:
    """Return the difference of the depths of both halves, relative to the depth."""
    signal = measured.signal
    half = signal.ephemeris.duration / 2
    since, flux, weight = signal.since, signal.curve.flux, 1 / measured.noise**2
    outside = (np.abs(since) > 1.1 * half + signal.exposure / 2) & (np.abs(since) < 3 * half)
    first, second = ((sign * since > 0) & (np.abs(since) <= half) for sign in (-1, 1))
    if not (first.any() and second.any() and outside.sum() > 2):
        return Value(np.nan, np.nan)
    x, y, w = since[outside], flux[outside], weight[outside]
    middle = w @ x / w.sum()
    spread = float(w @ (x - middle) ** 2)
    slope = float(w @ ((x - middle) * y)) / spread
    means, times, variances = [], [], 0.0
    for chosen in (first, second):
        total = float(weight[chosen].sum())
        means.append(float(weight[chosen] @ flux[chosen]) / total)
        times.append(float(weight[chosen] @ since[chosen]) / total)
        variances += 1 / total
    apart = times[1] - times[0]
    difference = -(means[1] - means[0] - slope * apart)
    error = measured.phases.scatter * np.sqrt(variances + apart**2 / spread)
    timing = measured.shape.offset.error / half * measured.shape.ingress_fraction.value
    depth = max(measured.shape.depth.value, 1e-12)
    return Value(difference / depth, float(np.hypot(error / depth, timing)))


def size(measured: Measured, stellar: Stellar | None) -> Check:
    """Return whether the transiting body is too large for a planet."""
    about = Description(
        "size",
        "Radius of the transiting body",
        "R⊕",
        "fails above 30 Earth radii, warns above 20",
        "Thompson et al. 2018",
    )
    if stellar is None or stellar.radius is None:
        return about.unknown("the table has no star_radius_sun of this star")
    if not measured.is_clear:
        return about.unknown(UNCLEAR)
    scale = stellar.radius * EARTH_RADII
    value, error = (scale * one for one in measured.shape.radius_ratio)
    statement = f"the transiting body has {value:.1f} ± {error:.1f} Earth radii"
    # A grazing transit does not determine the radius; its lower limit counts.
    least = max(value - _CERTAIN * error, 0.0)
    return about.result(statement, value, least / _LARGEST_PLANET, error)


def density(measured: Measured, stellar: Stellar | None) -> Check:
    """Return whether the duration of the transit is that of a body that orbits the star."""
    about = Description(
        "density",
        "Stellar density",
        "dex",
        "fails if the density of the transit differs from that of the catalogue by more than a "
        "factor "
        "of 10 (probability below 0.1 %), warns above a factor of 4.6",
        "Seager & Mallén-Ornelas 2003; photoeccentric effect: Kipping 2010",
    )
    if stellar is None or stellar.density is None:
        return about.unknown("the table has no star_radius_sun and star_logg of this star")
    if not measured.is_clear:
        return about.unknown(UNCLEAR)
    value, error = measured.shape.log_density
    difference = value - float(np.log10(stellar.density))
    error = float(np.sqrt(error**2 + _STAR_ERROR**2 + _ECCENTRICITY_ERROR**2))
    statement = (
        f"the transit implies a stellar density of {10**value:.2g} times that of the Sun "
        "(catalogue: "
        f"{stellar.density:.2g}) if the orbit is circular"
    )
    severity = both(
        severity_of(2 * one_sided(abs(difference) / error)), abs(difference) / _LARGE_DISAGREEMENT
    )
    return about.result(statement, difference, severity, error)
