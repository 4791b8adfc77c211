"""Loaders: batches of the rows of a store, in a reproducible order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from astronet.lightcurves.arrays import Floats, Ints, Views
from astronet.models.batches import Batch
from astronet.training.augment import reflect


@dataclass(frozen=True, eq=False)
class Loader:
    """Whole batches of some rows, in the order given; the last one may be smaller.

    Attributes:
        rows: The rows [n].
        batch_size: Events in a batch.
        fetch: Reads the rows of one batch.
    """

    rows: Ints
    batch_size: int
    fetch: Callable[[Ints], Batch]

    def __len__(self) -> int:
        """Number of batches."""
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        for start in range(0, len(self.rows), self.batch_size):
            yield self.fetch(self.rows[start : start + self.batch_size])


@dataclass(frozen=True, eq=False)
class TrainLoader(Loader):
    """Batches in a new order every epoch, half of the events reflected if wanted.

    Order and reflections depend on the seed and the epoch alone, so that a run that is resumed at
    an epoch sees that epoch's batches.

    Attributes:
        seed: The run's seed.
        epoch: Tells the epoch, counted from 0.
        reflect: Whether to reverse time in half of the events.
    """

    seed: int
    epoch: Callable[[], int]
    reflect: bool

    def __iter__(self) -> Iterator[Batch]:
        # Asked at the first batch: when it makes the iterator, a resumed Trainer is an epoch late.
        yield from self.batches(self.epoch())

    def batches(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch, counted from 0."""
        state = np.random.SeedSequence((self.seed, epoch)).generate_state(1, np.uint64)
        generator = torch.Generator().manual_seed(int(state[0]))
        shuffled = self.rows[torch.randperm(len(self.rows), generator=generator).numpy()]
        for batch in Loader(shuffled, self.batch_size, self.fetch):
            yield reflect(batch, generator) if self.reflect else batch


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
