"""Figures of the evaluation report, and the data of its script."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from astronet.evaluation.charts import curves
from astronet.evaluation.distributions import (
    loss_curves,
    reliability,
    risk_coverage,
    score_histogram,
)
from astronet.evaluation.metrics import calibration_error
from astronet.evaluation.models import Scored, sorted_scores
from astronet.evaluation.slice_charts import slice_charts
from astronet.figures.embedding import Embedded
from astronet.figures.interactive import Chart

Metrics = Mapping[str, Any]
"""Metrics with intervals, from `astronet.evaluation.intervals.as_json`."""


def embedded(
    scored: Scored,
    metrics: Metrics,
    slices: pd.DataFrame,
    history: Sequence[Chart],
    of_all: Sequence[Chart],
) -> Embedded:
    """Return all figures of the report.

    Args:
        scored: Events and models that the report describes.
        metrics: Metrics of these events.
        slices: Metrics of subsets of these events.
        history: Figure of the training history, if there is one.
        of_all: Curves of all events, if the report describes a part of them.
    """
    charts = [
        *of_scores(scored, metrics),
        score_histogram(scored),
        reliability(scored, _errors(scored)),
        risk_coverage(scored),
        *history,
        *slice_charts(slices),
        *of_all,
    ]
    script = (files("astronet") / "evaluation" / "report.js").read_text("utf-8")
    data = {"threshold": scored.threshold, "scores": sorted_scores(scored)}
    return Embedded(charts, [script], {"report": data})


def of_scores(
    scored: Scored, metrics: Metrics, suffix: str = "", *, marked: bool = True
) -> list[Chart]:
    """Return the ROC and precision–recall curves, with the values of the metrics in the legend.

    Args:
        scored: Events and models.
        metrics: Metrics of these events.
        suffix: Ending of the names of the figures.
        marked: Whether points mark the classification threshold.
    """
    areas = _texts(scored, metrics, "roc_auc")
    precisions = _texts(scored, metrics, "average_precision")
    return curves(scored, areas, precisions, suffix, marked=marked)


def history_of(history: pd.DataFrame | None, kept_epoch: int | None) -> list[Chart]:
    """Return the figure of the training history; none if there is no history."""
    if history is None or not len(history):
        return []
    return [loss_curves(history, kept_epoch)]


def _errors(scored: Scored) -> dict[str, float]:
    """Return the expected calibration error by name of the model."""
    return {one.name: calibration_error(one.scores, scored.targets) for one in scored.models}


def _texts(scored: Scored, metrics: Metrics, name: str) -> dict[str, str]:
    """Return a metric with its interval as text, by name of the model."""
    known = dict(_by_model(scored, metrics))
    return {model.name: _text(known.get(model.name, {}), name) for model in scored.models}


def _by_model(scored: Scored, metrics: Metrics) -> Iterator[tuple[str, Metrics]]:
    yield scored.first.name, metrics
    for one in metrics.get("comparison", {}).get("models", ()):
        yield one["name"], one


def _text(metrics: Metrics, name: str) -> str:
    value = metrics.get(name)
    low, high = metrics.get("intervals", {}).get(name, (None, None))
    shown = "–" if value is None or np.isnan(value) else f"{value:.3f}"
    return shown if low is None or high is None else f"{shown} ({low:.3f} – {high:.3f})"


def confusion_rows(scored: Scored) -> list[dict[str, Any]]:
    """Return the confusion matrix of each model at the threshold, and metrics that follow from it.

    The metrics are None if undefined.
    """
    rows = []
    for model in scored.models:
        called = model.scores > scored.threshold
        planet = scored.targets == 1
        tp, fp = int((called & planet).sum()), int((called & ~planet).sum())
        fn, tn = int(planet.sum()) - tp, int((~planet).sum()) - fp
        rows.append(
            {
                "name": model.name,
                "colour": model.colour,
                **{"tp": tp, "fp": fp, "fn": fn, "tn": tn},
                "precision": tp / (tp + fp) if tp + fp else None,
                "recall": tp / (tp + fn) if tp + fn else None,
                "accuracy": (tp + tn) / len(planet),
            }
        )
    return rows
