"""AstroNet: one convolutional column per view, followed by dense layers.

Reference: Shallue & Vanderburg 2018, AJ 155, 94 (S&V 2018), Fig. 7.
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
    """Settings for AstroNet; the defaults are those of the best network of S&V 2018."""

    model_config = SETTINGS
    convolutional: ClassVar[bool] = True
    scalars: ClassVar[tuple[AnyScalar, ...]] = ()

    kind: Literal["astronet"] = "astronet"
    """Kind of network."""
    columns: dict[str, ColumnSpec] = Field(
        {"global": ColumnSpec(blocks=5, pool=5), "local": ColumnSpec(blocks=2, pool=7)},
        validate_default=True,
    )
    """Settings for the convolutional column of each view, by view name."""
    hidden_layers: int = Field(4, ge=0, le=32)
    """Number of dense layers applied to the concatenated features of all views."""
    hidden_size: int = Field(512, ge=1, le=16384)
    """Number of units in each of the `hidden_layers`."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout rate after each of the `hidden_layers`."""

    def build(self, views: Mapping[str, int]) -> "AstroNet":
        """Return a randomly initialised network for the given views (name → number of bins).

        Raises:
            ConfigError: There is no view, or a view has no column or is too short for its column.
        """
        return AstroNet(self, views)


class AstroNet(ConvolutionalNetwork):
    """AstroNet network: batch → logits [b].

    It has 9,940,193 parameters with the default settings and views.

    Args:
        spec: Settings of the network.
        views: Number of bins of each view, by name.

    Raises:
        ConfigError: There is no view, or a view has no column or is too short for its column.
    """

    def __init__(self, spec: AstroNetSpec, views: Mapping[str, int]) -> None:
        super().__init__(views, spec.columns)
        size, layers = spec.hidden_size, spec.hidden_layers
        self.hidden = hidden_layers(self.column_features, layers, size, spec.dropout)
        self.logit = Logit(size if layers else self.column_features)
        initialise(self)

    def forward(self, batch: Batch) -> Tensor:
        """Return the logits [b]; a logit above 0 corresponds to a score above 0.5.

        Raises:
            RunError: A view is missing from the batch or has the wrong number of bins.
        """
        features = joined(self.columns, read_views(batch, self.views))
        logits: Tensor = self.logit(self.hidden(features))
        return logits
