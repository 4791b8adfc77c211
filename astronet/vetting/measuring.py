"""Measurement of a signal: its shape, its single transits and all other phases."""

from dataclasses import dataclass, replace

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.phase import fold
from astronet.vetting.amplitudes import Amplitudes, Template, depths_at, scatter_by_part
from astronet.vetting.phases import FARTHEST, PhaseSearch, search_phases
from astronet.vetting.shape import TransitShape, fit_shape, provisional_template
from astronet.vetting.signal import Signal
from astronet.vetting.transits import Transits, chases, scatter, time_delays

_PER_DURATION = 8
"""Number of phases per transit duration at which depths are measured."""

_MASK = 0.55
"""Half of the width of the transits that are masked at other phases [durations]."""

_DELAYS, _LATEST = 33, 0.75
"""Number of times around each transit at which it is fitted, and the largest delay [durations]."""

SAMPLING_ERROR = 0.05
"""Error of the time of a transit that is due to the sampling [exposures]."""

_TIMED, _IRREGULAR, _EXCESS = 0.5, 1e-4, 0.015
"""Smallest fraction of transits whose times are known, largest probability of their scatter and
smallest excess of the scatter [durations] for which each transit is fitted at its own time."""


CLEAR = 5.0
"""Significance of the transits from which their properties can be checked."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Measured properties of a signal.

    Attributes:
        signal: Detrended light curve; its ephemeris has the fitted duration and mid-transit time.
        offset: Measured mid-transit time relative to the given ephemeris [d].
        shape: Shape of the transit.
        transits: Single transits.
        phases: Depths at all other phases.
        irregular: Whether each transit was fitted at its own time, because they are not periodic.
        noise: Noise per point, including red noise on the time scale of the transit [n].
        events: Depths at other times than those of the transits [m].
        statistic: Single-event statistics at these times [m].
    """

    signal: Signal
    offset: float
    shape: TransitShape
    transits: Transits
    phases: PhaseSearch
    irregular: bool
    noise: Floats
    events: Amplitudes
    statistic: Floats

    @property
    def is_clear(self) -> bool:
        """Whether the transits are significant enough (5 σ) for checks of their properties."""
        return bool(self.transits.multiple_event >= CLEAR)


def measure_signal(signal: Signal) -> Measured:
    """Measure a signal.

    Args:
        signal: Detrended light curve of the signal.

    Raises:
        LightCurveError: No transit is observed together with the flux before and after it, or too
            few points are near the transit.
    """
    event = signal.ephemeris
    template = provisional_template(event.duration, signal.exposure, event.period)
    noise = _per_point(signal, _Scan.of(signal, template).noise)
    shape = fit_shape(signal, noise)
    given, signal = signal, _recentred(signal, shape)
    scan = _Scan.of(signal, shape.template(signal.exposure, event.period, dark=False))
    transits = _transits(signal, shape, scan)
    if irregular := _are_irregular(signal, transits):
        timed = np.isfinite(transits.delay)
        late = transits.delay[timed] + shape.offset.value
        aligned = given.shifted(transits.number[timed], late)
        absent = np.isin(given.number, transits.number[~transits.present])
        shape = fit_shape(aligned, np.where(absent, np.inf, noise))
        signal = replace(_recentred(given, shape), since=aligned.since - shape.offset.value)
        scan = _Scan.of(signal, shape.template(signal.exposure, event.period, dark=False))
        transits = _transits(signal, shape, scan, transits)
    phases = search_phases(
        signal,
        scan.folded(scan.depths.depth),
        scan.folded(scan.variance),
        transits.mean_depth(),
        scan.template,
        shape,
    )
    transits = replace(transits, error=transits.error * phases.scatter)
    return Measured(
        *(signal, shape.offset.value, shape, transits, phases, irregular),
        *(_per_point(signal, scan.noise), scan.depths, scan.statistic),
    )


def _recentred(signal: Signal, shape: TransitShape) -> Signal:
    """Return a signal with the fitted duration and mid-transit time."""
    event = signal.ephemeris
    duration = min(shape.duration.value, 0.9 * event.period)
    fitted = replace(event, epoch=event.epoch + shape.offset.value, duration=duration)
    return replace(signal, ephemeris=fitted, since=fold(signal.curve.time, fitted))


def _are_irregular(signal: Signal, transits: Transits) -> bool:
    """Return whether the transits deviate significantly from a linear ephemeris."""
    timed = np.isfinite(transits.delay)
    if timed.sum() < 3 or timed.mean() < _TIMED:
        return False
    errors = np.hypot(transits.delay_error[timed], SAMPLING_ERROR * signal.exposure)
    excess, probability = scatter(transits.delay[timed], errors)
    return probability < _IRREGULAR and excess > _EXCESS * signal.ephemeris.duration


