"""Events of a store with their views, targets and splits, for training and evaluation."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from astronet.catalogs.labels import POLICIES
from astronet.dataset.recut import AnyView, views_of
from astronet.dataset.scalars import has_numbers
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import SPLITS
from astronet.dataset.store import ViewStore
from astronet.dataset.teacher import softened
from astronet.errors import StoreError, counted
from astronet.lightcurves.arrays import Bools, Floats, Ints, Views
from astronet.lightcurves.view_specs import ViewSpec


class Examples:
    """Events of a store with their targets and splits, for training, validation and testing.

    Events that have a view without a dip are included; nearly all of them are false alarms.

    Args:
        store: Store of the events.
        settings: Label policy, required columns, split and teacher; None means the default
            settings.
        views: Names of the views that the network reads, or their specifications by name. A view
            that is missing from the store is rebinned from the global view if its specification is
            given and has `rebinned_from`. None selects all views of the store.
        scalars: Catalogue scalars of every row of the store [n, k], from
            `astronet.dataset.scalars.scalars_of`; None if the network reads no scalars.

    Attributes:
        views: Views [n, bins] by name; a view missing from the store is rebinned when indexed.
        specs: Specification of each view by name; None if it is unknown.
        targets: Targets [n]: 1 for a planet, 0 for any other labelled event, NaN if the event is
            unlabelled or lacks a finite value in one or more of the columns `settings.requires`.
        soft_targets: Targets used in training [n]: `targets`, softened by the teacher if there is
            one.
        split: Split of each event [n]: "train", "val", "test" or "" (none).

    Raises:
        StoreError: A view has a different number of bins in the store, or is missing and cannot be
            rebinned; a required column is missing; the split cannot be applied to the store; or the
            teacher's scores cannot be used.
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
        self.specs = {name: spec or store.specs.get(name) for name, spec in specs.items()}
        self.views: dict[str, AnyView] = views_of(store, specs)
        policy = POLICIES[self.settings.labels]
        complete = has_numbers(store.index, self.settings.requires)
        labelled = policy.targets(policy.labels_of(store.index))
        self.targets: Floats = np.where(complete, labelled, np.nan)
        self.split = self.settings.split.assign(store.index)
        teacher = self.settings.teacher
        self.soft_targets = (
            softened(self.targets, store.index, teacher) if teacher else self.targets
        )

    def __len__(self) -> int:
        return len(self.store)

    def rows(self, split: str) -> Ints:
        """Return the row numbers [m] of the labelled events in a split, in ascending order."""
        return np.flatnonzero((self.split == split) & np.isfinite(self.targets))

    def some_rows(self, split: str) -> Ints:
        """Return the row numbers [m] of a split's labelled events; raise an error if it has none.

        Raises:
            StoreError: The split has no labelled event.
        """
        rows = self.rows(split)
        if not len(rows):
            raise StoreError(
                f"the {split} split of {self.store.path} has no labelled events; {self._remedy()}"
            )
        return rows

    def without_training_events(self, rows: Ints) -> Bools:
        """Return a mask [m] of the events whose stars have no labelled training events.

        Args:
            rows: Row numbers of the events [m].
        """
        stars = self.store.index["star"]
        trained = set(stars.iloc[self.rows("train")])
        return ~stars.iloc[rows].isin(trained).to_numpy(np.bool_)

    @cached_property
    def train_rows(self) -> Ints:
        """Row numbers [m] of the labelled training events, in ascending order.

        Raises:
            StoreError: There are no labelled training events, or they all belong to one class.
        """
        rows = self.rows("train")
        planets = int(self.targets[rows].sum())
        if planets == 0 or planets == len(rows):
            raise StoreError(
                f"the training split of {self.store.path} has "
                f"{counted(planets, 'planet')} and {counted(len(rows) - planets, 'other event')}, "
                f"but both are needed; {self._remedy()}"
            )
        return rows

    @property
    def positive_weight(self) -> float:
        """Positive-class weight that balances the classes.

        It is the ratio of other events to planets among the labelled training events.

        Raises:
            StoreError: There are no labelled training events, or they all belong to one class.
        """
        targets = self.targets[self.train_rows]
        return float((targets == 0).sum() / (targets == 1).sum())

    def _remedy(self) -> str:
        counts = ", ".join(f"{name} {len(self.rows(name))}" for name in SPLITS)
        return (
            f"change data.split (now {self.settings.split.kind}) or data.labels (now "
            f"{self.settings.labels}), or add events (labelled events: {counts})"
        )
