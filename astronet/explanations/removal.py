"""What the score becomes when a part of the light curve, or a number of the catalogue, is gone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from astronet.errors import LightCurveError
from astronet.explanations.event import Event
from astronet.explanations.judge import Judge, score_of
from astronet.lightcurves.arrays import Floats, Views
from astronet.lightcurves.views import normalise, rebinned

WIDTH = 1.5
"""Durations that are removed, as wide as what is masked for the spline fit
(`astronet.lightcurves.detrend`): a catalogue's durations are often short."""

STRETCHES = 24
"""Stretches of noise that are removed in turn, at most."""


@dataclass(frozen=True)
class Removal:
    """The verdict on an event from which something was removed.

    Attributes:
        what: That was removed.
        logit: Without it; None where nothing is left to judge.
        reason: Why there is none.
    """

    what: str
    logit: float | None
    reason: str = ""

    @property
    def score(self) -> float | None:
        """The score without it."""
        return None if self.logit is None else score_of(self.logit)


@dataclass(frozen=True, eq=False)
class Noise:
    """The verdicts on an event without stretches of noise, each as wide as the transit's.

    Attributes:
        phases: Where the stretches lie [m] [d].
        logits: Without each [m].
    """

    phases: Floats
    logits: Floats


def removals(judge: Judge, event: Event) -> list[Removal]:
    """The verdicts without the transit (on its scale, and scaled anew) and the secondary."""
    transit = without(event, 0.0)
    rows = [Removal("the transit", judge.logit(transit))]
    try:
        rows.append(Removal("the transit, the rest scaled anew", judge.logit(scaled_anew(transit))))
    except LightCurveError:
        reason = "nothing lies below the median then"
        rows.append(Removal("the transit, the rest scaled anew", None, reason))
    if (phase := event.secondary) is None:
        reason = "no view of the whole period, in which to look for it"
        return [*rows, Removal("the deepest dip elsewhere (secondary)", None, reason)]
    logit = judge.logit(without(event, phase))
    return [*rows, Removal("the deepest dip elsewhere (secondary)", logit)]


def noise_removals(judge: Judge, event: Event) -> Noise:
    """The verdicts without each of some stretches that hold neither transit nor secondary."""
    phases = noise_phases(event)
    return Noise(phases, judge.logits([without(event, phase) for phase in phases]))


def noise_phases(event: Event) -> Floats:
    """Middles of stretches side by side [m], up to 24, that hold neither of the two dips [d]."""
    period, width = event.ephemeris.period, WIDTH * event.ephemeris.duration
    count = min(int(period / width), 4 * STRETCHES)
    phases = (np.arange(count) + 0.5) / max(count, 1) * period - period / 2
    dips = [0.0, *([event.secondary] if event.secondary is not None else [])]
    away = np.abs((phases[:, None] - np.array(dips) + period / 2) % period - period / 2).min(axis=1)
    free: Floats = phases[away > width]
    every = max(1, int(np.ceil(len(free) / STRETCHES)))
    return free[::every]


def without(event: Event, phase: float, width: float = WIDTH) -> Event:
    """The event with what lies around a phase [d] at the level out of transit, on the old scale.

    It is removed from the global view, and the views that are cut from that one are cut anew and
    keep their scale; from other views it is removed where they show it.

    Args:
        event: The event.
        phase: The middle of what is removed, from mid-transit [d].
        width: How much [durations].
    """
    wide = width * event.ephemeris.duration
    cut = event
    for name in event.specs:
        if not event.is_cut(name):
            kept = np.where(event.inside(name, phase, wide), np.float32(0), event.views[name])
            cut = cut.with_view(name, kept)
    if event.whole_name is None:
        return cut
    before, after = event.views[event.whole_name], cut.views[event.whole_name]
    for name, spec in event.specs.items():
        if event.is_cut(name):
            old, new = (rebinned(whole, event.ephemeris, spec) for whole in (before, after))
            cut = cut.with_view(
                name,
                (new if spec.centre == "secondary" else _scaled_as(old, new)).astype(np.float32),
            )
    return cut


def scaled_anew(event: Event) -> Event:
    """The event with its views scaled as they would be from such a light curve.

    Raises:
        LightCurveError: A view has no bin below its median.
    """
    scaled = event
    for name, view in event.views.items():
        if not event.is_cut(name):
            scaled = scaled.with_view(name, normalise(view.astype(np.float64)))
    return scaled.agreeing()


@dataclass(frozen=True)
class Scalar:
    """The verdict on an event of which one of the catalogue's numbers is not known.

    Attributes:
        name: The number's.
        value: That it has; NaN where it was unknown before.
        logit: Without it.
    """

    name: str
    value: float
    logit: float


def scalar_removals(judge: Judge, event: Event, names: Sequence[str]) -> list[Scalar]:
    """The verdict without each of the scalars [k] that the network reads."""
    unknown = []
    for k in range(len(names)):
        scalars: Views = event.scalars.copy()
        scalars[k] = np.nan
        unknown.append(replace(event, scalars=scalars))
    logits = judge.logits(unknown)
    return [
        Scalar(name, float(value), float(logit))
        for name, value, logit in zip(names, event.scalars, logits, strict=True)
    ]


def _scaled_as(old: Floats, new: Floats) -> Floats:
    """A view [bins] shifted and scaled as the old one would be to median 0 and minimum −1."""
    middle = float(np.median(old))
    depth = middle - float(old.min())
    return (new - middle) / depth if depth > 0 else new - middle
