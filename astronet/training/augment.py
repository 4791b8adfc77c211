"""Augmentation of training events: transformations that preserve the label."""

import torch

from astronet.models.batches import Batch


def reflect(batch: Batch, generator: torch.Generator) -> Batch:
    """Return the batch with the views of randomly selected events reversed in time (S&V 2018, §5).

    Each event is reversed with a probability of 0.5; all its views are reversed together.

    Args:
        batch: Batch on any device.
        generator: Random number generator on the CPU, so that the events selected do not depend on
            the device of the batch.
    """
    flips = (torch.rand(len(batch.label), generator=generator) < 0.5).to(batch.label.device)
    return batch._replace(
        views={
            name: torch.where(flips[:, None], view.flip(1), view)
            for name, view in batch.views.items()
        }
    )
