"""Changes to training events that leave their label alone."""

import torch

from astronet.models.batches import Batch


def reflect(batch: Batch, generator: torch.Generator) -> Batch:
    """Reverses time in all views of an event together, for half of the events (S&V 2018).

    Args:
        batch: Events, on any device.
        generator: Draws which events, on the CPU, so that a seed means the same everywhere.
    """
    flips = (torch.rand(len(batch.label), generator=generator) < 0.5).to(batch.label.device)
    return batch._replace(
        views={
            name: torch.where(flips[:, None], view.flip(1), view)
            for name, view in batch.views.items()
        }
    )
