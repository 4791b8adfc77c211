"""Evaluation sets of the compared models, and the folders of their scores."""

from pathlib import Path
from typing import Protocol

import numpy as np

from astronet.dataset.splits import FoldSplit, OfficialSplit, Split
from astronet.dataset.store import ViewStore
from astronet.lightcurves.arrays import Floats, Ints

FOLDS = 5
PARTS = (*(f"fold-{k}" for k in range(FOLDS)), "official")
"""Evaluation sets: every fold by star, and the official split of 2018."""


class Model(Protocol):
    """A model that is trained on some events and scores others."""

    @property
    def name(self) -> str:
        """Name of the model in tables."""

    @property
    def members(self) -> int:
        """Number of members, each trained with its own seed."""

    @property
    def parameters(self) -> int:
        """Number of parameters of one member."""

    def scores(self, store: ViewStore, part: str, member: int, folder: Path) -> Floats:
        """Return the scores [n] of all events, after training on the training events of a part."""


def fit(model: Model, store: ViewStore, part: str, member: int, folder: Path) -> None:
    """Train a model and save its scores of the evaluated events, unless they exist."""
    target = folder_of(model, part, member, folder)
    if (target / "scores.npy").exists():
        return
    target.mkdir(parents=True, exist_ok=True)
    scores = model.scores(store, part, member, target)[evaluated_rows(store, part)]
    with (target / "scores.part").open("wb") as file:
        np.save(file, scores)
    (target / "scores.part").replace(target / "scores.npy")


def folder_of(model: Model, part: str, member: int, folder: Path) -> Path:
    """Return the folder of one member of a model for a part."""
    return work_folder(model, folder) / f"{part}-member-{member}"


def work_folder(model: Model, folder: Path) -> Path:
    """Return the folder of a model, which also contains the teachers that it provides."""
    return folder / model.name.lower().replace(",", "").replace(" ", "-")


def evaluated_rows(store: ViewStore, part: str) -> Ints:
    """Return the rows of the events that are evaluated in a part."""
    split = "val" if part == "official" else "test"
    return np.flatnonzero(split_of(part).assign(store.index) == split)


def split_of(part: str) -> Split:
    """Return the split of a part."""
    if part == "official":
        return OfficialSplit()
    return FoldSplit(fold=int(part.removeprefix("fold-")), folds=FOLDS)
