"""What all networks share: their input views, dense layers and first weights."""

from collections.abc import Mapping

import torch
from pydantic import ConfigDict
from torch import Tensor, nn

from astronet.errors import ConfigError, RunError
from astronet.models.batches import Batch

SETTINGS = ConfigDict(
    frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
)
"""How every spec of this package is validated."""


def ordered_views(views: Mapping[str, int]) -> dict[str, int]:
    """Bins per input view, sorted by name: the order in which networks join their views.

    Raises:
        ConfigError: There is no view.
    """
    if not views:
        raise ConfigError("the network has no input view; give it at least one, such as global")
    return dict(sorted(views.items()))


def read_views(batch: Batch, lengths: Mapping[str, int]) -> dict[str, Tensor]:
    """The views [b, bins] that a network reads, in its own order.

    Raises:
        RunError: The batch lacks a view, or has it with another number of bins.
    """
    for name, length in lengths.items():
        if name not in batch.views:
            raise RunError(
                f"the network reads the view {name!r} but the data has {', '.join(batch.views)}; "
                "use a store that holds the views it was trained on"
            )
        if (bins := batch.views[name].shape[-1]) != length:
            raise RunError(
                f"the view {name!r} has {bins} bins but the network was built for {length}; "
                "use a store whose views were cut as in training"
            )
    return {name: batch.views[name] for name in lengths}


class Logit(nn.Linear):
    """The last layer, features [b, n] → logits [b], in float32 at any precision of the others.

    In bfloat16 a logit has 8 binary digits, so that many events would share a score.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__(inputs, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Logits [b]: above 0 where a planet is the likelier answer."""
        with torch.autocast(features.device.type, enabled=False):
            return super().forward(features.float()).squeeze(1)


class RowMaximum(nn.MaxPool2d):
    """The largest of so many neighbours: [b, channels, 1, n] → [b, channels, 1, n'].

    Without gradients it compares whole slices of the row: the same numbers as PyTorch's pooling,
    which notes where each maximum stood, in 40 % of its time. Padding is less than half the width.
    """

    def __init__(self, width: int, stride: int, padding: int = 0) -> None:
        super().__init__((1, width), (1, stride), (0, padding))
        self.along = width, stride, padding

    def forward(self, rows: Tensor) -> Tensor:
        """Rows of maxima, n' = ⌊(n + 2·padding − width)/stride⌋ + 1 long."""
        if torch.is_grad_enabled():
            pooled: Tensor = super().forward(rows)
            return pooled
        width, stride, padding = self.along
        points = rows.shape[-1]
        length = (points + 2 * padding - width) // stride + 1
        if stride == 2 and padding == 0 and width > 3:
            return _largest_in_steps_of_two(rows, width, length)
        # A window's place `padding` lies within the row, whichever window.
        largest = rows[..., : stride * (length - 1) + 1 : stride].clone()
        for place in range(width):
            off = place - padding
            first = max(0, -(off // stride))
            last = min(length, (points - 1 - off) // stride + 1)
            if off and last > first:
                neighbours = rows[
                    ..., first * stride + off : (last - 1) * stride + off + 1 : stride
                ]
                some = largest[..., first:last]
                torch.maximum(some, neighbours, out=some)
        return largest


def _largest_in_steps_of_two(rows: Tensor, width: int, length: int) -> Tensor:
    """The first `length` maxima over so many neighbours, from those of pairs that windows share."""
    pairs = torch.maximum(rows[..., : rows.shape[-1] // 2 * 2 : 2], rows[..., 1::2])
    largest = torch.maximum(pairs[..., :length], pairs[..., 1 : length + 1])
    for place in range(2, width // 2):
        torch.maximum(largest, pairs[..., place : place + length], out=largest)
    if width % 2:
        last = rows[..., width - 1 : width + 2 * (length - 1) : 2]
        torch.maximum(largest, last, out=largest)
    return largest


def hidden_layers(inputs: int, layers: int, size: int, dropout: float) -> nn.Sequential:
    """Dense layers [b, inputs] → [b, size], each with ReLU and then, if above 0, dropout."""
    stack = nn.Sequential()
    for number in range(1, layers + 1):
        stack.add_module(f"dense_{number}", nn.Linear(inputs, size))
        stack.add_module(f"relu_{number}", nn.ReLU())
        if dropout > 0:
            stack.add_module(f"dropout_{number}", nn.Dropout(dropout))
        inputs = size
    return stack


def initialise(network: nn.Module) -> None:
    """Fills kernels from the Glorot uniform distribution and biases with zeros, as Keras does.

    With PyTorch's own first weights AstroNet stays on a plateau for several epochs.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def count_parameters(module: nn.Module) -> int:
    """The number of weights and biases that training adjusts."""
    return sum(weight.numel() for weight in module.parameters() if weight.requires_grad)


def joined(columns: nn.ModuleDict, views: Mapping[str, Tensor]) -> Tensor:
    """Features [b, n] of all views, one column after the other, in the order of the views."""
    return torch.cat([columns[column_name(name)](view) for name, view in views.items()], dim=1)


def column_name(view: str) -> str:
    """The name of a view's column in the weights: `global` → `global_view`.

    The suffix lets a view be called `half` or `double`, which torch modules reserve.
    """
    return f"{view.replace('.', '_')}_view"
