"""Kernels of a network's convolutions, and their feature maps of one event."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from astronet.explanations.event import Event
from astronet.models.convolutional import ConvolutionalColumn, ConvolutionalNetwork
from astronet.models.geometry import Layer, layers_of


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """Feature map of one block of a column for one view.

    Attributes:
        block: Name of the block: block 1, block 2 …, or stem for a convolution ahead of them.
        layer: Last layer of the block; it gives the positions of the points in the view.
        values: [channels, length], at least 0 (after ReLU, and after pooling if there is any).
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


def feature_maps(member: ConvolutionalNetwork, event: Event) -> dict[str, list[FeatureMap]]:
    """Return the feature maps of every block for an event, by the view's name."""
    return {name: _answers(member, column, event, name) for name, column in member.named_columns()}


def kernels(member: ConvolutionalNetwork) -> dict[str, list[Kernels]]:
    """Return the convolutions of every column, by the view's name; skips are left out."""
    return {
        name: [
            Kernels(layer.name, _weights(column, layer.name))
            for layer in layers_of(column, member.views[name])
            if layer.kind == "convolution"
        ]
        for name, column in member.named_columns()
    }


def layers(member: ConvolutionalNetwork) -> dict[str, list[Layer]]:
    """Return the layers of every column, by the view's name."""
    return {name: layers_of(column, member.views[name]) for name, column in member.named_columns()}


def _answers(
    member: ConvolutionalNetwork, column: ConvolutionalColumn, event: Event, name: str
) -> list[FeatureMap]:
    last = {
        ".".join(layer.name.split(".")[:2]): layer
        for layer in layers_of(column, member.views[name])
    }
    view = torch.from_numpy(event.views[name].astype(np.float32)[None])
    view = member.column_input(name, view.to(next(column.parameters()).device))
    answers: dict[str, NDArray[np.float32]] = {}
    with _listening(column, list(last), answers), torch.inference_mode():
        column(view)
    stem = column.has_stem
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
