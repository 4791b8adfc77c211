"""What all figures of an explanation share: views over their phase, and logits named by scores."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from astronet.explanations.event import Event, is_whole
from astronet.explanations.judge import score_of
from astronet.figures.style import INK, OTHER, PLANET
from astronet.figures.views import draw_view
from astronet.lightcurves.arrays import Views

WIDTH = 4.6
"""Of all figures [inches], so that they are legible on the page of a telephone."""

VIEW_COLOURS = (PLANET, OTHER, "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Told apart with any colour vision (Okabe & Ito 2008)."""

_TAILS = [10.0**-k for k in range(1, 13)]
_SCORES = [*reversed(_TAILS), 0.5, *(1 - tail for tail in _TAILS[:6])]
_MOST_TICKS = 6


def title_of(name: str, event: Event) -> str:
    """What a view is called over a figure."""
    return f"{name.replace('_', ' ')} view, {event.specs[name].bins} bins"


def draw_event_view(axes: Axes, event: Event, name: str) -> None:
    """One view over its bins, the transit (or the secondary) shaded one duration wide."""
    view: Views = event.views[name]
    draw_view(axes, view)
    shade_transit(axes, event, name)
    axes.set_xlim(-0.5, len(view) - 0.5)
    axes.set_yticks([-1, 0])


def shade_transit(axes: Axes, event: Event, name: str) -> None:
    """A band of one duration, at least a bin, in the middle of a view's window."""
    centres = event.phases(name)
    step = float(centres[1] - centres[0])
    half = max(event.ephemeris.duration / step, 1.0) / 2
    middle = (len(centres) - 1) / 2
    axes.axvspan(middle - half, middle + half, color=PLANET, alpha=0.13, linewidth=0, zorder=0)


def name_phases(axes: Axes, event: Event, name: str) -> None:
    """Ticks of an axis of bins, called by their phases or durations."""
    spec = event.specs[name]
    unit = event.ephemeris.period if is_whole(spec) else event.ephemeris.duration
    across = event.phases(name) / unit
    edge = float(across[-1] + (across[1] - across[0]) / 2)
    locator = MaxNLocator(8, steps=[1, 2, 2.5, 4, 5, 10])
    some = (-0.5, -0.25, 0, 0.25, 0.5) if is_whole(spec) else locator.tick_values(-edge, edge)
    ticks = [tick for tick in some if abs(tick) <= edge * 1.001]
    places = np.interp(ticks, across, np.arange(len(across)))
    axes.set_xticks(places, [f"{tick:g}" for tick in ticks])
    axes.set_xlabel(_phase_label(event, name), color=INK)


def name_scores(axes: Axes, low: float, high: float, along: str = "y") -> None:
    """An axis of logits from low to high, its ticks called by the scores that they stand for."""
    margin = 0.08 * max(high - low, 0.2)
    low, high = low - margin, high + margin
    ticks = [float(np.log(p / (1 - p))) for p in _SCORES]
    ticks = [tick for tick in ticks if low <= tick <= high]
    ticks = ticks[:: int(np.ceil(len(ticks) / _MOST_TICKS)) or 1]
    if len(ticks) < 2:
        ticks = [float(t) for t in MaxNLocator(4).tick_values(low, high) if low <= t <= high]
    names = [
        f"{score_of(tick):.6g}" if score_of(tick) > 0.5 else f"{score_of(tick):.3g}"
        for tick in ticks
    ]
    if along == "y":
        axes.set_ylim(low, high)
        axes.set_yticks(ticks, names)
    else:
        axes.set_xlim(low, high)
        axes.set_xticks(ticks, names)


def _phase_label(event: Event, name: str) -> str:
    spec = event.specs[name]
    if is_whole(spec):
        return "phase [periods from the transit]"
    if spec.centre == "transit":
        return "phase [durations from the transit]"
    middle = event.middle(name)
    at = (
        " elsewhere"
        if middle is None
        else f" at phase {middle / event.ephemeris.period:+.3f}".replace("-", "−")
    )
    return f"phase [durations from the dip{at}]"


def bare(axes: Any) -> None:
    """Takes frame and grid from axes that hold an image."""
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
