"""Lengths and receptive fields of the layers of a convolutional column.

Lengths by ⌊(H − k + 2p)/s⌋ + 1, receptive fields as in Araujo, Norris & Sim 2019 (Distill, §2): a
layer of kernel k widens the field by (k − 1) times the points of the view between its inputs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from torch import nn

from astronet.models.rows import RowConvolution, SkipConvolution, out_length

_Kind = Literal["convolution", "pooling"]


@dataclass(frozen=True)
class Layer:
    """One convolution or pooling of a column.

    Attributes:
        name: Name of the module within the column.
        kind: `convolution` or `pooling`.
        kernel: Width [points of its input].
        stride: Stride [points of its input].
        padding: Number of points added to each end of its input.
        channels: Number of channels of its output.
        length: Number of points of its output.
        jump: Distance between neighbouring points of its output [points of the view].
        field: Width of the receptive field of one point [points of the view].
        first: Centre of the receptive field of the first point [points of the view, from 0].
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
        """Return the first and last point of the view in a point's receptive field.

        They may be outside the view.
        """
        middle = self.first + point * self.jump
        return round(middle - (self.field - 1) / 2), round(middle + (self.field - 1) / 2)


def layers_of(column: nn.Module, length: int) -> list[Layer]:
    """Return the convolutions and poolings of a column, in order, for a view of `length` points.

    Skip connections are left out, because the convolutions beside them see more.
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
    """Yield name, kind, kernel, stride, padding and channels (0: as before) of each layer."""
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
    """Return a size along the row, of rows one point high."""
    return size[1] if isinstance(size, tuple) else size
