"""Scores of one or more models on the same events, and the counts at all thresholds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from astronet.evaluation.metrics import checked
from astronet.figures.interactive import SERIES
from astronet.lightcurves.arrays import Floats

DASHES = ("solid", "dashed", "dotdash", "dotted")
"""Line styles of the models, used in this order, so that colours are not needed to tell them."""


@dataclass(frozen=True, eq=False)
class Model:
    """Scores of one model, and how they are drawn.

    Attributes:
        name: Name of the model.
        scores: Scores [n] between 0 and 1.
        colour: Colour of the curves.
        dash: Line style of the curves.
        first: Whether this is the model that the report describes.
    """

    name: str
    scores: Floats
    colour: str
    dash: str
    first: bool


@dataclass(frozen=True, eq=False)
class Scored:
    """Events [n] with their targets, and the scores of the models that are drawn together.

    Attributes:
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n].
        threshold: Score above which an event is classified as a planet.
        models: Models; the one that the report describes comes first.
    """

    targets: Floats
    stars: ArrayLike
    threshold: float
    models: Sequence[Model]

    @property
    def first(self) -> Model:
        """Model that the report describes."""
        return self.models[0]

    @property
    def both_classes(self) -> bool:
        """Whether there are both planets and other events."""
        return bool(0 < self.targets.sum() < len(self.targets))


def scored(
    events: pd.DataFrame,
    threshold: float,
    name: str,
    others: Mapping[str, Floats] | None = None,
) -> Scored:
    """Return the scores of a table of events and of other models.

    Args:
        events: Table of events [n] with columns star, score and target.
        threshold: Score above which an event is classified as a planet.
        name: Name of the model whose scores are in the table.
        others: Scores [n] of other models by name.

    Raises:
        RunError: The scores or targets are invalid; see `astronet.evaluation.metrics.measure`.
    """
    given = {name: events["score"].to_numpy()} | dict(others or {})
    models = []
    for k, (model, scores) in enumerate(given.items()):
        p, y = checked(scores, events["target"].to_numpy())
        models.append(Model(model, p, SERIES[k % len(SERIES)], DASHES[k % len(DASHES)], k == 0))
    stars = events["star"].astype(str).to_numpy()
    return Scored(y, stars, threshold, models)


def operating_points(model: Model, targets: Floats) -> dict[str, Any]:
    """Return the classification of the events at each threshold, the highest threshold first.

    Args:
        model: Scores [n] of the events.
        targets: Targets [n]: 1 for planets, 0 for the rest; both classes occur.

    Returns:
        Columns [k] with one row per distinct score, preceded by a row in which no event is
        classified as a planet: model, rule (for example "score ≥ 0.5"), tp, fp, fn, tn, recall,
        false_positive_rate and precision (1 in the first row).
    """
    order = np.argsort(-model.scores, kind="stable")
    ranked = model.scores[order]
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    tp = np.append(0, np.cumsum(targets[order])[ends])
    fp = np.append(0, np.cumsum(1 - targets[order])[ends])
    called = tp + fp
    precision = np.divide(tp, called, out=np.ones(len(tp)), where=called > 0)
    counts = {"tp": tp, "fp": fp, "fn": tp[-1] - tp, "tn": fp[-1] - fp}
    rates = {"recall": tp / tp[-1], "false_positive_rate": fp / fp[-1], "precision": precision}
    return {
        "model": [model.name] * len(tp),
        "rule": ["no event", *(f"score ≥ {score:.6g}" for score in ranked[ends])],
        **{name: values.astype(np.int32) for name, values in counts.items()},
        **{name: values.astype(np.float32) for name, values in rates.items()},
    }


def at_threshold(model: Model, scored: Scored) -> dict[str, Any]:
    """Return the columns recall, false_positive_rate and precision at the threshold, in one row.

    The precision is NaN if no event is classified as a planet.
    """
    called = model.scores > scored.threshold
    right = float(scored.targets[called].sum())
    planets = float(scored.targets.sum())
    wrong = int(called.sum()) - right
    return {
        "recall": [right / planets],
        "false_positive_rate": [wrong / (len(scored.targets) - planets)],
        "precision": [right / (right + wrong) if called.any() else math.nan],
    }


def sorted_scores(scored: Scored) -> list[dict[str, Any]]:
    """Return the sorted scores of planets and of other events of each model, as in JSON.

    They determine the confusion matrix at any threshold.
    """
    return [
        {
            "planets": np.sort(model.scores[scored.targets == 1]).tolist(),
            "others": np.sort(model.scores[scored.targets == 0]).tolist(),
        }
        for model in scored.models
    ]
