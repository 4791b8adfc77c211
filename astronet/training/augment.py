"""Augmentation of training events: transformations that preserve the label."""

import torch

from astronet.models.batches import Batch


def reflect(batch: Batch, generator: torch.Generator) -> Batch:
    """Return the batch with time reversed in a random half of the events (S&V 2018, §5).

    Args:
        batch: Batch on any device.
        generator: Random generator on the CPU, so that a seed selects the same events whatever
            the device of the batch.
    """
    flips = (torch.rand(len(batch.label), generator=generator) < 0.5).to(batch.label.device)
    return batch._replace(
        views={
            name: torch.where(flips[:, None], view.flip(1), view)
            for name, view in batch.views.items()
        }
    )
