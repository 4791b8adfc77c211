"""Fully connected network: dense layers per view, then dense layers for all views together.

Reference: Shallue & Vanderburg 2018, AJ 155, 94 (S&V 2018).
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, Field, model_validator
from torch import Tensor, nn

from astronet.dataset.scalars import AnyScalar
from astronet.errors import ConfigError
from astronet.models.batches import Batch
from astronet.models.layers import (
    SETTINGS,
    Logit,
    column_name,
    hidden_layers,
    initialise,
    joined,
    ordered_views,
    read_views,
)


class DenseColumnSpec(BaseModel):
    """Settings for the dense layers of one view."""

    model_config = SETTINGS

    layers: int = Field(0, ge=0, le=32)
    """Number of dense layers, each followed by ReLU; 0 leaves the view unchanged."""
    size: int = Field(128, ge=1, le=16384)
    """Number of units in each dense layer."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout rate after each dense layer."""
    translation_delta: int = Field(0, ge=0, le=100_000)
    """Maximum shift of the view in either direction [points]. If it is above 0, the first layer is
    applied to the view at every shift and its outputs are pooled over the shifts, which makes the
    features less sensitive to the position of the transit."""
    pooling: Literal["max", "avg"] = "max"
    """Pooling over the shifts: maximum or average. It has no effect if `translation_delta` is 0."""

    @model_validator(mode="after")
    def _has_a_layer_to_shift(self) -> Self:
        if self.translation_delta and not self.layers:
            raise ValueError(
                "translation_delta needs at least one dense layer; set layers to 1 or more"
            )
        return self


class FullyConnectedSpec(BaseModel):
    """Settings for the fully connected network.

    The defaults are those of the public AstroNet code (S&V 2018).
    """

    model_config = SETTINGS
    convolutional: ClassVar[bool] = False
    scalars: ClassVar[tuple[AnyScalar, ...]] = ()

    kind: Literal["fully_connected"] = "fully_connected"
    """Kind of network."""
    columns: dict[str, DenseColumnSpec] = {}
    """Settings for the dense layers of each view, by view name. Views that are not listed have no
    dense layers of their own."""
    hidden_layers: int = Field(0, ge=0, le=32)
    """Number of dense layers applied to the concatenated features of all views."""
    hidden_size: int = Field(512, ge=1, le=16384)
    """Number of units in each of the `hidden_layers`."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout rate after each of the `hidden_layers`."""

    def build(self, views: Mapping[str, int]) -> "FullyConnected":
        """Return a randomly initialised network for the given views (name → number of bins).

        Raises:
            ConfigError: There is no view, `columns` names a view that is not in `views`, or a
                `translation_delta` is too large for its view.
        """
        return FullyConnected(self, views)


class FullyConnected(nn.Module):
    """Fully connected network: batch → logits [b].

    It has 2,203 parameters with the default settings and views.

    Args:
        spec: Settings of the network.
        views: Number of bins of each view, by name.

    Raises:
        ConfigError: There is no view, `spec.columns` names a view that is not in `views`, or a
            `translation_delta` is too large for its view.
    """

    def __init__(self, spec: FullyConnectedSpec, views: Mapping[str, int]) -> None:
        super().__init__()
        self.views = ordered_views(views)
        if unknown := [name for name in spec.columns if name not in views]:
            raise ConfigError(
                f"the column {unknown[0]!r} has no view (views: {', '.join(self.views)}); "
                "remove it from network.columns, or add the view"
            )
        self.columns = nn.ModuleDict()
        features = 0
        for name, bins in self.views.items():
            column = DenseColumn(spec.columns.get(name, DenseColumnSpec()), bins, name)
            self.columns[column_name(name)] = column
            features += column.out_features
        self.hidden = hidden_layers(features, spec.hidden_layers, spec.hidden_size, spec.dropout)
        self.logit = Logit(spec.hidden_size if spec.hidden_layers else features)
        initialise(self)

    def forward(self, batch: Batch) -> Tensor:
        """Return the logits [b]; a logit above 0 corresponds to a score above 0.5.

        Raises:
            RunError: A view is missing from the batch or has the wrong number of bins.
        """
        features = joined(self.columns, read_views(batch, self.views))
        logits: Tensor = self.logit(self.hidden(features))
        return logits


class DenseColumn(nn.Module):
    """Dense layers of one view: [b, length] → [b, out_features].

    Args:
        spec: Settings of the layers.
        length: Number of points in the view.
        name: Name of the view, for error messages.

    Raises:
        ConfigError: `translation_delta` is too large for the view.
    """

    def __init__(self, spec: DenseColumnSpec, length: int, name: str = "view") -> None:
        super().__init__()
        self.out_features = spec.size if spec.layers else length
        self.first: nn.Module = nn.Identity()
        layers = spec.layers
        if spec.translation_delta:
            self.first = ShiftedLayer(spec, length, name)
            length, layers = spec.size, layers - 1
        self.dense = hidden_layers(length, layers, spec.size, spec.dropout)

    def forward(self, view: Tensor) -> Tensor:
        """Return the features [b, out_features] of a view [b, length]."""
        features: Tensor = self.dense(self.first(view))
        return features


class ShiftedLayer(nn.Module):
    """Dense layer pooled over 2δ + 1 shifts of a view, where δ is `translation_delta`.

    The layer maps a view [b, length] to features [b, size]. It is implemented as a convolution with
    a kernel width of length − 2δ points, followed by ReLU, pooling and dropout.

    Args:
        spec: Settings of the view's dense layers.
        length: Number of points in the view.
        name: Name of the view, for error messages.

    Raises:
        ConfigError: The view has 2δ points or fewer.
    """

    def __init__(self, spec: DenseColumnSpec, length: int, name: str = "view") -> None:
        super().__init__()
        width = length - 2 * spec.translation_delta
        if width < 1:
            raise ConfigError(
                f"column {name!r}: translation_delta={spec.translation_delta} needs more than "
                f"{2 * spec.translation_delta} points, but the view has {length}; use at most "
                f"{(length - 1) // 2}"
            )
        self.conv = nn.Conv1d(1, spec.size, width)
        self.dropout = nn.Dropout(spec.dropout)
        self.pooling = spec.pooling

    def forward(self, view: Tensor) -> Tensor:
        """Return the features [b, size] of a view [b, length]."""
        shifts = self.conv(view[:, None, :]).relu()
        pooled = shifts.amax(-1) if self.pooling == "max" else shifts.mean(-1)
        features: Tensor = self.dropout(pooled)
        return features
