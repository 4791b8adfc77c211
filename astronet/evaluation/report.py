"""Report of an evaluation as one self-contained HTML file."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from astronet.errors import RunError, counted
from astronet.evaluation import plots
from astronet.evaluation.metrics import TITLES
from astronet.evaluation.slices import slices
from astronet.figures.pages import inline, png, render, write_page
from astronet.figures.views import event_views

HEADLINE = {
    "average_precision": "mean precision over all recalls",
    "recall_at_precision_95": "completeness of a list of candidates with a purity of 95 %",
    "recall_at_precision_99": "completeness of a list of candidates with a purity of 99 %",
    "roc_auc": "probability that a planet scores higher than a false positive",
    "log_loss": "cross-entropy; lower is better",
    "brier": "mean squared error of the score; lower is better",
    "ece": "15 bins (Guo et al. 2017); lower is better",
}
"""Explanations of the metrics that do not depend on the threshold, by name."""

AT_THRESHOLD = {
    "accuracy": "fraction of events classified correctly",
    "precision": "fraction of planets among events classified as planets",
    "recall": "fraction of planets that are classified as planets",
}
"""Explanations of the metrics that depend on the threshold, by name."""

CASES = 6
"""Maximum number of example events per category of the confusion matrix."""


@dataclass(frozen=True, eq=False)
class Report:
    """Content of the HTML report of an evaluation.

    Attributes:
        title: Title of the page.
        runs: Names of the runs or shipped weights whose scores are averaged.
        split: Name of the evaluated split and, in parentheses, the method by which the events were
            split (`data.split.kind` in the config), for example "test (star)".
        labels: Name of the label policy.
        metrics: Content of metrics.json.
        predictions: Table of events [n] with columns star, number, score (NaN if unscored), label
            and target (1, 0, or NaN if unlabelled), and optionally period_days and the other
            columns that `slices` uses.
        views: Views [n, bins] by name, in the row order of `predictions`.
        history: Losses and validation metrics by epoch, from the metrics.csv of the run; None if
            several runs or shipped weights are evaluated.
        baselines: Name and metrics of each baseline.
        provenance: Run records, store and config of the evaluation, by name. Strings and numbers
            are printed unchanged, other values as JSON.
        kept_epoch: Epoch whose weights were kept; None if there is no history.
        training: Description of the training data of each set of shipped weights.

    Raises:
        RunError: A required column is missing, or views and predictions differ in length.
    """

    title: str
    runs: Sequence[str]
    split: str
    labels: str
    metrics: Mapping[str, Any]
    predictions: pd.DataFrame
    views: Mapping[str, NDArray[np.floating]]
    history: pd.DataFrame | None = None
    baselines: Sequence[tuple[str, Mapping[str, Any]]] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    kept_epoch: int | None = None
    training: Sequence[str] = ()

    def __post_init__(self) -> None:
        needed = ("star", "number", "score", "label", "target")
        if missing := [name for name in needed if name not in self.predictions]:
            raise RunError(f"the predictions lack the column {missing[0]}; add it for the report")
        for name, values in self.views.items():
            if len(values) != len(self.predictions):
                raise RunError(
                    f"found {counted(len(values), f'{name} view')} for "
                    f"{counted(len(self.predictions), 'prediction')}; give one view per event, in "
                    "the same order"
                )

    @property
    def evaluated(self) -> NDArray[np.bool_]:
        """Mask [n] of the events that have both a label and a score."""
        known = self.predictions[["score", "target"]].notna().to_numpy(np.bool_)
        return np.asarray(known.all(axis=1))


def write_report(folder: Path, report: Report) -> Path:
    """Write report.html, a self-contained page without scripts, and return its path.

    Args:
        folder: Output folder; it is created if it does not exist.
        report: Content of the report.

    Returns:
        Path of report.html.

    Raises:
        RunError: No event has both a label and a score, or the file cannot be written.
    """
    return write_page(folder / "report.html", _page(report))


def _page(report: Report) -> str:
    evaluated = report.predictions[report.evaluated].astype({"score": float, "target": float})
    if len(evaluated) == 0:
        raise RunError("no event has both a label and a score; choose a split with labelled events")
    scores, targets = evaluated["score"].to_numpy(), evaluated["target"].to_numpy()
    content = {
        "report": report,
        "metrics": report.metrics,
        "headline": _titled(HEADLINE),
        "at_threshold": _titled(AT_THRESHOLD),
        "threshold": float(report.metrics["threshold"]),
        "counts": _counts(report, evaluated),
        "plots": [
            (caption, inline(png(figure))) for caption, figure in _figures(report, evaluated)
        ],
        "slices": [
            (name, rows.to_dict("records"))
            for name, rows in slices(evaluated, scores, targets).groupby("slice", sort=False)
        ],
        "cases": list(_cases(report, evaluated)),
        "provenance": [(name, _text(value)) for name, value in report.provenance.items()],
    }
    filters: Mapping[str, Callable[[Any], str]] = {
        "number": _number,
        "interval": _interval,
        "count": _count,
    }
    return render("evaluation/report.html", content, filters)


def _titled(explanations: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the name, the capitalised title and the explanation of each metric."""
    return [
        (name, f"{TITLES[name][:1].upper()}{TITLES[name][1:]}", meaning)
        for name, meaning in explanations.items()
    ]


