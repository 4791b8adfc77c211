"""Ablation study of the residual network: `python -m benchmarks.ablation`.

Each variant of configs/residual-dr24.yaml is trained on two of the five folds by star and scores
the stars outside its training set; `benchmarks.quality` trains the unmodified network on the same
folds. Finished work is kept and not repeated.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track

from astronet.dataset.examples import Examples
from astronet.evaluation.comparison import differences
from astronet.evaluation.metrics import measure
from astronet.lightcurves.arrays import Floats
from benchmarks.folds import (
    QualityFolder,
    ScoresFolder,
    Train,
    evaluated_rows,
    fit,
    folder_of,
    mean_scores,
    open_store,
)
from benchmarks.learners import Network
from benchmarks.measuring import show

FOLDS = ("fold-2", "fold-3")
CONFIG = "residual-dr24"
BASE = Network("residual", CONFIG)

_VIEWS = {
    "global": "global: {bins: 2001}",
    "rebinned_local": (
        "rebinned_local: {bins: 201, durations: 4, bin_width: 0.16, rebinned_from: 2001}"
    ),
    "secondary": (
        "secondary: {bins: 201, durations: 4, bin_width: 0.16, rebinned_from: 2001, "
        "centre: secondary}"
    ),
    "wide": "wide: {bins: 201, durations: 16, bin_width: 0.16, rebinned_from: 2001}",
}
_GLOBAL = "channels: {}, stem_kernel: 9, stem_stride: {}, circular: {}"


def _with_views(*names: str, whole: str = "[16, 24, 32, 48]|4|true") -> tuple[str, str]:
    """Return overrides for some of the views; `whole` gives the columns of the global view."""
    columns = {name: "channels: [16, 24, 32]" for name in names}
    columns["global"] = _GLOBAL.format(*whole.split("|"))
    inner = ", ".join(f"{name}: {{{columns[name]}}}" for name in names)
    views = ", ".join(_VIEWS[name] for name in names)
    return f"views={{{views}}}", f"network.columns={{{inner}}}"


VARIANTS = (
    Network("14 epochs", CONFIG, ("training.epochs=14",)),
    Network("more channels", CONFIG, _with_views(*_VIEWS, whole="[24, 32, 48, 64]|4|true")),
    Network("with period and duration", CONFIG,
            ("network.scalars=[log_period, log_duration_ratio]",)),
    Network("twice the resolution", CONFIG, _with_views(*_VIEWS, whole="[16, 24, 32, 48]|2|true")),
    Network("half of the step", CONFIG, ("optimization.learning_rate=1e-3",)),
    Network("label smoothing 0.1", CONFIG, ("optimization.label_smoothing=0.1",)),
    Network("dropout 0", CONFIG, ("network.dropout=0",)),
    Network("dropout 0.5", CONFIG, ("network.dropout=0.5",)),
    Network("without the secondary", CONFIG, _with_views("global", "rebinned_local", "wide")),
    Network("without the wide view", CONFIG, _with_views("global", "rebinned_local", "secondary")),
    Network("global and local views alone", CONFIG, _with_views("global", "rebinned_local")),
    Network("period padded with zeros", CONFIG,
            _with_views(*_VIEWS, whole="[16, 24, 32, 48]|4|false")),
    Network("constant step", CONFIG, ("optimization.schedule=constant",)),
    Network("without reflection", CONFIG, ("data.reflect=false",)),
)  # fmt: skip


def main(
    store: Annotated[Path, typer.Option(help="Store of DR24.")] = Path("data/stores/dr24"),
    folder: ScoresFolder = Path("runs/ablation"),
    quality: QualityFolder = Path("runs/quality"),
    train: Train = True,
) -> None:
    """Train the missing models and print the table."""
    opened = open_store(store)
    work = [(BASE, fold, quality) for fold in FOLDS]
    work += [(variant, fold, folder) for variant in VARIANTS for fold in FOLDS]
    for network, fold, parent in track(work if train else [], "training"):
        fit(network, opened, fold, 1, parent)
    rows = np.concatenate([evaluated_rows(opened, fold) for fold in FOLDS])
    targets = Examples(opened).targets[rows]
    stars = opened.index["star"].to_numpy()[rows]
    base = _scores(BASE, quality)
    if base is None:
        raise SystemExit("error: no model is trained yet; omit --no-train")
    table = [(BASE.name, f"{BASE.parameters:,}", *_measured(base, targets), "–")]
    for variant in VARIANTS:
        if (scores := _scores(variant, folder)) is None:
            continue
        compared = {"base": base, "variant": scores}
        (pair,) = differences(compared, targets, stars, metrics=["average_precision"])
        low, high = pair["intervals"]["average_precision"]
        difference = f"{low:+.4f} to {high:+.4f}"
        row = (variant.name, f"{variant.parameters:,}", *_measured(scores, targets), difference)
        table.append(row)
    columns = (
        "variant",
        "parameters",
        "ROC AUC",
        "average precision (AP)",
        "AP minus that of the network",
    )
    show(f"{len(rows)} events of two folds, one member each", columns, table)


def _measured(scores: Floats, targets: Floats) -> tuple[str, str]:
    values = measure(scores, targets)
    return f"{values['roc_auc']:.4f}", f"{values['average_precision']:.4f}"


def _scores(network: Network, folder: Path) -> Floats | None:
    """Return the scores [n] of both folds, or None if they are not complete."""
    found = [mean_scores([folder_of(network, fold, 1, folder)]) for fold in FOLDS]
    complete = [scores for scores in found if scores is not None]
    return np.concatenate(complete) if len(complete) == len(FOLDS) else None


if __name__ == "__main__":
    typer.run(main)
