"""Report of an evaluation as one self-contained HTML file."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from astronet.errors import RunError, counted
from astronet.evaluation.cases import cases
from astronet.evaluation.comparison import COMPARED
from astronet.evaluation.event_pages import EventPages
from astronet.evaluation.metrics import TITLES
from astronet.evaluation.models import Scored, scored
from astronet.evaluation.report_figures import confusion_rows, embedded, history_of, of_scores
from astronet.evaluation.slices import slices
from astronet.figures.interactive import Chart
from astronet.figures.pages import render
from astronet.lightcurves.arrays import Floats

HEADLINE = {
    "average_precision": "mean precision over all recalls",
    "recall_at_precision_95": "completeness of a list of candidates with a purity of 95 %",
    "threshold_at_precision_95": "events with a higher score form this list",
    "recall_at_precision_99": "completeness of a list of candidates with a purity of 99 %",
    "threshold_at_precision_99": "events with a higher score form this list",
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

WITHOUT_THRESHOLDS = tuple(name for name in HEADLINE if not name.startswith("threshold"))
"""Names of the metrics in the comparison with baselines."""


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
        seen: Mask [n] of the events whose stars have training events; None means no event. If
            `metrics` contains "star_clean", the metrics of the other events, all sections describe
            the other events, and a section at the end describes all events.
        models: Scores [n] of each of several models by name. The last is the model of
            `predictions`. Empty if there is only one.
        pages: Other pages about the events.

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
    seen: NDArray[np.bool_] | None = None
    models: Mapping[str, Floats] = field(default_factory=dict)
    pages: EventPages | None = None

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

    @property
    def first(self) -> Mapping[str, Any]:
        """Metrics that are given first: those of stars without training events, if available."""
        clean: Mapping[str, Any] | None = self.metrics.get("star_clean")
        return clean or self.metrics


def page_of(report: Report) -> str:
    """Return the content of report.html.

    Raises:
        RunError: No event has both a label and a score.
    """
    every = report.predictions.assign(row=np.arange(len(report.predictions)))
    every = every[report.evaluated].astype({"score": float, "target": float})
    if len(every) == 0:
        raise RunError("no event has both a label and a score; choose a split with labelled events")
    metrics, seen = report.first, report.seen
    leaks = metrics is not report.metrics and seen is not None
    evaluated = every[~seen[every["row"]]] if leaks and seen is not None else every
    events = _scored(report, evaluated)
    subsets = slices(evaluated, events.first.scores, events.targets)
    content = {
        "report": report,
        "metrics": metrics,
        "leaks": leaks,
        "headline": _titled(HEADLINE),
        "columns": _titled({name: HEADLINE[name] for name in WITHOUT_THRESHOLDS}),
        "compared": _titled({name: HEADLINE[name] for name in COMPARED}),
        "at_threshold": _titled(AT_THRESHOLD),
        "threshold": events.threshold,
        "counts": _counts(report, evaluated),
        "all": _counts(report, every),
        "confusions": confusion_rows(events),
        "figures": embedded(
            events,
            metrics,
            subsets,
            history_of(report.history, report.kept_epoch),
            _of_all(report, every) if leaks else [],
        ),
        "slices": [
            (name, rows.to_dict("records")) for name, rows in subsets.groupby("slice", sort=False)
        ],
        "cases": list(cases(evaluated, report.views, events.threshold, report.pages)),
        "provenance": [(name, _text(value)) for name, value in report.provenance.items()],
    }
    filters: Mapping[str, Callable[..., str]] = {
        "number": _number,
        "interval": _interval,
        "count": _count,
        "percent": _percent,
        "signed": _signed,
        "signed_interval": _signed_interval,
    }
    return render("evaluation/report.html", content, filters)


def _scored(report: Report, events: pd.DataFrame) -> Scored:
    """Return the scores of a part of the events, those of the average of several models first."""
    threshold = float(report.first["threshold"])
    if not report.models:
        return scored(events, threshold, ", ".join(report.runs))
    *others, last = report.models
    chosen = events["row"].to_numpy()
    return scored(events, threshold, last, {name: report.models[name][chosen] for name in others})


def _of_all(report: Report, every: pd.DataFrame) -> list[Chart]:
    return of_scores(_scored(report, every), report.metrics, "-all", marked=False)


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


def _number(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"


def _interval(bounds: Sequence[float | None] | None) -> str:
    if bounds is None or any(bound is None for bound in bounds):
        return "–"
    return " – ".join(_number(bound) for bound in bounds)


def _signed(value: float | None) -> str:
    text = "–" if value is None or math.isnan(value) else f"{value:+.3f}"
    return text.replace("-", "−")


def _signed_interval(bounds: Sequence[float | None] | None) -> str:
    if bounds is None or any(bound is None for bound in bounds):
        return "–"
    return " to ".join(_signed(bound) for bound in bounds)


def _count(value: int) -> str:
    return f"{value:,}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _text(value: Any) -> str:
    if isinstance(value, str | int | float):
        return str(value)
    return json.dumps(value, indent=2, default=str, ensure_ascii=False)
