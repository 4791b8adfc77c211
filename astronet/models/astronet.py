"""AstroNet: one convolutional column per view, joined by dense layers.

Shallue & Vanderburg 2018, AJ 155, 94 (S&V), Fig. 7.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import BaseModel, Field
from torch import Tensor

from astronet.dataset.scalars import AnyScalar
from astronet.models.batches import Batch
from astronet.models.columns import ColumnSpec
from astronet.models.convolutional import ConvolutionalNetwork
from astronet.models.layers import (
    SETTINGS,
    Logit,
    hidden_layers,
    initialise,
    joined,
    read_views,
)


class AstroNetSpec(BaseModel):
    """Settings of AstroNet; the defaults are the paper's best network."""

    model_config = SETTINGS
    convolutional: ClassVar[bool] = True
    scalars: ClassVar[tuple[AnyScalar, ...]] = ()

    kind: Literal["astronet"] = "astronet"
    """Kind of network."""
    columns: dict[str, ColumnSpec] = Field(
        {"global": ColumnSpec(blocks=5, pool=5), "local": ColumnSpec(blocks=2, pool=7)},
        validate_default=True,
    )
    """Column of each view, by the view's name."""
    hidden_layers: int = Field(4, ge=0, le=32)
    """Number of dense layers after the joined columns."""
    hidden_size: int = Field(512, ge=1, le=16384)
    """Units of each of these layers."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout rate of these layers."""

    def build(self, views: Mapping[str, int]) -> "AstroNet":
        """Return a network with fresh weights for these views (name → bins).

        Raises:
            ConfigError: A view has no column, or is too short for it.
        """
        return AstroNet(self, views)


class AstroNet(ConvolutionalNetwork):
    """Network of an AstroNetSpec: a batch → logits [b]; 9,940,193 parameters by default."""

    def __init__(self, spec: AstroNetSpec, views: Mapping[str, int]) -> None:
        super().__init__(views, spec.columns)
        size, layers = spec.hidden_size, spec.hidden_layers
        self.hidden = hidden_layers(self.column_features, layers, size, spec.dropout)
        self.logit = Logit(size if layers else self.column_features)
        initialise(self)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits [b]: above 0 if a planet is more likely than not."""
        features = joined(self.columns, read_views(batch, self.views))
        logits: Tensor = self.logit(self.hidden(features))
        return logits
