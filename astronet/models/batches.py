"""Batches of events: the input of every network."""

from typing import NamedTuple, Self

import torch
from torch import Tensor


class Batch(NamedTuple):
    """Batch of b events.

    Attributes:
        views: Views by name, each float32 [b, bins].
        scalars: Catalogue scalars of each event, float32 [b, k], NaN if unknown; None if the
            network does not read scalars.
        label: Label of each event, float32 [b]: 1 for a planet, and 0 for any other event,
            labelled or not. When a network is trained with a teacher, the labels of training events
            can be soft targets between 0 and 1.
        row: Row number of each event in the store, int64 [b]; None if the events are not from a
            store.
        weight: Weight of each event in the mean loss, float32 [b], if several processes train a
            network together; None means 1. An event with the weight 0 is repeated, so that each
            process has events.
    """

    views: dict[str, Tensor]
    scalars: Tensor | None
    label: Tensor
    row: Tensor | None = None
    weight: Tensor | None = None

    def at(self, places: Tensor) -> Self:
        """Return the batch of the events at the given places [m] in this batch, on the CPU."""
        return self._replace(
            views={name: view[places] for name, view in self.views.items()},
            scalars=None if self.scalars is None else self.scalars[places],
            label=self.label[places],
            row=None if self.row is None else self.row[places],
            weight=None if self.weight is None else self.weight[places],
        )

    def to(self, device: torch.device | str) -> Self:
        """Return the batch with all tensors on a device.

        Copies from page-locked memory to a GPU are asynchronous.
        """
        device = torch.device(device)
        on_gpu = device.type == "cuda"
        return self._replace(
            views={name: v.to(device, non_blocking=on_gpu) for name, v in self.views.items()},
            scalars=None if self.scalars is None else self.scalars.to(device, non_blocking=on_gpu),
            label=self.label.to(device, non_blocking=on_gpu),
            row=None if self.row is None else self.row.to(device, non_blocking=on_gpu),
            weight=None if self.weight is None else self.weight.to(device, non_blocking=on_gpu),
        )

    def pin_memory(self) -> Self:
        """Return a copy of the batch in page-locked memory, which CUDA can copy to a GPU faster."""
        return self._replace(
            views={name: view.pin_memory() for name, view in self.views.items()},
            scalars=None if self.scalars is None else self.scalars.pin_memory(),
            label=self.label.pin_memory(),
            row=None if self.row is None else self.row.pin_memory(),
            weight=None if self.weight is None else self.weight.pin_memory(),
        )