@dataclass(frozen=True, eq=False)
class _Scan:
    """Depths of a dip at all phases of all cycles [cycles · phases], with the transits masked.

    Attributes:
        template: Shape of the dip.
        depths: Depths.
        cycles: Number of cycles.
        noise: Noise per point in each quarter or sector [parts].
        part: Quarter or sector of each depth.
    """

    template: Template
    depths: Amplitudes
    cycles: int
    noise: Floats
    part: Ints

    @classmethod
    def of(cls, signal: Signal, template: Template) -> "_Scan":
        event, curve = signal.ephemeris, signal.curve
        width = max(event.duration, signal.exposure)
        phases = max(int(np.ceil(event.period / width * _PER_DURATION)), 16)
        first, last = (
            int(np.floor((t - event.epoch) / event.period))
            for t in (curve.time.min(), curve.time.max())
        )
        cycle = np.arange(first, last + 1)
        centre = (
            event.epoch + event.period * (cycle[:, None] + np.arange(phases) / phases)
        ).ravel()
        outside = np.abs(signal.since) > _MASK * event.duration + signal.exposure / 2
        depths = depths_at(
            curve.time, curve.flux, starts_of(curve.segment), outside, centre, template
        )
        part = _part_at(signal, centre)
        far = np.abs(fold(centre, event)) >= FARTHEST * event.duration
        quiet = far & depths.known
        noise = scatter_by_part(depths, quiet, part, int(curve.part.max()) + 1)
        if not np.isfinite(noise).all():
            noise = np.where(np.isfinite(noise), noise, _white_noise(signal))
        return cls(template, depths, len(cycle), np.maximum(noise, 1e-9), part)

    @property
    def variance(self) -> Floats:
        """Variance of each depth, including red noise."""
        return self.depths.variance * self.noise[self.part] ** 2

    @property
    def statistic(self) -> Floats:
        """Depth in units of its error."""
        return self.depths.depth / np.sqrt(self.variance)

    def folded(self, values: Floats) -> Floats:
        """Return values at all phases of all cycles [cycles, phases]."""
        return values.reshape(self.cycles, -1)


def starts_of(segment: Ints) -> Ints:
    """Return the first point of each segment, and the number of points [segments + 1]."""
    return np.concatenate([[0], np.flatnonzero(np.diff(segment)) + 1, [len(segment)]])


def _white_noise(signal: Signal) -> float:
    """Return the scatter of adjacent points, for light curves that are too short to do better."""
    steps = np.abs(np.diff(signal.curve.flux))
    return float(np.median(steps) / 0.9539) if len(steps) else 1.0


def _part_at(signal: Signal, times: Floats) -> Ints:
    """Return the number of the quarter or sector of each time [m]."""
    curve = signal.curve
    nearest = np.searchsorted(curve.time, times).clip(0, len(curve) - 1)
    return np.asarray(curve.part[curve.segment[nearest]], np.int64)


def _per_point(signal: Signal, noise: Floats) -> Floats:
    return np.asarray(noise[signal.curve.part[signal.curve.segment]], np.float64)


def _transits(
    signal: Signal, shape: TransitShape, scan: _Scan, earlier: Transits | None = None
) -> Transits:
    """Return the transits of which at least half is observed.

    Args:
        signal: Detrended light curve of the signal.
        shape: Shape of the transit.
        scan: Depths at all other phases.
        earlier: Transits with delays, at which they are fitted; None means that there are none.

    Raises:
        LightCurveError: There is none with flux before and after it.
    """
    event, curve = signal.ephemeris, signal.curve
    template = shape.template(signal.exposure, event.period)
    number = np.unique(signal.number[np.abs(signal.since) < event.duration])
    expected = np.asarray(event.epoch + number * event.period, np.float64)
    late = _delays_of(number, earlier)
    times = expected + late
    starts, every = starts_of(curve.segment), np.ones(len(curve), np.bool_)
    found = depths_at(curve.time, curve.flux, starts, every, times, template)
    known = found.known
    if not known.any():
        raise LightCurveError(
            f"star {curve.star}: no transit is observed together with the flux before and after "
            "it; check the epoch (BKJD) and the duration, or add the files that contain the "
            "transits"
        )
    noise = scan.noise[_part_at(signal, times)]
    error = (np.sqrt(found.variance) * noise)[known]
    depth, times, late = found.depth[known], times[known], late[known]
    delay, delay_error = _delays(signal, shape, template, times, depth / error)
    far = _events_elsewhere(signal, scan)
    limits = (FARTHEST * event.duration, event.period / 10)
    distances = chases((times, depth / error), scan.depths.centre[far], scan.statistic[far], limits)
    return Transits(
        *(number[known], expected[known], depth, error, found.coverage[known]),
        *(late + delay, delay_error, distances),
    )


def _delays_of(number: Ints, earlier: Transits | None) -> Floats:
    """Return the delays that were measured earlier for some transits [t] [d]; 0 if unknown."""
    late = np.zeros(len(number))
    if earlier is not None:
        _, here, there = np.intersect1d(number, earlier.number, return_indices=True)
        late[here] = np.nan_to_num(earlier.delay[there])
    return late


def _events_elsewhere(signal: Signal, scan: _Scan) -> Bools:
    away = np.abs(fold(scan.depths.centre, signal.ephemeris)) > FARTHEST * signal.ephemeris.duration
    return np.asarray(away & scan.depths.known, np.bool_)


def _delays(
    signal: Signal, shape: TransitShape, template: Template, times: Floats, statistic: Floats
) -> tuple[Floats, Floats]:
    """Return the delay of each transit [t] and its error [d]."""
    event, curve = signal.ephemeris, signal.curve
    latest = min(_LATEST * event.duration, event.period / 4)
    offsets = np.linspace(-latest, latest, _DELAYS)
    every = np.ones(len(curve), np.bool_)
    centre = (times[:, np.newaxis] + offsets).ravel()
    order = np.argsort(centre, kind="stable")
    sorted_scans = depths_at(
        curve.time, curve.flux, starts_of(curve.segment), every, centre[order], template
    )
    back = np.argsort(order, kind="stable")
    scans = Amplitudes(
        centre, sorted_scans.depth[back], sorted_scans.variance[back], sorted_scans.coverage[back]
    )
    ingress = max(shape.ingress_fraction.value * event.duration, signal.exposure)
    return time_delays(scans, statistic, ingress, event.duration)
