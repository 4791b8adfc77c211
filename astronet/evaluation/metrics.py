"""Classification metrics computed from scores, mostly with scikit-learn."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import metrics as sk

from astronet.errors import RunError
from astronet.lightcurves.arrays import Floats

TITLES = {
    "average_precision": "average precision",
    "recall_at_precision_95": "recall at precision 0.95",
    "threshold_at_precision_95": "threshold at precision 0.95",
    "recall_at_precision_99": "recall at precision 0.99",
    "threshold_at_precision_99": "threshold at precision 0.99",
    "roc_auc": "ROC AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
    "ece": "expected calibration error",
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
}
"""Titles of the metrics by name; only the last three depend on the classification threshold."""

METRICS = tuple(TITLES)
"""Names of the metrics."""

CALIBRATION_BINS = 15
"""Number of equal-width score bins for the calibration error (Guo et al. 2017, §2)."""

SATURATION = float(np.finfo(np.float32).eps)
"""Minimum distance of a score from 0 and 1 in the log loss; closer scores are clipped.

Without this limit, a score of exactly 0 or 1 with the wrong target would make the log loss
infinite. The value is the machine epsilon of single precision.
"""


def measure(scores: ArrayLike, targets: ArrayLike, threshold: float = 0.5) -> dict[str, float]:
    """Return the classification metrics of scores, by name.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        threshold: Score above which an event is classified as a planet; an event whose score
            equals the threshold is not.

    Returns:
        The metrics in METRICS (NaN if undefined), the threshold, the number of events (n) and the
        number of planets (n_positive).

    Raises:
        RunError: There are no events, scores and targets are not one-dimensional arrays of the same
            length, a score is not between 0 and 1, or a target is not 0 or 1.
    """
    p, y = checked(scores, targets)
    positives, called = int(y.sum()), p > threshold
    has_planets, has_both = positives > 0, 0 < positives < len(y)
    bounded = np.clip(p, SATURATION, 1 - SATURATION)
    values = {
        "average_precision": sk.average_precision_score(y, p) if has_planets else math.nan,
        "recall_at_precision_95": recall_at_precision(p, y, 0.95) if has_planets else math.nan,
        "threshold_at_precision_95": threshold_at_precision(p, y, 0.95),
        "recall_at_precision_99": recall_at_precision(p, y, 0.99) if has_planets else math.nan,
        "threshold_at_precision_99": threshold_at_precision(p, y, 0.99),
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
    """Validate scores [n] and targets [n], and return them in double precision.

    Raises:
        RunError: There are no events, scores and targets are not one-dimensional arrays of the same
            length, a score is not between 0 and 1, or a target is not 0 or 1.
    """
    p = np.asarray(scores, dtype=np.float64)
    y = np.asarray(targets, dtype=np.float64)
    if p.shape != y.shape or p.ndim != 1:
        raise RunError(
            f"scores have shape {p.shape} but targets have shape {y.shape}; give one score and one "
            "target per event"
        )
    if len(p) == 0:
        raise RunError(
            "there are no labelled events to evaluate; choose another split or label policy"
        )
    if unlabelled := int((~np.isin(y, (0.0, 1.0))).sum()):
        raise RunError(
            f"{unlabelled} of {len(y)} targets are not 0 or 1; evaluate labelled events only"
        )
    if unscored := int((~np.isfinite(p)).sum()):
        raise RunError(
            f"{unscored} of {len(p)} scores are not finite; evaluate only events with a score, "
            "or, if the scores are the output of a network, train it again with a smaller "
            "learning rate"
        )
    if p.min() < 0.0 or p.max() > 1.0:
        raise RunError(
            f"scores range from {p.min():.4g} to {p.max():.4g}; give scores between 0 and 1 (apply "
            "the sigmoid to logits)"
        )
    return p, y


def recall_at_precision(scores: Floats, targets: Floats, precision: float) -> float:
    """Return the highest recall of all thresholds at which the precision is at least `precision`.

    The recall is 0 if the precision is lower at all thresholds.
    """
    precisions, recalls, _ = sk.precision_recall_curve(targets, scores)
    return float(recalls[precisions >= precision].max())


def threshold_at_precision(scores: Floats, targets: Floats, precision: float) -> float:
    """Return the score threshold that has the recall `recall_at_precision`.

    Events with a higher score have a precision of at least `precision`. The threshold is halfway
    between the lowest score of these events and the next lower score (0 if there is none). It is
    NaN if the precision is lower at all thresholds.
    """
    if not targets.any():
        return math.nan
    precisions, recalls, thresholds = sk.precision_recall_curve(targets, scores)
    reached = precisions[:-1] >= precision  # at scores of at least `thresholds`, lowest first
    recall = recalls[:-1][reached].max(initial=0.0)
    if recall == 0:
        return math.nan
    place = int(np.flatnonzero(reached & (recalls[:-1] == recall))[-1])
    return halfway(float(thresholds[place]), float(thresholds[place - 1]) if place else 0.0)


def threshold_at_recall(scores: Floats, targets: Floats, recall: float) -> float:
    """Return the highest score threshold at which the recall is at least `recall`.

    Events with a higher score include at least this fraction of the planets. The threshold is
    halfway between the lowest score of these events and the next lower score (0 if there is none).
    It is NaN if there are no planets.
    """
    if not targets.any():
        return math.nan
    _, recalls, thresholds = sk.precision_recall_curve(targets, scores)
    place = int(np.flatnonzero(recalls[:-1] >= recall)[-1])
    return halfway(float(thresholds[place]), float(thresholds[place - 1]) if place else 0.0)


def halfway(above: float, below: float) -> float:
    """Return the middle of two numbers, or the lower one if the middle is rounded to the upper."""
    middle = (above + below) / 2
    return middle if middle < above else below


def calibration_bins(scores: Floats) -> NDArray[np.intp]:
    """Return the index [n] of the calibration bin of each score, from 0 to 14.

    Bin m contains scores greater than m/15 and up to (m + 1)/15; bin 0 also contains a score of 0.
    """
    edges = np.linspace(0.0, 1.0, CALIBRATION_BINS + 1)
    return np.digitize(scores, edges[1:-1], right=True)


def calibration_error(scores: Floats, targets: Floats) -> float:
    """Return the expected calibration error (Guo et al. 2017, §2, eq. 3).

    This is the mean of |fraction of planets − mean score| over the bins, weighted by the number of
    events in each bin. Guo et al. use the score of the predicted class; here, the score of the
    class "planet" is always used.
    """
    surplus = np.bincount(calibration_bins(scores), weights=targets - scores)
    return float(np.abs(surplus).sum() / len(scores))


def calibrated_error(scores: ArrayLike, simulations: int = 1000, seed: int = 0) -> dict[str, Any]:
    """Return the calibration error that these scores would have if they were calibrated perfectly.

    Even then, the error is above 0, because the fraction of planets in a bin varies. Targets are
    drawn from the scores, each independently of the others; the error of dependent events, such as
    those of one star, varies more.

    Args:
        scores: Scores [n] between 0 and 1.
        simulations: Number of simulated sets of targets.
        seed: Random seed of the targets.

    Returns:
        The mean error (mean) and the interval that contains 95 % of the errors (interval).
    """
    p = np.sort(np.asarray(scores, np.float64))
    _, starts = np.unique(calibration_bins(p), return_index=True)
    generator = np.random.default_rng(seed)
    errors = np.empty(simulations)
    for k in range(simulations):
        surplus = np.add.reduceat((generator.random(len(p)) < p) - p, starts)
        errors[k] = np.abs(surplus).sum() / len(p)
    low, high = np.percentile(errors, (2.5, 97.5))
    return {"mean": float(errors.mean()), "interval": [float(low), float(high)]}


def confusion(scores: ArrayLike, targets: ArrayLike, threshold: float = 0.5) -> dict[str, int]:
    """Return the numbers of true and false positives and negatives, by name (tp, fp, tn, fn).

    Raises:
        RunError: The input is invalid; see `measure`.
    """
    p, y = checked(scores, targets)
    (tn, fp), (fn, tp) = sk.confusion_matrix(y, p > threshold, labels=[0, 1])
    return {"tp": int(tp), "fp": int(fp), "tn": int(tn), "fn": int(fn)}


def without_nan(value: Any) -> Any:
    """Return a copy of nested mappings and lists with non-finite floats replaced by None.

    Tuples become lists, as in JSON.
    """
    if isinstance(value, Mapping):
        return {name: without_nan(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
