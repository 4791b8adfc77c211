"""A small residual network: columns with skip connections, one a view, joined by a dense layer.

Skips as in He et al. 2016 (CVPR, §3.2), normalisation as in Ioffe & Szegedy 2015 (ICML, §3).
"""

import copy
from collections.abc import Mapping
from typing import Literal, Self

import torch
import torch.nn.functional as F
from pydantic import BaseModel, Field, model_validator
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from astronet.dataset.scalars import AnyScalar
from astronet.errors import ConfigError
from astronet.models.batches import Batch
from astronet.models.columns import out_length
from astronet.models.ensemble import logit_of_mean
from astronet.models.layers import (
    SETTINGS,
    Logit,
    RowMaximum,
    column_name,
    hidden_layers,
    joined,
    ordered_views,
    read_views,
)
from astronet.models.scaling import Scaling


class ResidualColumnSpec(BaseModel):
    """The shape of a column of residual blocks."""

    model_config = SETTINGS

    channels: tuple[int, ...] = Field((16, 32, 48), min_length=1, max_length=12)
    """Channels of each block; each block halves the length."""
    kernel: int = Field(5, ge=1, le=255)
    """Width of the blocks' convolutions [points]; odd."""
    stem_kernel: int = Field(7, ge=1, le=255)
    """Width of the convolution ahead of the blocks [points]; odd."""
    stem_stride: int = Field(2, ge=1, le=64)
    """Its step [points]."""
    circular: bool = False
    """Whether the view's end joins its beginning, as the whole period's does."""
    features: int = Field(64, ge=1, le=16384)
    """Features that the column gives."""

    @model_validator(mode="after")
    def _kernels_have_a_middle(self) -> Self:
        for name in ("kernel", "stem_kernel"):
            if getattr(self, name) % 2 == 0:
                raise ValueError(f"{name} = {getattr(self, name)} has no middle; use an odd width")
        return self


class ResidualSpec(BaseModel):
    """The residual network's shape."""

    model_config = SETTINGS

    kind: Literal["residual"] = "residual"
    """Which network this is."""
    columns: dict[str, ResidualColumnSpec] = Field(
        {
            "global": ResidualColumnSpec(channels=(16, 24, 32, 48, 64), circular=True),
            "local": ResidualColumnSpec(),
        },
        validate_default=True,
    )
    """The column of each view, by the view's name."""
    hidden_size: int = Field(128, ge=1, le=16384)
    """Units of the dense layer behind the joined columns."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """Fraction of features, and of the dense layer's units, that is dropped in training."""

    ceiling: float | None = Field(None, gt=0)
    """Cut views off above so many transit depths, for spikes are no transit; none: do not."""
    both_directions: bool = False
    """Score every event with time as it is and reversed, and average; costs twice the time."""
    scalars: tuple[AnyScalar, ...] = ()
    """Numbers of the catalogue that it reads besides; see `astronet.dataset.scalars`."""
    scalar_features: int = Field(64, ge=1, le=16384)
    """Units of the two dense layers that read them."""
    scalar_dropout: float = Field(0.25, ge=0, lt=1)
    """Fraction of events that lose some of them in training, to learn to do without."""

    def build(self, views: Mapping[str, int]) -> "Residual":
        """A network with fresh weights for these views (name → bins).

        Raises:
            ConfigError: A view has no column, or is too short for it.
        """
        return Residual(self, views)


class Residual(nn.Module):
    """The network of a ResidualSpec: a batch → logits [b]."""

    def __init__(self, spec: ResidualSpec, views: Mapping[str, int]) -> None:
        super().__init__()
        self.views = ordered_views(views)
        self.ceiling, self.both_directions = spec.ceiling, spec.both_directions
        self.columns = nn.ModuleDict()
        self.scalars: nn.Module | None = None
        for name, bins in self.views.items():
            if name not in spec.columns:
                raise ConfigError(
                    f"the view {name!r} has no column (columns: {', '.join(spec.columns)}); "
                    "describe one under network.columns, or leave the view out"
                )
            self.columns[column_name(name)] = ResidualColumn(spec.columns[name], bins, name)
        features = sum(spec.columns[name].features for name in self.views)
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
        """Logits [b]: above 0 where a planet is the likelier answer."""
        views = read_views(batch, self.views)
        if self.ceiling is not None:
            views = {name: view.clamp(max=self.ceiling) for name, view in views.items()}
        logits = self._logits(views, batch)
        if self.training or not self.both_directions:
            return logits
        reversed_views = {name: view.flip(1) for name, view in views.items()}
        return logit_of_mean([logits, self._logits(reversed_views, batch)])

    def _logits(self, views: Mapping[str, Tensor], batch: Batch) -> Tensor:
        features = joined(self.columns, views)
        if self.scalars is not None and batch.scalars is not None:
            features = torch.cat([features, self.scalars(self.scaling(batch.scalars))], dim=1)
        logits: Tensor = self.logit(self.hidden(features))
        return logits


