"""Fit of a limb-darkened transit to a folded light curve: depth, duration, shape and density."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from exoplanet_core import quad_limbdark_light_curve
from scipy.optimize import least_squares

from astronet.detection.template import LIMB_DARKENING
from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Floats
from astronet.vetting.amplitudes import REACH, Template
from astronet.vetting.signal import Signal, binned

_CLOSEST = (0.0, 0.25, 0.45, 0.6, 0.72, 0.82, 0.9, 0.95, 0.98, 0.995)
"""Impact parameters that are fitted, relative to that of a transit that just occurs."""

_REFINEMENTS = 3
"""Number of times that impact parameters next to the best one are added."""

_BINS_PER_DURATION, _SAMPLES = 24, 7
"""Number of bins per transit duration, and of samples of the model in each exposure."""

_PROFILE = np.linspace(0.0, 1.0, 61) ** 0.8
"""Times at which the profile is computed, from the middle to the end [half durations]."""

_RADIUS_RATIOS, _DURATIONS = (1e-3, 1.2), (0.25, 3.0)
"""Limits of the radius ratio, and of the duration relative to that of the ephemeris."""

_A_OVER_RSTAR_AT_ONE_DAY = 4.2083
"""a / R* for the density of the Sun and a period of 1 d (Winn 2010, equation 30)."""

_TEMPLATE_STEPS = 200


class Value(NamedTuple):
    """Value and its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class TransitShape:
    """Limb-darkened transit that fits the folded light curve; all values have standard errors.

    The values are means over the impact parameter, which has a uniform prior. The impact parameter
    and all values that depend on it are poorly known unless the ingress is resolved.

    The errors are larger if the transit differs from the model: they are multiplied by the root of
    the reduced χ².

    Attributes:
        depth: Depth at mid-transit, as a fraction of the flux, not averaged over exposures.
        duration: Time from first to last contact [d].
        offset: Time from the mid-transit of the ephemeris to that of the fit [d].
        radius_ratio: Radius of the transiting body in stellar radii.
        impact: Impact parameter in stellar radii.
        contact: Sum of impact parameter and radius ratio; the transit is grazing if it exceeds 1.
        ingress_fraction: Duration of the ingress relative to that of the transit: 0 for a box, 0.5
            for a V.
        log_density: Decimal logarithm of the star's mean density for a circular orbit [solar
            densities].
        reduced_chi_square: χ² of the fit per degree of freedom.
    """

    depth: Value
    duration: Value
    offset: Value
    radius_ratio: Value
    impact: Value
    contact: Value
    ingress_fraction: Value
    log_density: Value
    reduced_chi_square: float

    def template(self, exposure: float, period: float, *, dark: bool = True) -> Template:
        """Return the shape of the transit, averaged over each exposure.

        Args:
            exposure: Exposure time [d].
            period: Period [d].
            dark: Whether the eclipsed star has dark limbs, as in a primary eclipse; a body behind
                the star disappears without limb darkening.
        """
        closest = self.impact.value / (1 + self.radius_ratio.value)
        limb = LIMB_DARKENING if dark else (0.0, 0.0)
        duration = min(self.duration.value, 0.98 * period)
        return _template(
            self.radius_ratio.value, min(closest, 0.999), duration, exposure, limb, period
        )


def provisional_template(duration: float, exposure: float, period: float) -> Template:
    """Return the shape of a small planet's transit with a given duration [d]."""
    return _template(0.05, 0.3, duration, exposure, LIMB_DARKENING, period)


