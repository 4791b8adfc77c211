"""Interactive figures of a network's feature maps, receptive fields and convolution kernels."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.models import FixedTicker, LinearColorMapper
from numpy.typing import NDArray

from astronet.explanations.axes import PhaseAxis, phase_axis, view_name, view_title
from astronet.explanations.event import Event
from astronet.explanations.feature_maps import FeatureMap, Kernels
from astronet.explanations.findings import Columns, Findings
from astronet.explanations.view_charts import SINGLE, add_text, draw_view, shade_transit
from astronet.figures.interactive import Chart, Drawn, add_hover, plot
from astronet.figures.style import FAINT, INK, OTHER, PLANET
from astronet.models.geometry import Layer

LAYERS = ("maps", "fields", "kernels")
"""Sections of the page about the layers: feature maps, receptive fields, convolution kernels."""

_VIEW = 1.6
"""Height of the view above the layers, relative to the row of a layer."""

_BLOCK, _LAYER = 66, 22
"""Heights of the rows of a block and of a layer [px]."""

_ACROSS = 8
"""Number of kernels of the first convolution per row."""

_MAX_KERNELS = 64
"""Maximum number of kernels of the first convolution that are drawn."""

_IMAGES = 3
"""Number of images of later convolutions per row."""

_PALETTE = [f"#2f8fcf{round(2.55 * percent):02x}" for percent in range(101)]
"""Colours of 0 to 100 % of a maximum, from transparent to opaque: visible on light and dark pages,
because the colours of images cannot change with the page."""


def layer_charts(found: Findings, section: str) -> Iterator[Chart]:
    """Yield the figures of a section: feature maps, receptive fields, or convolution kernels.

    Args:
        found: Results that explain the score.
        section: One of `LAYERS`.
    """
    for columns in found.columns:
        which = f" of network {columns.number} of {found.networks}" if found.networks > 1 else ""
        for place, name in enumerate(columns.maps):
            identifier = f"{section}-{columns.number}-{place}"
            title = f"{view_title(found.event, name)}{which}"
            if section == "maps":
                yield _feature_maps(found.event, name, columns.maps[name], identifier, title)
            elif section == "fields":
                yield _receptive_fields(found.event, name, columns, identifier, title)
            else:
                title = f"{view_name(name)}{which}"
                yield from _kernels(columns.kernels[name], identifier, title)


def _feature_maps(
    event: Event, name: str, maps: Sequence[FeatureMap], identifier: str, title: str
) -> Chart:
    """Return a view and, below it, the feature map of each block (channels against phase)."""
    axis = phase_axis(event, name)
    drawn = _below_view(event, name, axis, len(maps), _BLOCK)
    for row, found in enumerate(maps):
        channels, length = found.values.shape
        largest = float(found.values.max())
        left, right = (axis.at(edge) for edge in found.edges)
        text = f"{found.block}: {channels} × {length}, maximum {largest:.2g}"
        data: dict[str, list[Any]] = {
            "image": [_percent(found.values, largest)[::-1]],
            "x": [left],
            "y": [-row - 0.98],
            "text": [text],
        }
        image = _image(drawn, data, right - left, 0.72)
        add_hover(
            drawn, [image], [("block", "@text"), ("activation", "@image{0} % of the maximum")]
        )
        add_text(drawn, -row - 0.24, text, "bottom")
    drawn.yaxis.visible = drawn.ygrid.visible = False
    return Chart(identifier, title, drawn, alternative=f"Feature maps: {title}")


def _receptive_fields(
    event: Event, name: str, columns: Columns, identifier: str, title: str
) -> Chart:
    """Return a view and, below it, the receptive field of the central output of each layer."""
    layers, axis, bins = columns.layers[name], phase_axis(event, name), event.specs[name].bins
    drawn = _below_view(event, name, axis, len(layers), _LAYER)
    for kind, colour in (("convolution", PLANET), ("pooling", OTHER)):
        chosen = [
            (row, layer)
            for row, layer in enumerate(layers)
            if (layer.kind == "convolution") == (kind == "convolution")
        ]
        ends = [_seen(layer, bins) for _, layer in chosen]
        data = {
            "y": [-row - 0.5 for row, _ in chosen],
            "left": [axis.at(low - 0.5) for low, _ in ends],
            "right": [axis.at(high + 0.5) for _, high in ends],
            "kernel": [layer.kernel for _, layer in chosen],
            "field": [layer.field for _, layer in chosen],
            "stride": [layer.jump for _, layer in chosen],
            "length": [layer.length for _, layer in chosen],
        }
        bars = drawn.hbar("y", 0.62, "right", "left", source=data, color=colour, alpha=0.75)
        rows = [(kind, "kernel of @kernel"), ("receptive field", "@field bins")]
        add_hover(drawn, [bars], [*rows, ("outputs", "@length, every @stride bins")])
    _mark_outputs(drawn, layers, axis, bins)
    names = {
        -row - 0.5: f"{'conv' if layer.kind == 'convolution' else 'pool'} {layer.kernel}: "
        f"{layer.field}"
        for row, layer in enumerate(layers)
    }
    drawn.yaxis.ticker = FixedTicker(ticks=list(names))
    drawn.yaxis.major_label_overrides = names
    drawn.yaxis.major_tick_line_color = None
    drawn.ygrid.visible = False
    return Chart(identifier, title, drawn, alternative=f"Receptive fields: {title}")


def _mark_outputs(drawn: Any, layers: Sequence[Layer], axis: PhaseAxis, bins: int) -> None:
    """Mark the positions of the outputs of layers in which they are far enough apart."""
    x, y = [], []
    for row, layer in enumerate(layers):
        if layer.length <= bins / 8:
            x += [axis.at(layer.first + layer.jump * k) for k in range(layer.length)]
            y += [-row - 0.5] * layer.length
    drawn.scatter(x, y, size=2, color=FAINT, line_color=None)


def _kernels(convolutions: Sequence[Kernels], identifier: str, title: str) -> Iterator[Chart]:
    """Yield the first convolution's kernels as curves and those of later ones as images."""
    first, *others = convolutions
    count = min(len(first.weights), _MAX_KERNELS)
    rows = int(np.ceil(count / _ACROSS))
    drawn = plot("", "", x_range=(-0.1, _ACROSS), y_range=(-rows, 0.1), height=50 + 62 * rows)
    reach = 2.3 * float(np.abs(first.weights).max()) or 1.0
    curves = [
        _curve(first.weights[k, 0] / reach, k % _ACROSS, -(k // _ACROSS) - 0.5)
        for k in range(count)
    ]
    weights = [", ".join(f"{w:.2f}" for w in first.weights[k, 0]) for k in range(count)]
    data: dict[str, Any] = {
        "xs": [x for x, _ in curves],
        "ys": [y for _, y in curves],
        "number": list(range(1, count + 1)),
        "weights": [text.replace("-", "−") for text in weights],
    }
    zeros = [[-(k // _ACROSS) - 0.5] * 2 for k in range(count)]
    drawn.multi_line([[x[0], x[-1]] for x in data["xs"]], zeros, color=FAINT, line_width=0.6)
    lines = drawn.multi_line("xs", "ys", source=data, color=PLANET, line_width=2)
    add_hover(drawn, [lines], [("kernel", "@number"), ("weights", "@weights")])
    drawn.axis.visible = drawn.grid.visible = False
    part = "" if count == len(first.weights) else f" (the first {count})"
    yield Chart(identifier, f"{title}: first convolution, {_shape(first)}{part}", drawn)
    if others:
        yield _strengths(others, f"{identifier}-later", f"{title}: later convolutions")


def _curve(weights: NDArray[np.float32], column: int, middle: float) -> tuple[Any, Any]:
    x = column + np.linspace(0.1, 0.8, len(weights)) if len(weights) > 1 else [column + 0.45]
    return np.round(x, 4).tolist(), np.round(middle + weights, 4).tolist()


def _strengths(convolutions: Sequence[Kernels], identifier: str, title: str) -> Chart:
    """Return the strength of each kernel of the later convolutions as images."""
    rows = int(np.ceil(len(convolutions) / _IMAGES))
    drawn = plot("", "", x_range=(0, _IMAGES), y_range=(-rows, 0), height=50 + 150 * rows)
    names = []
    for place, convolution in enumerate(convolutions):
        row, column = divmod(place, _IMAGES)
        strengths = np.sqrt(np.mean(np.square(convolution.weights), axis=2))
        name = f"{place + 2}: {_shape(convolution)}"
        data: dict[str, list[Any]] = {
            "image": [_percent(strengths, float(strengths.max()))[::-1]],
            "x": [column + 0.02],
            "y": [-row - 0.98],
            "text": [name],
        }
        image = _image(drawn, data, 0.96, 0.82)
        add_hover(drawn, [image], [("convolution", "@text"), ("weights", "@image{0} % of maximum")])
        names.append((column + 0.02, -row - 0.15, name))
    x, y, text = (list(values) for values in zip(*names, strict=True))
    drawn.text(x, y, text, text_color=INK, text_font_size="11px")
    drawn.axis.visible = drawn.grid.visible = False
    return Chart(identifier, title, drawn)


def _below_view(event: Event, name: str, axis: PhaseAxis, rows: int, height: int) -> Any:
    """Return a figure with a view above y = 0 and rows of height 1 below it, to be filled."""
    pixels = round((_VIEW + 0.1) * 66 + rows * height)
    scale = 66 / height  # of a row of the view, in rows of layers
    top = _VIEW * scale
    drawn = plot(axis.label, "", x_range=axis.limits, y_range=(-rows, top), height=70 + pixels)
    shade_transit(drawn, axis)
    add_hover(
        drawn,
        [draw_view(drawn, event.views[name], axis, level=0.47 * top, scale=top / 2.6)],
        [axis.hover, ("flux", "@flux{0.000}")],
    ).update(**SINGLE)
    return drawn


def _seen(layer: Layer, bins: int) -> tuple[int, int]:
    """Return the first and last bin that the output closest to the centre of the view sees."""
    return layer.seen_by(round(((bins - 1) / 2 - layer.first) / layer.jump))


def _percent(values: NDArray[np.float32], largest: float) -> NDArray[np.uint8]:
    """Return values as integer percentages of the largest one, which need little space."""
    return np.round(100 * values / (largest or 1.0)).astype(np.uint8)


def _image(drawn: Any, data: Mapping[str, list[Any]], width: float, height: float) -> Drawn:
    """Draw an image of percentages at the place x, y of its lower left corner, and return it."""
    mapper = LinearColorMapper(palette=_PALETTE, low=0, high=100)
    image: Drawn = drawn.image(
        "image", "x", "y", width, height, source=dict(data), color_mapper=mapper
    )
    return image


def _shape(convolution: Kernels) -> str:
    return " × ".join(str(size) for size in convolution.weights.shape)
