"""Base classes of networks that read each view through a convolutional column of its own.

What is built on them can be trained, scored, fused and explained without further code.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Protocol, cast

from torch import Tensor, nn

from astronet.errors import ConfigError
from astronet.models.layers import column_name, ordered_views


class ConvolutionalColumn(nn.Module):
    """Base of a column: a view [b, length] → features [b, out_features].

    Attributes:
        blocks: Blocks of convolutions and poolings on rows [b, channels, 1, n], in order.
        out_features: Number of features.
        has_stem: Whether the first block is a single convolution ahead of the others.
    """

    has_stem: ClassVar[bool] = False

    blocks: nn.Sequential
    out_features: int


class ConvolutionalColumnSpec(Protocol):
    """Interface of a column's settings."""

    def build(self, length: int, view: str) -> ConvolutionalColumn:
        """Return a column with fresh weights for a view of `length` points.

        Raises:
            ConfigError: The view is too short.
        """


class ConvolutionalNetwork(nn.Module):
    """Base of a network with one convolutional column per view.

    Attributes:
        views: Bins per view, sorted by name.
        columns: The column of each view, by its `column_name`.

    Raises:
        ConfigError: There is no view, or a view has no column or is too short for it.
    """

    columns: nn.ModuleDict

    def __init__(
        self, views: Mapping[str, int], columns: Mapping[str, ConvolutionalColumnSpec]
    ) -> None:
        super().__init__()
        self.views = ordered_views(views)
        self.columns = nn.ModuleDict()
        for view, bins in self.views.items():
            if view not in columns:
                raise ConfigError(
                    f"the view {view!r} has no column (columns: {', '.join(columns)}); "
                    "describe one under network.columns, or leave the view out"
                )
            self.columns[column_name(view)] = columns[view].build(bins, view)

    @property
    def column_features(self) -> int:
        """Number of features of all columns together."""
        return sum(column.out_features for _, column in self.named_columns())

    def named_columns(self) -> Iterator[tuple[str, ConvolutionalColumn]]:
        """Yield the name and the column of each view."""
        for view in self.views:
            yield view, cast(ConvolutionalColumn, self.columns[column_name(view)])

    def column_input(self, name: str, view: Tensor) -> Tensor:
        """Return a view [b, bins] as its column reads it; by default unchanged."""
        return view
