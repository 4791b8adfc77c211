"""Cross-validation folds of the training stars, on which trials are evaluated."""

from collections.abc import Sequence

import numpy as np

from astronet.dataset.examples import Examples
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import FoldSplit, Split
from astronet.dataset.store import ViewStore
from astronet.errors import ConfigError, StoreError, counted


def folds_within(split: Split, folds: int) -> list[FoldSplit]:
    """Divide the training stars of a split into folds, and return one `FoldSplit` per fold.

    Raises:
        ConfigError: The split is itself a `FoldSplit`, or there are fewer than two folds.
    """
    if isinstance(split, FoldSplit):
        raise ConfigError(
            "tuning makes its own cross-validation folds, so data.split.kind=fold cannot be "
            "used; set data.split.kind=star, official or legacy_tce"
        )
    if folds < 2:
        raise ConfigError(
            f"cross-validation needs at least 2 folds, but folds is {folds}; use more folds",
            arguments=("folds",),
        )
    # With the salt of `split`, the folds would be of unequal size.
    salt = f"folds of {getattr(split, 'salt', '')}"
    return [
        FoldSplit(fold=k, folds=folds, salt=salt, within="train", of=split) for k in range(folds)
    ]


def check_folds(store: ViewStore, settings: DataSettings, parts: Sequence[FoldSplit]) -> None:
    """Raise an error if a fold has no planets or no other labelled events.

    Args:
        store: Store of the events.
        settings: Settings that define the labels of the events.
        parts: Folds to check.

    Raises:
        StoreError: A fold has no planets or no other labelled events, or the store lacks a column
            that the labels or the split require.
        CatalogError: A label is unknown to the label policy.
    """
    targets = Examples(store, settings).targets
    for part in parts:
        held_out = targets[(part.assign(store.index) == "test") & np.isfinite(targets)]
        planets, events = int(held_out.sum()), len(held_out)
        if planets in (0, events):
            raise StoreError(
                f"fold {part.fold + 1} of {part.folds} of the training stars of {store.path} has "
                f"{counted(planets, 'planet')} and {counted(events - planets, 'other event')}, "
                "but both are needed; use another data.split, or fewer folds",
                arguments=("folds",),
            )
