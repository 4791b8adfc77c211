"""Building blocks shared by networks: input views, dense layers and initial weights."""

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
"""Pydantic configuration shared by the settings of all networks."""


def ordered_views(views: Mapping[str, int]) -> dict[str, int]:
    """Return the views of a network (name → number of bins), sorted by name.

    Networks concatenate the features of their views in this order.

    Raises:
        ConfigError: There is no view.
    """
    if not views:
        raise ConfigError("the network has no input view; add at least one, such as global")
    return dict(sorted(views.items()))


def read_views(batch: Batch, lengths: Mapping[str, int]) -> dict[str, Tensor]:
    """Return the views that a network reads [b, bins], by name and in the order of `lengths`.

    Args:
        batch: Batch that contains at least these views.
        lengths: Expected number of bins of each view, by name.

    Raises:
        RunError: A view is missing or has a different number of bins.
    """
    for name, length in lengths.items():
        if name not in batch.views:
            raise RunError(
                f"the network reads the view {name!r}, but the data contains only "
                f"{', '.join(batch.views)}; use a store that contains the views used in training"
            )
        if (bins := batch.views[name].shape[-1]) != length:
            raise RunError(
                f"the view {name!r} has {bins} bins, but the network expects {length}; use a "
                "store whose views have the same settings as in training"
            )
    return {name: batch.views[name] for name in lengths}


class Logit(nn.Linear):
    """Output layer: features [b, n] → logits [b], always computed in float32.

    bfloat16 has only 8 significant bits, which would give many events the same score.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__(inputs, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits [b]; a logit above 0 means that a planet is more likely than not."""
        with torch.autocast(features.device.type, enabled=False):
            return super().forward(features.float()).squeeze(1)


class RowMaximum(nn.MaxPool2d):
    """Max pooling along rows: [b, channels, 1, n] → [b, channels, 1, n'].

    The padding must be less than half the width.
    """

    def __init__(self, width: int, stride: int, padding: int = 0) -> None:
        super().__init__((1, width), (1, stride), (0, padding))
        self.window = width, stride, padding

    def forward(self, rows: Tensor) -> Tensor:
        """Return the maxima [b, channels, 1, n'].

        n' is ⌊(n + 2·padding − width)/stride⌋ + 1.
        """
        if not torch.is_grad_enabled():
            return row_maxima(rows, *self.window)
        pooled: Tensor = super().forward(rows)
        return pooled


def hidden_layers(inputs: int, layers: int, size: int, dropout: float) -> nn.Sequential:
    """Return a stack of dense layers, each followed by ReLU and dropout: [b, inputs] → [b, size].

    Without layers, the stack returns its input. A dropout rate of 0 adds no dropout layers.
    """
    stack = nn.Sequential()
    for number in range(1, layers + 1):
        stack.add_module(f"dense_{number}", nn.Linear(inputs, size))
        stack.add_module(f"relu_{number}", nn.ReLU())
        if dropout > 0:
            stack.add_module(f"dropout_{number}", nn.Dropout(dropout))
        inputs = size
    return stack


def initialise(network: nn.Module) -> None:
    """Draw weights from the Glorot uniform distribution and set biases to 0, as Keras does.

    With PyTorch's default initialisation, the training loss of AstroNet stays on a plateau for
    several epochs.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def count_parameters(module: nn.Module) -> int:
    """Return the number of trainable parameters of a module."""
    return sum(weight.numel() for weight in module.parameters() if weight.requires_grad)


def joined(columns: nn.ModuleDict, views: Mapping[str, Tensor]) -> Tensor:
    """Apply each view's column, and return the concatenated features [b, n] in view order."""
    return torch.cat([columns[column_name(name)](view) for name, view in views.items()], dim=1)


def column_name(view: str) -> str:
    """Return the module name of a view's column: `global` → `global_view`.

    The suffix prevents conflicts with methods of `nn.Module`, such as `half`. Dots, which are not
    allowed in module names, are replaced by underscores.
    """
    return f"{view.replace('.', '_')}_view"
