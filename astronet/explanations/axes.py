"""Axes of explanation figures: views against phase, and scores on a logit scale."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from astronet.explanations.event import Event, spans_period
from astronet.explanations.model import score_of
from astronet.figures.style import INK, OTHER, PLANET
from astronet.figures.views import draw_view
from astronet.lightcurves.arrays import Views

WIDTH = 4.6
"""Width of all explanation figures [inches], chosen for legibility on a phone."""

VIEW_COLOURS = (PLANET, OTHER, "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Colours of the views' curves, distinguishable by colour-blind readers (Okabe & Ito 2008)."""

_TAILS = [10.0**-k for k in range(1, 13)]
_SCORES = [*reversed(_TAILS), 0.5, *(1 - tail for tail in _TAILS[:6])]
_MAX_TICKS = 6


def view_title(name: str, event: Event) -> str:
    """Return the title of a view in figures, for example "Local view (201 bins)"."""
    words = name.replace("_", " ")
    return f"{words[:1].upper()}{words[1:]} view ({event.specs[name].bins} bins)"


def draw_event_view(axes: Axes, event: Event, name: str) -> None:
    """Draw a view against bin index, with the centre of its window shaded (`shade_transit`)."""
    view: Views = event.views[name]
    draw_view(axes, view)
    shade_transit(axes, event, name)
    axes.set_xlim(-0.5, len(view) - 0.5)
    axes.set_yticks([-1, 0])
    axes.set_ylabel("normalised flux", fontsize=8)


def shade_transit(axes: Axes, event: Event, name: str) -> None:
    """Shade one transit duration, but at least one bin, at the centre of a view's window."""
    centres = event.phases(name)
    step = float(centres[1] - centres[0])
    half = max(event.ephemeris.duration / step, 1.0) / 2
    middle = (len(centres) - 1) / 2
    axes.axvspan(middle - half, middle + half, color=PLANET, alpha=0.13, linewidth=0, zorder=0)


def label_phases(axes: Axes, event: Event, name: str) -> None:
    """Label the x axis of a view with phases.

    The unit is the period for a view of the full period, and the transit duration for other views.
    """
    spec = event.specs[name]
    unit = event.ephemeris.period if spans_period(spec) else event.ephemeris.duration
    across = event.phases(name) / unit
    edge = float(across[-1] + (across[1] - across[0]) / 2)
    locator = MaxNLocator(8, steps=[1, 2, 2.5, 4, 5, 10])
    some = (-0.5, -0.25, 0, 0.25, 0.5) if spans_period(spec) else locator.tick_values(-edge, edge)
    ticks = [tick for tick in some if abs(tick) <= edge * 1.001]
    places = np.interp(ticks, across, np.arange(len(across)))
    axes.set_xticks(places, [f"{tick:g}".replace("-", "−") for tick in ticks])
    axes.set_xlabel(_phase_label(event, name), color=INK)


def label_scores(axes: Axes, low: float, high: float, along: str = "y") -> None:
    """Set the limits of a logit axis, and label its ticks with the corresponding scores.

    Args:
        axes: Axes to modify.
        low: Lowest logit to show; a margin is added.
        high: Highest logit to show; a margin is added.
        along: Axis that shows the logits, "x" or "y".
    """
    margin = 0.08 * max(high - low, 0.2)
    low, high = low - margin, high + margin
    ticks = [float(np.log(p / (1 - p))) for p in _SCORES]
    ticks = [tick for tick in ticks if low <= tick <= high]
    ticks = ticks[:: int(np.ceil(len(ticks) / _MAX_TICKS)) or 1]
    if len(ticks) < 2:
        ticks = [float(t) for t in MaxNLocator(4).tick_values(low, high) if low <= t <= high]
    labels = [
        f"{score_of(tick):.6g}" if score_of(tick) > 0.5 else f"{score_of(tick):.3g}"
        for tick in ticks
    ]
    if along == "y":
        axes.set_ylim(low, high)
        axes.set_yticks(ticks, labels)
    else:
        axes.set_xlim(low, high)
        axes.set_xticks(ticks, labels)


def _phase_label(event: Event, name: str) -> str:
    spec = event.specs[name]
    if spans_period(spec):
        return "orbital phase"
    if spec.centre == "transit":
        return "time from mid-transit [transit durations]"
    centre = event.centre_phase(name)
    if centre is None:
        return "time from mid-eclipse of the secondary [transit durations]"
    phase = f"{centre / event.ephemeris.period:+.3f}".replace("-", "−")
    return f"time from phase {phase} [transit durations]"


def hide_frame(axes: Any) -> None:
    """Remove the frame, the grid and the tick marks of axes that contain an image."""
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
