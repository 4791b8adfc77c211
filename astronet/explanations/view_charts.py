"""Views in interactive figures."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from bokeh.models.annotations import BoxAnnotation, Label

from astronet.explanations.axes import PhaseAxis
from astronet.figures.interactive import Drawn
from astronet.figures.style import FAINT, INK, OTHER, PLANET
from astronet.lightcurves.arrays import Floats, Views

SINGLE: dict[str, Any] = {"limit": 1, "point_policy": "snap_to_data"}
"""Properties of a hover tool that shows the values of one bin only."""

_LOWEST, _HIGHEST = -1.15, 1.3
"""Limits of the drawn flux of a view [transit depths]."""


def draw_view(
    drawn: Any,
    view: Views,
    axis: PhaseAxis,
    *,
    level: float = 0.0,
    scale: float = 1.0,
    extra: Mapping[str, Floats | Views] | None = None,
) -> Drawn:
    """Draw the bins of a view [bins] as points, and return them.

    A bin outside the drawn range is marked by a triangle at the edge of the range. The columns of
    the data are x, y, flux and those of `extra`.

    Args:
        drawn: Figure.
        view: View [bins].
        axis: Horizontal axis of the view.
        level: Vertical place of the flux 0.
        scale: Vertical distance that is drawn for one transit depth.
        extra: More columns [bins] of the data by name.
    """
    x = axis.places.astype(np.float32)
    inside = np.clip(view, _LOWEST, _HIGHEST)
    drawn.line([x[0], x[-1]], [level, level], color=FAINT, line_width=0.6)
    outside = inside != view
    for marker, chosen in (
        ("triangle", outside & (view > 0)),
        ("inverted_triangle", outside & (view < 0)),
    ):
        if chosen.any():
            drawn.scatter(
                x[chosen],
                level + scale * inside[chosen],
                marker=marker,
                size=7,
                color=OTHER,
                line_color=None,
            )
    y = (level + scale * inside).astype(np.float32)
    data = {"x": x, "y": y, "flux": view.astype(np.float32)}
    points: Drawn = drawn.scatter(
        "x",
        "y",
        source=data | dict(extra or {}),
        size=4 if len(view) <= 400 else 3,
        color=INK,
        alpha=0.6,
        line_color=None,
    )
    return points


def shade_transit(drawn: Any, axis: PhaseAxis) -> None:
    """Shade one transit duration, but at least one bin, at the centre of a view."""
    middle = sum(axis.limits) / 2
    band = BoxAnnotation(
        left=middle - axis.half,
        right=middle + axis.half,
        fill_color=PLANET,
        fill_alpha=0.13,
        line_color=None,
        level="underlay",
    )
    drawn.add_layout(band)


def add_text(
    drawn: Any, y: float, text: str, baseline: Literal["middle", "bottom"] = "middle"
) -> None:
    """Write a text at the left edge of a figure, at a vertical place of its data."""
    label = Label(
        x=4,
        y=y,
        x_units="screen",
        text=text,
        text_color=INK,
        text_font_size="12px",
        text_baseline=baseline,
    )
    drawn.add_layout(label)
