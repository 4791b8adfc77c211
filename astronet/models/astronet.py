"""AstroNet: convolutional columns, one a view, joined by dense layers.

Shallue & Vanderburg 2018, AJ 155, 94 (S&V), Fig. 7.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field
from torch import Tensor, nn

from astronet.errors import ConfigError
from astronet.models.batches import Batch
from astronet.models.columns import ColumnSpec, ConvColumn
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


class AstroNetSpec(BaseModel):
    """AstroNet's shape; the defaults are the paper's best network."""

    model_config = SETTINGS

    kind: Literal["astronet"] = "astronet"
    """Which network this is."""
    columns: dict[str, ColumnSpec] = Field(
        {"global": ColumnSpec(blocks=5, pool=5), "local": ColumnSpec(blocks=2, pool=7)},
        validate_default=True,
    )
    """The column of each view, by the view's name; those of views not in use are not built."""
    hidden_layers: int = Field(4, ge=0, le=32)
    """Dense layers behind the joined columns."""
    hidden_size: int = Field(512, ge=1, le=16384)
    """Units of each of them."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Fraction of their units that is dropped in training."""

    def build(self, views: Mapping[str, int]) -> "AstroNet":
        """A network with fresh weights for these views (name → bins).

        Raises:
            ConfigError: A view has no column, or is too short for it.
        """
        return AstroNet(self, views)


class AstroNet(nn.Module):
    """The network of an AstroNetSpec: a batch → logits [b]; 9,940,193 parameters by default."""

    def __init__(self, spec: AstroNetSpec, views: Mapping[str, int]) -> None:
        super().__init__()
        self.views = ordered_views(views)
        self.columns = nn.ModuleDict()
        features = 0
        for name, bins in self.views.items():
            if name not in spec.columns:
                raise ConfigError(
                    f"the view {name!r} has no column (columns: {', '.join(spec.columns)}); "
                    "describe one under network.columns, or leave the view out"
                )
            column = ConvColumn(spec.columns[name], bins, name)
            self.columns[column_name(name)] = column
            features += column.out_features
        self.hidden = hidden_layers(features, spec.hidden_layers, spec.hidden_size, spec.dropout)
        self.logit = Logit(spec.hidden_size if spec.hidden_layers else features)
        initialise(self)

    def forward(self, batch: Batch) -> Tensor:
        """Logits [b]: above 0 where a planet is the likelier answer."""
        features = joined(self.columns, read_views(batch, self.views))
        logits: Tensor = self.logit(self.hidden(features))
        return logits
