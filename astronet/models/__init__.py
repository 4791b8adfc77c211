"""Networks that read views and return logits; one Lightning module trains them all.

A new network is a file with its spec and module, and its name in NetworkSpec.
"""

from typing import Annotated

from pydantic import Field

from astronet.models.astronet import AstroNet, AstroNetSpec
from astronet.models.columns import ColumnSpec, ConvColumn
from astronet.models.ensemble import Ensemble
from astronet.models.fully_connected import DenseColumnSpec, FullyConnected, FullyConnectedSpec
from astronet.models.layers import count_parameters
from astronet.models.linear import Linear, LinearSpec
from astronet.models.residual import Residual, ResidualColumnSpec, ResidualSpec

NetworkSpec = Annotated[
    AstroNetSpec | FullyConnectedSpec | LinearSpec | ResidualSpec, Field(discriminator="kind")
]
"""The spec of any network; its `kind` says which, and its `.build(views)` makes it."""

__all__ = [
    "AstroNet",
    "AstroNetSpec",
    "ColumnSpec",
    "ConvColumn",
    "DenseColumnSpec",
    "Ensemble",
    "FullyConnected",
    "FullyConnectedSpec",
    "Linear",
    "LinearSpec",
    "NetworkSpec",
    "Residual",
    "ResidualColumnSpec",
    "ResidualSpec",
    "count_parameters",
]
