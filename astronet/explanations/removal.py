"""Logits of an event from which an interval of phase or a scalar input has been removed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from astronet.errors import LightCurveError
from astronet.explanations.event import Event
from astronet.explanations.model import Model
from astronet.lightcurves.arrays import Floats, Views
from astronet.lightcurves.views import normalise, rebinned

WIDTH = 1.5
"""Width of a removed interval [transit durations].

It exceeds 1 because catalogue durations are often too short. The transit mask of the spline fit in
`astronet.lightcurves.detrend` has the same width."""

MAX_INTERVALS = 24
"""Maximum number of intervals of noise that are removed in turn."""

_RESCALED = "the transit, with the views rescaled"
_SECONDARY = "the secondary (deepest out-of-transit dip)"


@dataclass(frozen=True)
class Removal:
    """Logit of an event without one part of its views.

    Attributes:
        part: Description of the removed part.
        logit: Logit without the part; None if it cannot be computed.
        reason: Reason why the logit cannot be computed; "" if it can.
    """

    part: str
    logit: float | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class NoiseRemovals:
    """Logits of an event from which one interval of noise at a time has been removed.

    The intervals are as wide as the removed transit.

    Attributes:
        phases: Centres [m] of the intervals, relative to mid-transit [d].
        logits: Logits [m] without one interval each.
    """

    phases: Floats
    logits: Floats


def removals(model: Model, event: Event) -> list[Removal]:
    """Return the logits without the transit and without the secondary.

    The transit is removed in two ways: first with the scale of the views unchanged, then with the
    views normalised again (see `rescaled`). The last item is the secondary.
    """
    transit = without(event, 0.0)
    rows = [Removal("the transit", model.logit(transit))]
    try:
        rows.append(Removal(_RESCALED, model.logit(rescaled(transit))))
    except LightCurveError:
        rows.append(Removal(_RESCALED, None, "no bin is below the median"))
    if (phase := event.secondary) is None:
        return [*rows, Removal(_SECONDARY, None, "the network reads no global view")]
    return [*rows, Removal(_SECONDARY, model.logit(without(event, phase)))]


def view_removals(model: Model, event: Event) -> dict[str, float]:
    """Return the logits with all bins of one view set to 0 in turn, by name of the view.

    The other views are unchanged; 0 is the out-of-transit level.
    """
    empty = [event.with_view(name, np.zeros_like(view)) for name, view in event.views.items()]
    return dict(zip(event.views, model.logits(empty).tolist(), strict=True))


def noise_removals(model: Model, event: Event) -> NoiseRemovals:
    """Return the logits of an event with each interval of noise removed in turn.

    The intervals are centred on the phases returned by `noise_phases`.
    """
    phases = noise_phases(event)
    return NoiseRemovals(phases, model.logits([without(event, phase) for phase in phases]))


def noise_phases(event: Event) -> Floats:
    """Return the centres [m] of intervals of noise, relative to mid-transit [d].

    There are at most 24 intervals. They do not overlap with each other, the removed transit or the
    removed secondary.
    """
    period, width = event.ephemeris.period, WIDTH * event.ephemeris.duration
    count = min(int(period / width), 4 * MAX_INTERVALS)
    phases = (np.arange(count) + 0.5) / max(count, 1) * period - period / 2
    dips = [0.0, *([event.secondary] if event.secondary is not None else [])]
    away = np.abs((phases[:, None] - np.array(dips) + period / 2) % period - period / 2).min(axis=1)
    free: Floats = phases[away > width]
    every = max(1, int(np.ceil(len(free) / MAX_INTERVALS)))
    return free[::every]


def without(event: Event, phase: float) -> Event:
    """Return a copy of the event with the flux around a phase set to the out-of-transit level.

    The removed interval is `WIDTH` transit durations wide. In the global view, and in views that
    are not rebinned from it, the bins inside the interval are set to 0. All other views are
    rebinned again from the modified global view and keep their previous scale. A view around the
    secondary is then centred on the deepest dip that remains out of transit; if there is no global
    view, such a view is unchanged.

    Args:
        event: Event to be modified.
        phase: Centre of the removed interval, relative to mid-transit [d].
    """
    days = WIDTH * event.ephemeris.duration
    cut = event
    for name in event.specs:
        if not event.is_rebinned(name):
            kept = np.where(event.inside(name, phase, days), np.float32(0), event.views[name])
            cut = cut.with_view(name, kept)
    if event.global_name is None:
        return cut
    before, after = event.views[event.global_name], cut.views[event.global_name]
    for name, spec in event.specs.items():
        if event.is_rebinned(name):
            old, new = (
                rebinned(whole, event.ephemeris, spec, event.measured) for whole in (before, after)
            )
            cut = cut.with_view(
                name,
                (new if spec.centre == "secondary" else _scaled_as(old, new)).astype(np.float32),
            )
    return cut


def rescaled(event: Event) -> Event:
    """Return a copy of the event with its views normalised again to median 0 and minimum −1.

    Views that are rebinned from the global view are recomputed from the normalised global view (see
    `recut`); views centred on the secondary have the scale of the global view.

    Raises:
        LightCurveError: In a view that is not rebinned, no bin is below the median.
    """
    scaled = event
    for name, view in event.views.items():
        if not event.is_rebinned(name):
            scaled = scaled.with_view(name, normalise(view.astype(np.float64)))
    return scaled.consistent()


@dataclass(frozen=True)
class Scalar:
    """Logit of an event with one scalar input set to unknown.

    Attributes:
        name: Name of the scalar input.
        value: Value of the unmodified event; NaN if it is unknown.
        logit: Logit with the input set to unknown.
    """

    name: str
    value: float
    logit: float


def scalar_removals(model: Model, event: Event, names: Sequence[str]) -> list[Scalar]:
    """Return the logits of an event with each scalar input set to unknown in turn."""
    unknown = []
    for k in range(len(names)):
        scalars: Views = event.scalars.copy()
        scalars[k] = np.nan
        unknown.append(replace(event, scalars=scalars))
    logits = model.logits(unknown)
    return [
        Scalar(name, float(value), float(logit))
        for name, value, logit in zip(names, event.scalars, logits, strict=True)
    ]


def _scaled_as(old: Floats, new: Floats) -> Floats:
    """Return the new view [bins], shifted and scaled as required to normalise the old view [bins].

    The new view is shifted but not scaled if the old view has no dip.
    """
    middle = float(np.median(old))
    depth = middle - float(old.min())
    return (new - middle) / depth if depth > 0 else new - middle
