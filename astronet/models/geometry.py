"""Output lengths and receptive fields of convolution and pooling layers.

A layer with kernel width k, stride s and padding p has ⌊(H − k + 2p)/s⌋ + 1 output points for H
input points. Receptive fields follow Araujo, Norris & Sim 2019 (Distill, §2): the layer widens the
receptive field by (k − 1) times the distance between neighbouring input points. Receptive fields
and distances are measured in points of the view.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from torch import nn

from astronet.models.rows import RowConvolution, SkipConvolution, out_length

_Kind = Literal["convolution", "pooling"]


@dataclass(frozen=True)
class Layer:
    """Convolution or pooling layer of a column.

    Attributes:
        name: Name of the module within the column.
        kind: `convolution` or `pooling`.
        kernel: Kernel width [points of the input].
        stride: Stride [points of the input].
        padding: Number of points added at each end of the input.
        channels: Number of output channels.
        length: Number of output points.
        jump: Distance between neighbouring output points [points of the view].
        field: Width of the receptive field of an output point [points of the view].
        first: Centre of the receptive field of the first output point, as a position in the view
            [points, counted from 0].
    """

    name: str
    kind: _Kind
    kernel: int
    stride: int
    padding: int
    channels: int
    length: int
    jump: int
    field: int
    first: float

    def seen_by(self, point: int) -> tuple[int, int]:
        """Return the first and last view indices in the receptive field of an output point.

        Because of padding, an index may be outside the view.

        Args:
            point: Index of the output point.
        """
        middle = self.first + point * self.jump
        return round(middle - (self.field - 1) / 2), round(middle + (self.field - 1) / 2)


def layers_of(column: nn.Module, length: int) -> list[Layer]:
    """Return the convolution and pooling layers of a column that reads a view of `length` points.

    Skip connections are omitted because their receptive fields are never wider than those of the
    parallel convolutions.
    """
    layers: list[Layer] = []
    channels, jump, field, first = 1, 1, 1, 0.0
    for name, kind, kernel, stride, padding, found in _steps(column):
        channels = found or channels
        length = out_length(length, kernel, stride, padding)
        field += (kernel - 1) * jump
        first += ((kernel - 1) / 2 - padding) * jump
        jump *= stride
        layers.append(
            Layer(name, kind, kernel, stride, padding, channels, length, jump, field, first)
        )
    return layers


def _steps(column: nn.Module) -> Iterator[tuple[str, _Kind, int, int, int, int]]:
    """Yield the name, kind, kernel width, stride, padding and output channels of each layer.

    Skip connections are omitted. The number of output channels is given as 0 for pooling layers,
    which have as many output channels as input channels.
    """
    circular = {id(m.conv): m.around for m in column.modules() if isinstance(m, RowConvolution)}
    for name, module in column.named_modules():
        if isinstance(module, SkipConvolution):
            continue
        if isinstance(module, nn.Conv2d):
            padding = circular.get(id(module), 0) or int(module.padding[1])
            kernel, stride = module.kernel_size[1], module.stride[1]
            yield name, "convolution", kernel, stride, padding, module.out_channels
        elif isinstance(module, nn.MaxPool2d):
            kernel, stride, padding = map(
                _along, (module.kernel_size, module.stride, module.padding)
            )
            yield name, "pooling", kernel, stride, padding, 0


def _along(size: int | tuple[int, ...]) -> int:
    """Return the component of a kernel size, stride or padding that applies along rows.

    Args:
        size: One value for both axes, or one value for each axis.
    """
    return size[1] if isinstance(size, tuple) else size
