"""Interface of network settings."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from pydantic import BaseModel
from torch import nn

from astronet.dataset.scalars import AnyScalar


class NetworkSpec(Protocol):
    """Interface of network settings: frozen pydantic models for the `network` section of a config.

    Attributes:
        convolutional: Whether every view needs a convolutional column in `columns`. If so,
            `build` returns a `ConvolutionalNetwork`, which `astronet explain` supports.
    """

    convolutional: ClassVar[bool]

    @property
    def kind(self) -> str:
        """Name of this kind of network in configs and messages."""

    @property
    def columns(self) -> Mapping[str, BaseModel]:
        """Settings of each view's column of layers, by view name; may be empty."""

    @property
    def scalars(self) -> tuple[AnyScalar, ...]:
        """Catalogue scalars that the network reads, in input order; may be empty."""

    def build(self, views: Mapping[str, int]) -> nn.Module:
        """Return a randomly initialised network for the given views (name → number of bins).

        The network maps a `Batch` to logits [b].

        Raises:
            ConfigError: The views and the settings are incompatible.
        """
