"""Networks that read views and return logits; one Lightning module trains them all.

A new network is a file with its spec and module, and its name in NetworkSpec.
"""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from astronet.models.astronet import AstroNet, AstroNetSpec
from astronet.models.columns import ColumnSpec, ConvColumn
from astronet.models.ensemble import Ensemble
from astronet.models.fully_connected import DenseColumnSpec, FullyConnected, FullyConnectedSpec
from astronet.models.layers import count_parameters
from astronet.models.linear import Linear, LinearSpec
from astronet.models.optimization import Optimization
from astronet.models.residual import Residual, ResidualColumnSpec, ResidualSpec

if TYPE_CHECKING:
    from astronet.models.classifier import Classifier

NetworkSpec = Annotated[
    AstroNetSpec | FullyConnectedSpec | LinearSpec | ResidualSpec, Field(discriminator="kind")
]
"""The spec of any network; its `kind` says which, and its `.build(views)` makes it."""

__all__ = [
    "AstroNet",
    "AstroNetSpec",
    "Classifier",
    "ColumnSpec",
    "ConvColumn",
    "DenseColumnSpec",
    "Ensemble",
    "FullyConnected",
    "FullyConnectedSpec",
    "Linear",
    "LinearSpec",
    "NetworkSpec",
    "Optimization",
    "Residual",
    "ResidualColumnSpec",
    "ResidualSpec",
    "count_parameters",
]


def __getattr__(name: str) -> Any:
    # Lightning takes longer to import than torch, and only training needs it.
    if name == "Classifier":
        from astronet.models.classifier import Classifier

        return Classifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
