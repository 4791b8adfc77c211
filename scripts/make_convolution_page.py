"""Generate docs/convolution.md and its figures (`make convolution`).

All numbers on the page are computed here with the functions and networks of the package.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure
from scipy import signal
from torch import nn

import astronet
from astronet.convolution import examples, figures, properties
from astronet.convolution.examples import BLUR, EDGE, FIRST_DROP, SECOND_DROP, planet
from astronet.convolution.layers import ConvLayer
from astronet.convolution.matrices import matrix_2d
from astronet.convolution.networks import activations, column_of, conv_layers, normalised
from astronet.convolution.sums import convolve, convolve_by_fft, correlate
from astronet.files.atomic import write_text
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.views import make_views
from astronet.models import AstroNetSpec, count_parameters
from astronet.models.batches import Batch
from astronet.models.geometry import layers_of

ROOT = Path(__file__).parents[1]
PAGE, IMAGES = ROOT / "docs/convolution.md", ROOT / "docs/images"

X, W = [1, 2, 3, 4], [5, 6, 7]
VIEWS = {"global": 2001, "local": 201}
TOLERANCE = 1e-10
"""Largest difference between quantities that are equal on the page, in double precision."""

TTV = 0.06
"""Amplitude of the transit timing variations of the stacked transits [d]."""

_MINUTES = 24 * 60  # in a day


class Lesson:
    """Networks, simulated star, checked identities and figures of the page."""

    def __init__(self) -> None:
        torch.set_num_threads(1)  # sums in several threads differ in the last digits
        torch.manual_seed(0)
        self.astronet = AstroNetSpec().build(VIEWS)
        self.scorer = astronet.load("pretrained")
        self.network = self.scorer.network.cpu()
        self.column = column_of(self.network, "global")
        self.layers = conv_layers(self.column)
        self.star, self.event = planet()
        self.views = make_views(self.star, self.event, self.scorer.experiment.views)
        self.view = self.views["global"].astype(np.float64)
        self.activations = activations(self.column, self.view)
        self.geometry = layers_of(self.column, len(self.view))
        self.checks: list[tuple[str, str]] = []
        self.figures: dict[str, Figure] = {}

    def check(self, identity: str, left: Any, right: Any, where: str) -> None:
        """Add an identity to the table, or raise an AssertionError if it does not hold."""
        difference = float(np.abs(np.asarray(left) - np.asarray(right)).max())
        assert difference < TOLERANCE, f"{identity}: {difference}"
        self.checks.append((identity, where))

    def maps(self, layer: str) -> Callable[[Floats], Floats]:
        """Return the function of a view that computes the feature maps of a layer."""
        return lambda view: activations(self.column, view)[layer][1]

    def change(self, layer: str, shifts: list[int]) -> Floats:
        """Return the relative change of the feature maps of a layer at each shift of the view."""
        return properties.relative_change(self.maps(layer), self.view, shifts)

    def score(self, error: float) -> float:
        """Return the score of the event with an error in its epoch, in transit durations."""
        event = Ephemeris(
            self.event.period, self.event.epoch + error * self.event.duration, self.event.duration
        )
        views = make_views(self.star, event, self.scorer.experiment.views)
        tensors = {name: torch.from_numpy(view)[None] for name, view in views.items()}
        with torch.inference_mode():
            return float(torch.sigmoid(self.network(Batch(tensors, None, torch.zeros(1)))))


def main() -> None:
    """Write the page and its figures."""
    page, drawn = render()
    write_text(PAGE, page)
    for name, figure in drawn.items():
        figure.savefig(IMAGES / f"convolution-{name}.png", dpi=110)


def render() -> tuple[str, dict[str, Figure]]:
    """Return the text of the page and its figures by name."""
    lesson = Lesson()
    facts: dict[str, Any] = {}
    for part in (definition, layer, sizes, matrix, counts, images, equivariance, pooling):
        facts |= part(lesson)
    folder = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=folder, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    text = environment.get_template("convolution.md.j2").render(facts, checks=lesson.checks)
    return text, lesson.figures


def definition(lesson: Lesson) -> Mapping[str, Any]:
    """Compute the dropped ball, the modes, and the convolution of PyTorch."""
    lesson.figures["ball"] = figures.dropped_ball(FIRST_DROP, SECOND_DROP)
    lesson.figures["sliding"] = figures.sliding(X, W)
    x, w = (torch.tensor(row, dtype=torch.float64)[None, None] for row in (X, W))
    by_torch = nn.functional.conv1d(x, w)[0, 0].numpy()
    lesson.check("conv1d of PyTorch = x ⋆ w", by_torch, correlate(X, W), "x, w")
    reversed_kernel = convolve(X, W[::-1], "valid")
    lesson.check("x ⋆ w = x * (w reversed)", correlate(X, W), reversed_kernel, "x, w")
    view, kernel = lesson.view, lesson.layers[0].weights[0, 0]
    direct, fast = convolve(view, kernel), convolve_by_fft(view, kernel)
    lesson.check("FFT convolution = direct convolution", direct, fast, "a view, a trained kernel")
    return {
        "terms": [(a, 3 - a, FIRST_DROP[a] * SECOND_DROP[3 - a]) for a in range(4)],
        "chance": convolve(FIRST_DROP, SECOND_DROP)[3],
        "modes": {m: _whole(convolve(X, W, m)) for m in ("full", "same", "valid")},
        "by_torch": _whole(by_torch),
        "backwards": _whole(convolve(W, X)),
        "echo": _whole(convolve(X, [1, 0, 0, 0, 2])),
    }


def layer(lesson: Lesson) -> Mapping[str, Any]:
    """Check the layer equation for the second convolution of the trained network."""
    stem, second = lesson.layers[:2]
    inputs = lesson.activations[second.name][0]
    block = second.name.rsplit(".", 1)[0]
    norm = lesson.column.get_submodule(f"{block}.1")
    assert isinstance(norm, nn.BatchNorm2d)
    whole = normalised(second, norm)
    y = np.maximum(whole.sums(inputs), 0)
    lesson.check(
        "y_i = φ(Σ_j w_ij ⋆ x_j + b_i)",
        y,
        lesson.activations[f"{block}.2"][1],
        "two trained layers",
    )
    first = np.maximum(stem.sums(lesson.view[None]), 0)
    assert np.abs(first - inputs).max() < TOLERANCE
    brightest = int(np.argmax(y.max(axis=1)))
    terms = whole.terms(inputs, brightest)
    middle = y.shape[1] // 2
    around = slice(middle - 25, middle + 26)
    lesson.figures["layer"] = figures.layer_terms(terms, whole.bias[brightest], around)
    lesson.figures["kernels"] = figures.kernels(stem.weights)
    one = convolve(stem.weights[0, 0], second.weights[0, 0])
    rows = convolve(convolve(lesson.view, stem.weights[0, 0]), second.weights[0, 0])
    lesson.check("(x * v) * w = x * (v * w)", rows, convolve(lesson.view, one), "trained kernels")
    return {"inputs": len(inputs), "output": brightest + 1, "stem": stem, "both": len(one)}


def sizes(lesson: Lesson) -> Mapping[str, Any]:
    """Compute the length of each layer of AstroNet and compare it with the activations."""
    tables = {}
    for name, bins in VIEWS.items():
        column = column_of(lesson.astronet, name)
        layers = layers_of(column, bins)
        seen = activations(column, np.zeros(bins))
        assert all(seen[row.name][1].shape == (row.channels, row.length) for row in layers)
        tables[name] = layers
    return {"tables": tables}


def matrix(lesson: Lesson) -> Mapping[str, Any]:
    """Compare the matrix of a layer and its transpose with the results of autograd."""
    kernel = lesson.layers[1].weights[0, 0]
    rows = {
        "valid": ConvLayer("", kernel[None, None], np.zeros(1)),
        "same": ConvLayer("", kernel[None, None], np.zeros(1), padding=2),
        "stride 2": ConvLayer("", kernel[None, None], np.zeros(1), stride=2, padding=2),
        "circular": ConvLayer("", kernel[None, None], np.zeros(1), padding=2, circular=True),
    }
    lesson.figures["matrices"] = figures.matrices({n: r.matrix(20) for n, r in rows.items()})
    last = lesson.layers[-1]
    x = lesson.activations[last.name][0]
    length, a = x.shape[1], last.matrix(x.shape[1])
    where = "the last trained layer"
    lesson.check("layer = matrix · x", last.sums(x), (a @ x.ravel()).reshape(-1, length), where)
    inputs = torch.from_numpy(x)[None, :, None].requires_grad_()
    module = lesson.column.get_submodule(last.name)
    upstream = np.random.default_rng(0).standard_normal((len(last.bias), length))
    outputs = module(inputs)
    outputs.backward(torch.from_numpy(upstream)[None, :, None])
    assert inputs.grad is not None
    found = inputs.grad[0, :, 0].numpy()
    lesson.check(
        "∂L/∂x = transpose · ∂L/∂y", (a.T @ upstream.ravel()).reshape(x.shape), found, where
    )
    lesson.check("∂L/∂x without the matrix", last.input_gradient(upstream, length), found, where)
    weights = module.conv.weight.grad[:, :, 0].numpy()  # type: ignore[union-attr, index]
    lesson.check("∂L/∂w_ij = x_j ⋆ ∂L/∂y_i", last.kernel_gradient(x, upstream), weights, where)
    return {"last": last, "shape": a.shape, "elements": a.size, "filled": np.count_nonzero(a)}


def counts(lesson: Lesson) -> Mapping[str, Any]:
    """Count the parameters of the convolutions of AstroNet: shared, unshared and dense."""
    rows = []
    for view, bins in VIEWS.items():
        column = column_of(lesson.astronet, view)
        seen = activations(column, np.zeros(bins))
        for each in conv_layers(column):
            length = seen[each.name][0].shape[1]
            shape = (
                f"{each.weights.shape[1]} × {length} → {len(each.bias)} × {each.out_length(length)}"
            )
            unshared, dense = each.parameters_unshared(length), each.parameters_dense(length)
            rows.append((view, shape, each.parameters, unshared, dense))
    total = tuple(sum(numbers) for numbers in zip(*(row[2:] for row in rows), strict=True))
    assert total[0] == sum(count_parameters(c) for c in lesson.astronet.columns.values())
    return {"rows": rows, "total": total, "whole": count_parameters(lesson.astronet)}


def images(lesson: Lesson) -> Mapping[str, Any]:
    """Stack transits to an image and cross-correlate it with edge kernels."""
    star, event = planet(ttv=TTV)
    image = examples.stacked(star, event)
    vertical = signal.correlate2d(image, EDGE, "valid")
    horizontal = signal.correlate2d(image, EDGE.T, "valid")
    blur = signal.correlate2d(image, BLUR, "valid")
    lesson.figures["edges"] = figures.edges(
        {"transits": image, "blurred": blur},
        {"vertical edges": vertical, "horizontal edges": horizontal},
    )
    small, kernel = image[:6, :5], EDGE[:2, :2]
    lesson.check(
        "in two dimensions: layer = matrix · pixels",
        matrix_2d(kernel, small.shape) @ small.ravel(),
        signal.correlate2d(small, kernel, "valid").ravel(),
        "a corner of the image",
    )
    scatter = examples.ingress_scatter(vertical, event, image.shape[1], TTV) * _MINUTES
    return {
        "image": image.shape,
        "ttv": TTV * _MINUTES,
        "scatter": scatter,
        "column": 4 * event.duration / image.shape[1] * _MINUTES,
    }


def equivariance(lesson: Lesson) -> Mapping[str, Any]:
    """Measure the locality and equivariance of the global column of the trained network."""
    middle, shift = len(lesson.view) // 2, 3 * lesson.geometry[-1].jump
    rows, maps, fields = [], {}, {}
    for each in lesson.geometry:
        name = each.name.removesuffix(".conv")
        of_layer = lesson.maps(name)
        affected = properties.affected_points(of_layer, lesson.view, middle)
        seeing = properties.points_seeing(each, middle)
        assert set(affected) <= set(seeing)
        error = properties.equivariance_error(of_layer, lesson.view, shift, each.jump)
        changed = np.flatnonzero(error > TOLERANCE)
        boundary = properties.points_at_boundary(each, len(lesson.view), shift)
        assert set(changed) <= set(boundary), f"{name} is not equivariant away from the ends"
        rows.append((each, len(affected), len(seeing), each.length - len(changed)))
        fields[name] = each.seen_by(round((middle - each.first) / each.jump))
        if each.kind == "pooling" or each is lesson.geometry[0]:
            before, after = of_layer(lesson.view), of_layer(np.roll(lesson.view, shift))
            most = int(np.ptp(before, axis=1).argmax())
            title = f"{each.kind} {name}, channel {most + 1}: shift of {shift // each.jump} points"
            maps[title] = before[most], after[most]
    lesson.figures["fields"] = figures.receptive_fields(lesson.view, fields)
    lesson.figures["shifted"] = figures.compared(dict(list(maps.items())[::2]))
    return {"trained": rows, "shift": shift, "bins": len(lesson.view)}


def pooling(lesson: Lesson) -> Mapping[str, Any]:
    """Measure the effect of small shifts on the feature maps and of epoch errors on the score."""
    shifts = [1, 2, 4, 8, 16, 32]
    names = [lesson.layers[0].name, *(g.name for g in lesson.geometry if g.kind == "pooling")]
    lines = {name: lesson.change(name, shifts) for name in names}
    dense = list(range(0, 33))
    drawn = {name: lesson.change(name, dense) for name in (names[0], names[1], names[-1])}
    lesson.figures["shifts"] = figures.changes(dense, drawn)
    errors = [0, 0.05, 0.1, 0.2, 0.5, 1.0]
    return {
        "shifts": shifts,
        "changes": lines,
        "epoch_errors": errors,
        "scores": [(lesson.score(-each), lesson.score(each)) for each in errors],
        "bin_minutes": lesson.event.period / len(lesson.view) * _MINUTES,
        "duration_bins": lesson.event.duration / lesson.event.period * len(lesson.view),
    }


def _whole(values: Floats) -> list[int]:
    return [round(value) for value in values]


if __name__ == "__main__":
    main()