class ResidualColumn(nn.Module):
    """A convolution, residual blocks, a dense layer: a view [b, length] → features [b, n].

    Raises:
        ConfigError: A layer gets fewer points than it is wide.
    """

    def __init__(self, spec: ResidualColumnSpec, length: int, name: str = "view") -> None:
        super().__init__()
        convolution = Convolution(
            1, spec.channels[0], spec.stem_kernel, spec.stem_stride, circular=spec.circular
        )
        length = out_length(length, spec.stem_kernel, spec.stem_stride, spec.stem_kernel // 2)
        self.blocks = nn.Sequential(convolution, nn.ReLU())
        inputs = spec.channels[0]
        for number, channels in enumerate(spec.channels, 1):
            if length < spec.kernel:
                raise ConfigError(
                    f"block {number} of column {name!r}: its convolution needs {spec.kernel} "
                    f"points but gets {length}; use fewer blocks or a smaller kernel"
                )
            self.blocks.append(Block(inputs, channels, spec.kernel, circular=spec.circular))
            length, inputs = out_length(length, 3, 2, 1), channels
        self.features = nn.Linear(inputs * length, spec.features)
        # Channels last, as in `columns`: the processor's kernels like that order better.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, view: Tensor) -> Tensor:
        """Features [b, n] of a view [b, length]."""
        rows = view[:, None, None, :].contiguous(memory_format=torch.channels_last)
        return F.relu(self.features(self.blocks(rows).permute(0, 2, 3, 1).flatten(1)))


class Block(nn.Module):
    """Two convolutions beside a skip, then a maximum over 3 points in steps of 2."""

    def __init__(self, inputs: int, channels: int, kernel: int, *, circular: bool) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            Convolution(inputs, channels, kernel, circular=circular, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            Convolution(channels, channels, kernel, circular=circular, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.skip = nn.Identity() if inputs == channels else nn.Conv2d(inputs, channels, 1)
        self.pool = RowMaximum(3, 2, 1)

    def forward(self, rows: Tensor) -> Tensor:
        """[b, inputs, 1, n] → [b, channels, 1, ⌊(n − 1)/2⌋ + 1]."""
        pooled: Tensor = self.pool(F.relu(self.inner(rows) + self.skip(rows)))
        return pooled

    def fuse(self) -> None:
        """Makes the normalisations part of the convolutions before them, for scoring alone."""
        for place in (0, 3):
            convolution, norm = self.inner[place], self.inner[place + 1]
            assert isinstance(convolution, Convolution)
            assert isinstance(norm, nn.BatchNorm2d)
            convolution.conv = fuse_conv_bn_eval(convolution.conv, norm)
            self.inner[place + 1] = nn.Identity()


def fused(network: nn.Module) -> nn.Module:
    """A copy that scores the same (but for rounding) with fewer steps; it cannot be trained."""
    copied = copy.deepcopy(network).eval()
    for block in [module for module in copied.modules() if isinstance(module, Block)]:
        block.fuse()
    # Fusing forgets the order of memory that the columns were given.
    return copied.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


class Convolution(nn.Module):
    """A convolution of rows one high that keeps their length; padded with zeros or the far end."""

    def __init__(
        self,
        inputs: int,
        channels: int,
        kernel: int,
        stride: int = 1,
        *,
        circular: bool,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.around = kernel // 2 if circular else 0
        padding = (0, 0 if circular else kernel // 2)
        self.conv = nn.Conv2d(inputs, channels, (1, kernel), (1, stride), padding, bias=bias)

    def forward(self, rows: Tensor) -> Tensor:
        """[b, inputs, 1, n] → [b, channels, 1, ⌊(n − 1)/stride⌋ + 1]."""
        if self.around:  # F.pad would undo channels last, and the convolution redo it
            rows = torch.cat([rows[..., -self.around :], rows, rows[..., : self.around]], dim=3)
        features: Tensor = self.conv(rows)
        return features


def _initialise(network: nn.Module) -> None:
    """Draws kernels with the variance that keeps a ReLU's output (He et al. 2015, eq. 10)."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
