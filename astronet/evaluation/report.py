"""The report of an evaluation: one HTML file with everything in it."""

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

from astronet.errors import RunError
from astronet.evaluation import plots
from astronet.evaluation.slices import slices
from astronet.figures.pages import inline, png, render, write_page
from astronet.figures.views import event_views

HEADLINE = (
    ("average_precision", "Average precision", "precision averaged over all recalls"),
    ("recall_at_precision_95", "Recall at precision 0.95", "planets kept, 1 in 20 calls wrong"),
    ("recall_at_precision_99", "Recall at precision 0.99", "planets kept, 1 in 100 calls wrong"),
    ("roc_auc", "ROC AUC", "how often a planet outranks a false positive"),
    ("log_loss", "Log loss", "less is better"),
    ("brier", "Brier score", "mean squared error of the score; less is better"),
    ("ece", "Calibration error", "expected, 15 bins (Guo et al. 2017); less is better"),
)
AT_THRESHOLD = (
    ("accuracy", "Accuracy", "events called rightly"),
    ("precision", "Precision", "planets among the events called planets"),
    ("recall", "Recall", "planets that were called planets"),
)
CASES = 6
"""Events shown of each kind."""


@dataclass(frozen=True, eq=False)
class Report:
    """What a report shows.

    Attributes:
        title: The heading.
        runs: The names of the runs; the scores are their mean.
        split: The name of the split, and which part of it was judged.
        labels: The name of the label policy.
        metrics: The content of metrics.json.
        predictions: The events [n]: star, number, period_days, score, label, target (1, 0, NaN
            where unlabelled), and what else the slices use.
        views: Name -> views [n, bins]; row i is event i of the predictions (for a sorted table:
            `store.views[name][predictions.index]`).
        history: The run's metrics.csv: epoch, train_loss, val_loss, val_average_precision.
        baselines: Names and metrics of what the network must beat.
        provenance: Versions, hashes, config: shown as they are.
        kept_epoch: The epoch of the history whose weights were kept.

    Raises:
        RunError: A column is missing, or views and predictions differ in length.
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

    def __post_init__(self) -> None:
        needed = ("star", "number", "score", "label", "target")
        if missing := [name for name in needed if name not in self.predictions]:
            raise RunError(f"the predictions have no column {missing[0]}; the report needs it")
        for name, values in self.views.items():
            if len(values) != len(self.predictions):
                raise RunError(
                    f"there are {len(values)} {name} views for {len(self.predictions)} "
                    "predictions; give one of each an event, in the same order"
                )

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Which events [n] have both a label and a score."""
        known = self.predictions[["score", "target"]].notna().to_numpy(np.bool_)
        return np.asarray(known.all(axis=1))


def write_report(folder: Path, report: Report) -> Path:
    """Writes report.html: no script, no file beside it, nothing from the network.

    Args:
        folder: Is made where it does not exist.
        report: What to show.

    Raises:
        RunError: No event has both a label and a score, or the file cannot be written.
    """
    return write_page(folder / "report.html", _page(report))


def _page(report: Report) -> str:
    judged = report.predictions[report.judged].astype({"score": float, "target": float})
    if len(judged) == 0:
        raise RunError("no event has both a label and a score; choose a split with labelled events")
    scores, targets = judged["score"].to_numpy(), judged["target"].to_numpy()
    content = {
        "report": report,
        "metrics": report.metrics,
        "headline": HEADLINE,
        "at_threshold": AT_THRESHOLD,
        "threshold": float(report.metrics["threshold"]),
        "counts": _counts(report, judged),
        "plots": [(caption, inline(png(figure))) for caption, figure in _figures(report, judged)],
        "slices": [
            (name, part.to_dict("records"))
            for name, part in slices(judged, scores, targets).groupby("slice", sort=False)
        ],
        "cases": list(_cases(report, judged)),
        "provenance": [(name, _text(value)) for name, value in report.provenance.items()],
    }
    filters: Mapping[str, Callable[[Any], str]] = {
        "number": _number,
        "interval": _interval,
        "count": _count,
    }
    return render("evaluation/report.html", content, filters)


def _counts(report: Report, judged: pd.DataFrame) -> dict[str, Any]:
    rows = report.predictions
    planets = int(judged["target"].sum())
    return {
        "events": len(judged),
        "stars": judged["star"].nunique(),
        "planets": planets,
        "others": len(judged) - planets,
        "share": planets / len(judged),
        "unlabelled": int(rows["target"].isna().sum()),
        "unscored": int(rows["score"].isna().sum()),
    }


def _figures(report: Report, judged: pd.DataFrame) -> Iterator[tuple[str, Figure]]:
    p, y = judged["score"].to_numpy(), judged["target"].to_numpy()
    threshold = float(report.metrics["threshold"])

    def bounds(name: str) -> tuple[float, float] | None:
        low, high = report.metrics.get("intervals", {}).get(name, (None, None))
        return None if low is None or high is None else (low, high)

    if 0 < y.sum() < len(y):
        stars = judged["star"].to_numpy()
        band = "The band is the 95 % interval from resampling stars."
        yield (
            f"How many planets are found, and how many false positives with them. {band}",
            plots.roc_curve(p, y, stars, bounds("roc_auc")),
        )
        yield (
            f"How clean the list is, and how complete. {band}",
            plots.precision_recall(p, y, stars, bounds("average_precision"), threshold),
        )
    yield "The scores of each kind; counts are logarithmic.", plots.score_histogram(p, y, threshold)
    yield (
        "Each row's shares add up to 100 %.",
        plots.confusion_matrix(report.metrics["confusion"], threshold),
    )
    yield (
        "On the dotted line, a score is the share of planets among such events; the larger a "
        "point, the more of them. Bars are standard errors.",
        plots.calibration(p, y),
    )
    if report.history is not None and len(report.history):
        yield (
            "Loss and average precision, epoch by epoch.",
            plots.loss_curves(report.history, report.kept_epoch),
        )


def _cases(report: Report, judged: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The four kinds of telling events, each with its events, most telling first."""
    judged = judged.assign(place=np.flatnonzero(report.judged))
    called = judged["score"] > float(report.metrics["threshold"])
    planet = judged["target"] == 1
    for title, chosen, right in (
        ("Most confident planets, rightly called", planet & called, True),
        ("Most confident false positives, rightly called", ~planet & ~called, True),
        ("Worst false positives: called planets", ~planet & called, False),
        ("Worst missed planets: called false positives", planet & ~called, False),
    ):
        highest_first = called[chosen].all()
        best = judged[chosen].sort_values("score", ascending=not highest_first, kind="stable")
        events = [_event(report, place) for place in best["place"].head(CASES)]
        yield {"title": title, "n": int(chosen.sum()), "events": events, "right": right}


def _event(report: Report, place: int) -> dict[str, Any]:
    event = report.predictions.iloc[place]
    views = {name: np.asarray(values[place]) for name, values in report.views.items()}
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
