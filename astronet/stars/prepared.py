"""Prepared events of a star: their views, or the reasons why there are none."""

import math
from dataclasses import dataclass
from typing import Self

from astronet.errors import LightCurveError, RunError
from astronet.files.provenance import SourceFile
from astronet.lightcurves.preparation import EventViews


@dataclass(frozen=True)
class PreparedEvent:
    """Views of one event in an event table, or the reason why they could not be computed.

    Attributes:
        row: Row of the event in the table, counted from 0.
        views: Views of the event; None if they could not be computed.
        reason: Reason why there are no views; "" if there are views.
        no_files: Whether there are no views because the star has no light-curve files.
        arguments: Names of the settings to change so that they can be computed.
        centroid: Centroid statistic that was measured; NaN if none was.
    """

    row: int
    views: EventViews | None
    reason: str = ""
    no_files: bool = False
    arguments: tuple[str, ...] = ()
    centroid: float = math.nan

    @classmethod
    def of(
        cls, row: int, outcome: EventViews | LightCurveError, centroid: float = math.nan
    ) -> Self:
        """Return the views of an event, or the reason why there are none.

        Args:
            row: Row of the event in the table, counted from 0.
            outcome: Item of the result of `prepare_star`.
            centroid: Centroid statistic; NaN if it was not measured.
        """
        if isinstance(outcome, LightCurveError):
            return cls(row, None, reason=str(outcome), centroid=centroid)
        return cls(row, outcome, centroid=centroid)


@dataclass(frozen=True)
class PreparedStar:
    """Prepared events of one star, with the provenance of its files.

    Attributes:
        star: Number or name of the star.
        events: Prepared events, in the order of `Star.events`.
        sources: Provenance of the files that were read.
    """

    star: int | str
    events: list[PreparedEvent]
    sources: tuple[SourceFile, ...]


def one_of(star: PreparedStar, place: int) -> EventViews:
    """Return the views of one of a star's events.

    Args:
        star: Prepared events of the star.
        place: Index of the event in `star.events`.

    Raises:
        RunError: The views could not be computed.
    """
    event = star.events[place]
    if event.views is None:
        raise RunError(
            f"the event could not be prepared: {event.reason}", arguments=event.arguments
        )
    return event.views
