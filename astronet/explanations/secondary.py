"""Origin of the deepest dip away from the transit, if it is probably no secondary eclipse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from astronet.explanations.event import Event
from astronet.lightcurves.ephemeris import Ephemeris, is_valid

if TYPE_CHECKING:
    import pandas as pd  # slow to import; loaded by the packages that read tables

_NEAR = 2.5
"""Distance from mid-transit up to which a dip is next to the transit [durations].

The search for the dip usually excludes 1.5 durations, and its window is one duration wide, so up to
this distance the window can contain flux within two durations of mid-transit.
"""

_FARTHEST = 0.25
"""Distance from mid-transit up to which a dip can be next to the transit [periods]."""

_PERIODS = 1e-3
"""Maximum relative difference between nearly equal periods, as for equal events of tables."""

_RATIOS = (1.0, 0.5, 2.0)
"""Periods of the events whose transits have a fixed phase, relative to that of the event."""


@dataclass(frozen=True)
class Sibling:
    """Another event of the star.

    Attributes:
        number: Number of the event in its table.
        ephemeris: Ephemeris of the event.
    """

    number: int
    ephemeris: Ephemeris


def siblings_in(events: "pd.DataFrame", row: int) -> list[Sibling]:
    """Return the other events of a star.

    Events without a valid ephemeris are left out.

    Args:
        events: Events of the star, with the columns number, period_days, epoch_bkjd and
            duration_days.
        row: Row position of the event that is explained.
    """
    columns = ["number", "period_days", "epoch_bkjd", "duration_days"]
    return [
        Sibling(int(number), Ephemeris(*ephemeris))
        for place, (number, *ephemeris) in enumerate(events[columns].itertuples(index=False))
        if place != row and is_valid(*ephemeris)
    ]


def secondary_remark(event: Event, siblings: Sequence[Sibling]) -> str:
    """Return the origin of the secondary in words; "" if it may be a secondary eclipse.

    The secondary is the deepest dip away from the transit. Its origin is the transit of another
    event of the star, or the transit itself if it is next to it.

    Args:
        event: Event with the secondary.
        siblings: Other events of the star.
    """
    if event.secondary is None:
        return ""
    if found := siblings_at(event, event.secondary, siblings):
        return _remark_on(event, found[0])
    return _remark_on_transit(event) if is_next_to_transit(event) else ""


def is_next_to_transit(event: Event) -> bool:
    """Return whether the secondary is at most 2.5 durations away from mid-transit.

    It must also be at most a quarter of the period away.
    """
    period, duration = event.ephemeris.period, event.ephemeris.duration
    reach = min(_NEAR * duration, _FARTHEST * period)
    return event.secondary is not None and abs(event.secondary) <= reach


def siblings_at(event: Event, phase: float, siblings: Sequence[Sibling]) -> list[Sibling]:
    """Return the other events whose transits overlap with an interval of phases of an event.

    Only events with the same, half or twice the period are considered, because the transits of all
    others have no fixed phase. The interval is one transit duration wide.

    Args:
        event: Event that defines the phases.
        phase: Centre of the interval, relative to mid-transit [d].
        siblings: Other events of the star.
    """
    own, found = event.ephemeris, []
    for sibling in siblings:
        other = sibling.ephemeris
        if not any(abs(other.period / own.period / ratio - 1) < _PERIODS for ratio in _RATIOS):
            continue
        cycle = min(own.period, other.period)
        away = (own.epoch + phase - other.epoch + cycle / 2) % cycle - cycle / 2
        if abs(away) <= (own.duration + other.duration) / 2:
            found.append(sibling)
    return found


def _remark_on(event: Event, sibling: Sibling) -> str:
    other = sibling.ephemeris
    same = abs(other.period / event.ephemeris.period - 1) < _PERIODS
    end = (
        "; two events with the same period are often the primary and the secondary eclipse of one "
        "binary star"
        if same
        else ", not a secondary eclipse of this event"
    )
    return (
        f"The secondary is at the phase of event {sibling.number} of the star (period "
        f"{other.period:.6g} d), so it is probably the transit of that event{end}."
    )


def _remark_on_transit(event: Event) -> str:
    assert event.secondary is not None
    duration = event.ephemeris.duration
    return (
        "The secondary is next to the transit, "
        f"{abs(event.secondary) / duration:.1f} durations from mid-transit, so it is probably the "
        "transit itself, its edge or the flux beside it, not a secondary eclipse; the duration of "
        f"the ephemeris ({24 * duration:.3g} h) may be too short."
    )
