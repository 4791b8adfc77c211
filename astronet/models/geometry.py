"""Where a column's layers look: their lengths, and what of the view each of their points sees.

Lengths by ⌊(H − k + 2p)/s⌋ + 1, receptive fields as in Araujo, Norris & Sim 2019 (Distill, §2): a
layer of kernel k widens the field by (k − 1) times the points of the view between its inputs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from astronet.models.columns import out_length
from astronet.models.residual import Block, Convolution


@dataclass(frozen=True)
class Layer:
    """One convolution or pooling of a column.

    Attributes:
        name: The module's, within the column.
        kind: What it is.
        kernel: Its width [points of its input].
        stride: Its step [points of its input].
        padding: Points that are added to each end of its input.
        channels: That it returns.
        length: Points that it returns.
        jump: From one of its points to the next [points of the view].
        field: What one of its points sees [points of the view].
        first: The middle of what its first point sees [points of the view, from 0].
    """

    name: str
    kind: str
    kernel: int
    stride: int
    padding: int
    channels: int
    length: int
    jump: int
    field: int
    first: float

    def seen_by(self, point: int) -> tuple[int, int]:
        """First and last point of the view that a point of this layer sees; may lie outside it."""
        middle = self.first + point * self.jump
        return round(middle - (self.field - 1) / 2), round(middle + (self.field - 1) / 2)


def layers_of(column: nn.Module, length: int) -> list[Layer]:
    """The convolutions and poolings of a column, in order, for a view of so many points.

    Skips of residual blocks are left out, for they see less than what they are beside.
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


def _steps(column: nn.Module) -> Iterator[tuple[str, str, int, int, int, int]]:
    """Name, kind, kernel, stride, padding and channels (0: as before) of each layer."""
    blocks = [module for module in column.modules() if isinstance(module, Block)]
    beside = {id(module) for block in blocks for module in block.skip.modules()}
    circular = {id(m.conv): m.around for m in column.modules() if isinstance(m, Convolution)}
    for name, module in column.named_modules():
        if id(module) in beside:
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
    """A size along the row, of rows one high."""
    return size[1] if isinstance(size, tuple) else size
