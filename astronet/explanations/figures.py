"""Matplotlib figures of attributions, removals, scalar inputs and shifts."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from astronet.errors import counted
from astronet.explanations.attribution import Gradients, Occlusion
from astronet.explanations.axes import (
    VIEW_COLOURS,
    WIDTH,
    draw_event_view,
    label_phases,
    label_scores,
    shade_transit,
    view_title,
)
from astronet.explanations.event import Event
from astronet.explanations.removal import NoiseRemovals, Removal, Scalar
from astronet.explanations.shifts import Shifts
from astronet.figures.style import FAINT, INK, OTHER, PLANET, styled
from astronet.lightcurves.arrays import Floats


@styled
def attribution(event: Event, name: str, gradients: Gradients, occlusion: Occlusion) -> Figure:
    """Draw one view of an event and, below it, its integrated gradients and occlusion."""
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    view, upper, lower = figure.subplots(3, 1, sharex=True, height_ratios=[1.2, 1, 1])
    draw_event_view(view, event, name)
    view.set_title(view_title(name, event))
    for axes, values, label in (
        (upper, gradients.views[name], "integrated\ngradients"),
        (lower, occlusion.drops, f"occlusion\n({occlusion.width}-bin patches)"),
    ):
        _signed(axes, values)
        shade_transit(axes, event, name)
        axes.set_ylabel(label, fontsize=9)
        axes.tick_params(labelsize=8)
    label_phases(lower, event, name)
    return figure


@styled
def removal(
    logit: float, removals: Sequence[Removal], noise: NoiseRemovals, time_reversed: float
) -> Figure:
    """Draw the scores of an event: unmodified, without each removed part, and time reversed.

    Args:
        logit: Logit of the unmodified event.
        removals: Logits without the transit and without the secondary.
        noise: Logits without each of several intervals of noise, shown in one row.
        time_reversed: Logit of the time-reversed event.
    """
    rows: list[tuple[str, Sequence[float]]] = [("unmodified", [logit])]
    rows += [(f"without {row.part}", [] if row.logit is None else [row.logit]) for row in removals]
    intervals = counted(len(noise.logits), "interval")
    rows.append((f"without noise ({intervals})", noise.logits.tolist()))
    rows.append(("time reversed", [time_reversed]))
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
        note = text if values else f"{text}: not available"
        axes.text(0.01, place - 0.24, note, transform=axes.get_yaxis_transform(), fontsize=9)
    every = [value for _, values in rows for value in values]
    label_scores(axes, min(every), max(every), along="x")
    axes.set(yticks=[], ylim=(len(rows) - 0.6, -0.7), xlabel="score (logit scale)")
    axes.set_title("Score without a part of the light curve")
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    return figure


@styled
def scalars(logit: float, unknown: Sequence[Scalar]) -> Figure:
    """Draw the contribution of each scalar input to the logit.

    The contribution is the decrease in the logit when the input is set to unknown.

    Args:
        logit: Logit of the unmodified event.
        unknown: Logits with each scalar input set to unknown in turn.
    """
    figure = Figure(figsize=(WIDTH, 0.9 + 0.27 * len(unknown)), layout="constrained")
    axes = figure.add_subplot()
    for place, scalar in enumerate(unknown):
        gain = logit - scalar.logit
        axes.barh(place, gain, height=0.62, color=PLANET if gain >= 0 else OTHER)
    names = [f"{s.name} = {_value(s.value)}" for s in unknown]
    axes.set_yticks(range(len(unknown)), names, fontsize=8)
    axes.set_ylim(len(unknown) - 0.4, -0.6)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set(xlabel="contribution to the logit")
    axes.grid(axis="y", visible=False)
    figure.suptitle("Scalar inputs", fontsize=11, weight="bold", x=0.01, ha="left")
    return figure


@styled
def shifts(single: Mapping[str, Shifts], epoch: Shifts, durations: Floats) -> Figure:
    """Draw the score against the shift of each single view, and against an error of the epoch.

    Args:
        single: Logits with a single view shifted, by name of the view.
        epoch: Logits with the views shifted together, from `epoch_shifts`.
        durations: Shifts of `epoch` [m], in transit durations.
    """
    figure = Figure(figsize=(WIDTH, 5.4), layout="constrained")
    upper, lower = figure.subplots(2, 1)
    for (name, one), colour in zip(single.items(), VIEW_COLOURS * len(single), strict=False):
        upper.plot(one.bins, one.logits, color=colour, label=f"{name.replace('_', ' ')} view")
    upper.set(xlabel="shift [bins of the view]", ylabel="score")
    upper.set_title("Shift of a single view")
    every = np.concatenate([one.logits for one in single.values()])
    label_scores(upper, float(every.min()), float(every.max()))
    upper.legend(loc="upper center", bbox_to_anchor=(0.45, -0.27), ncols=2)
    lower.plot(durations, epoch.logits, "o-", color=INK, markersize=3, linewidth=1.2)
    lower.set(xlabel="shift [transit durations]", ylabel="score")
    lower.xaxis.set_major_locator(MaxNLocator(5))
    lower.set_title("Shift of all views (error of the epoch)")
    label_scores(lower, float(epoch.logits.min()), float(epoch.logits.max()))
    return figure


def _signed(axes: Axes, values: Floats) -> None:
    """Draw values [bins] as filled steps, blue above 0 and vermilion below."""
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
