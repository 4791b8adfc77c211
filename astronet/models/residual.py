"""Small residual network: one column of residual blocks per view, followed by a dense layer.

Skip connections follow He et al. 2016 (CVPR, §3.2), and batch normalisation follows Ioffe &
Szegedy 2015 (ICML, §3).
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import torch
import torch.nn.functional as F
from pydantic import BaseModel, Field, model_validator
from torch import Tensor, nn

from astronet.dataset.scalars import AnyScalar
from astronet.errors import ConfigError
from astronet.models.batches import Batch
from astronet.models.convolutional import ConvolutionalColumn, ConvolutionalNetwork
from astronet.models.ensemble import logit_of_mean
from astronet.models.layers import (
    SETTINGS,
    Logit,
    RowMaximum,
    hidden_layers,
    joined,
    read_views,
)
from astronet.models.rows import RowConvolution, SkipConvolution, out_length
from astronet.models.scaling import Scaling


class ResidualColumnSpec(BaseModel):
    """Settings for a column of residual blocks."""

    model_config = SETTINGS

    channels: tuple[int, ...] = Field((16, 32, 48), min_length=1, max_length=12)
    """Number of channels of each residual block, in order. Each block halves the number of points,
    rounded up."""
    kernel: int = Field(5, ge=1, le=255)
    """Kernel width of the convolutions in the blocks [points]; it must be odd."""
    stem_kernel: int = Field(7, ge=1, le=255)
    """Kernel width of the convolution before the blocks (the stem) [points]; it must be odd."""
    stem_stride: int = Field(2, ge=1, le=64)
    """Stride of the stem [points]."""
    circular: bool = False
    """Whether convolutions use circular padding, which suits views that span the whole orbit."""
    features: int = Field(64, ge=1, le=16384)
    """Number of features that the column returns."""

    @model_validator(mode="after")
    def _kernels_are_odd(self) -> Self:
        for name in ("kernel", "stem_kernel"):
            if getattr(self, name) % 2 == 0:
                raise ValueError(f"{name} = {getattr(self, name)} is even; use an odd width")
        return self

    def build(self, length: int, view: str) -> "ResidualColumn":
        """Return a randomly initialised column for a view of `length` points.

        Args:
            length: Number of points in the view.
            view: Name of the view, for error messages.

        Raises:
            ConfigError: The view is too short.
        """
        return ResidualColumn(self, length, view)


class ResidualSpec(BaseModel):
    """Settings for the residual network."""

    model_config = SETTINGS
    convolutional: ClassVar[bool] = True

    kind: Literal["residual"] = "residual"
    """Kind of network."""
    columns: dict[str, ResidualColumnSpec] = Field(
        {
            "global": ResidualColumnSpec(channels=(16, 24, 32, 48, 64), circular=True),
            "local": ResidualColumnSpec(),
        },
        validate_default=True,
    )
    """Settings for the convolutional column of each view, by view name."""
    hidden_size: int = Field(128, ge=1, le=16384)
    """Number of units in the dense layer applied to the concatenated features of all views and
    scalars."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """Dropout rate before and after the dense layer."""
    ceiling: float | None = Field(None, gt=0)
    """Maximum value of the views, in units of the transit depth; higher values are clipped, which
    removes upward spikes. None disables clipping."""
    both_directions: bool = False
    """Whether to average, in validation and scoring, the probabilities from each event's views and
    from their time reversal (test-time augmentation); this doubles the computing time."""
    scalars: tuple[AnyScalar, ...] = ()
    """Catalogue scalars that the network reads in addition to the views (see
    `astronet.dataset.scalars`)."""
    scalar_features: int = Field(64, ge=1, le=16384)
    """Number of units in each of the two dense layers applied to the scalars."""
    scalar_dropout: float = Field(0.25, ge=0, lt=1)
    """Fraction of training events in which randomly chosen scalars are masked, so that the network
    learns to score events with unknown scalars."""

    def build(self, views: Mapping[str, int]) -> "Residual":
        """Return a randomly initialised network for the given views (name → number of bins).

        Raises:
            ConfigError: There is no view, or a view has no column or is too short for its column.
        """
        return Residual(self, views)


class Residual(ConvolutionalNetwork):
    """Residual network: batch → logits [b].

    It has 298,009 parameters with the default settings and views.

    Args:
        spec: Settings of the network.
        views: Number of bins of each view, by name.

    Raises:
        ConfigError: There is no view, or a view has no column or is too short for its column.
    """

    def __init__(self, spec: ResidualSpec, views: Mapping[str, int]) -> None:
        super().__init__(views, spec.columns)
        self.ceiling, self.both_directions = spec.ceiling, spec.both_directions
        self.scalars: nn.Module | None = None
        features = self.column_features
        if spec.scalars:
            self.scaling = Scaling(len(spec.scalars), spec.scalar_dropout)
            inputs, size = self.scaling.out_features, spec.scalar_features
            self.scalars = hidden_layers(inputs, 2, size, 0.0)
            features += size
        self.hidden = nn.Sequential(
            nn.Dropout(spec.dropout),
            nn.Linear(features, spec.hidden_size),
            nn.ReLU(),
            nn.Dropout(spec.dropout),
        )
        self.logit = Logit(spec.hidden_size)
        _initialise(self)

    def forward(self, batch: Batch) -> Tensor:
        """Return the logits [b]; a logit above 0 corresponds to a score above 0.5.

        Raises:
            RunError: A view is missing from the batch or has the wrong number of bins, or the
                number of scalars is wrong.
        """
        views = read_views(batch, self.views)
        views = {name: self.column_input(name, view) for name, view in views.items()}
        logits = self._logits(views, batch)
        if self.training or not self.both_directions:
            return logits
        reversed_views = {name: view.flip(1) for name, view in views.items()}
        return logit_of_mean([logits, self._logits(reversed_views, batch)])

    def column_input(self, name: str, view: Tensor) -> Tensor:
        """Return the view [b, bins]; if `ceiling` is set, higher values are clipped to it."""
        return view if self.ceiling is None else view.clamp(max=self.ceiling)

    def _logits(self, views: Mapping[str, Tensor], batch: Batch) -> Tensor:
        features = joined(self.columns, views)
        if self.scalars is not None and batch.scalars is not None:
            features = torch.cat([features, self.scalars(self.scaling(batch.scalars))], dim=1)
        logits: Tensor = self.logit(self.hidden(features))
        return logits


class ResidualColumn(ConvolutionalColumn):
    """Column of residual blocks: view [b, length] → features [b, out_features].

    A stem convolution precedes the blocks, and a dense layer follows them.

    Args:
        spec: Settings of the column.
        length: Number of points in the view.
        name: Name of the view, for error messages.

    Raises:
        ConfigError: The input of a block is shorter than the convolution kernel.
    """

    has_stem = True

    def __init__(self, spec: ResidualColumnSpec, length: int, name: str = "view") -> None:
        super().__init__()
        convolution = RowConvolution(
            1, spec.channels[0], spec.stem_kernel, spec.stem_stride, circular=spec.circular
        )
        length = out_length(length, spec.stem_kernel, spec.stem_stride, spec.stem_kernel // 2)
        self.blocks = nn.Sequential(convolution, nn.ReLU())
        inputs = spec.channels[0]
        for number, channels in enumerate(spec.channels, 1):
            if length < spec.kernel:
                raise ConfigError(
                    f"block {number} of column {name!r}: the convolution needs at least "
                    f"{spec.kernel} points, but its input has {length}; use fewer blocks or a "
                    "smaller kernel"
                )
            self.blocks.append(Block(inputs, channels, spec.kernel, circular=spec.circular))
            length, inputs = out_length(length, 3, 2, 1), channels
        self.features = nn.Linear(inputs * length, spec.features)
        self.out_features = spec.features
        # Channels-last format is faster on the CPU, as in `columns`.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, view: Tensor) -> Tensor:
        """Return the features [b, out_features] of a view [b, length]."""
        rows = view[:, None, None, :].contiguous(memory_format=torch.channels_last)
        return F.relu(self.features(self.blocks(rows).permute(0, 2, 3, 1).flatten(1)))


class Block(nn.Module):
    """Residual block: two convolutions with a skip connection, then max pooling with stride 2.

    Args:
        inputs: Number of input channels.
        channels: Number of output channels.
        kernel: Kernel width of the convolutions [points].
        circular: Whether the convolutions use circular padding instead of zero padding.
    """

    def __init__(self, inputs: int, channels: int, kernel: int, *, circular: bool) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            RowConvolution(inputs, channels, kernel, circular=circular, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            RowConvolution(channels, channels, kernel, circular=circular, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.skip = nn.Identity() if inputs == channels else SkipConvolution(inputs, channels)
        self.pool = RowMaximum(3, 2, 1)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the features [b, channels, 1, ⌊(n − 1)/2⌋ + 1] of rows [b, inputs, 1, n]."""
        summed = self.inner(rows) + self.skip(rows)
        pooled: Tensor = self.pool(F.relu(summed, inplace=not torch.is_grad_enabled()))
        return pooled


def _initialise(network: nn.Module) -> None:
    """Draw weights from normal distributions with mean 0, and set biases to 0.

    The variances of the weights are chosen such that layers with ReLU preserve the variance of the
    signal (He et al. 2015, eq. 10).
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
