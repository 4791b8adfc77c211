"""What the convolutions of a network hold: their kernels, and their answers to one event."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from astronet.explanations.event import Event
from astronet.explanations.judge import columns_of
from astronet.lightcurves.arrays import Floats
from astronet.models.astronet import AstroNet
from astronet.models.geometry import Layer, layers_of
from astronet.models.residual import Residual

_STEM = "blocks.0"
"""The convolution ahead of a residual column's blocks."""


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """The answer of one block of a column to a view.

    Attributes:
        block: What it is called: block 1, block 2 … and, ahead of residual blocks, the stem.
        layer: Its last layer, which says where its points lie.
        values: [channels, length], not below 0 (after ReLU, and after pooling where there is).
    """

    block: str
    layer: Layer
    values: NDArray[np.float32]

    @property
    def edges(self) -> tuple[float, float]:
        """The bins of the view at which the first point begins and the last one ends."""
        half = self.layer.jump / 2
        first, count = self.layer.first, self.layer.length
        return first - half, first + (count - 1) * self.layer.jump + half


@dataclass(frozen=True, eq=False)
class Kernels:
    """The weights of one convolution.

    Attributes:
        name: The module's, within the column.
        weights: [channels out, channels in, width].
    """

    name: str
    weights: NDArray[np.float32]


def feature_maps(member: AstroNet | Residual, event: Event) -> dict[str, list[FeatureMap]]:
    """The answers of every block to an event, by the view's name."""
    return {name: _answers(member, column, event, name) for name, column in columns_of(member)}


def kernels(member: AstroNet | Residual) -> dict[str, list[Kernels]]:
    """The convolutions of every column, by the view's name; skips are left out."""
    return {
        name: [
            Kernels(layer.name, _weights(column, layer.name))
            for layer in layers_of(column, member.views[name])
            if layer.kind == "convolution"
        ]
        for name, column in columns_of(member)
    }


def layers(member: AstroNet | Residual) -> dict[str, list[Layer]]:
    """The layers of every column, by the view's name."""
    return {name: layers_of(column, member.views[name]) for name, column in columns_of(member)}


def column_input(member: AstroNet | Residual, event: Event, name: str) -> Floats:
    """A view [bins] as the column gets it: cut off above, where the network does so."""
    view = event.views[name].astype(np.float64)
    ceiling = member.ceiling if isinstance(member, Residual) else None
    return view if ceiling is None else np.minimum(view, ceiling)


def _answers(
    member: AstroNet | Residual, column: nn.Module, event: Event, name: str
) -> list[FeatureMap]:
    last = {
        ".".join(layer.name.split(".")[:2]): layer
        for layer in layers_of(column, member.views[name])
    }
    view = torch.from_numpy(column_input(member, event, name).astype(np.float32)[None])
    answers: dict[str, NDArray[np.float32]] = {}
    with _listening(column, list(last), answers), torch.inference_mode():
        column(view.to(next(column.parameters()).device))
    stem = _STEM in last
    names = ["stem"] * stem + [f"block {k}" for k in range(1, len(last) + 1 - stem)]
    return [
        FeatureMap(name, layer, answers[block])
        for name, (block, layer) in zip(names, last.items(), strict=True)
    ]


class _listening:
    """Keeps what blocks return while it lasts: name → [channels, length]."""

    def __init__(
        self, column: nn.Module, blocks: list[str], answers: dict[str, NDArray[np.float32]]
    ) -> None:
        self.handles = [
            column.get_submodule(block).register_forward_hook(
                lambda _module, _given, out, at=block: answers.update({at: _rectified(out)})
            )
            for block in blocks
        ]

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        for handle in self.handles:
            handle.remove()


def _rectified(out: Tensor) -> NDArray[np.float32]:
    """[1, channels, 1, length] → [channels, length], as the next block gets it."""
    return np.asarray(out.clamp(min=0)[0, :, 0].float().cpu().numpy())


def _weights(column: nn.Module, name: str) -> NDArray[np.float32]:
    """The weights of a convolution [channels out, channels in, width]."""
    weights = column.get_parameter(f"{name}.weight")
    return np.asarray(weights.detach().float().cpu().numpy()[:, :, 0])
