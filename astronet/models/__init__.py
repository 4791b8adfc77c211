"""Neural networks that map a batch of events to logits.

To add a network, write a module that defines its settings class and its `nn.Module`, and add the
settings class to `AnyNetwork`.
"""

from typing import Annotated, get_args

from pydantic import Field

from astronet.models.astronet import AstroNet, AstroNetSpec
from astronet.models.fully_connected import FullyConnectedSpec
from astronet.models.layers import count_parameters
from astronet.models.linear import LinearSpec
from astronet.models.residual import ResidualSpec
from astronet.models.specs import NetworkSpec

AnyNetwork = Annotated[
    AstroNetSpec | FullyConnectedSpec | LinearSpec | ResidualSpec, Field(discriminator="kind")
]
"""Settings for any kind of network; the value of `kind` selects the class."""

NETWORKS: dict[str, type[NetworkSpec]] = {
    spec.model_fields["kind"].default: spec for spec in get_args(get_args(AnyNetwork)[0])
}
"""Settings class for each kind of network, in the order of `AnyNetwork`."""

__all__ = [
    "NETWORKS",
    "AnyNetwork",
    "AstroNet",
    "AstroNetSpec",
    "NetworkSpec",
    "count_parameters",
]
