"""Evaluation sets of the compared models, and the files of their scores."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Protocol

import numpy as np
import typer

from astronet.dataset.splits import FoldSplit, OfficialSplit, Split
from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.files.atomic import replacing
from astronet.lightcurves.arrays import Floats, Ints

FOLDS = 5
PARTS = (*(f"fold-{k}" for k in range(FOLDS)), "official")
"""Evaluation sets: every fold by star, and the official split of 2018."""

SCORES = "scores.npy"
"""Name of the file of a model's scores."""

ScoresFolder = Annotated[Path, typer.Option(help="Folder of the trained models and their scores.")]
QualityFolder = Annotated[Path, typer.Option(help="Folder of benchmarks.quality.")]
Train = Annotated[bool, typer.Option(help="Train the models that are missing.")]
"""Command-line options shared by `quality`, `matched` and `ablation`."""


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
    if mean_scores([target]) is None:
        target.mkdir(parents=True, exist_ok=True)
        save_scores(target, model.scores(store, part, member, target)[evaluated_rows(store, part)])


def save_scores(folder: Path, scores: Floats) -> None:
    """Save scores [n] in the folder of a trained model."""
    with replacing(folder / SCORES) as part, part.open("wb") as file:
        np.save(file, scores)


def mean_scores(folders: Iterable[Path]) -> Floats | None:
    """Return the mean of the scores [n] in several folders, or None if a folder has no scores."""
    paths = [folder / SCORES for folder in folders]
    if not all(path.exists() for path in paths):
        return None
    mean: Floats = np.mean([np.load(path) for path in paths], axis=0)
    return mean


def open_store(path: Path) -> ViewStore:
    """Return the store in a folder; exit with an error message if there is none."""
    try:
        return ViewStore.open(path)
    except StoreError as error:
        raise SystemExit(f"error: {error}") from None


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
