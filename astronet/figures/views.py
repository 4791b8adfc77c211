"""Plots of an event's views."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from astronet.figures.style import GRID, INK, OTHER, styled

_LOWEST, _HIGHEST = -1.15, 1.5
"""Limits of the plotted range of a view [transit depths]."""


@styled
def event_views(views: Mapping[str, NDArray[np.floating]], title: str = "") -> Figure:
    """Plot the views of one event side by side, with one point per bin.

    Args:
        views: Views [bins] by name, in the order of the panels from left to right.
        title: Title of the figure.
    """
    figure = Figure(figsize=(2.3 * max(len(views), 1), 1.6))
    panels = figure.subplots(1, max(len(views), 1), squeeze=False)[0]
    for axes, (name, view) in zip(panels, views.items(), strict=False):
        draw_view(axes, view)
        axes.set_xlabel(f"{name.replace('_', ' ')} view, {len(view)} bins", fontsize=9)
    top = 0.86 if title else 0.97
    figure.subplots_adjust(left=0.08, right=0.99, top=top, bottom=0.14, wspace=0.14)
    if title:
        figure.suptitle(title, fontsize=9, x=0.01, ha="left", color=INK)
    return figure


def draw_view(axes: Axes, view: NDArray[np.floating]) -> None:
    """Plot a normalised view [bins], with one point per bin.

    The plotted range includes at most 1.5 transit depths above the median and 1.15 below it. A bin
    outside this range is marked by a triangle at the edge.
    """
    values = np.asarray(view, dtype=np.float64)
    axes.grid(False)
    axes.axhline(0, color=GRID, linewidth=0.8, zorder=0)
    size = 9 if len(values) <= 400 else 3  # points²
    axes.scatter(np.arange(len(values)), values, s=size, color=INK, alpha=0.55, linewidths=0)
    highest = float(np.nanmax(values, initial=0.0))
    low, high = _LOWEST, min(max(1.1 * highest, 0.4), _HIGHEST)
    axes.set(ylim=(low, high), xticks=[], yticks=[-1, 0])
    for outside, edge, marker in ((values > high, high, "^"), (values < low, low, "v")):
        places = np.flatnonzero(outside)
        axes.scatter(places, np.full(len(places), edge), s=18, marker=marker, color=OTHER,
                     linewidths=0, clip_on=False, zorder=4)  # fmt: skip
    axes.set_xlim(-0.01 * len(values), 1.01 * len(values))
    axes.tick_params(labelsize=9, length=2)
    axes.spines["bottom"].set_visible(False)
