"""Base classes for networks with one convolutional column per view.

Networks derived from these classes need no further code for training, for scoring (including the
speed-ups of `astronet.models.inference`) or for `astronet explain`.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Protocol, cast

from torch import Tensor, nn

from astronet.errors import ConfigError
from astronet.models.layers import column_name, ordered_views


class ConvolutionalColumn(nn.Module):
    """Base class for convolutional columns: view [b, length] → features [b, out_features].

    Attributes:
        blocks: Layers and blocks applied in order to rows [b, channels, 1, n]: the stem, if there
            is one, then blocks of convolutions and pooling.
        out_features: Number of features.
        has_stem: Whether the first module in `blocks` is a single convolution (the stem).
    """

    has_stem: ClassVar[bool] = False

    blocks: nn.Sequential
    out_features: int


class ConvolutionalColumnSpec(Protocol):
    """Interface for the settings of a convolutional column."""

    def build(self, length: int, view: str) -> ConvolutionalColumn:
        """Return a randomly initialised column for a view of `length` points.

        Args:
            length: Number of points in the view.
            view: Name of the view, for error messages.

        Raises:
            ConfigError: The view is too short.
        """


class ConvolutionalNetwork(nn.Module):
    """Base class for networks with one convolutional column per view.

    Args:
        views: Number of bins of each view, by name.
        columns: Column settings, by view name; settings for other views are ignored.

    Attributes:
        views: Number of bins of each view, by name, in alphabetical order.
        columns: Column of each view, by module name (see `column_name`).

    Raises:
        ConfigError: There is no view, or a view has no column or is too short for its column.
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
                    "add a column of that name to network.columns, or remove the view"
                )
            self.columns[column_name(view)] = columns[view].build(bins, view)

    @property
    def column_features(self) -> int:
        """Total number of features that all columns together return for one event."""
        return sum(column.out_features for _, column in self.named_columns())

    def named_columns(self) -> Iterator[tuple[str, ConvolutionalColumn]]:
        """Yield the name and the column of each view, in the order of `views`."""
        for view in self.views:
            yield view, cast(ConvolutionalColumn, self.columns[column_name(view)])

    def column_input(self, name: str, view: Tensor) -> Tensor:
        """Return the input [b, bins] of a view's column.

        By default, this is the view itself. Networks that modify their views override this method.

        Args:
            name: Name of the view.
            view: View [b, bins] as it is in the batch.
        """
        return view
