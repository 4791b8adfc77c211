"""Folds of the training stars, by which settings are judged."""

from collections.abc import Sequence

import numpy as np

from astronet.dataset.examples import Examples
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import FoldSplit, Split
from astronet.dataset.store import ViewStore
from astronet.errors import ConfigError, StoreError


def folds_within(split: Split, folds: int) -> list[FoldSplit]:
    """Folds by star of the training part of a split.

    Raises:
        ConfigError: The split is one into folds itself, or there are fewer than two folds.
    """
    if isinstance(split, FoldSplit):
        raise ConfigError(
            "data.split.kind=fold judges by a fold already; tune with data.split.kind=star or "
            "official, whose training part is split into folds"
        )
    if folds < 2:
        raise ConfigError(f"{folds} folds hold nothing out; give at least 2")
    salt = f"folds of {getattr(split, 'salt', '')}"  # not the split's own, which drew the part
    return [
        FoldSplit(fold=k, folds=folds, salt=salt, within="train", of=split) for k in range(folds)
    ]


def check_folds(store: ViewStore, settings: DataSettings, parts: Sequence[FoldSplit]) -> None:
    """Refuses folds that cannot be judged by.

    Raises:
        StoreError: A fold has no planets, or nothing else.
    """
    targets = Examples(store, settings).targets
    for part in parts:
        held_out = targets[(part.assign(store.index) == "test") & np.isfinite(targets)]
        planets, events = int(held_out.sum()), len(held_out)
        if planets in (0, events):
            raise StoreError(
                f"fold {part.fold + 1} of {part.folds} of the training stars of {store.path} holds "
                f"{planets} planets and {events - planets} other events, and needs both; take "
                "fewer folds, or another data.split",
                arguments=("folds",),
            )
