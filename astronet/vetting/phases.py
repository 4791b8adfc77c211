"""Search of all orbital phases of a signal for secondary eclipses and other dips (model-shift).

The mean depth of a dip with the shape of the transit is measured at all phases. The deepest dip
away from the transit is the secondary, the next one the tertiary, and the strongest brightening is
the positive event (Coughlin et al. 2016, ApJS 224, 12; Thompson et al. 2018).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.special import erfcinv

from astronet.detection.noise import robust_scatter
from astronet.lightcurves.arrays import Bools, Floats
from astronet.vetting.amplitudes import Template
from astronet.vetting.shape import TransitShape
from astronet.vetting.signal import Signal, binned

FARTHEST = 1.5
"""Smallest distance of a secondary from the transit [durations]."""

_APART = 2.0
"""Smallest distance of the tertiary and positive events from other events [durations]."""

_PRIOR = 8.0
"""Weight of the expected scatter 1 in the scatter of all phases [independent phases]."""

_WIDTH_ERROR = 0.03
"""Smallest relative error of the width of a secondary: that of the transit differs slightly."""

_BINS_PER_DURATION = 30
"""Number of bins per duration in the fit of an event's phase."""

_FEWEST_CYCLES = 0.3
"""Smallest observed number of cycles at a phase, relative to the largest number."""


@dataclass(frozen=True)
class Dip:
    """Event at one orbital phase.

    Attributes:
        phase: Orbital phase of its middle, from −0.5 to 0.5; NaN if there is no event.
        depth: Depth, as a fraction of the flux; negative if it is a brightening.
        error: Standard error of the depth, including red noise.
    """

    phase: float
    depth: float
    error: float

    @property
    def significance(self) -> float:
        """Depth in units of its error; 0 if there is no event."""
        return self.depth / self.error if self.error > 0 else 0.0


@dataclass(frozen=True, eq=False)
class PhaseSearch:
    """Mean depth of a dip at all orbital phases [m].

    Attributes:
        phase: Orbital phases [m], from −0.5 to 0.5.
        depth: Mean depths [m]; NaN if too few cycles were observed.
        error: Standard errors, including the scatter of the other phases [m].
        scatter: Factor by which the scatter of the phases exceeds that of independent noise, at
            least 1.
        primary: The transit.
        secondary: Deepest dip at least 1.5 durations from the transit.
        secondary_phase_error: Standard error of its phase.
        consistency: Significance of the secondary without the cycle that contributes most; NaN if
            it is observed in one cycle only.
        tertiary: Deepest dip at least two durations from both.
        positive: Strongest brightening at least two durations from both.
        phases: Number of independent phases, which is period / duration.
    """

    phase: Floats
    depth: Floats
    error: Floats
    scatter: float
    primary: Dip
    secondary: Dip
    secondary_phase_error: float
    consistency: float
    tertiary: Dip
    positive: Dip
    phases: float

    @property
    def threshold(self) -> float:
        """Significance that noise exceeds at any phase with a probability of about 0.1 %."""
        return float(np.sqrt(2) * erfcinv(2e-3 / max(self.phases, 1.0)))

    @property
    def threshold_of_difference(self) -> float:
        """Significance of the difference of two events that noise exceeds with 0.1 %."""
        return float(np.sqrt(2) * erfcinv(2e-3))