def _counts(report: Report, evaluated: pd.DataFrame) -> dict[str, Any]:
    rows = report.predictions
    planets = int(evaluated["target"].sum())
    return {
        "events": len(evaluated),
        "stars": evaluated["star"].nunique(),
        "planets": planets,
        "others": len(evaluated) - planets,
        "fraction": planets / len(evaluated),
        "unlabelled": int(rows["target"].isna().sum()),
        "unscored": int(rows["score"].isna().sum()),
    }


def _figures(report: Report, evaluated: pd.DataFrame) -> Iterator[tuple[str, Figure]]:
    p, y = evaluated["score"].to_numpy(), evaluated["target"].to_numpy()
    threshold = float(report.metrics["threshold"])

    def bounds(name: str) -> tuple[float, float] | None:
        low, high = report.metrics.get("intervals", {}).get(name, (None, None))
        return None if low is None or high is None else (low, high)

    if 0 < y.sum() < len(y):
        stars = evaluated["star"].to_numpy()
        band = "The band is the 95 % bootstrap confidence interval (stars resampled)."
        yield (
            f"Fraction of planets recovered against fraction of false positives accepted. {band}",
            plots.roc_curve(p, y, stars, bounds("roc_auc")),
        )
        yield (
            f"Precision (purity) of a list of candidates against its completeness. {band}",
            plots.precision_recall(p, y, stars, bounds("average_precision"), threshold),
        )
    yield (
        "Scores of planets and of false positives; the counts are on a logarithmic scale.",
        plots.score_histogram(p, y, threshold),
    )
    yield (
        "Number of events by label and classification. Percentages refer to the events with the "
        "same label.",
        plots.confusion_matrix(report.metrics["confusion"], threshold),
    )
    yield (
        "Fraction of planets in bins of the score. The area of a point increases with the number "
        "of events; error bars are standard errors.",
        plots.calibration(p, y),
    )
    if report.history is not None and len(report.history):
        yield (
            "Loss and average precision by epoch.",
            plots.loss_curves(report.history, report.kept_epoch),
        )


def _cases(report: Report, evaluated: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield each category of the confusion matrix with its example events, as template variables.

    The examples are the events with the highest scores in categories of events classified as
    planets, and the events with the lowest scores in the other categories.
    """
    evaluated = evaluated.assign(row=np.flatnonzero(report.evaluated))
    called = evaluated["score"] > float(report.metrics["threshold"])
    planet = evaluated["target"] == 1
    for title, chosen, right in (
        ("Planets classified as planets", planet & called, True),
        ("False positives classified as false positives", ~planet & ~called, True),
        ("False positives classified as planets", ~planet & called, False),
        ("Planets classified as false positives", planet & ~called, False),
    ):
        highest_first = called[chosen].all()
        first = evaluated[chosen].sort_values("score", ascending=not highest_first, kind="stable")
        events = [_event(report, row) for row in first["row"].head(CASES)]
        order = "highest scores" if highest_first else "lowest scores"
        shown = f"{order}, {len(events)} of {_count(int(chosen.sum()))}"
        yield {"title": title, "shown": shown, "events": events, "right": right}


def _event(report: Report, row: int) -> dict[str, Any]:
    event = report.predictions.iloc[row]
    views = {name: np.asarray(values[row]) for name, values in report.views.items()}
    period = event.get("period_days")
    return {
        "star": event["star"],
        "number": event["number"],
        "period": None if pd.isna(period) else f"{period:.5g} d",
        "score": f"{event['score']:.3f}",
        "label": event["label"],
        "picture": inline(png(event_views(views))) if views else None,
    }


def _number(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"


def _interval(bounds: Sequence[float | None] | None) -> str:
    if bounds is None or any(bound is None for bound in bounds):
        return "–"
    return " – ".join(_number(bound) for bound in bounds)


def _count(value: int) -> str:
    return f"{value:,}"


def _text(value: Any) -> str:
    if isinstance(value, str | int | float):
        return str(value)
    return json.dumps(value, indent=2, default=str, ensure_ascii=False)
