"""Building blocks shared by networks: input views, pooling, dense layers and initial weights."""

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
"""Pydantic configuration shared by the settings classes of all networks."""


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
    """Return the views [b, bins] that a network reads, by name, in the order of `lengths`.

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

    With bfloat16, which has only 8 significant bits, many events would have the same score.

    Args:
        inputs: Number of features n.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__(inputs, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits [b]; a logit above 0 corresponds to a score above 0.5."""
        with torch.autocast(features.device.type, enabled=False):
            return super().forward(features.float()).squeeze(1)


class RowMaximum(nn.MaxPool2d):
    """Max pooling along rows: [b, channels, 1, n] → [b, channels, 1, n'].

    Args:
        width: Width of the window [points].
        stride: Stride of the window [points].
        padding: Number of points added at each end of the rows; it must be less than half the
            width.
    """

    def __init__(self, width: int, stride: int, padding: int = 0) -> None:
        super().__init__((1, width), (1, stride), (0, padding))
        self.window = width, stride, padding

    def forward(self, rows: Tensor) -> Tensor:
        """Return the maxima [b, channels, 1, n'] of rows [b, channels, 1, n].

        The number of maxima, n', is ⌊(n + 2·padding − width)/stride⌋ + 1.
        """
        if not torch.is_grad_enabled():
            return row_maxima(rows, *self.window)
        pooled: Tensor = super().forward(rows)
        return pooled


def hidden_layers(inputs: int, layers: int, size: int, dropout: float) -> nn.Sequential:
    """Return a stack of dense layers, each followed by ReLU and dropout: [b, inputs] → [b, size].

    Args:
        inputs: Number of input features.
        layers: Number of dense layers; with 0, the stack returns its input.
        size: Number of units in each dense layer.
        dropout: Dropout rate; with 0, no dropout layers are added.
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
    """Draw a network's weights from the Glorot uniform distribution, and set its biases to 0.

    These are the defaults of Keras. With PyTorch's default initialisation, the training loss of
    AstroNet stays on a plateau for several epochs.
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
    """Apply each view's column, and return the concatenated features [b, n].

    The features are concatenated in the order of `views`.
    """
    return torch.cat([columns[column_name(name)](view) for name, view in views.items()], dim=1)


def column_name(view: str) -> str:
    """Return the module name of a view's column: `global` → `global_view`.

    The suffix prevents conflicts with methods of `nn.Module`, such as `half`. Dots, which are not
    allowed in module names, are replaced by underscores.
    """
    return f"{view.replace('.', '_')}_view"
