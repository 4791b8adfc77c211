"""Figures of a network's feature maps, receptive fields and convolution kernels."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from astronet.explanations.axes import (
    WIDTH,
    draw_event_view,
    hide_frame,
    label_phases,
    shade_transit,
    view_title,
)
from astronet.explanations.event import Event
from astronet.explanations.feature_maps import FeatureMap, Kernels
from astronet.figures.style import FAINT, INK, OTHER, PLANET, styled
from astronet.models.geometry import Layer

_COLUMNS = 8
"""Number of panels per row in the figure of the first convolution's kernels."""

_MAX_KERNELS = 64
"""Maximum number of kernels of the first convolution that are drawn."""


@styled
def feature_map(event: Event, name: str, maps: Sequence[FeatureMap]) -> Figure:
    """Draw a view and, below it, the feature map of each block (channels against phase)."""
    heights = [1.0, *(0.75 for _ in maps)]
    figure = Figure(figsize=(WIDTH, 0.8 + sum(heights)), layout="constrained")
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)
    view, *images = panels[:, 0]
    draw_event_view(view, event, name)
    view.set_title(view_title(name, event))
    for axes, found in zip(images, maps, strict=True):
        channels, length = found.values.shape
        largest = float(found.values.max())
        axes.imshow(
            found.values, aspect="auto", cmap="Blues", interpolation="nearest",
            vmin=0, vmax=largest or 1.0, extent=(*found.edges, channels, 0),
        )  # fmt: skip
        hide_frame(axes)
        axes.set(yticks=[], xlim=view.get_xlim())
        axes.set_ylabel(f"{found.block}\n{channels} × {length}\nmax {largest:.2g}", fontsize=8)
    label_phases(images[-1], event, name)
    images[-1].tick_params(length=3)
    return figure


@styled
def kernels(name: str, convolutions: Sequence[Kernels]) -> Figure:
    """Draw the first convolution's kernels as curves and those of later convolutions as images.

    At most 64 kernels of the first convolution are drawn, for the first input channel. Each image
    has one row per output channel and one column per input channel and position in the kernel.

    Args:
        name: Name of the view.
        convolutions: Kernels of each convolution, in order.
    """
    first, *others = convolutions
    count = min(len(first.weights), _MAX_KERNELS)
    rows, images = int(np.ceil(count / _COLUMNS)), int(np.ceil(len(others) / 2))
    heights = [0.5 * rows + 0.3, 1.0 * max(images, 1)]
    figure = Figure(figsize=(WIDTH, 0.6 + 0.5 * rows + 1.0 * images), layout="constrained")
    figure.suptitle(
        f"Kernels for the {name.replace('_', ' ')} view",
        fontsize=11, weight="bold", x=0.01, ha="left",
    )  # fmt: skip
    parts = np.atleast_1d(
        np.asarray(
            figure.subfigures(1 + bool(others), 1, height_ratios=heights[: 1 + bool(others)])
        )
    )
    _curves(parts[0].subplots(rows, _COLUMNS, squeeze=False), first)
    shown = "" if count == len(first.weights) else f" (first {count})"
    text = f"convolution 1: {_shape(first)}{shown}"
    parts[0].suptitle(text, fontsize=8, x=0.01, ha="left", color=INK)
    for part in parts[1:]:
        panels = part.subplots(images, 2, squeeze=False).ravel()
        for place, (axes, convolution) in enumerate(zip(panels, others, strict=False), 2):
            _image(axes, convolution, place)
        for axes in panels[len(others) :]:
            axes.set_axis_off()
    return figure


@styled
def receptive_fields(event: Event, name: str, layers: Sequence[Layer]) -> Figure:
    """Draw a view and, below it on the same axis, the receptive fields of the layers.

    One receptive field is drawn per layer: that of the output closest to the centre of the view.
    """
    figure = Figure(figsize=(WIDTH, 1.7 + 0.21 * len(layers)), layout="constrained")
    view, axes = figure.subplots(2, 1, sharex=True, height_ratios=[1, 0.21 * len(layers)])
    draw_event_view(view, event, name)
    view.set_title(view_title(name, event))
    bins = event.specs[name].bins
    for row, layer in enumerate(layers):
        point = round(((bins - 1) / 2 - layer.first) / layer.jump)
        low, high = layer.seen_by(point)
        colour = PLANET if layer.kind == "convolution" else OTHER
        axes.barh(row, high - low + 1, left=low - 0.5, height=0.62, color=colour, alpha=0.75)
        places = layer.first + layer.jump * np.arange(layer.length)
        if layer.length <= bins / 8:
            axes.plot(places, np.full(layer.length, row), "|", color=FAINT, markersize=4, zorder=3)
    shade_transit(axes, event, name)
    axes.set_ylim(len(layers) - 0.4, -0.6)
    names = [f"{'conv' if la.kind == 'convolution' else 'pool'} {la.kernel}" for la in layers]
    axes.set_yticks(range(len(layers)), names, fontsize=8)
    beside = axes.secondary_yaxis("right")
    beside.set_yticks(range(len(layers)), [f"{la.field} bins" for la in layers], fontsize=8)
    for side in (axes, beside):
        side.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    beside.spines["right"].set_visible(False)
    axes.set_xlim(-0.5, bins - 0.5)
    label_phases(axes, event, name)
    return figure


def _curves(panels: np.ndarray, first: Kernels) -> None:
    reach = 1.1 * float(np.abs(first.weights).max()) or 1.0
    for place, axes in enumerate(panels.ravel()):
        axes.set_axis_off()
        if place < len(first.weights):
            kernel = first.weights[place, 0]
            axes.axhline(0, color=FAINT, linewidth=0.6)
            axes.plot(kernel, "o-", color=PLANET, markersize=2, linewidth=1)
            axes.set_ylim(-reach, reach)


def _image(axes: Axes, convolution: Kernels, place: int) -> None:
    """Draw all kernels of a convolution as one image, blue above 0 and red below."""
    out, into, width = convolution.weights.shape
    largest = float(np.abs(convolution.weights).max()) or 1.0
    axes.imshow(
        convolution.weights.reshape(out, into * width), cmap="RdBu", aspect="auto",
        interpolation="nearest", vmin=-largest, vmax=largest,
    )  # fmt: skip
    hide_frame(axes)
    axes.set(xticks=[], yticks=[])
    text = f"convolution {place}: {_shape(convolution)}, ±{largest:.2g}"
    axes.set_title(text, fontsize=8, weight="normal")


def _shape(convolution: Kernels) -> str:
    return " × ".join(str(size) for size in convolution.weights.shape)
