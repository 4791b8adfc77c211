"""Confidence intervals of metrics, estimated by bootstrap resampling of stars."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from astronet.errors import RunError, counted
from astronet.evaluation.metrics import (
    CALIBRATION_BINS,
    METRICS,
    SATURATION,
    calibration_bins,
    checked,
    confusion,
    measure,
    without_nan,
)
from astronet.lightcurves.arrays import Floats

LEVEL = (2.5, 97.5)
"""Percentiles that bound the 95 % interval."""


def as_json(
    scores: ArrayLike,
    targets: ArrayLike,
    stars: ArrayLike,
    *,
    split: str,
    labels: str,
    threshold: float = 0.5,
    resamples: int = 1000,
) -> dict[str, Any]:
    """Return metrics, their 95 % intervals and counts in the format of metrics.json.

    Undefined metrics and bounds are None, because JSON does not allow NaN.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n].
        split: Name of the evaluated split, stored unchanged.
        labels: Name of the label policy, stored unchanged.
        threshold: Score above which an event is classified as a planet.
        resamples: Number of bootstrap resamples.

    Raises:
        RunError: The input is invalid; see `measure` and `star_bootstrap`.
    """
    measured = measure(scores, targets, threshold)
    intervals = star_bootstrap(scores, targets, stars, threshold, resamples)
    content: dict[str, Any] = dict(measured)
    content |= {
        "n_stars": len(np.unique(np.asarray(stars))),
        "split": split,
        "labels": labels,
        "confusion": confusion(scores, targets, threshold),
        "intervals": {name: list(bounds) for name, bounds in intervals.items()},
    }
    return dict(without_nan(content))


def star_bootstrap(
    scores: ArrayLike,
    targets: ArrayLike,
    stars: ArrayLike,
    threshold: float = 0.5,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Return 95 % percentile intervals of all metrics from resampling stars with replacement.

    Events of one star share the noise of its light curve and often a label. They are therefore not
    independent, and resampling events would give intervals that are too narrow. Resamples in which
    a metric is undefined (for example because they contain no planet) are ignored for that metric.
    The interval is (NaN, NaN) if there is only one star or if the metric is undefined in all
    resamples.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n].
        threshold: Score above which an event is classified as a planet.
        resamples: Number of bootstrap resamples.
        seed: Random seed of the bootstrap.

    Returns:
        Lower and upper bounds, by name of the metric.

    Raises:
        RunError: The input is invalid (see `measure`), or the lengths of `stars` and `scores`
            differ.
    """
    ranked = Ranked(scores, targets, threshold)
    if (given := len(np.asarray(stars))) != ranked.n:
        raise RunError(
            f"found {counted(given, 'star')} for {counted(ranked.n, 'event')}; give one star per "
            "event"
        )
    if len(np.unique(np.asarray(stars))) < 2:
        return dict.fromkeys(METRICS, (math.nan, math.nan))
    samples = np.empty((resamples, len(METRICS)))
    for k, weights in enumerate(star_weights(stars, resamples, seed)):
        values = ranked.measure(weights)
        samples[k] = [values[name] for name in METRICS]
    return {name: _interval(samples[:, j]) for j, name in enumerate(METRICS)}


def star_differences(
    scores: ArrayLike,
    others: ArrayLike,
    targets: ArrayLike,
    stars: ArrayLike,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Return 95 % intervals of the difference in each metric between two sets of scores.

    Both sets are evaluated on the same resamples of stars (paired bootstrap), so variations that
    are common to both sets cancel in the difference. The classification threshold is 0.5.

    Args:
        scores: Scores [n] between 0 and 1.
        others: Other scores [n] of the same events; their metrics are subtracted from the metrics
            of `scores`.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n].
        resamples: Number of bootstrap resamples.
        seed: Random seed of the bootstrap.

    Returns:
        Lower and upper bounds of the difference, by name of the metric; NaN if the difference is
        undefined in all resamples.

    Raises:
        RunError: The input is invalid; see `measure`.
    """
    ours, theirs = Ranked(scores, targets), Ranked(others, targets)
    samples = np.empty((resamples, len(METRICS)))
    for k, weights in enumerate(star_weights(stars, resamples, seed)):
        a, b = ours.measure(weights), theirs.measure(weights)
        samples[k] = [a[name] - b[name] for name in METRICS]
    return {name: _interval(samples[:, j]) for j, name in enumerate(METRICS)}


def star_weights(stars: ArrayLike, resamples: int, seed: int = 0) -> Iterator[Floats]:
    """Yield event weights [n] for each resample: the number of times each event's star is drawn."""
    names, member = np.unique(np.asarray(stars), return_inverse=True)
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = generator.integers(0, len(names), len(names))
        yield np.bincount(drawn, minlength=len(names))[member].astype(np.float64)


