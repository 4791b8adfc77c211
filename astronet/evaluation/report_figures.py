"""Figures of the evaluation report, with their captions."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from astronet.evaluation import plots

_BAND = "The band is the 95 % bootstrap confidence interval (stars resampled)."


def curves(evaluated: pd.DataFrame, metrics: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    """Yield the captions and figures of the ROC and precision–recall curves.

    There are none if all events are of one class.

    Args:
        evaluated: Table of events [n] with columns star, score and target.
        metrics: Metrics of these events with intervals, from `as_json`.
    """
    p, y = evaluated["score"].to_numpy(), evaluated["target"].to_numpy()
    stars, threshold = evaluated["star"].to_numpy(), float(metrics["threshold"])

    def bounds(name: str) -> tuple[float, float] | None:
        low, high = metrics.get("intervals", {}).get(name, (None, None))
        return None if low is None or high is None else (low, high)

    if not 0 < y.sum() < len(y):
        return
    yield (
        f"Fraction of planets recovered against fraction of false positives accepted. {_BAND}",
        plots.roc_curve(p, y, stars, bounds("roc_auc")),
    )
    yield (
        f"Precision (purity) of a list of candidates against its completeness. {_BAND}",
        plots.precision_recall(p, y, stars, bounds("average_precision"), threshold),
    )


def distributions(
    evaluated: pd.DataFrame, metrics: Mapping[str, Any]
) -> Iterator[tuple[str, Figure]]:
    """Yield the captions and figures of the scores, the confusion matrix and the calibration.

    Args:
        evaluated: Table of events [n] with columns star, score and target.
        metrics: Metrics of these events, from `as_json`.
    """
    p, y = evaluated["score"].to_numpy(), evaluated["target"].to_numpy()
    threshold = float(metrics["threshold"])
    yield (
        "Scores of planets and of false positives; the counts are on a logarithmic scale.",
        plots.score_histogram(p, y, threshold),
    )
    yield (
        "Number of events by label and classification. Percentages refer to the events with the "
        "same label.",
        plots.confusion_matrix(metrics["confusion"], threshold),
    )
    yield (
        "Fraction of planets in bins of the score. The area of a point increases with the number "
        "of events; error bars are 95 % bootstrap confidence intervals (stars resampled).",
        plots.calibration(p, y, evaluated["star"].to_numpy()),
    )
    yield (
        "Fraction of errors if only the events with the most certain scores are classified, and "
        f"the others are left undecided. {_BAND}",
        plots.risk_coverage(p, y, evaluated["star"].to_numpy(), threshold),
    )
