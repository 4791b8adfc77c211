"""Examples of correct and incorrect classifications in the evaluation report."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from astronet.evaluation.event_pages import EventPages
from astronet.figures.pages import inline, png
from astronet.figures.views import event_views

CASES = 6
"""Maximum number of example events per category of the confusion matrix."""


def cases(
    evaluated: pd.DataFrame,
    views: Mapping[str, NDArray[np.floating]],
    threshold: float,
    pages: EventPages | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield each category of the confusion matrix with its example events, as template variables.

    The examples are the events with the highest scores in categories of events classified as
    planets, and the events with the lowest scores in the other categories.

    Args:
        evaluated: Table of the events, with the column row: their positions in `views`.
        views: Views [n, bins] by name.
        threshold: Score above which an event is classified as a planet.
        pages: Other pages about the events, to which incorrectly classified events are linked.
    """
    called = evaluated["score"] > threshold
    planet = evaluated["target"] == 1
    for title, chosen, right in (
        ("Planets classified as planets", planet & called, True),
        ("False positives classified as false positives", ~planet & ~called, True),
        ("False positives classified as planets", ~planet & called, False),
        ("Planets classified as false positives", planet & ~called, False),
    ):
        highest_first = called[chosen].all()
        first = evaluated[chosen].sort_values("score", ascending=not highest_first, kind="stable")
        linked = None if right else pages
        events = [_event(event, views, linked) for _, event in first.head(CASES).iterrows()]
        order = "highest scores" if highest_first else "lowest scores"
        shown = f"{order}, {len(events)} of {int(chosen.sum()):,}"
        yield {"title": title, "shown": shown, "events": events, "right": right}


def _event(
    event: pd.Series, views: Mapping[str, NDArray[np.floating]], pages: EventPages | None
) -> dict[str, Any]:
    shown = {name: np.asarray(values[event["row"]]) for name, values in views.items()}
    period = event.get("period_days")
    return {
        "star": event["star"],
        "number": event["number"],
        "period": None if pd.isna(period) else f"{period:.5g} d",
        "score": f"{event['score']:.3f}",
        "label": event["label"],
        "links": pages.links(event["star"], event["number"]) if pages else [],
        "command": pages.command_for(event["row"]) if pages else None,
        "picture": inline(png(event_views(shown))) if shown else None,
    }
