"""Benefit of pixel-level vetting in addition to the light curve: `python -m benchmarks.matched`.

Networks and trees with DR25's data-validation statistics are evaluated on the events of DR24 that
were also found in DR25; see configs/residual-dr25-statistics.yaml. The networks without statistics
are those of `benchmarks.quality`, which must be run first. Finished work is kept and not repeated.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.progress import track

from astronet.config import load_config
from astronet.dataset.store import ViewStore
from astronet.files.configs import find_config
from astronet.lightcurves.arrays import Floats
from benchmarks.evaluation import Evaluation
from benchmarks.folds import (
    PARTS,
    SCORES,
    Model,
    QualityFolder,
    ScoresFolder,
    Train,
    evaluated_rows,
    fit,
    folder_of,
    mean_scores,
    open_store,
    work_folder,
)
from benchmarks.learners import Distilled, HeldOut, Network, Trees
from benchmarks.models import MEMBERS, MODELS

CONFIG = "residual-dr25-statistics"
REQUIRES = ("joined_period_days",)
BASES = tuple(model for model in MODELS if model.name in ("residual", "residual and scalars"))
"""Networks without the statistics."""

DISTILLED = next(one for one in MODELS if isinstance(one, Distilled) and one.teacher is BASES[0])
"""Network distilled from the first of them."""


def main(
    store: Annotated[Path, typer.Option(help="Store of DR24 joined with DR25.")] = Path(
        "data/stores/dr24-dr25"
    ),
    folder: ScoresFolder = Path("runs/matched"),
    quality: QualityFolder = Path("runs/quality"),
    train: Train = True,
) -> None:
    """Train the missing models and print the tables."""
    opened = open_store(store)
    models = _rivals(quality)
    work = [
        (model, part, member)
        for model in models
        for member in range(1, model.members + 1)
        for part in PARTS
    ]
    for model, part, member in track(work if train else [], "training"):
        fit(model, opened, part, member, folder)
    reference = next(model for model in models if model.name.startswith("residual"))
    Evaluation(opened, quality, BASES[0], REQUIRES).show(BASES)
    Evaluation(opened, folder, reference, REQUIRES).show(models)


def _rivals(quality: Path) -> tuple[Model, ...]:
    scalars = load_config(find_config(CONFIG)).scalars
    trees = Trees("trees on scalars and statistics", scalars=scalars, requires=REQUIRES)
    return (
        Network("residual, scalars and statistics", CONFIG, ("training.keep=last",), MEMBERS),
        trees,
        replace(
            trees,
            name="trees on scalars, statistics and the residual network's score",
            held_out=_held_out(BASES[0], quality),
        ),
    )


def _held_out(model: Model, quality: Path) -> HeldOut:
    """Return a function that gives the out-of-fold logits of a model's mean scores.

    For a fold, they are from the networks of all five folds. For the official split, those of the
    training events are from the teachers of the distilled network, and those of the validation
    events from the networks trained on the training events.
    """

    def scores(store: ViewStore, part: str) -> Floats:
        if part == "official":
            path = work_folder(DISTILLED, quality) / "official-teachers.csv"
            if not path.exists():
                raise _missing(path)
            table = pd.read_csv(path)
            keys = [store.index["star"], store.index["number"]]
            known = table.set_index(["star", "number"])["score"]
            mean = known.reindex(pd.MultiIndex.from_arrays(keys)).to_numpy()
            rows = evaluated_rows(store, part)
            mean[rows] = _mean(model, part, quality)
        else:
            mean = np.full(len(store), np.nan)
            for one in PARTS[:-1]:
                mean[evaluated_rows(store, one)] = _mean(model, one, quality)
        bounded = np.clip(mean, 1e-4, 1 - 1e-4)
        return np.asarray(np.log(bounded / (1 - bounded)))

    return scores


def _mean(model: Model, part: str, quality: Path) -> Floats:
    """Return the mean score of the members for a part."""
    folders = [folder_of(model, part, member, quality) for member in range(1, model.members + 1)]
    mean = mean_scores(folders)
    if mean is None:
        raise _missing(next(one for one in folders if mean_scores([one]) is None) / SCORES)
    return mean


def _missing(path: Path) -> SystemExit:
    """Return the error for a missing file of `benchmarks.quality`."""
    return SystemExit(f"error: {path} does not exist; run benchmarks.quality first")


if __name__ == "__main__":
    typer.run(main)