def search_phases(
    signal: Signal,
    depth: Floats,
    variance: Floats,
    primary: tuple[float, float],
    template: Template,
    shape: TransitShape,
) -> PhaseSearch:
    """Average depths over the cycles, and find the events at other phases than the transit.

    Args:
        signal: Detrended light curve of the signal.
        depth: Depth of a dip at each phase of each cycle [cycles, m]; NaN if unknown. The first
            phase is that of the transit.
        variance: Variances of the depths [cycles, m].
        primary: Mean depth of the transit and its error, for noise that differs in each cycle.
        template: Shape of the dip.
        shape: Fitted shape of the transit.
    """
    known = np.isfinite(depth)
    cycles = known.sum(axis=0)
    weight = np.where(known, 1 / np.where(known, variance, 1.0), 0.0)
    total = weight.sum(axis=0)
    enough = cycles >= max(1.0, _FEWEST_CYCLES * cycles.max(initial=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(enough, (weight * np.nan_to_num(depth)).sum(axis=0) / total, np.nan)
        error = np.where(enough, total**-0.5, np.nan)
    m = depth.shape[1]
    phase = np.arange(m) / m
    phase = np.where(phase >= 0.5, phase - 1, phase)
    event = signal.ephemeris
    width = event.duration / event.period
    away = np.isfinite(mean) & (np.abs(phase) >= FARTHEST * width)
    scale = _scatter(mean[away] / error[away], away.mean() * event.period / event.duration)
    error = error * scale
    secondary = _deepest(phase, mean, error, away)
    apart = away & (_distance(phase, secondary.phase) >= _APART * width)
    apart &= np.abs(phase) >= _APART * width
    refined, phase_error = secondary, np.nan
    width_error = float(np.hypot(_WIDTH_ERROR, shape.duration.error / event.duration))
    if secondary.significance > 0:
        refined, phase_error = _refined(signal, secondary, template, width_error)
    order = np.argsort(phase, kind="stable")
    return PhaseSearch(
        phase[order],
        mean[order],
        error[order],
        scale,
        Dip(0.0, primary[0], primary[1] * scale),
        refined,
        float(np.hypot(phase_error, shape.offset.error / event.period)),
        _without_strongest(depth, weight, int(np.argmin(_distance(phase, secondary.phase))))
        / scale,
        _deepest(phase, mean, error, apart),
        _deepest(phase, -mean, error, apart, -1.0),
        event.period / event.duration,
    )


def _without_strongest(depth: Floats, weight: Floats, phase: int) -> float:
    """Return the significance of the mean depth at a phase without the cycle that contributes most.

    Args:
        depth: Depths [cycles, m]; NaN if unknown.
        weight: Inverse variances [cycles, m]; 0 if unknown.
        phase: Number of the phase.
    """
    weights = weight[:, phase]
    sums = weights * np.nan_to_num(depth[:, phase])
    if (weights > 0).sum() < 2:
        return float("nan")
    rest = np.arange(len(sums)) != int(np.argmax(sums))
    total = float(weights[rest].sum())
    return float(sums[rest].sum() / np.sqrt(total)) if total > 0 else float("nan")


def _scatter(relative: Floats, independent: float) -> float:
    """Return the robust scatter of relative depths, at least 1; few phases change it little."""
    if len(relative) < 4:
        return 1.0
    found = robust_scatter(relative)
    return float(np.sqrt(max(1.0, (independent * found**2 + _PRIOR) / (independent + _PRIOR))))


def _deepest(phase: Floats, depth: Floats, error: Floats, where: Bools, sign: float = 1.0) -> Dip:
    """Return the most significant dip of the chosen phases; its phase is NaN if there are none."""
    if not where.any():
        return Dip(np.nan, np.nan, np.nan)
    strength = np.where(where, np.nan_to_num(depth / error, nan=-np.inf), -np.inf)
    best = int(np.argmax(strength))
    return Dip(float(phase[best]), sign * float(depth[best]), float(error[best]))


def _distance(phase: Floats, other: float) -> Floats:
    """Return the distance of phases [m] from another one."""
    if not np.isfinite(other):
        return np.full(len(phase), np.inf)
    return np.asarray(np.abs((phase - other + 0.5) % 1 - 0.5), np.float64)


def _refined(signal: Signal, dip: Dip, template: Template, width_error: float) -> tuple[Dip, float]:
    """Return a dip with a fitted phase and depth, and the error of the phase.

    The middle, the depth, the width and a linear baseline are fitted to the points near the phase.
    The error of the phase is scaled to the error of the depth, which includes red noise.

    Args:
        signal: Detrended light curve of the signal.
        dip: Dip whose phase is on a grid.
        template: Shape of the dip.
        width_error: Relative error of the width of the template, as a prior.
    """
    period = signal.ephemeris.period
    since = (signal.orbital_phase - dip.phase + 0.5) % 1 - 0.5
    near = np.abs(since * period) <= template.reach
    near &= np.abs(signal.since) > signal.ephemeris.duration / 2
    flux = signal.curve.flux[near] - 1
    sigma = max(robust_scatter(flux), 1e-9) if near.any() else 1.0
    bins = int(2 * template.reach / template.duration * _BINS_PER_DURATION)
    time, flux, weight = binned(
        since[near] * period, flux, np.full(len(flux), sigma**-2), template.reach, bins
    )
    if len(time) < 8:
        return dip, np.nan
    grid = np.arange(len(template.values)) * template.step
    root = np.sqrt(weight)

    def residuals(parameters: Floats) -> Floats:
        middle, depth, level, slope, width = parameters
        place = np.abs(time - middle) * np.exp(-width)
        model = -depth * np.interp(place, grid, template.values, right=0.0)
        return np.append((flux - level - slope * time - model) * root, width / width_error)

    half = template.duration / 2
    limits = np.array([half, np.inf, np.inf, np.inf, 1.0])
    start = np.array([0.0, dip.depth, 0.0, 0.0, 0.0])
    size = abs(dip.depth) + 1e-9
    scales = np.array([half / 10, size, size, 1e-3, width_error])
    found = least_squares(residuals, start, bounds=(-limits, limits), x_scale=scales, max_nfev=60)
    jacobian = np.asarray(found.jac, np.float64)
    normal = jacobian.T @ jacobian
    try:
        errors = np.sqrt(np.diag(np.linalg.inv(normal)))
        fixed = np.sqrt(np.diag(np.linalg.inv(normal[:4, :4])))
    except np.linalg.LinAlgError:
        return dip, np.nan
    if not errors[1] > 0 or not found.x[1] > 0:
        return dip, np.nan
    inflation = max(dip.error / fixed[1], 1.0)
    phase = (dip.phase + found.x[0] / period + 0.5) % 1 - 0.5
    depth = Dip(float(phase), float(found.x[1]), float(dip.error * errors[1] / fixed[1]))
    return depth, float(errors[0] * inflation / period)
