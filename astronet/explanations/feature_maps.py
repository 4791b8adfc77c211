"""Feature maps of a network for one event, and the network's convolution kernels and layers."""

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
    """Feature map of one block of a convolutional column for one view.

    Attributes:
        block: Name of the block: "block 1", "block 2", …, or "stem" for a convolution before the
            first block.
        layer: Last layer of the block; its geometry gives the position of each point in the view.
        values: Activations [channels, length] at the end of the block, after ReLU and, if present,
            pooling; not negative.
    """

    block: str
    layer: Layer
    values: NDArray[np.float32]

    @property
    def edges(self) -> tuple[float, float]:
        """Left edge of the first point and right edge of the last point [bins of the view]."""
        half = self.layer.jump / 2
        first, count = self.layer.first, self.layer.length
        return first - half, first + (count - 1) * self.layer.jump + half


@dataclass(frozen=True, eq=False)
class Kernels:
    """Kernels of one convolution.

    Attributes:
        name: Module name of the convolution within its column.
        weights: Weights [output channels, input channels, width].
    """

    name: str
    weights: NDArray[np.float32]


def feature_maps(member: ConvolutionalNetwork, event: Event) -> dict[str, list[FeatureMap]]:
    """Return a network's feature maps for one event: one per block, by name of the view."""
    return {name: _maps(member, column, event, name) for name, column in member.named_columns()}


def kernels(member: ConvolutionalNetwork) -> dict[str, list[Kernels]]:
    """Return the kernels of the convolutions in each column, by name of the view.

    Skip connections are omitted.
    """
    return {
        name: [
            Kernels(layer.name, _weights(column, layer.name))
            for layer in layers_of(column, member.views[name])
            if layer.kind == "convolution"
        ]
        for name, column in member.named_columns()
    }


def layers(member: ConvolutionalNetwork) -> dict[str, list[Layer]]:
    """Return the layers of each column (see `layers_of`), by name of the view."""
    return {name: layers_of(column, member.views[name]) for name, column in member.named_columns()}


def _maps(
    member: ConvolutionalNetwork, column: ConvolutionalColumn, event: Event, name: str
) -> list[FeatureMap]:
    last = {
        ".".join(layer.name.split(".")[:2]): layer
        for layer in layers_of(column, member.views[name])
    }
    view = torch.from_numpy(event.views[name].astype(np.float32)[None])
    view = member.column_input(name, view.to(next(column.parameters()).device))
    outputs: dict[str, NDArray[np.float32]] = {}
    with _recording(column, list(last), outputs), torch.inference_mode():
        column(view)
    stem = column.has_stem
    names = ["stem"] * stem + [f"block {k}" for k in range(1, len(last) + 1 - stem)]
    return [
        FeatureMap(name, layer, outputs[block])
        for name, (block, layer) in zip(names, last.items(), strict=True)
    ]


class _recording:
    """Context manager that records the outputs of blocks, with negative values set to 0 (ReLU).

    Args:
        column: Column that contains the blocks.
        blocks: Module names of the blocks within the column.
        outputs: Dictionary to which the outputs [channels, length] are added, by module name.
    """

    def __init__(
        self, column: nn.Module, blocks: list[str], outputs: dict[str, NDArray[np.float32]]
    ) -> None:
        self.handles = [
            column.get_submodule(block).register_forward_hook(
                lambda _module, _inputs, out, at=block: outputs.update({at: _rectified(out)})
            )
            for block in blocks
        ]

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        for handle in self.handles:
            handle.remove()


def _rectified(out: Tensor) -> NDArray[np.float32]:
    """Apply ReLU to an output [1, channels, 1, length], and return an array [channels, length]."""
    return np.asarray(out.clamp(min=0)[0, :, 0].float().cpu().numpy())


def _weights(column: nn.Module, name: str) -> NDArray[np.float32]:
    """Return the weights of a convolution [output channels, input channels, width]."""
    weights = column.get_parameter(f"{name}.weight")
    return np.asarray(weights.detach().float().cpu().numpy()[:, :, 0])
