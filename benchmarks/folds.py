"""For what a rival is fitted, who judges it, and where its work is kept."""

from pathlib import Path
from typing import Protocol

import numpy as np

from astronet.dataset.splits import FoldSplit, OfficialSplit, Split
from astronet.dataset.store import ViewStore
from astronet.evaluation.metrics import Floats
from astronet.lightcurves.arrays import Ints

FOLDS = 5
PARTS = (*(f"fold-{k}" for k in range(FOLDS)), "official")
"""What each rival is fitted for: every fold, and the split of 2018."""


class Rival(Protocol):
    """Something that learns from some events and scores others."""

    @property
    def name(self) -> str:
        """What it is called in tables."""

    @property
    def members(self) -> int:
        """How many are trained, from seeds of their own."""

    @property
    def parameters(self) -> int:
        """Of one member."""

    def scores(self, store: ViewStore, part: str, member: int, folder: Path) -> Floats:
        """Scores [n] of all events of the store, having learnt from those that train in a part."""


def fitted(rival: Rival, store: ViewStore, part: str, member: int, folder: Path) -> None:
    """Keeps the scores of the events that a part judges, unless they are there."""
    place = place_of(rival, part, member, folder)
    if (place / "scores.npy").exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    scores = rival.scores(store, part, member, place)[judged_rows(store, part)]
    with (place / "scores.part").open("wb") as file:
        np.save(file, scores)
    (place / "scores.part").replace(place / "scores.npy")


def place_of(rival: Rival, part: str, member: int, folder: Path) -> Path:
    """Where a rival's work for a part is kept."""
    return work_of(rival, folder) / f"{part}-member-{member}"


def work_of(rival: Rival, folder: Path) -> Path:
    """Where all of a rival's work is kept, and what it teaches others too."""
    return folder / rival.name.lower().replace(",", "").replace(" ", "-")


def judged_rows(store: ViewStore, part: str) -> Ints:
    """The rows that are judged in a part."""
    judged = "val" if part == "official" else "test"
    return np.flatnonzero(split_of(part).assign(store.index) == judged)


def split_of(part: str) -> Split:
    """The split of a part."""
    if part == "official":
        return OfficialSplit()
    return FoldSplit(fold=int(part.removeprefix("fold-")), folds=FOLDS)
