"""Labelled events of a store: their views, targets and splits, as plain numpy arrays."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from astronet.catalogs.labels import POLICIES
from astronet.dataset.recut import AnyView, views_of
from astronet.dataset.scalars import has_numbers
from astronet.dataset.settings import DataSettings
from astronet.dataset.store import ViewStore
from astronet.dataset.teacher import softened
from astronet.errors import StoreError
from astronet.lightcurves.arrays import Floats, Ints, Views
from astronet.lightcurves.view_specs import ViewSpec


class Examples:
    """Labelled events of a store, for training, validation and testing.

    Events whose views have no dip are included; nearly all of them are false alarms.

    Args:
        store: Store of the events.
        settings: Label policy, split and teacher.
        views: Names of the views that the network reads, or their specs by name, so that a view
            that is missing from the store can be rebinned from its global view; None selects every
            view of the store.
        scalars: Catalogue scalars of every row of the store [n, k], from
            `astronet.dataset.scalars.scalars_of`.

    Attributes:
        views: Views [n, bins] by name; a view that the store lacks is rebinned when it is indexed.
        bins: Number of bins of each view, by name.
        targets: Targets [n]: 1 for a planet, 0 for any other event, NaN for an event without a
            label or without a required number.
        soft_targets: Targets for training [n]: `targets`, softened by the teacher if there is one.
        split: Split of each event [n]: "train", "val", "test" or "".

    Raises:
        StoreError: A view is missing from the store, or the split cannot be applied to it.
        CatalogError: A label is unknown to the label policy.
    """

    def __init__(
        self,
        store: ViewStore,
        settings: DataSettings | None = None,
        views: Sequence[str] | Mapping[str, ViewSpec] | None = None,
        scalars: Views | None = None,
    ) -> None:
        self.store = store
        self.settings = settings or DataSettings()
        self.scalars = scalars
        wanted = list(store.bins) if views is None else views
        specs = wanted if isinstance(wanted, Mapping) else dict.fromkeys(wanted)
        self.views: dict[str, AnyView] = views_of(store, specs)
        self.bins = {name: view.shape[1] for name, view in self.views.items()}
        policy = POLICIES[self.settings.labels]
        complete = has_numbers(store.index, self.settings.requires)
        labelled = policy.targets(store.index[policy.column])
        self.targets: Floats = np.where(complete, labelled, np.nan)
        self.split = self.settings.split.assign(store.index)
        teacher = self.settings.teacher
        self.soft_targets = (
            softened(self.targets, store.index, teacher) if teacher else self.targets
        )

    def __len__(self) -> int:
        return len(self.store)

    def rows(self, split: str) -> Ints:
        """Return the rows of the labelled events of one split [m], in order."""
        return np.flatnonzero((self.split == split) & np.isfinite(self.targets))

    def some_rows(self, split: str) -> Ints:
        """Return the rows of the labelled events of one split [m], in order; raise if it has none.

        Raises:
            StoreError: The split has no labelled event.
        """
        rows = self.rows(split)
        if not len(rows):
            raise StoreError(
                f"the {split} split of {self.store.path} has no labelled events; {self._remedy()}"
            )
        return rows

    @cached_property
    def train_rows(self) -> Ints:
        """Rows of the training events [m], in order.

        Raises:
            StoreError: There are no training events, or all of them belong to one class.
        """
        rows = self.rows("train")
        planets = int(self.targets[rows].sum())
        if planets == 0 or planets == len(rows):
            raise StoreError(
                f"the training split of {self.store.path} has {planets} planets and "
                f"{len(rows) - planets} other events, but both are needed; {self._remedy()}"
            )
        return rows

    @property
    def positive_weight(self) -> float:
        """Weight of the planets that balances the classes of the training events."""
        return positive_weight(self.targets[self.train_rows])

    def _remedy(self) -> str:
        counts = ", ".join(f"{name} {len(self.rows(name))}" for name in ("train", "val", "test"))
        return (
            f"change data.split (now {self.settings.split.kind}) or data.labels (now "
            f"{self.settings.labels}), or add events (labelled events: {counts})"
        )


def positive_weight(targets: Floats) -> float:
    """Return the weight of the planets that balances the classes: negatives per positive.

    Args:
        targets: Targets [n]: 1, 0 or NaN (no label); at least one is 1.
    """
    return float((targets == 0).sum() / (targets == 1).sum())