def _interval(samples: Floats) -> tuple[float, float]:
    defined = samples[np.isfinite(samples)]
    if len(defined) == 0:
        return math.nan, math.nan
    low, high = np.percentile(defined, LEVEL)
    return float(low), float(high)


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
        return _curve_metrics(tp[self._ends], fp[self._ends]) | {
            "log_loss": float(w @ self._log_loss / total),
            "brier": float(w @ self._brier / total),
            "ece": float(np.abs(surplus).sum() / total),
            "accuracy": float((total - missed - false_alarms) / total),
            "precision": float(right / called) if called > 0 else math.nan,
            "recall": float(right / positive) if positive > 0 else math.nan,
        }


def _curve_metrics(tp: Floats, fp: Floats) -> dict[str, float]:
    """Return average precision, recall at high precision and ROC AUC, by name; NaN if undefined.

    Args:
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

    def recall_at(least: float) -> float:
        return float(tp[precision >= least].max(initial=0.0) / positive)

    return {
        "average_precision": float(gained @ precision / positive) if has_planets else math.nan,
        "recall_at_precision_95": recall_at(0.95) if has_planets else math.nan,
        "recall_at_precision_99": recall_at(0.99) if has_planets else math.nan,
        "roc_auc": float(area / (positive * negative)) if has_both else math.nan,
    }


def roc_band(
    scores: Floats, targets: Floats, stars: ArrayLike, grid: Floats, resamples: int = 200
) -> tuple[Floats, Floats]:
    """Return the lower and upper bounds [k] of the 95 % interval of the true-positive rate.

    Resamples that contain only one class are ignored; if none remain, the bounds are NaN.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n].
        grid: False-positive rates [k] at which the bounds are computed.
        resamples: Number of bootstrap resamples.
    """
    curves = []
    for weights in _with_both_classes(targets, stars, resamples):
        fpr, tpr, _ = sk.roc_curve(targets, scores, sample_weight=weights)
        curves.append(np.interp(grid, fpr, tpr))
    return _band(curves, grid)


def precision_band(
    scores: Floats, targets: Floats, stars: ArrayLike, grid: Floats, resamples: int = 200
) -> tuple[Floats, Floats]:
    """Return the lower and upper bounds [k] of the 95 % interval of the precision.

    Resamples that contain only one class are ignored; if none remain, the bounds are NaN.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n].
        grid: Recalls [k] at which the bounds are computed.
        resamples: Number of bootstrap resamples.
    """
    curves = []
    for weights in _with_both_classes(targets, stars, resamples):
        precision, recall, _ = sk.precision_recall_curve(targets, scores, sample_weight=weights)
        curves.append(np.interp(grid, recall[::-1], precision[::-1]))
    return _band(curves, grid)


def _with_both_classes(targets: Floats, stars: ArrayLike, resamples: int) -> Iterator[Floats]:
    for weights in star_weights(stars, resamples):
        if 0 < weights @ targets < weights.sum():
            yield weights


def _band(curves: list[Floats], grid: Floats) -> tuple[Floats, Floats]:
    if not curves:
        return np.full_like(grid, np.nan), np.full_like(grid, np.nan)
    low, high = np.percentile(curves, LEVEL, axis=0)
    return low, high
