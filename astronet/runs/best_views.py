"""Views of the events with the highest scores, kept while many events are scored."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from astronet.lightcurves.arrays import Views
from astronet.stars.prepared import PreparedStar


class BestViews:
    """Views of the events with the highest scores so far.

    Of events with the same score, those in the first rows are kept.

    Args:
        number: Maximum number of events.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._kept: list[tuple[float, int, Mapping[str, Views]]] = []

    def add(self, records: Iterable[Mapping[str, Any]], stars: Sequence[PreparedStar]) -> None:
        """Keep the views of the events of some stars if their scores are high enough.

        Args:
            records: Row and score of each event; see `astronet.runs.prediction_parts.content_of`.
            stars: Prepared stars with these events.
        """
        scores = {record["row"]: record["score"] for record in records}
        found = [
            (-scores[event.row], event.row, event.views.views)
            for star in stars
            for event in star.events
            if event.views is not None
        ]
        ordered = sorted([*self._kept, *found], key=lambda one: one[:2])
        self._kept = ordered[: self._number]

    @property
    def views(self) -> dict[int, Mapping[str, Views]]:
        """Views by name of each event, by its row."""
        return {row: views for _, row, views in self._kept}
