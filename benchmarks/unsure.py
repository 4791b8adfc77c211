"""Errors among unsure scores of the shipped weights: `python -m benchmarks.unsure --store STORE`.

The events are the validation events of DR24 whose stars are not in the training set. The limits of
unsure scores are fitted to the events of one half of the stars and applied to the other half, and
the other way round. The range of the features is that of the training events. An event with several
reasons is counted with the first one.
"""

from benchmarks.measuring import one_thread

one_thread()

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

import astronet
from astronet.dataset.examples import Examples
from astronet.dataset.features import store_features
from astronet.dataset.store import ViewStore
from astronet.evaluation.decisions import DISAGREEING, UNDECIDED, Thresholds
from astronet.lightcurves.arrays import Bools, Floats
from astronet.models.feature_range import FeatureRange
from astronet.runs.batches import Scores
from astronet.runs.predictions import UNUSUAL, unsure
from astronet.runs.shipped import shipped_names
from benchmarks.measuring import show

REASONS = ("", UNDECIDED, DISAGREEING, UNUSUAL)


def halves(stars: Floats, seed: int) -> Bools:
    """Return a mask [n] of the events of a random half of the stars."""
    unique = np.unique(stars)
    chosen = np.random.default_rng(seed).permutation(unique)[: len(unique) // 2]
    return np.isin(stars, chosen)


def reasons_of(scores: Scores, targets: Floats, half: Bools) -> list[str]:
    """Return why each score [n] is unsure, with the limits of the other half of the events."""
    found = np.empty(len(targets), dtype=object)
    for test in (half, ~half):
        fitted = Thresholds.fit(scores.score[~test], targets[~test], scores.spread[~test])
        found[test] = unsure(scores.of(np.flatnonzero(test)), fitted)
    return list(found)


def main(
    store: Annotated[Path, typer.Option(help="Store of DR24, with DR25's statistics.")],
    seed: Annotated[int, typer.Option(help="Random seed of the halves.")] = 0,
) -> None:
    """Print the fraction of events and of errors for each reason."""
    opened = ViewStore.open(store)
    features = store_features(opened)
    lines = []
    for name in shipped_names():
        scorer = astronet.load(name)
        examples = Examples(opened, scorer.experiment.data)
        rows = examples.rows("val")
        rows = rows[examples.without_training_events(rows)]
        usual = FeatureRange.fit(features[examples.train_rows])
        scores = scorer.scores_of_store(opened, rows)
        scores = scores._replace(unusual=usual.unusual(features[rows]))
        targets = examples.targets[rows]
        half = halves(opened.index["star"].to_numpy()[rows], seed)
        first = np.array([reason.split("; ")[0] for reason in reasons_of(scores, targets, half)])
        wrong = (scores.score > 0.5) != (targets > 0)
        for reason in REASONS:
            events = first == reason
            errors = int(wrong[events].sum())
            rate = f"{100 * errors / events.sum():.1f} %" if events.any() else "–"
            lines.append((name, reason or "none", str(events.sum()), str(errors), rate))
        lines.append((name, "all events", str(len(rows)), str(wrong.sum()), f"{wrong.mean():.1%}"))
    columns = ("weights", "reason", "events", "errors", "fraction of errors")
    show("Unsure scores, validation events of stars without training events", columns, lines)


if __name__ == "__main__":
    typer.run(main)
