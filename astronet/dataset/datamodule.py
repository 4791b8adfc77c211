"""What Lightning trains, validates and predicts on: batches from a store."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from lightning import LightningDataModule
from pydantic import BaseModel, ConfigDict, Field, field_validator

from astronet.catalogs.labels import POLICIES
from astronet.dataset.augment import reflect
from astronet.dataset.batches import Batch, fetch
from astronet.dataset.recut import in_memory, views_of
from astronet.dataset.scalars import has_numbers
from astronet.dataset.splits import Split, StarSplit
from astronet.dataset.store import ViewStore
from astronet.dataset.teacher import Teacher, softened
from astronet.errors import StoreError
from astronet.lightcurves.arrays import Floats, Ints, Views
from astronet.lightcurves.view_specs import ViewSpec


class DataSettings(BaseModel):
    """How the events of a store become training data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_size: int = Field(64, ge=1)
    """Events in a batch (S&V 2018, §5)."""

    reflect: bool = True
    """Reverse time in half of the training events, anew in every epoch (S&V 2018)."""

    labels: str = "dr24_autovetter"
    """Which dispositions are planets: a policy of `astronet.catalogs.labels`."""

    requires: tuple[str, ...] = ()
    """Columns of numbers of the store's index; an event that lacks one is in no split."""

    teacher: Teacher | None = None
    """Scores that soften the labels of the training events; none: the labels as they are."""

    split: Split = StarSplit()
    """Which events are for training, validation and test."""

    @field_validator("labels")
    @classmethod
    def _is_known(cls, labels: str) -> str:
        if labels not in POLICIES:
            raise ValueError(f"no such label policy; choose one of {', '.join(POLICIES)}")
        return labels


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


class ViewData(LightningDataModule):
    """The training, validation and test events of a store.

    Events without a label are scored by `predict_dataloader`, and are in no other. Flat events
    are ordinary training data: nearly all are false alarms.

    Args:
        store: The events.
        settings: Batches, labels and split.
        seed: Steers order and reflection of the training events.
        views: Names of the views that the network wants, or how they are cut by name, so that
            one that the store lacks can be cut anew; by default every view of the store.
        scalars: Those of every row of the store [n, k], as `scalars_of` gives them.
        quiet: Show no progress.

    Attributes:
        views: The views [n, bins] by name; one that the store lacks is cut when it is read.
        targets: 1, 0 or NaN (no label, or a required column is not known) [n].
        taught: What training makes of them [n]: the same, unless there is a teacher.

    Raises:
        StoreError: The store lacks a view, or cannot be split so.
        CatalogError: A label is not known to the policy.
    """

    def __init__(
        self,
        store: ViewStore,
        settings: DataSettings | None = None,
        seed: int = 0,
        views: Sequence[str] | Mapping[str, ViewSpec] | None = None,
        scalars: Views | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        super().__init__()
        self.store = store
        self.settings = settings or DataSettings()
        self.seed = seed
        wanted = list(store.bins) if views is None else views
        known = wanted if isinstance(wanted, Mapping) else dict.fromkeys(wanted)
        self.views = views_of(store, known)
        self.bins = {name: view.shape[1] for name, view in self.views.items()}
        self.quiet = quiet
        self.scalars = scalars
        policy = POLICIES[self.settings.labels]
        complete = has_numbers(store.index, self.settings.requires)
        targets = policy.targets(store.index[policy.column])
        self.targets: Floats = np.where(complete, targets, np.nan)
        self.split = self.settings.split.assign(store.index)
        teacher = self.settings.teacher
        self.taught = softened(self.targets, store.index, teacher) if teacher else self.targets

    def rows(self, split: str) -> Ints:
        """Rows of the labelled events of one split, in order."""
        return np.flatnonzero((self.split == split) & np.isfinite(self.targets))

    @cached_property
    def train_rows(self) -> Ints:
        """Rows of the training events, in order.

        Raises:
            StoreError: There is none, or there are no planets or nothing but planets.
        """
        rows = self.rows("train")
        planets = int(self.targets[rows].sum())
        if planets == 0 or planets == len(rows):
            raise StoreError(
                f"the training split of {self.store.path} holds {planets} planets and "
                f"{len(rows) - planets} other events, and needs both; {self._cure()}"
            )
        return rows

    @property
    def positive_weight(self) -> float:
        """Weight of a planet that balances the classes of the training events."""
        return positive_weight(self.targets[self.train_rows])

    def setup(self, stage: str) -> None:
        """Lets a Trainer that fits go without validation where there are no such events.

        Views that the store lacks are cut now, once for all epochs.
        """
        _ = self._whole_views
        if stage == "fit" and self.trainer is not None and not len(self.rows("val")):
            self.trainer.limit_val_batches = 0

    def train_dataloader(self) -> TrainLoader:
        """The training events, shuffled by seed and epoch."""
        size, reflected = self.settings.batch_size, self.settings.reflect
        fetch = partial(self._fetch, targets=self.taught)
        return TrainLoader(self.train_rows, size, fetch, self.seed, self._epoch, reflected)

    def val_dataloader(self) -> Loader:
        """The validation events in row order.

        Raises:
            StoreError: There is none.
        """
        return self._loader(self._some_rows("val"))

    def test_dataloader(self) -> Loader:
        """The test events in row order.

        Raises:
            StoreError: There is none.
        """
        return self._loader(self._some_rows("test"))

    def predict_dataloader(self) -> Loader:
        """All events in row order, labelled or not."""
        return self._loader(np.arange(len(self.store)))

    def _some_rows(self, split: str) -> Ints:
        rows = self.rows(split)
        if not len(rows):
            raise StoreError(
                f"the {split} split of {self.store.path} holds no labelled event; {self._cure()}"
            )
        return rows

    def _loader(self, rows: Ints) -> Loader:
        return Loader(rows, self.settings.batch_size, self._fetch)

    def _fetch(self, rows: Ints, targets: Floats | None = None) -> Batch:
        labels = self.targets if targets is None else targets
        batch = fetch(self._whole_views, rows, labels, self.scalars)
        on_gpu = self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
        return batch.pin_memory() if on_gpu else batch

    @cached_property
    def _whole_views(self) -> dict[str, Views]:
        return {name: in_memory(view, quiet=self.quiet) for name, view in self.views.items()}

    def _epoch(self) -> int:
        return self.trainer.current_epoch if self.trainer else 0

    def _cure(self) -> str:
        counts = ", ".join(f"{name} {len(self.rows(name))}" for name in ("train", "val", "test"))
        return (
            f"data.split={self.settings.split.kind} and data.labels={self.settings.labels} give "
            f"{counts} labelled events: change one of them, or add events"
        )


def positive_weight(targets: Iterable[float]) -> float:
    """Negatives per positive: the weight of a planet that balances the classes.

    Args:
        targets: 1, 0 or NaN (no label) [n]; at least one is 1.
    """
    values = np.asarray(list(targets))
    return float((values == 0).sum() / (values == 1).sum())