def fit_shape(signal: Signal, noise: Floats) -> TransitShape:
    """Fit a limb-darkened transit to the folded light curve and return its shape.

    The transit has the limb darkening of the Sun, a straight path and a constant velocity (Mandel &
    Agol 2002, in the form of Agol, Luger & Foreman-Mackey 2020), and is averaged over exposures.
    The radius ratio, the duration, the mid-transit time and the level are fitted for each of ten
    impact parameters; the results are weighted by their likelihoods.

    Args:
        signal: Detrended light curve [n] of the signal.
        noise: Standard deviation of each point [n]; infinite for points that are not used.

    Raises:
        LightCurveError: Fewer than six bins contain points near the transit.
    """
    folded = _folded(signal, noise)
    start = np.array([np.log(0.05), signal.ephemeris.duration, 0.0, 0.0])
    depth = -float(np.average(folded.flux[folded.inside], weights=folded.weight[folded.inside]))
    start[0] = np.log(np.clip(np.sqrt(max(depth, 1e-6)), 2e-3, 0.5))
    fits: list[_Fit] = []
    for closest in _CLOSEST:
        fits.append(_fit_one(folded, closest, start))
        start = fits[-1].parameters
    for _ in range(_REFINEMENTS):
        best = min(range(len(fits)), key=lambda k: fits[k].chi_square)
        for other in (best + 1, best - 1):
            if 0 <= other < len(fits):
                between = (fits[best].closest + fits[other].closest) / 2
                fits.append(_fit_one(folded, between, fits[best].parameters))
        fits.sort(key=lambda fit: fit.closest)
    return _mean_of(fits, signal.ephemeris.period, len(folded.flux))


class _Folded(NamedTuple):
    """Bins [k] of the folded light curve near the transit; fluxes are relative to 1."""

    phase: Floats
    flux: Floats
    weight: Floats
    inside: Floats
    duration: float
    exposure: float
    longest: float


class _Fit(NamedTuple):
    """Fit with one impact parameter, relative to the largest one."""

    closest: float
    parameters: Floats
    covariance: Floats
    chi_square: float


def _folded(signal: Signal, noise: Floats) -> _Folded:
    event = signal.ephemeris
    reach = min(REACH * event.duration, event.period / 2)
    near = (np.abs(signal.since) < reach) & np.isfinite(noise)
    bins = int(np.ceil(2 * reach / event.duration * _BINS_PER_DURATION))
    phase, flux, weight = binned(
        signal.since[near], signal.curve.flux[near] - 1, 1 / noise[near] ** 2, reach, bins
    )
    if len(phase) < 6:
        raise LightCurveError(
            f"star {signal.curve.star}: only {len(phase)} bins near the transit contain points, "
            "too "
            "few to fit its shape; check the duration, or add light-curve files"
        )
    inside = np.abs(phase) <= max(event.duration / 2, np.abs(phase).min())
    longest = min(_DURATIONS[1] * event.duration, 0.95 * event.period)
    return _Folded(phase, flux, weight, inside, event.duration, signal.exposure, longest)


def _fit_one(folded: _Folded, closest: float, start: Floats) -> _Fit:
    """Fit log radius ratio, duration [d], mid-transit time [d] and level."""
    root = np.sqrt(folded.weight)
    scale = np.array([0.1, folded.duration / 10, folded.duration / 10, 1e-4])
    low = np.array(
        [np.log(_RADIUS_RATIOS[0]), _DURATIONS[0] * folded.duration, -folded.duration / 2, -0.5]
    )
    high = np.array([np.log(_RADIUS_RATIOS[1]), folded.longest, folded.duration / 2, 0.5])

    def residuals(parameters: Floats) -> Floats:
        return root * (folded.flux - _model(folded, closest, parameters))

    found = least_squares(
        residuals,
        np.clip(start, low + 1e-9, high - 1e-9),
        bounds=(low, high),
        x_scale=scale,
        max_nfev=40,
    )
    jacobian = np.asarray(found.jac, np.float64)
    normal = jacobian.T @ jacobian + np.diag(1 / (high - low) ** 2)
    return _Fit(closest, found.x, np.asarray(np.linalg.inv(normal), np.float64), 2 * found.cost)


def _model(folded: _Folded, closest: float, parameters: Floats) -> Floats:
    """Return the relative flux change in each bin [k]."""
    log_ratio, duration, middle, level = parameters
    profile = _profile(float(np.exp(log_ratio)), closest, LIMB_DARKENING)
    since = folded.phase - middle
    return np.asarray(level - _smeared(since, duration, profile, folded.exposure), np.float64)


def _profile(ratio: float, closest: float, limb: tuple[float, float]) -> Floats:
    """Return the flux deficit at the times `_PROFILE`."""
    distance = (1 + ratio) * np.sqrt(closest**2 + (1 - closest**2) * _PROFILE**2)
    change = quad_limbdark_light_curve(*limb, distance, np.array(ratio))
    return np.asarray(-change, np.float64)


