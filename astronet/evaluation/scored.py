"""Metrics and curves of scored events: the content of metrics.json and curves.csv."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from astronet.evaluation.abstention import abstention
from astronet.evaluation.comparison import differences
from astronet.evaluation.curves import curve_points
from astronet.evaluation.intervals import as_json
from astronet.evaluation.metrics import calibrated_error, without_nan
from astronet.lightcurves.arrays import Bools, Floats

Metrics = dict[str, Any]
"""Content of metrics.json, or of a part of it."""


@dataclass(frozen=True, eq=False)
class ScoredEvents:
    """Labelled events [n] of the evaluated split, with the scores of one or more models.

    Attributes:
        split: Name of the split and of the method by which the events were split.
        labels: Name of the label policy.
        threshold: Score above which an event is classified as a planet.
        stars: Star of each event [n].
        targets: Targets [n]: 1 for planets, 0 for the rest.
        models: Scores [n] of each run and, if there are several, of their average, which is the
            last.
        baselines: Scores [n] of each baseline, by name.
        seen: Mask [n] of the events whose stars have training events.
        trained: Mask [n] of the events that are training events themselves.
    """

    split: str
    labels: str
    threshold: float
    stars: pd.Series
    targets: Floats
    models: Mapping[str, Floats]
    baselines: Mapping[str, Floats]
    seen: Bools
    trained: Bools

    @property
    def scores(self) -> Floats:
        """Scores [n] of the run, or the average scores of several runs."""
        return list(self.models.values())[-1]

    @property
    def subsets(self) -> dict[str, Bools]:
        """Masks [n] of the events that are evaluated together, by name in metrics.json.

        The subset "star_clean", the events whose stars have no training events, comes first. It is
        omitted if it contains all events, or does not contain both classes.
        """
        whole = {"all": np.ones(len(self.targets), np.bool_)}
        if self.seen.any() and len(set(self.targets[~self.seen])) == 2:
            return {"star_clean": ~self.seen} | whole
        return whole

    def metrics(self) -> Metrics:
        """Return the metrics of all events and, under the key "star_clean", of that subset."""
        measured = {name: self._measure(where) for name, where in self.subsets.items()}
        return measured.pop("all") | {"n_star_in_training": int(self.seen.sum())} | measured

    def curves(self) -> pd.DataFrame:
        """Return the points of the curves of each model for each subset of the events.

        The columns are events (name of the subset), model and those of `curve_points`.
        """
        tables = []
        for subset, where in self.subsets.items():
            for model, scores in self.models.items():
                points = curve_points(
                    scores[where], self.targets[where], self.stars[where], self.threshold
                )
                tables.append(points.assign(events=subset, model=model))
        table = pd.concat(tables, ignore_index=True)
        first = ["events", "model"]
        return table[[*first, *(name for name in table.columns if name not in first)]]

    def _measure(self, where: Bools) -> Metrics:
        """Return the metrics of a subset, with the comparison of several models and the baselines.

        There are no baselines if the subset contains training events, to which they were fitted.
        """
        metrics = self._as_json(self.scores, where)
        given = self.scores[where], self.targets[where], self.stars[where]
        metrics["ece_if_calibrated"] = calibrated_error(self.scores[where])
        metrics["risk_coverage"] = without_nan(abstention(*given, self.threshold))
        if len(self.models) > 1:
            metrics["comparison"] = {
                "models": [
                    {"name": name} | self._as_json(scores, where)
                    for name, scores in self.models.items()
                ],
                "differences": differences(
                    {name: scores[where] for name, scores in self.models.items()},
                    self.targets[where],
                    self.stars[where],
                ),
            }
        usable = {} if self.trained[where].any() else self.baselines
        metrics["baselines"] = {name: self._as_json(one, where) for name, one in usable.items()}
        return metrics

    def _as_json(self, scores: Floats, where: Bools) -> Metrics:
        return as_json(
            scores[where],
            self.targets[where],
            self.stars[where],
            split=self.split + ("" if where.all() else ", star not in training"),
            labels=self.labels,
            threshold=self.threshold,
        )
