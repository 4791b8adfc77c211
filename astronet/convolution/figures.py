"""Figures of convolutions for the documentation and notebooks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from astronet.convolution.sums import convolve
from astronet.figures.style import FAINT, GRID, INK, OTHER, PLANET, styled
from astronet.lightcurves.arrays import Floats, Ints


@styled
def dropped_ball(first: ArrayLike, second: ArrayLike, landing: int = 3) -> Figure:
    """Plot two distributions, their convolution, and the terms of one of its values.

    Args:
        first: Probabilities that the ball rolls 0, 1, 2 … steps after the first drop [n].
        second: Probabilities that the ball rolls 0, 1, 2 … steps after the second drop [k].
        landing: Final position c whose terms are shown [steps].
    """
    f, g = np.asarray(first, np.float64), np.asarray(second, np.float64)
    figure = Figure(figsize=(9, 2.7), layout="constrained")
    panels = figure.subplots(1, 4)
    chances = convolve(f, g)
    places = np.arange(max(0, landing - len(g) + 1), min(landing, len(f) - 1) + 1)
    terms = f[places] * g[landing - places]
    _bars(panels[0], f, "first drop f(a)", "a", PLANET)
    _bars(panels[1], g, "second drop g(b)", "b", OTHER)
    _bars(panels[2], terms, f"f(a) · g({landing} − a)", "a", INK, places)
    _bars(panels[3], chances, "both drops, (f * g)(c)", "c", FAINT)
    panels[3].patches[landing].set_color(INK)
    panels[3].annotate(
        f"sum of the terms\n{chances[landing]:.3g}",
        (landing, chances[landing]),
        (landing + 1.6, chances.max() * 0.8),
        fontsize=9,
        arrowprops={"arrowstyle": "-", "color": INK},
    )
    return figure


@styled
def sliding(x: ArrayLike, w: ArrayLike) -> Figure:
    """Plot the reversed kernel at each position along a signal, one row per output point.

    Args:
        x: Signal [n].
        w: Kernel [k].
    """
    values, kernel = np.asarray(x, np.float64), np.asarray(w, np.float64)
    full, n, k = convolve(values, kernel), len(values), len(kernel)
    figure = Figure(figsize=(6.4, 0.4 * (len(full) + 1)), layout="constrained")
    axes = figure.add_subplot(xlim=(-k, n + k + 2), ylim=(len(full) - 0.4, -1.6))
    axes.axis("off")
    for place, value in enumerate(values):
        _cell(axes, place, -1, value, PLANET)
    for row, total in enumerate(full):
        for tap, weight in enumerate(kernel):
            place = row - tap
            _cell(axes, place, row, weight, OTHER if 0 <= place < n else GRID)
        axes.text(n + k - 0.4, row, f"{total:g}", ha="right", va="center", color=INK)
        if k - 1 <= row < n:
            axes.text(n + k, row, "valid", va="center", fontsize=9, color=OTHER)
    axes.text(n + k - 0.4, -1, "sum", ha="right", va="center", color=INK)
    return figure


@styled
def matrices(panels: Mapping[str, Floats]) -> Figure:
    """Plot matrices side by side to show their tied weights; zeros are white.

    Args:
        panels: Matrices [n', n] by title.
    """
    figure = Figure(figsize=(2.9 * len(panels), 3.1), layout="constrained")
    parts = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (title, matrix) in zip(parts, panels.items(), strict=True):
        largest = np.abs(matrix).max()
        axes.imshow(matrix, cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="nearest")
        axes.grid(False)
        axes.set(title=title, xlabel="input", ylabel="output")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(5, integer=True))
        axes.spines[:].set_visible(True)
    return figure


@styled
def layer_terms(terms: Floats, bias: float, around: slice) -> Figure:
    """Plot one output of a layer: its terms w_ij ⋆ x_j, their sum plus the bias, and ReLU(sum).

    Args:
        terms: Terms w_ij ⋆ x_j [inputs, n] of the output i.
        bias: Bias b_i of the output.
        around: Slice of the output points to show.
    """
    points = np.arange(terms.shape[1])[around]
    total = terms.sum(axis=0) + bias
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    left.plot(points, terms[:, around].T, color=FAINT, linewidth=0.8)
    left.plot([], [], color=FAINT, label="w_ij ⋆ x_j for each j")
    left.plot(points, total[around], color=OTHER, label="Σ_j w_ij ⋆ x_j + b_i")
    right.plot(points, total[around], color=OTHER, linewidth=0.8, linestyle="--")
    right.plot(points, np.maximum(total, 0)[around], color=PLANET, label="y_i = φ(…), φ = ReLU")
    for axes in (left, right):
        axes.set(xlabel="output point")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
    return figure


@styled
def kernels(weights: Floats) -> Figure:
    """Plot the kernels of a layer with one input channel, each on its own scale.

    Args:
        weights: Kernels [outputs, 1, k].
    """
    columns = 8
    rows = -(-len(weights) // columns)
    figure = Figure(figsize=(9, 1.2 * rows), layout="constrained")
    parts = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in parts:
        axes.axis("off")
    for number, (axes, (kernel,)) in enumerate(zip(parts, weights, strict=False), 1):
        axes.axhline(0, color=GRID)
        axes.plot(kernel, color=PLANET, marker=".", markersize=4)
        axes.set_title(str(number), fontsize=8, loc="left")
    return figure


@styled
def edges(images: Mapping[str, Floats], responses: Mapping[str, Floats]) -> Figure:
    """Plot images of stacked transits and their cross-correlations with edge kernels.

    Args:
        images: Images of the mean flux [cycles, bins] by title. All but the first may be smaller,
            such as valid cross-correlations with a blurring kernel.
        responses: Cross-correlations with edge kernels [cycles', bins'] by title, drawn with a
            common colour scale.
    """
    count = len(images) + len(responses)
    figure = Figure(figsize=(3 * count, 3.6), layout="constrained")
    panels = figure.subplots(1, count)
    shape = next(iter(images.values())).shape
    most = max(np.abs(response).max() for response in responses.values())
    grey = {"cmap": "gray"}
    signed = {"cmap": "RdBu_r", "vmin": -most, "vmax": most}
    shown = [(*item, grey) for item in images.items()]
    shown += [(*item, signed) for item in responses.items()]
    for axes, (title, image, colours) in zip(panels, shown, strict=True):
        _image(axes, image, shape, colours)
        axes.set(title=title)
    for axes in panels:
        axes.set(xlabel="phase bin")
        axes.grid(False)
    panels[0].set_ylabel("cycle")
    return figure


@styled
def receptive_fields(view: Floats, fields: Mapping[str, tuple[int, int]]) -> Figure:
    """Plot a view and, below it, the receptive field of one point of each layer.

    Args:
        view: View [bins].
        fields: Indices of the first and last bin of each receptive field, by layer name; either
            index may be outside the view.
    """
    figure = Figure(figsize=(8, 4), layout="constrained")
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1.5))
    top.plot(view, ".", color=INK, markersize=2)
    top.set(ylabel="view")
    for row, (first, last) in enumerate(fields.values()):
        below.barh(row, last - first + 1, left=first - 0.5, color=PLANET, height=0.6)
    below.set_yticks(range(len(fields)), list(fields), fontsize=8)
    below.invert_yaxis()
    below.set(xlabel="bin of the view", xlim=(0, len(view)))
    below.grid(axis="y", visible=False)
    return figure


@styled
def compared(
    panels: Mapping[str, tuple[Floats, Floats]],
    labels: tuple[str, str] = ("original view", "shifted view"),
) -> Figure:
    """Plot two curves in each panel, for example a feature map before and after a shift.

    Args:
        panels: The two curves [n] of each panel, by title.
        labels: Labels of the two curves.
    """
    figure = Figure(figsize=(8, 1.7 * len(panels) + 0.3), layout="constrained")
    parts = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axes, (title, (one, other)) in zip(parts, panels.items(), strict=True):
        axes.plot(one, color=FAINT, label=labels[0])
        axes.plot(other, color=PLANET, label=labels[1], linewidth=1)
        axes.set_title(title, fontsize=9)
    parts[0].legend(loc="best")
    return figure


@styled
def changes(shifts: ArrayLike, lines: Mapping[str, Floats]) -> Figure:
    """Plot the relative change of each layer's feature maps against the shift of the view.

    Args:
        shifts: Shifts of the view [n] [bins].
        lines: Relative changes at these shifts [n], by layer name.
    """
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    axes = figure.add_subplot(xlabel="shift [bins of the view]", ylabel="relative change")
    shades = np.linspace(0.25, 1, len(lines))
    for shade, (name, line) in zip(shades, lines.items(), strict=True):
        axes.plot(np.asarray(shifts), line, color=PLANET, alpha=shade, label=name)
    axes.set_ylim(0, None)
    axes.legend(loc="best")
    return figure


@styled
def timings(lengths: Sequence[int], direct: ArrayLike, by_fft: ArrayLike) -> Figure:
    """Plot the run times of direct and FFT convolutions against the length of the kernel.

    Args:
        lengths: Lengths of the kernels [n] [points].
        direct: Run times of direct convolutions [n] [s].
        by_fft: Run times of FFT convolutions [n] [s].
    """
    figure = Figure(figsize=(4.6, 3.4), layout="constrained")
    axes = figure.add_subplot(xlabel="kernel length [points]", ylabel="run time [ms]")
    axes.loglog(lengths, 1e3 * np.asarray(direct), "o-", color=OTHER, label="direct")
    axes.loglog(lengths, 1e3 * np.asarray(by_fft), "o-", color=PLANET, label="FFT")
    axes.legend()
    return figure


def _bars(
    axes: Axes, heights: Floats, title: str, across: str, colour: str, places: Ints | None = None
) -> None:
    places = np.arange(len(heights)) if places is None else places
    axes.bar(places, heights, color=colour)
    axes.set(title=title, xlabel=across, xticks=places)
    axes.grid(axis="x", visible=False)


def _image(axes: Axes, image: Floats, shape: tuple[int, ...], colours: Mapping[str, Any]) -> None:
    """Draw an image in the centre of axes whose limits fit an image of `shape`.

    The image may be smaller than `shape`, for example if it is a valid cross-correlation.
    """
    rows, columns = ((whole - part) / 2 for whole, part in zip(shape, image.shape, strict=True))
    extent = (columns - 0.5, shape[1] - columns - 0.5, shape[0] - rows - 0.5, rows - 0.5)
    axes.imshow(image, aspect="auto", interpolation="nearest", extent=extent, **colours)
    axes.set(xlim=(-0.5, shape[1] - 0.5), ylim=(shape[0] - 0.5, -0.5))


def _cell(axes: Axes, place: float, row: float, value: float, colour: str) -> None:
    axes.add_patch(Rectangle((place - 0.45, row - 0.4), 0.9, 0.8, color=colour, alpha=0.3))
    axes.text(place, row, f"{value:g}", ha="center", va="center", color=INK)
