"""Simulation of a star's light curve and of the events that a search finds in it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.simulation import centroids, noise
from astronet.simulation.calendar import Calendar
from astronet.simulation.noise_events import search_noise
from astronet.simulation.signals import DRAW, Kind, Scene, Signal, Star, draw_star

KIND_FRACTIONS: dict[Kind, float] = {
    "planet": 0.40,
    "binary": 0.22,
    "variable": 0.12,
    "glitch": 0.13,
    "noise": 0.13,
}
"""Probability of each kind for the first event drawn for a star."""

DETECTION_SNR = 6.0
"""Minimum signal-to-noise ratio of a detection; weaker signals are drawn again (see `_TRIES`)."""

_TRIES = 8  # maximum number of draws per event


@dataclass(frozen=True)
class Event:
    """Simulated threshold-crossing event, with the quantities that a search would report.

    Attributes:
        kind: True kind of the signal.
        ephemeris: Measured ephemeris.
        period_error: Standard error of the period [d].
        epoch_error: Standard error of the epoch [d].
        depth_ppm: Measured transit depth [ppm].
        snr: Measured signal-to-noise ratio.
        impact_parameter: Measured impact parameter.
        source: Position of the star that causes the signal, toward east and north of the centroid
            out of transit [arcsec].
    """

    kind: Kind
    ephemeris: Ephemeris
    period_error: float
    epoch_error: float
    depth_ppm: float
    snr: float
    impact_parameter: float
    source: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, eq=False)
class SimulatedStar:
    """Simulated star: its events, and its light curve [n] at all cadences of the calendar.

    Attributes:
        star: Properties of the star.
        corrected: PDCSAP flux [n] [e-/s], corrected for most systematics; NaN at cadences
            that were not observed or were excluded.
        raw: SAP flux [n] [e-/s]; NaN at cadences that were not observed.
        error: Standard deviation of the white noise [e-/s], the same for all cadences.
        quality: Quality flags [n].
        shift: Displacement of the centroid toward east and north by the signals [n, 2] [arcsec].
        events: Events found by a search, in order of decreasing SNR.
    """

    star: Star
    corrected: Floats
    raw: Floats
    error: float
    quality: Ints
    shift: Floats
    events: tuple[Event, ...]


def simulate_star(
    generator: Generator, calendar: Calendar, kind: Kind | None = None
) -> SimulatedStar:
    """Draw a star with one or two events, and return it with its light curve.

    Args:
        generator: Random number generator; its state and the other arguments determine the star.
        calendar: Observing calendar.
        kind: Kind of the event that is drawn first; None means that the kind is also random, with
            the probabilities in `KIND_FRACTIONS`.
    """
    star = draw_star(generator)
    kinds: list[Kind] = [kind or _draw_kind(generator)]
    if generator.random() < 0.2:
        kinds.append("planet" if kinds[0] == "planet" and generator.random() < 0.6 else "noise")
    white = noise.white_scatter(star.magnitude) * float(generator.uniform(1.0, 1.2))
    red = _red_noise(generator, calendar, white, strong="noise" in kinds)
    scene = Scene(star, calendar, float(np.hypot(white, np.std(red))))
    seen = calendar.usable & (generator.random(len(calendar)) > 0.002)
    quiet = 1 + red + white * generator.standard_normal(len(calendar))
    flux, events, shift = quiet, [], np.zeros((len(calendar), 2))
    places = generator.spawn(1)[0]
    for each in kinds:
        # A search removes each detected event before it searches for the next one.
        signal, event = _find(generator, each, quiet, scene, seen)
        flux = flux * (1 + signal.change)
        source = centroids.draw_source(places) if signal.blended else (0.0, 0.0)
        shift += centroids.centroid_shift(signal.change, source)
        events.append(replace(event, source=source))
    events.sort(key=lambda event: -event.snr)
    observed = _observe(generator, scene, flux, seen, white, tuple(events))
    return replace(observed, shift=shift)


def observe_signal(
    generator: Generator, calendar: Calendar, star: Star, change: Floats
) -> SimulatedStar:
    """Return a simulated star with a given signal, noise, starspots and instrumental effects.

    Args:
        generator: Random number generator.
        calendar: Observing calendar.
        star: Properties of the star.
        change: Relative flux change by the signal [n].
    """
    white = noise.white_scatter(star.magnitude) * float(generator.uniform(1.0, 1.2))
    red = _red_noise(generator, calendar, white, strong=False)
    seen = calendar.usable & (generator.random(len(calendar)) > 0.002)
    quiet = 1 + red + white * generator.standard_normal(len(calendar))
    scene = Scene(star, calendar, float(np.hypot(white, np.std(red))))
    return _observe(generator, scene, quiet * (1 + change), seen, white, ())


def _find(
    generator: Generator, kind: Kind, quiet: Floats, scene: Scene, seen: Bools
) -> tuple[Signal, Event]:
    """Draw signals until one is detectable, and return that signal with the event found in it.

    After `_TRIES` draws, the last signal is returned even if it is not detectable. `quiet` is the
    relative flux [n] with noise but without signals, and `seen` [n] is False for cadences without
    valid flux.
    """
    for _ in range(_TRIES):
        if kind == "noise":
            signal = search_noise(generator, quiet, scene, seen)
        else:
            signal = DRAW[kind](generator, scene, _target_snr(generator))
        event = _report(generator, signal, quiet * (1 + signal.change), scene, seen)
        if event.snr >= DETECTION_SNR:
            break
    return signal, event


def _draw_kind(generator: Generator) -> Kind:
    kinds: list[Kind] = list(KIND_FRACTIONS)
    return kinds[int(generator.choice(len(kinds), p=list(KIND_FRACTIONS.values())))]


def _target_snr(generator: Generator) -> float:
    """Draw the intended SNR of a signal, from the same distribution for all kinds of signal."""
    return float(8 + generator.lognormal(2.7, 1.0))


def _red_noise(generator: Generator, calendar: Calendar, white: float, strong: bool) -> Floats:
    """Draw correlated noise [n] on a timescale of hours: granulation and residual systematics.

    Its amplitude is proportional to the standard deviation of the white noise, `white`, and four
    times larger if `strong` is True.
    """
    size = white * float(generator.lognormal(-1.3, 0.6)) * (4.0 if strong else 1.0)
    hours = float(np.exp(generator.uniform(np.log(2), np.log(20))))
    return size * noise.correlated(generator, len(calendar), hours / 24 / calendar.exposure)


def measure(time: Floats, flux: Floats, ephemeris: Ephemeris, seen: Bools) -> tuple[float, float]:
    """Return the depth [ppm] and the signal-to-noise ratio of an event, measured from the flux.

    The depth of a transit is the mean flux just outside it minus the mean flux in transit. The
    depth of the event is the mean over all transits, weighted by the number of in-transit points.
    For the SNR, the noise is assumed to be white. Its standard deviation is estimated from the
    points just outside the transits, after the subtraction of their mean at each transit. Both
    results are 0 if no transit has at least one point in transit and four points just outside.

    Args:
        time: Times [n] [d].
        flux: Relative flux [n].
        ephemeris: Ephemeris of the event.
        seen: Whether to use each point [n].
    """
    cycle = np.round((time - ephemeris.epoch) / ephemeris.period)
    phase = np.abs(time - ephemeris.epoch - cycle * ephemeris.period)
    near = seen & (phase < 1.5 * ephemeris.duration)
    number = (cycle[near] - cycle[0]).astype(np.int64)
    inside = phase[near] < 0.4 * ephemeris.duration
    outside = phase[near] > 0.6 * ephemeris.duration
    value = flux[near]
    count_in, count_out = np.bincount(number, inside), np.bincount(number, outside)
    both = (count_in > 0) & (count_out > 3)
    level = np.bincount(number, value * outside) / np.maximum(count_out, 1)
    below = (level - np.bincount(number, value * inside) / np.maximum(count_in, 1))[both]
    points = count_in[both]
    if points.sum() == 0:
        return 0.0, 0.0
    depth = float(np.average(below, weights=points))
    residual = (value - level[number])[outside & both[number]]
    scatter = 1.4826 * float(np.median(np.abs(residual)))
    return 1e6 * depth, depth / scatter * float(np.sqrt(points.sum()))


def _report(generator: Generator, signal: Signal, flux: Floats, scene: Scene, seen: Bools) -> Event:
    """Draw the event that a search reports for a signal, with random measurement errors.

    The errors of the period and the epoch decrease with increasing SNR. The depth and the SNR are
    measured at the reported ephemeris from `flux` [n], which contains noise and the signal.
    """
    true, time = signal.ephemeris, scene.calendar.time
    _, strength = measure(time, flux, true, seen)
    transits = max((time[-1] - true.epoch) / true.period, 1.0)
    epoch_error = true.duration / max(strength, 5.0) / 2
    period_error = epoch_error / transits
    found = Ephemeris(
        period=true.period + period_error * float(generator.standard_normal()),
        epoch=true.epoch + epoch_error * float(generator.standard_normal()),
        duration=min(true.duration * float(np.exp(generator.normal(0, 0.08))), 0.9 * true.period),
    )
    depth_ppm, snr = measure(time, flux, found, seen)
    impact = float(np.clip(signal.impact_parameter + generator.normal(0, 0.15), 0, 1.3))
    return Event(signal.kind, found, period_error, epoch_error, depth_ppm, snr, impact)


def _observe(
    generator: Generator,
    scene: Scene,
    flux: Floats,
    seen: Bools,
    white: float,
    events: tuple[Event, ...],
) -> SimulatedStar:
    """Add starspots and instrumental effects to the flux, and return the simulated star.

    Args:
        generator: Random number generator.
        scene: Star, observing calendar and noise.
        flux: Relative flux [n] with noise and all signals.
        seen: Whether the corrected flux of each cadence is valid [n].
        white: Standard deviation of the white noise per cadence, relative to the flux.
        events: Events of the star, in order of decreasing SNR.
    """
    calendar, count = scene.calendar, len(scene.calendar)
    level = noise.photon_flux(scene.star.magnitude)
    period = float(np.exp(generator.uniform(np.log(8), np.log(45))))
    spots = float(generator.lognormal(np.log(3e-4), 1.2)) * noise.rotation(
        generator, calendar.time, period, 4 * period, (1.0, 0.5, 0.2)
    )
    lost, quality = noise.dropouts(generator, calendar, int(generator.poisson(3)))
    spikes, hit = noise.cosmic_rays(generator, count)
    single = white * (spikes + noise.outliers(generator, count))
    faults = (
        3e-3 * noise.settling(generator, calendar)
        + 4e-3 * noise.drift(generator, calendar)
        + 4 * white * lost
    )
    star = level * (flux + spots + single)
    corrected = star * noise.quarter_levels(generator, calendar, 0.004) * (1 + 0.03 * faults)
    raw = star * noise.quarter_levels(generator, calendar, 0.06) * (1 + faults)
    quality |= hit | np.where(seen, 0, noise.EXCLUDED)
    quality |= np.where(calendar.usable, 0, noise.NO_DATA)
    return SimulatedStar(
        scene.star,
        corrected=np.where(seen, corrected, np.nan),
        raw=np.where(calendar.usable, raw, np.nan),
        error=level * white,
        quality=quality,
        shift=np.zeros((count, 2)),
        events=events,
    )
