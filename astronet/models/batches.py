"""Batches of events: the input of every network."""

from typing import NamedTuple, Self

import torch
from torch import Tensor


class Batch(NamedTuple):
    """Some events, side by side.

    Attributes:
        views: Views by name, each float32 [b, bins].
        scalars: What the catalogue knows of every event, float32 [b, k], NaN = unknown; or none.
        label: 1 planet, 0 not, float32 [b]; also 0 where an event to be scored has no label.
        row: The events' rows in the store, int64 [b], if they come from one.
    """

    views: dict[str, Tensor]
    scalars: Tensor | None
    label: Tensor
    row: Tensor | None = None

    def to(self, device: torch.device | str) -> Self:
        """The batch on another device; onto a GPU the copy runs beside the computation."""
        device = torch.device(device)
        beside = device.type == "cuda"
        return self._replace(
            views={name: v.to(device, non_blocking=beside) for name, v in self.views.items()},
            scalars=None if self.scalars is None else self.scalars.to(device, non_blocking=beside),
            label=self.label.to(device, non_blocking=beside),
            row=None if self.row is None else self.row.to(device, non_blocking=beside),
        )

    def pin_memory(self) -> Self:
        """The batch in page-locked memory, from where a GPU fetches faster; needs CUDA."""
        return self._replace(
            views={name: view.pin_memory() for name, view in self.views.items()},
            scalars=None if self.scalars is None else self.scalars.pin_memory(),
            label=self.label.pin_memory(),
            row=None if self.row is None else self.row.pin_memory(),
        )
