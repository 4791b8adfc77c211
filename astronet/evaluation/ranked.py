"""Metrics of scored events for many sets of event weights, as in a bootstrap."""

import math
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike

from astronet.evaluation.metrics import (
    CALIBRATION_BINS,
    METRICS,
    SATURATION,
    calibration_bins,
    checked,
)
from astronet.lightcurves.arrays import Floats

_BLOCK = 20_000
"""Number of weights that are processed at once; larger arrays do not fit into the cache."""


class Ranked:
    """Scores sorted once, so that metrics can be computed quickly for many sets of event weights.

    The metrics agree with `astronet.evaluation.metrics.measure`. Scikit-learn, which is used there,
    would sort the scores again for each set of weights.

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
        bins = calibration_bins(self._p)  # in descending order, as the scores
        self._starts = np.flatnonzero(np.diff(bins, prepend=CALIBRATION_BINS))

    def measure(self, weights: Floats) -> dict[str, float]:
        """Return the weighted metrics in METRICS, by name; NaN if undefined.

        Args:
            weights: Weight of each event [n], in the order in which the scores were given.
        """
        return {name: float(values[0]) for name, values in self.measure_all([weights]).items()}

    def measure_all(self, weights: Iterable[Floats]) -> dict[str, Floats]:
        """Return the metrics in METRICS for each of k sets of weights [k], by name.

        Args:
            weights: Sets of weights [n]; see `measure`.
        """
        blocks = [self._measure(block) for block in self._blocks(weights)]
        return {name: np.concatenate([block[name] for block in blocks]) for name in METRICS}

    def counts(self, weights: Iterable[Floats]) -> Iterator[tuple[Floats, Floats]]:
        """Yield the weights of true and of false positives [k] for each set of weights.

        Each of the k distinct scores, highest first, is used as a threshold: events with this score
        or a higher one are positive.

        Args:
            weights: Sets of weights [n]; see `measure`.
        """
        for block in self._blocks(weights):
            tp, fp = self._cumulated(block)
            yield from zip(tp[:, self._ends], fp[:, self._ends], strict=True)

    def _blocks(self, weights: Iterable[Floats]) -> Iterator[Floats]:
        """Yield arrays [b, n] with several sets of weights, in the order of the scores."""
        several = iter(weights)
        while block := list(islice(several, max(1, _BLOCK // self.n))):
            yield np.asarray(block)[:, self._order]

    def _cumulated(self, w: Floats) -> tuple[Floats, Floats]:
        return np.cumsum(w * self._y, axis=1), np.cumsum(w * (1 - self._y), axis=1)

    def _measure(self, w: Floats) -> dict[str, Floats]:
        """Return the metrics of b sets of weights [b, n] that are in the order of the scores."""
        tp, fp = self._cumulated(w)
        positive, total = tp[:, -1], tp[:, -1] + fp[:, -1]
        surplus = np.add.reduceat(w * (self._y - self._p), self._starts, axis=1)
        called, right = np.zeros((2, len(w)))
        if self._called:
            right = tp[:, self._called - 1]
            called = right + fp[:, self._called - 1]
        wrong = (positive - right) + (called - right)
        ends = self._ends
        return _curve_metrics(self._p[ends], tp[:, ends], fp[:, ends]) | {
            "log_loss": _ratio(w @ self._log_loss, total),
            "brier": _ratio(w @ self._brier, total),
            "ece": _ratio(np.abs(surplus).sum(axis=1), total),
            "accuracy": _ratio(total - wrong, total),
            "precision": _ratio(right, called),
            "recall": _ratio(right, positive),
        }


def _curve_metrics(scores: Floats, tp: Floats, fp: Floats) -> dict[str, Floats]:
    """Return the metrics that do not depend on a threshold or a bin, by name; NaN if undefined.

    Args:
        scores: Distinct scores [k], highest first.
        tp: Total weight [b, k] of planets at or above each of the k distinct scores.
        fp: Total weight [b, k] of false positives at or above each distinct score.
    """
    positive, negative = tp[:, -1], fp[:, -1]
    called = tp + fp
    precision = np.divide(tp, called, out=np.zeros_like(tp), where=called > 0)
    gained = np.diff(tp, prepend=0.0, axis=1)
    lost = np.diff(fp, prepend=0.0, axis=1)
    following = np.append(scores[1:], 0.0)
    sets = np.arange(len(tp))

    def at(least: float) -> tuple[Floats, Floats]:
        """Return recall and threshold as `recall_at_precision` and `threshold_at_precision` do."""
        right = np.where(precision >= least, tp, 0.0).max(axis=1)
        first = np.argmax(tp == right[:, None], axis=1)  # the highest score with this recall
        # Scores below without weight do not count: the next lower score is that of an event.
        last = (called <= called[sets, first][:, None]).sum(axis=1) - 1
        above, below = scores[first], following[last]
        middle = (above + below) / 2
        threshold = np.where(middle < above, middle, below)
        return _ratio(right, positive), np.where(right > 0, threshold, math.nan)

    (recall_95, threshold_95), (recall_99, threshold_99) = at(0.95), at(0.99)
    return {
        "average_precision": _ratio((gained * precision).sum(axis=1), positive),
        "recall_at_precision_95": recall_95,
        "threshold_at_precision_95": threshold_95,
        "recall_at_precision_99": recall_99,
        "threshold_at_precision_99": threshold_99,
        "roc_auc": _ratio((lost * (tp - gained / 2)).sum(axis=1), positive * negative),
    }


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return a ratio [b]; NaN where the denominator is 0."""
    ratio = np.full(len(numerator), math.nan)
    np.divide(numerator, denominator, out=ratio, where=denominator > 0)
    return ratio
