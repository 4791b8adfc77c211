"""Batches of events: what a network is given."""

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from astronet.lightcurves.arrays import Floats, Ints, Views


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


def fetch(
    views: Mapping[str, Views],
    rows: Ints,
    targets: Floats,
    scalars: Views | None = None,
) -> Batch:
    """Reads events of a store, one access per view for the whole batch.

    Args:
        views: Views [n, bins] by name.
        rows: Rows of the events [b].
        targets: 1, 0 or NaN (no label) for every row of the store [n].
        scalars: Those of every row of the store [n, k], as `scalars_of` gives them.
    """
    return Batch(
        views={name: torch.from_numpy(np.take(v, rows, axis=0)) for name, v in views.items()},
        scalars=None if scalars is None else torch.from_numpy(scalars[rows]),
        label=torch.from_numpy(np.nan_to_num(targets[rows], nan=0.0).astype(np.float32)),
        row=torch.from_numpy(rows),
    )
