"""Pictures of what moves a score; pure functions from numbers to matplotlib figures."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from astronet.explanations.attribution import Gradients, Occluded
from astronet.explanations.axes import (
    VIEW_COLOURS,
    WIDTH,
    draw_event_view,
    name_phases,
    name_scores,
    shade_transit,
    title_of,
)
from astronet.explanations.event import Event
from astronet.explanations.removal import Noise, Removal, Scalar
from astronet.explanations.shifts import Shifts
from astronet.figures.style import FAINT, INK, OTHER, PLANET, styled
from astronet.lightcurves.arrays import Floats


@styled
def attribution(event: Event, name: str, gradients: Gradients, occluded: Occluded) -> Figure:
    """A view, and under it the logit that each bin adds and that each patch's absence costs."""
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    view, added, lost = figure.subplots(3, 1, sharex=True, height_ratios=[1.2, 1, 1])
    draw_event_view(view, event, name)
    view.set_title(title_of(name, event))
    for axes, values, label in (
        (added, gradients.views[name], "integrated\ngradients"),
        (lost, occluded.drops, f"occlusion,\n{occluded.width}-bin patches"),
    ):
        _signed(axes, values)
        shade_transit(axes, event, name)
        axes.set_ylabel(label, fontsize=9)
        axes.tick_params(labelsize=8)
    name_phases(lost, event, name)
    return figure


@styled
def verdicts(logit: float, removed: Sequence[Removal], noise: Noise, backwards: float) -> Figure:
    """The score as it is, without each part, without each stretch of noise, and time reversed."""
    rows: list[tuple[str, Sequence[float]]] = [("as it is", [logit])]
    rows += [(f"without {row.what}", [] if row.logit is None else [row.logit]) for row in removed]
    rows.append((f"without noise ({len(noise.logits)} stretches)", noise.logits.tolist()))
    rows.append(("time reversed", [backwards]))
    figure = Figure(figsize=(WIDTH, 0.75 + 0.46 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    axes.axvline(logit, color=FAINT, linestyle=":", zorder=0)
    for place, (text, values) in enumerate(rows):
        colour = PLANET if not values or np.mean(values) > 0 else OTHER
        for value in values[:1] if len(values) == 1 else []:
            axes.plot([logit, value], [place, place], color=colour, linewidth=1.5, alpha=0.5)
        axes.scatter(
            values, [place] * len(values), color=colour, s=42 if len(values) == 1 else 20,
            alpha=1 if len(values) == 1 else 0.45, linewidths=0, zorder=3,
        )  # fmt: skip
        note = text if values else f"{text}: nothing to judge"
        axes.text(0.01, place - 0.24, note, transform=axes.get_yaxis_transform(), fontsize=9)
    every = [value for _, values in rows for value in values]
    name_scores(axes, min(every), max(every), along="x")
    axes.set(yticks=[], ylim=(len(rows) - 0.6, -0.7), xlabel="score (spaced as logits)")
    axes.set_title("Score without a part")
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    return figure


@styled
def scalars(logit: float, unknown: Sequence[Scalar]) -> Figure:
    """By how much the logit changes when each of the catalogue's numbers is not known."""
    figure = Figure(figsize=(WIDTH, 0.9 + 0.27 * len(unknown)), layout="constrained")
    axes = figure.add_subplot()
    for place, scalar in enumerate(unknown):
        gain = logit - scalar.logit
        axes.barh(place, gain, height=0.62, color=PLANET if gain >= 0 else OTHER)
    names = [f"{s.name} = {_value(s.value)}" for s in unknown]
    axes.set_yticks(range(len(unknown)), names, fontsize=8)
    axes.set_ylim(len(unknown) - 0.4, -0.6)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set(xlabel="logit that knowing it adds")
    axes.grid(axis="y", visible=False)
    figure.suptitle("The catalogue’s numbers", fontsize=11, weight="bold", x=0.01, ha="left")
    return figure


@styled
def shifts(alone: Mapping[str, Shifts], together: Shifts, durations: Floats) -> Figure:
    """The score when each view alone is shifted by some bins, and when all are at once.

    Args:
        alone: By the view's name.
        together: All views, as with a wrong epoch.
        durations: What the latter's shifts are in transit durations [m].
    """
    figure = Figure(figsize=(WIDTH, 5.4), layout="constrained")
    upper, lower = figure.subplots(2, 1)
    for (name, one), colour in zip(alone.items(), VIEW_COLOURS * len(alone), strict=False):
        upper.plot(one.bins, one.logits, color=colour, label=name.replace("_", " "))
    upper.set(xlabel="shift [bins of the view]", ylabel="score")
    upper.set_title("One view shifted, the others not")
    every = np.concatenate([one.logits for one in alone.values()])
    name_scores(upper, float(every.min()), float(every.max()))
    upper.legend(loc="upper center", bbox_to_anchor=(0.45, -0.27), ncols=3)
    lower.plot(durations, together.logits, "o-", color=INK, markersize=3, linewidth=1.2)
    lower.set(xlabel="shift [transit durations]", ylabel="score")
    lower.set_title("All views shifted, as with a wrong epoch")
    name_scores(lower, float(together.logits.min()), float(together.logits.max()))
    return figure


def _signed(axes: Axes, values: Floats) -> None:
    """Steps over bins, blue above 0 and vermilion below."""
    edges = np.arange(len(values) + 1) - 0.5
    for part, colour in ((np.maximum(values, 0), PLANET), (np.minimum(values, 0), OTHER)):
        axes.stairs(part, edges, fill=True, color=colour, linewidth=0.6, edgecolor=colour)
    axes.axhline(0, color=FAINT, linewidth=0.6)
    if not values.any():
        axes.set_ylim(-1, 1)


def _value(value: float) -> str:
    if np.isnan(value):
        return "unknown"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
