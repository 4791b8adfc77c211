"""How good the scores are: scikit-learn's metrics wherever it has them."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import metrics as sk

from astronet.errors import RunError

Floats = NDArray[np.float64]

METRICS = (
    "average_precision",
    "recall_at_precision_95",
    "recall_at_precision_99",
    "roc_auc",
    "log_loss",
    "brier",
    "ece",
    "accuracy",
    "precision",
    "recall",
)
"""What is measured; the first seven need no threshold of ours and make the headline."""

CALIBRATION_BINS = 15
"""Bins of equal width between 0 and 1 (Guo et al. 2017, §2 and their experiments)."""

SATURATION = float(np.finfo(np.float32).eps)
"""Log loss takes scores no nearer to 0 and 1 than this.

Networks score in single precision: a score of exactly 1 means no more than 1 − 1e-7.
"""


def measure(scores: ArrayLike, targets: ArrayLike, threshold: float = 0.5) -> dict[str, float]:
    """Every metric of METRICS, and threshold, n and n_positive; NaN where one is undefined.

    Args:
        scores: Scores [n], between 0 and 1.
        targets: 1 for planets, 0 for the rest [n].
        threshold: An event with a greater score (not an equal one) is called a planet.

    Raises:
        RunError: There is nothing to measure, or a score or a target is not a usable number.
    """
    p, y = checked(scores, targets)
    positives, called = int(y.sum()), p > threshold
    has_planets, has_both = positives > 0, 0 < positives < len(y)
    bounded = np.clip(p, SATURATION, 1 - SATURATION)
    values = {
        "average_precision": sk.average_precision_score(y, p) if has_planets else math.nan,
        "recall_at_precision_95": recall_at_precision(p, y, 0.95) if has_planets else math.nan,
        "recall_at_precision_99": recall_at_precision(p, y, 0.99) if has_planets else math.nan,
        "roc_auc": sk.roc_auc_score(y, p) if has_both else math.nan,
        "log_loss": sk.log_loss(y, bounded, labels=[0, 1]),
        "brier": sk.brier_score_loss(y, p, pos_label=1),
        "ece": calibration_error(p, y),
        "accuracy": sk.accuracy_score(y, called),
        "precision": sk.precision_score(y, called) if called.any() else math.nan,
        "recall": sk.recall_score(y, called) if has_planets else math.nan,
    }
    numbers = {name: float(value) for name, value in values.items()}
    return numbers | {"threshold": float(threshold), "n": len(y), "n_positive": positives}


def checked(scores: ArrayLike, targets: ArrayLike) -> tuple[Floats, Floats]:
    """The scores and the targets [n] in double precision, fit to be measured.

    Raises:
        RunError: They are empty, of unequal length, not numbers, or outside 0 to 1.
    """
    p = np.asarray(scores, dtype=np.float64)
    y = np.asarray(targets, dtype=np.float64)
    if p.shape != y.shape or p.ndim != 1:
        raise RunError(
            f"scores have the shape {p.shape}, targets {y.shape}; give one of each an event"
        )
    if len(p) == 0:
        raise RunError(
            "there are no labelled events to measure; "
            "choose a split or a label policy that has some"
        )
    if unlabelled := int((~np.isin(y, (0.0, 1.0))).sum()):
        raise RunError(
            f"{unlabelled} of {len(y)} events have a target other than 0 or 1; "
            "measure the labelled events only"
        )
    if unscored := int((~np.isfinite(p)).sum()):
        raise RunError(
            f"{unscored} of {len(p)} events have no score; measure the scored events only, or, "
            "if a network gave these, train it anew with a smaller learning rate"
        )
    if p.min() < 0.0 or p.max() > 1.0:
        raise RunError(
            f"scores lie between {p.min():.4g} and {p.max():.4g}; "
            "they must lie between 0 and 1 (apply the sigmoid to logits)"
        )
    return p, y


def recall_at_precision(scores: Floats, targets: Floats, precision: float) -> float:
    """The highest recall that some threshold reaches at this precision or a better one.

    0 where no threshold does.
    """
    precisions, recalls, _ = sk.precision_recall_curve(targets, scores)
    return float(recalls[precisions >= precision].max())


def calibration_bins(scores: Floats) -> NDArray[np.intp]:
    """The bin [n] that each score falls in; bin m is ((m − 1)/15, m/15]."""
    edges = np.linspace(0.0, 1.0, CALIBRATION_BINS + 1)
    return np.digitize(scores, edges[1:-1], right=True)


def calibration_error(scores: Floats, targets: Floats) -> float:
    """Expected calibration error (Guo et al. 2017, §2, eq. 3).

    The mean over events of |share of planets − mean score| in the event's bin, here of the
    score for "planet" rather than of the more likely class.
    """
    surplus = np.bincount(calibration_bins(scores), weights=targets - scores)
    return float(np.abs(surplus).sum() / len(scores))


def confusion(scores: ArrayLike, targets: ArrayLike, threshold: float = 0.5) -> dict[str, int]:
    """How many events are called rightly and wrongly: tp, fp, tn, fn.

    Raises:
        RunError: As for `measure`.
    """
    p, y = checked(scores, targets)
    (tn, fp), (fn, tp) = sk.confusion_matrix(y, p > threshold, labels=[0, 1])
    return {"tp": int(tp), "fp": int(fp), "tn": int(tn), "fn": int(fn)}


def without_nan(value: Any) -> Any:
    """The same content with None, JSON's null, for every number that is not finite."""
    if isinstance(value, Mapping):
        return {name: without_nan(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
