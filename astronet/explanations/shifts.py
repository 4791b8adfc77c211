"""Sensitivity of the score to transit position and to the direction of time."""

from dataclasses import dataclass, replace

import numpy as np

from astronet.explanations.event import Event
from astronet.explanations.model import Model
from astronet.lightcurves.arrays import Floats, Ints, Views

MAX_SHIFT = 32
"""Maximum shift of a single view in either direction [bins]."""


@dataclass(frozen=True, eq=False)
class Shifts:
    """Logits of an event with shifted views.

    Attributes:
        bins: Shifts [m], in bins of a view; positive shifts move the transit to later phases.
        logits: Logits [m] at these shifts.
    """

    bins: Ints
    logits: Floats

    def within(self, bins: int) -> float:
        """Return the largest absolute change of the logit for shifts of at most ±`bins` bins."""
        unshifted = self.logits[self.bins == 0][0]
        return float(np.abs(self.logits[np.abs(self.bins) <= bins] - unshifted).max())


def view_shifts(model: Model, event: Event, name: str) -> Shifts:
    """Return the logits for all shifts of one view by up to MAX_SHIFT bins in either direction.

    The other views are unchanged. The global view is shifted circularly (see `shifted`).
    """
    bins = np.arange(-MAX_SHIFT, MAX_SHIFT + 1)
    circular = name == event.global_name
    events = [event.with_view(name, shifted(event.views[name], k, circular)) for k in bins.tolist()]
    return Shifts(bins, model.logits(events))


def epoch_shifts(model: Model, event: Event) -> Shifts:
    """Return the logits for joint shifts of the views, as caused by an error of the epoch.

    The largest shift in either direction is one transit duration or four bins, whichever is larger.
    Shifts are given in bins of the global view or, if there is none, of the first view. See
    `with_epoch_error`.
    """
    name = event.global_name or next(iter(event.specs))
    centres = event.phases(name)
    reach = max(4, round(event.ephemeris.duration / float(centres[1] - centres[0])))
    bins = np.unique(np.round(np.linspace(-reach, reach, 2 * MAX_SHIFT + 1)).astype(np.int64))
    return Shifts(bins, model.logits([with_epoch_error(event, k) for k in bins.tolist()]))


def with_epoch_error(event: Event, bins: int) -> Event:
    """Return a copy of the event with its views shifted as by an error of the epoch.

    Views around the secondary are not shifted: they remain centred on the secondary.

    Args:
        event: Event to be modified.
        bins: Shift to later phases, in bins of the global view or, if there is none, of the first
            view.
    """
    if bins == 0:
        return event
    reference = event.global_name or next(iter(event.specs))
    days = bins * float(np.diff(event.phases(reference)[:2])[0])
    moved, measured = {}, event.measured
    for name, view in event.views.items():
        by = round(days / float(np.diff(event.phases(name)[:2])[0]))
        fixed = event.specs[name].centre == "secondary"
        moved[name] = view if fixed else shifted(view, by, name == event.global_name)
        if name == event.global_name and measured is not None:
            measured = np.roll(measured, by)
    return replace(event, views=moved, measured=measured).consistent()


def shifted(view: Views, bins: int, circular: bool) -> Views:
    """Return a view [n] shifted to later phases.

    Args:
        view: View [n].
        bins: Shift [bins]; negative values shift the view to earlier phases.
        circular: Whether to wrap bins shifted past one end around to the other. Otherwise they are
            dropped, and the vacated bins are set to the out-of-transit level, 0.
    """
    moved: Views = np.roll(view, bins)
    if not circular and bins:
        moved[slice(0, bins) if bins > 0 else slice(bins, None)] = 0
    return moved


def time_reversed(event: Event) -> Event:
    """Return a copy of the event with all views reversed in time."""
    return replace(event, views={name: view[::-1].copy() for name, view in event.views.items()})
