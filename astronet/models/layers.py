"""Parts that networks share: input views, dense layers and initial weights."""

from collections.abc import Mapping

import torch
from pydantic import ConfigDict
from torch import Tensor, nn

from astronet.errors import ConfigError, RunError
from astronet.models.batches import Batch
from astronet.models.inference import row_maxima

SETTINGS = ConfigDict(
    frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
)
"""Pydantic configuration of all settings of networks."""


def ordered_views(views: Mapping[str, int]) -> dict[str, int]:
    """Return bins per input view, sorted by name: the order in which networks join their views.

    Raises:
        ConfigError: There is no view.
    """
    if not views:
        raise ConfigError("the network has no input view; give it at least one, such as global")
    return dict(sorted(views.items()))


def read_views(batch: Batch, lengths: Mapping[str, int]) -> dict[str, Tensor]:
    """Return the views [b, bins] that a network reads, in its order.

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
    """Last layer, features [b, n] → logits [b], in float32 at any precision of the other layers.

    In bfloat16 a logit has 8 binary digits, so that many events would have the same score.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__(inputs, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits [b]: above 0 if a planet is more likely than not."""
        with torch.autocast(features.device.type, enabled=False):
            return super().forward(features.float()).squeeze(1)


class RowMaximum(nn.MaxPool2d):
    """Maximum of neighbouring points: [b, channels, 1, n] → [b, channels, 1, n'].

    Padding is less than half the width.
    """

    def __init__(self, width: int, stride: int, padding: int = 0) -> None:
        super().__init__((1, width), (1, stride), (0, padding))
        self.along = width, stride, padding

    def forward(self, rows: Tensor) -> Tensor:
        """Return rows of maxima, n' = ⌊(n + 2·padding − width)/stride⌋ + 1."""
        if not torch.is_grad_enabled():
            return row_maxima(rows, *self.along)
        pooled: Tensor = super().forward(rows)
        return pooled


def hidden_layers(inputs: int, layers: int, size: int, dropout: float) -> nn.Sequential:
    """Return dense layers [b, inputs] → [b, size], each with ReLU and, if above 0, dropout."""
    stack = nn.Sequential()
    for number in range(1, layers + 1):
        stack.add_module(f"dense_{number}", nn.Linear(inputs, size))
        stack.add_module(f"relu_{number}", nn.ReLU())
        if dropout > 0:
            stack.add_module(f"dropout_{number}", nn.Dropout(dropout))
        inputs = size
    return stack


def initialise(network: nn.Module) -> None:
    """Draw kernels from the Glorot uniform distribution and set biases to 0, as Keras does.

    With PyTorch's default weights AstroNet stays on a plateau for several epochs.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def count_parameters(module: nn.Module) -> int:
    """Return the number of trainable weights and biases."""
    return sum(weight.numel() for weight in module.parameters() if weight.requires_grad)


def joined(columns: nn.ModuleDict, views: Mapping[str, Tensor]) -> Tensor:
    """Return the features [b, n] of all columns, in the order of the views."""
    return torch.cat([columns[column_name(name)](view) for name, view in views.items()], dim=1)


def column_name(view: str) -> str:
    """Return the name of a view's column in the weights: `global` → `global_view`.

    With the suffix, a view may be called `half` or `double`, which are names of torch methods.
    """
    return f"{view.replace('.', '_')}_view"
