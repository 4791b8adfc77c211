"""Metrics of scored events for many sets of event weights, as in a bootstrap."""

import math

import numpy as np
from numpy.typing import ArrayLike

from astronet.evaluation.metrics import (
    CALIBRATION_BINS,
    SATURATION,
    calibration_bins,
    checked,
    halfway,
)
from astronet.lightcurves.arrays import Floats


class Ranked:
    """Scores sorted once, so that metrics can be computed quickly for many sets of event weights.

    The metrics agree with `astronet.evaluation.metrics.measure`. Scikit-learn, which is used there,
    would sort the scores again for each set of weights and is about thirty times slower.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        threshold: Score above which an event is classified as a planet.

    Raises:
        RunError: The input is invalid; see `measure`.
    """

    def __init__(self, scores: ArrayLike, targets: ArrayLike, threshold: float = 0.5) -> None:
        p, y = checked(scores, targets)
        self.n = len(p)
        self._order = np.argsort(-p, kind="stable")
        self._p, self._y = p[self._order], y[self._order]
        # Events with equal scores form one step of the curves, which ends at the last such event.
        self._ends = np.append(np.flatnonzero(np.diff(self._p)), self.n - 1)
        self._called = int((p > threshold).sum())
        bounded = np.clip(self._p, SATURATION, 1 - SATURATION)
        self._log_loss = -np.log(np.where(self._y == 1, bounded, 1 - bounded))
        self._brier = (self._p - self._y) ** 2
        self._bins = calibration_bins(self._p)

    def measure(self, weights: Floats) -> dict[str, float]:
        """Return the weighted metrics in METRICS, by name; NaN if undefined.

        Args:
            weights: Weight of each event [n], in the order in which the scores were given.
        """
        w = weights[self._order]
        total, positive = w.sum(), w @ self._y
        surplus = np.bincount(self._bins, w * (self._y - self._p), minlength=CALIBRATION_BINS)
        tp, fp = np.cumsum(w * self._y), np.cumsum(w * (1 - self._y))
        right, called = (tp[k], tp[k] + fp[k]) if (k := self._called - 1) >= 0 else (0.0, 0.0)
        missed, false_alarms = positive - right, called - right
        ends = self._ends
        return _curve_metrics(self._p[ends], tp[ends], fp[ends]) | {
            "log_loss": float(w @ self._log_loss / total),
            "brier": float(w @ self._brier / total),
            "ece": float(np.abs(surplus).sum() / total),
            "accuracy": float((total - missed - false_alarms) / total),
            "precision": float(right / called) if called > 0 else math.nan,
            "recall": float(right / positive) if positive > 0 else math.nan,
        }


def _curve_metrics(scores: Floats, tp: Floats, fp: Floats) -> dict[str, float]:
    """Return the metrics that do not depend on a threshold or a bin, by name; NaN if undefined.

    Args:
        scores: Distinct scores [k], highest first.
        tp: Total weight [k] of planets at or above each of the k distinct scores, highest first.
        fp: Total weight [k] of false positives at or above each distinct score, highest first.
    """
    positive, negative = tp[-1], fp[-1]
    called = tp + fp
    precision = np.divide(tp, called, out=np.zeros_like(tp), where=called > 0)
    gained = np.diff(tp, prepend=0.0)
    area = np.diff(fp, prepend=0.0) @ (tp - gained / 2)
    has_planets = positive > 0
    has_both = has_planets and negative > 0

    def at(least: float) -> tuple[float, float]:
        """Return recall and threshold as `recall_at_precision` and `threshold_at_precision` do."""
        right = tp[precision >= least].max(initial=0.0)
        if right == 0:
            return 0.0 if has_planets else math.nan, math.nan
        last = int(np.argmax(tp == right))  # the highest score with this recall
        below = np.searchsorted(called, called[last], side="right")
        lower = scores[below] if below < len(scores) else 0.0
        return float(right / positive), halfway(float(scores[last]), float(lower))

    (recall_95, threshold_95), (recall_99, threshold_99) = at(0.95), at(0.99)
    return {
        "average_precision": float(gained @ precision / positive) if has_planets else math.nan,
        "recall_at_precision_95": recall_95,
        "threshold_at_precision_95": threshold_95,
        "recall_at_precision_99": recall_99,
        "threshold_at_precision_99": threshold_99,
        "roc_auc": float(area / (positive * negative)) if has_both else math.nan,
    }
