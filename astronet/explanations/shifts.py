"""How much a score depends on where the transit stands, and on the direction of time."""

from dataclasses import dataclass, replace

import numpy as np

from astronet.explanations.event import Event
from astronet.explanations.judge import Judge
from astronet.lightcurves.arrays import Floats, Ints, Views

REACH = 32
"""Bins by which a view is shifted at most, either way."""


@dataclass(frozen=True, eq=False)
class Shifts:
    """Verdicts on an event whose views were shifted.

    Attributes:
        bins: Shifts [m] [bins]; above 0 the transit comes later.
        logits: At each [m].
    """

    bins: Ints
    logits: Floats

    def within(self, bins: int) -> float:
        """The largest change of the logit by shifts of so many bins at most."""
        at_rest = self.logits[self.bins == 0][0]
        return float(np.abs(self.logits[np.abs(self.bins) <= bins] - at_rest).max())


def view_shifts(judge: Judge, event: Event, name: str) -> Shifts:
    """The verdicts when one view alone is shifted bin by bin and the others stay."""
    bins = np.arange(-REACH, REACH + 1)
    around = name == event.whole_name
    events = [event.with_view(name, shifted(event.views[name], k, around)) for k in bins.tolist()]
    return Shifts(bins, judge.logits(events))


def epoch_shifts(judge: Judge, event: Event) -> Shifts:
    """The verdicts when all views shift together, as with a wrong epoch, by ± one duration.

    Shifts are counted in bins of the global view or, without one, of the first view.
    """
    name = event.whole_name or next(iter(event.specs))
    centres = event.phases(name)
    reach = max(4, round(event.ephemeris.duration / float(centres[1] - centres[0])))
    bins = np.unique(np.round(np.linspace(-reach, reach, 2 * REACH + 1)).astype(np.int64))
    return Shifts(bins, judge.logits([with_epoch_off(event, k) for k in bins.tolist()]))


def with_epoch_off(event: Event, bins: int) -> Event:
    """The event as if its transit came later by so many bins of the global (or first) view."""
    if bins == 0:
        return event
    reference = event.whole_name or next(iter(event.specs))
    days = bins * float(np.diff(event.phases(reference)[:2])[0])
    moved = {}
    for name, view in event.views.items():
        by = round(days / float(np.diff(event.phases(name)[:2])[0]))
        fixed = event.specs[name].centre == "secondary"
        moved[name] = view if fixed else shifted(view, by, name == event.whole_name)
    return replace(event, views=moved).agreeing()


def shifted(view: Views, bins: int, around: bool) -> Views:
    """A view [n] moved to later phases by so many bins.

    Args:
        view: The view.
        bins: How many; below 0 to earlier phases.
        around: What leaves at one end comes in at the other; else the level out of transit, 0.
    """
    moved: Views = np.roll(view, bins)
    if not around and bins:
        moved[slice(0, bins) if bins > 0 else slice(bins, None)] = 0
    return moved


def reversed_in_time(event: Event) -> Event:
    """The event with every view read from its end."""
    return replace(event, views={name: view[::-1].copy() for name, view in event.views.items()})
