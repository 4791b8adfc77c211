"""Lightning data module that provides batches of events from a store."""

from functools import cached_property, partial

import numpy as np
from lightning import LightningDataModule

from astronet.dataset.examples import Examples
from astronet.dataset.recut import in_memory
from astronet.errors import StoreError
from astronet.lightcurves.arrays import Floats, Ints, Views
from astronet.models.batches import Batch
from astronet.training.augment import Degrader
from astronet.training.loaders import Loader, TrainLoader, fetch
from astronet.training.ranks import ALONE, Rank

_EPHEMERIS = ("duration_days", "period_days")


class ViewData(LightningDataModule):
    """Lightning data module of the training and validation sets in a store.

    Only `predict_dataloader` provides unlabelled events.

    Args:
        examples: Events with their views, targets and splits.
        seed: Random seed of the order and the time reversal of training events.
        quiet: Whether to hide the progress bar shown while views are rebinned.
        rank: Process that receives the batches of training and validation events, if several
            processes train a network together.
    """

    def __init__(
        self, examples: Examples, seed: int = 0, *, quiet: bool = False, rank: Rank | None = None
    ) -> None:
        super().__init__()
        self.rank = rank or ALONE
        self.examples = examples
        self.seed = seed
        self.quiet = quiet

    def setup(self, stage: str) -> None:
        """Compute the views that the store lacks.

        If there are no labelled validation events, validation during training is disabled.

        Raises:
            LightCurveError: A view cannot be rebinned for an event.
        """
        _ = self._whole_views
        if stage == "fit" and self.trainer is not None and not len(self.examples.rows("val")):
            self.trainer.limit_val_batches = 0

    def train_dataloader(self) -> TrainLoader:
        """Return the loader of training batches, with events in a different order in each epoch.

        Raises:
            StoreError: There are no labelled training events, all of them belong to one class, or
                events are to be degraded but the store has no periods and durations.
            ConfigError: Events are to be degraded, but there is no global view.
        """
        settings = self.examples.settings
        get = partial(self._fetch, targets=self.examples.soft_targets)
        rows = self.examples.train_rows
        return TrainLoader(
            *(rows, settings.batch_size, get, self.seed, self._epoch, settings.reflect),
            degrade=self._degrader(),
            rank=self.rank,
        )

    def val_dataloader(self) -> Loader:
        """Return the loader of validation batches, with events in row order.

        Raises:
            StoreError: There are no labelled validation events.
        """
        rows = self.examples.some_rows("val")
        places, weights = self.rank.block_of(len(rows))
        size = -(-self.examples.settings.batch_size // self.rank.processes)
        return Loader(rows[places], size, self._fetch, weights)

    def predict_dataloader(self) -> Loader:
        """Return the loader of all events in row order, whether labelled or unlabelled."""
        rows = np.arange(len(self.examples))
        return Loader(rows, self.examples.settings.batch_size, self._fetch)

    def on_before_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Return the batch, copied to page-locked memory if it will be transferred to a GPU."""
        on_gpu = self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
        return batch.pin_memory() if on_gpu else batch

    def _fetch(self, rows: Ints, targets: Floats | None = None) -> Batch:
        labels = self.examples.targets if targets is None else targets
        return fetch(self._whole_views, rows, labels, self.examples.scalars)

    def _degrader(self) -> Degrader | None:
        examples = self.examples
        if examples.settings.degradation is None:
            return None
        if missing := [name for name in _EPHEMERIS if name not in examples.store.index]:
            raise StoreError(
                f"{examples.store.path} has no column {missing[0]}, which data.degradation needs; "
                "import the views again with an event table, or set data.degradation=null"
            )
        duration, period = (examples.store.index[name].to_numpy(np.float64) for name in _EPHEMERIS)
        return Degrader(examples.settings.degradation, examples.specs, duration / period)

    @cached_property
    def _whole_views(self) -> dict[str, Views]:
        views = self.examples.views
        return {name: in_memory(view, quiet=self.quiet) for name, view in views.items()}

    def _epoch(self) -> int:
        return self.trainer.current_epoch if self.trainer else 0
