"""What vetting of pixels adds to the light curve: `python -m benchmarks.matched`.

DR25's data-validation statistics beside the networks, judged on the events of DR24 that DR25 found
again; see configs/residual-dr25-statistics.yaml. The networks without statistics are those of
`benchmarks.quality`, which has to be run first. What is done is kept and not done again.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.progress import track

from astronet.config import load_config
from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.evaluation.metrics import Floats
from benchmarks.folds import PARTS, Rival, fitted, judged_rows, place_of, work_of
from benchmarks.judging import Judged
from benchmarks.learners import HeldOut, Network, Taught, Trees
from benchmarks.rivals import MEMBERS, RIVALS

CONFIG = "residual-dr25-statistics.yaml"
REQUIRES = ("joined_period_days",)
BEFORE = tuple(rival for rival in RIVALS if rival.name in ("residual", "residual and scalars"))
"""Networks that know nothing of the statistics."""

TAUGHT = next(one for one in RIVALS if isinstance(one, Taught) and one.teacher is BEFORE[0])
"""What the first of them has taught."""


def main(
    store: Annotated[Path, typer.Option(help="DR24 joined with DR25")] = Path(
        "data/stores/dr24-dr25"
    ),
    folder: Annotated[Path, typer.Option(help="where the work is kept")] = Path("runs/matched"),
    quality: Annotated[Path, typer.Option(help="the work of benchmarks.quality")] = Path(
        "runs/quality"
    ),
    train: Annotated[bool, typer.Option(help="fit what is missing")] = True,
) -> None:
    """Fits what is missing and prints the table."""
    try:
        opened = ViewStore.open(store)
    except StoreError as error:
        raise SystemExit(f"error: {error}") from None
    rivals = _rivals(quality)
    work = [
        (rival, part, member)
        for rival in rivals
        for member in range(1, rival.members + 1)
        for part in PARTS
    ]
    for rival, part, member in track(work if train else [], "fitting"):
        fitted(rival, opened, part, member, folder)
    reference = next(rival for rival in rivals if rival.name.startswith("residual"))
    Judged(opened, quality, BEFORE[0], REQUIRES).show(BEFORE)
    Judged(opened, folder, reference, REQUIRES).show(rivals)


def _rivals(quality: Path) -> tuple[Rival, ...]:
    scalars = load_config(Path("configs") / CONFIG).scalars
    statistics = {"scalars": scalars, "requires": REQUIRES}
    return (
        Network("residual, scalars and statistics", CONFIG, ("training.keep=last",), MEMBERS),
        Trees("trees on scalars and statistics", **statistics),
        Trees(
            "trees on scalars, statistics and the residual network's score",
            held_out=_held_out(BEFORE[0], quality),
            **statistics,
        ),
    )


def _held_out(rival: Rival, quality: Path) -> HeldOut:
    """The logits of a rival's mean scores, each of networks that have not learnt from its star.

    In a fold, those of all five folds. In the official split, the training events' are of what
    taught another rival, within the training part, and the validation events' of networks trained
    on it.
    """

    def scores(store: ViewStore, part: str) -> Floats:
        if part == "official":
            table = pd.read_csv(_there(work_of(TAUGHT, quality) / "official-teachers.csv"))
            keys = [store.index["star"], store.index["number"]]
            known = table.set_index(["star", "number"])["score"]
            mean = known.reindex(pd.MultiIndex.from_arrays(keys)).to_numpy()
            rows = judged_rows(store, part)
            mean[rows] = _mean(rival, part, quality)
        else:
            mean = np.full(len(store), np.nan)
            for one in PARTS[:-1]:
                mean[judged_rows(store, one)] = _mean(rival, one, quality)
        bounded = np.clip(mean, 1e-4, 1 - 1e-4)
        return np.asarray(np.log(bounded / (1 - bounded)))

    return scores


def _mean(rival: Rival, part: str, quality: Path) -> Floats:
    """The mean of the members' scores of a part."""
    places = [place_of(rival, part, member, quality) for member in range(1, rival.members + 1)]
    scores = [np.load(_there(place / "scores.npy")) for place in places]
    return np.asarray(np.mean(scores, axis=0))


def _there(path: Path) -> Path:
    """A file of `benchmarks.quality`, or an error that says how to make it."""
    if not path.exists():
        raise SystemExit(f"error: {path} is not there; run benchmarks.quality first")
    return path


if __name__ == "__main__":
    typer.run(main)
