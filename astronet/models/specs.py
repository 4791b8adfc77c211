"""The interface of a network's settings."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from pydantic import BaseModel
from torch import nn

from astronet.dataset.scalars import AnyScalar


class NetworkSpec(Protocol):
    """Settings of a network: a frozen pydantic model, the section `network` of a config.

    Attributes:
        convolutional: Whether each view needs a convolutional column under `columns`; `build` then
            returns a `ConvolutionalNetwork`, which `astronet explain` can explain.
    """

    convolutional: ClassVar[bool]

    @property
    def kind(self) -> str:
        """Name of the network in configs and messages."""

    @property
    def columns(self) -> Mapping[str, BaseModel]:
        """Settings of the layers that read one view, by the view's name; may be empty."""

    @property
    def scalars(self) -> tuple[AnyScalar, ...]:
        """Catalogue scalars that the network reads, in its order; may be empty."""

    def build(self, views: Mapping[str, int]) -> nn.Module:
        """Return a network with fresh weights for these views (name → bins).

        It maps a `Batch` to logits [b].

        Raises:
            ConfigError: The views do not fit the settings.
        """
