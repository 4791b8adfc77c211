"""Loaders that yield batches of events in a reproducible order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from astronet.lightcurves.arrays import Floats, Ints, Views
from astronet.models.batches import Batch
from astronet.training.augment import Degrader, random_flips, reflect
from astronet.training.ranks import ALONE, Rank


@dataclass(frozen=True, eq=False)
class Loader:
    """Loader that yields batches of the given rows of a store, in the given order.

    The last batch may be smaller.

    Attributes:
        rows: Row of each event in the store [n].
        batch_size: Number of events per batch.
        fetch: Function that returns the batch of the given rows [b].
        weights: Weight of each event [n] (see `Batch.weight`); None means 1.
    """

    rows: Ints
    batch_size: int
    fetch: Callable[[Ints], Batch]
    weights: Views | None = None

    def __len__(self) -> int:
        """Return the number of batches."""
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        for start in range(0, len(self.rows), self.batch_size):
            some = slice(start, start + self.batch_size)
            weight = None if self.weights is None else torch.from_numpy(self.weights[some])
            yield self.fetch(self.rows[some])._replace(weight=weight)


@dataclass(frozen=True, eq=False)
class TrainLoader:
    """Loader that shuffles the events in every epoch and, optionally, reverses views in time.

    The order of the events and the choice of reversed events depend only on the seed and the epoch,
    so a resumed run gets the same batches as an uninterrupted run. If several processes train a
    network together, each of them gets its events of the same batches, with the same augmentation.

    Attributes:
        rows: Row of each event in the store [n].
        batch_size: Number of events per batch, of all processes together.
        fetch: Function that returns the batch of the given rows [b].
        seed: Random seed of the run.
        epoch: Function that returns the current epoch, counted from 0.
        reflect: Whether to reverse the views of random events in time.
        degrade: Function that degrades random events; None leaves all events unchanged.
        rank: Process that receives the batches.
    """

    rows: Ints
    batch_size: int
    fetch: Callable[[Ints], Batch]
    seed: int
    epoch: Callable[[], int]
    reflect: bool
    degrade: Degrader | None = None
    rank: Rank = ALONE

    def __len__(self) -> int:
        """Return the number of batches."""
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        # This is a generator so that the epoch is read when the first batch is requested. When a
        # resumed Trainer creates the iterator, the Trainer's current epoch is still one too low.
        yield from self.batches(self.epoch())

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Yield the batches of one epoch, with the events of this process.

        Args:
            epoch: Number of the epoch, counted from 0.
        """
        state = np.random.SeedSequence((self.seed, epoch)).generate_state(1, np.uint64)
        generator = torch.Generator().manual_seed(int(state[0]))
        shuffled = self.rows[torch.randperm(len(self.rows), generator=generator).numpy()]
        for start in range(0, len(shuffled), self.batch_size):
            yield self._batch(shuffled[start : start + self.batch_size], generator)

    def _batch(self, rows: Ints, generator: torch.Generator) -> Batch:
        """Return this process's events of the batch of the given rows, augmented."""
        places, weight = self.rank.part_of(len(rows))
        if self.degrade is None:
            batch = self.fetch(rows[places])
        else:  # the random numbers of an event depend on the whole batch
            batch = self.degrade(self.fetch(rows), generator).at(torch.from_numpy(places))
        if self.reflect:
            batch = reflect(batch, random_flips(len(rows), generator)[places])
        return batch._replace(weight=None if weight is None else torch.from_numpy(weight))


def fetch(
    views: Mapping[str, Views],
    rows: Ints,
    targets: Floats,
    scalars: Views | None = None,
) -> Batch:
    """Read the given rows of each view in one access, and return them as a batch.

    In the batch, events without a label have the label 0.

    Args:
        views: Views of all events in the store [n, bins], by name.
        rows: Rows of the events to read [b].
        targets: Target of every event in the store [n]: 1, 0, a soft target between them, or NaN
            (no label).
        scalars: Scalars of every event in the store [n, k], computed by `scalars_of`; None if the
            network does not read scalars.
    """
    return Batch(
        views={name: torch.from_numpy(np.take(v, rows, axis=0)) for name, v in views.items()},
        scalars=None if scalars is None else torch.from_numpy(scalars[rows]),
        label=torch.from_numpy(np.nan_to_num(targets[rows], nan=0.0).astype(np.float32)),
        row=torch.from_numpy(rows),
    )