def _smeared(since: Floats, duration: float, profile: Floats, exposure: float) -> Floats:
    """Return a profile at times since the middle [k] [d], averaged over the exposure."""
    offsets = ((np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5) * exposure
    places = np.abs(since[:, np.newaxis] + offsets) / (duration / 2)
    return np.asarray(np.interp(places, _PROFILE, profile, right=0.0).mean(axis=1), np.float64)


def _template(
    ratio: float,
    closest: float,
    duration: float,
    exposure: float,
    limb: tuple[float, float],
    period: float,
) -> Template:
    """Return a template with depth 1 in the middle before it is averaged over exposures."""
    profile = _profile(ratio, closest, limb)
    whole = duration + exposure
    step = whole / 2 / _TEMPLATE_STEPS
    places = np.asarray(np.arange(_TEMPLATE_STEPS + 2) * step, np.float64)
    values = _smeared(places, duration, profile / profile[0], exposure)
    reach = max(min(REACH * duration, period / 2), whole / 2 + exposure)
    return Template(step, values, reach, whole)


def _mean_of(fits: list[_Fit], period: float, bins: int) -> TransitShape:
    """Return the mean of the fits, weighted by their marginal likelihoods."""
    chi_square = np.array([fit.chi_square for fit in fits])
    reduced = float(chi_square.min() / max(bins - 5, 1))
    excess = max(reduced, 1.0)  # of a transit that differs from the model
    chi_square = (chi_square - chi_square.min()) / excess
    volume = np.array([np.sqrt(np.linalg.det(fit.covariance)) for fit in fits])
    width = np.gradient(np.array([fit.closest for fit in fits]))
    weight = np.exp(-chi_square / 2) * volume * width
    weight /= weight.sum()

    def mean(of: list[tuple[float, float]]) -> Value:
        values, errors = np.array(of).T
        middle = float(weight @ values)
        return Value(middle, float(np.sqrt(weight @ (excess * errors**2 + (values - middle) ** 2))))

    derived = [_derived(fit, period) for fit in fits]
    values = {name: mean([each[name] for each in derived]) for name in derived[0]}
    return TransitShape(reduced_chi_square=reduced, **values)


def _derived(fit: _Fit, period: float) -> dict[str, tuple[float, float]]:
    """Return the values and errors of all attributes of a shape for one impact parameter."""
    log_ratio, duration, middle, _ = fit.parameters
    sigma = np.sqrt(np.diag(fit.covariance))
    ratio = float(np.exp(log_ratio))
    impact = fit.closest * (1 + ratio)
    step = 0.01
    deeper = _profile(ratio * np.exp(step), fit.closest, LIMB_DARKENING)[0]
    depth = float(_profile(ratio, fit.closest, LIMB_DARKENING)[0])
    slope = float(deeper - depth) / step
    sine = np.sin(np.pi * min(duration / period, 0.49))
    axis = np.sqrt(((1 + ratio) ** 2 - impact**2) / sine**2 + impact**2)
    density = 3 * np.log10(axis / _A_OVER_RSTAR_AT_ONE_DAY) - 2 * np.log10(period)
    return {
        "depth": (depth, slope * sigma[0]),
        "duration": (duration, sigma[1]),
        "offset": (middle, sigma[2]),
        "radius_ratio": (ratio, ratio * sigma[0]),
        "impact": (impact, fit.closest * ratio * sigma[0]),
        "contact": (impact + ratio, (1 + fit.closest) * ratio * sigma[0]),
        "ingress_fraction": (_ingress_fraction(ratio, impact), 0.0),
        "log_density": (float(density), 3 / np.log(10) * sigma[1] / duration),
    }


def _ingress_fraction(ratio: float, impact: float) -> float:
    """Return the ratio of the ingress to the transit duration; 0.5 for a grazing transit."""
    whole = (1 + ratio) ** 2 - impact**2
    flat = max((1 - ratio) ** 2 - impact**2, 0.0) if ratio < 1 else 0.0
    return float((1 - np.sqrt(flat / whole)) / 2)
