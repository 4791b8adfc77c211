"""Sheet of events: one figure with one row per event, showing its score and views."""

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from astronet.errors import RunError, counted
from astronet.figures.style import FAINT, INK, styled
from astronet.figures.views import draw_view

ROWS = 20
"""Maximum number of events on a sheet."""

# Sizes in inches.
_ROW = 1.15
_HEAD = 0.6
_TEXT = 1.95
_PANEL = 3.0


@styled
def sheet(
    events: pd.DataFrame, views: Mapping[str, NDArray[np.floating]], title: str = ""
) -> Figure:
    """Draw the scores, periods, durations and views of up to 20 events, one row per event.

    Args:
        events: Table of events [n] with columns star and number, and optionally period_days,
            duration_days, score and reason (shown if there is no score). Only the first 20 events
            are drawn.
        views: Views [n, bins] by name, in the order of the events; a row of NaN is replaced by the
            text "no view".
        title: Title of the sheet.

    Raises:
        RunError: There are no events or no views, or events and views differ in number.
    """
    _check(events, views)
    shown = min(len(events), ROWS)
    height, width = _HEAD + _ROW * shown, _TEXT + _PANEL * len(views)
    figure = Figure(figsize=(width, height))
    panels = figure.subplots(shown, len(views), squeeze=False)
    figure.subplots_adjust(
        left=_TEXT / width,
        right=1 - 0.1 / width,
        top=1 - _HEAD / height,
        bottom=0.1 / height,
        hspace=0.18,
        wspace=0.1,
    )
    limit = "" if shown == len(events) else f" (first {shown} of {len(events)})"
    y = 1 - 0.2 / height
    figure.text(0.1 / width, y, title + limit, weight="bold", color=INK, va="center")
    for column, (name, values) in enumerate(views.items()):
        heading = f"{name.replace('_', ' ')} view, {values.shape[1]} bins"
        panels[0, column].set_title(heading, fontsize=9, weight="normal", color=FAINT)
        for row in range(shown):
            _draw(panels[row, column], values[row])
    for row in range(shown):
        top = 1 - (_HEAD + _ROW * row) / height
        _describe(figure, 0.1 / width, top, height, events.iloc[row])
    return figure


def _check(events: pd.DataFrame, views: Mapping[str, NDArray[np.floating]]) -> None:
    if len(events) == 0 or not views:
        raise RunError("no events or views to draw; give at least one event with one view")
    for name, values in views.items():
        if len(values) != len(events):
            raise RunError(
                f"found {counted(len(values), f'{name} view')} for "
                f"{counted(len(events), 'event')}; give one view per event"
            )


def _draw(axes: Any, view: NDArray[np.floating]) -> None:
    if np.isfinite(view).any():
        draw_view(axes, view)
    else:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no view", color=FAINT, transform=axes.transAxes, ha="center")


def _describe(figure: Figure, x: float, top: float, height: float, event: pd.Series) -> None:
    """Draw the score in large type, with star, number, period and duration below it.

    If there is no score, "not scored" is drawn in its place, and the reason in the last lines.

    Args:
        figure: Figure to modify.
        x: Left edge of the text [figure widths].
        top: Upper edge of the text [figure heights].
        height: Height of the figure [inches].
        event: Row of the table of events.
    """
    score = event.get("score", np.nan)
    scored = not pd.isna(score)
    lines = [f"{event['star']}, event {event['number']}"]
    if not pd.isna(period := event.get("period_days", np.nan)):
        lines.append(f"period {period:.5g} d")
    if not pd.isna(duration := event.get("duration_days", np.nan)):
        lines.append(f"duration {24 * duration:.3g} h")
    if not scored and isinstance(reason := event.get("reason"), str):
        lines += wrap(reason, width=24, max_lines=2, placeholder=" …")
    large = f"{score:.3f}" if scored else "not scored"
    figure.text(x, top, large, fontsize=14 if scored else 10, color=INK, va="top", weight="bold")
    small = figure.text(x, top - 0.28 / height, "\n".join(lines), color=INK, va="top")
    small.set(fontsize=8, linespacing=1.35)
