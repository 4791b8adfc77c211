"""How far the metrics can be trusted: intervals from resampling stars."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from astronet.errors import RunError
from astronet.evaluation.metrics import (
    CALIBRATION_BINS,
    METRICS,
    SATURATION,
    Floats,
    calibration_bins,
    checked,
    confusion,
    measure,
    without_nan,
)

LEVEL = (2.5, 97.5)
"""Percentiles that bound a 95 % interval."""


def as_json(
    scores: ArrayLike,
    targets: ArrayLike,
    stars: ArrayLike,
    *,
    split: str,
    labels: str,
    threshold: float = 0.5,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """The content of metrics.json: each metric under its name, then intervals and the rest.

    An undefined number is None, so that the file is strict JSON.

    Args:
        scores: Scores [n], between 0 and 1.
        targets: 1 for planets, 0 for the rest [n].
        stars: The star [n] of each event.
        split: The split's name.
        labels: The label policy's name.
        threshold: Above it an event is called a planet.
        resamples: Bootstrap resamples for the intervals.
        seed: Of the resampling.

    Raises:
        RunError: As for `measure` and `star_bootstrap`.
    """
    measured = measure(scores, targets, threshold)
    intervals = star_bootstrap(scores, targets, stars, threshold, resamples, seed)
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
    progress: Callable[[int], None] = lambda done: None,
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of every metric, from resampling stars with replacement.

    Events of one star share its noise, its neighbours and often its label, so events are not
    independent and resampling them would give intervals that are too narrow. A resample in which
    a metric is undefined (no planet drawn) does not count for it; with a single star, or with no
    such resample left, the interval is (NaN, NaN).

    Args:
        scores: Scores [n], between 0 and 1.
        targets: 1 for planets, 0 for the rest [n].
        stars: The star [n] of each event.
        threshold: Above it an event is called a planet.
        resamples: How many times the stars are drawn.
        seed: Of the drawing; the same seed gives the same intervals.
        progress: Is told the number of resamples done after each.

    Raises:
        RunError: As for `measure`, or an event has no star.
    """
    ranked = Ranked(scores, targets, threshold)
    if len(np.asarray(stars)) != ranked.n:
        raise RunError(
            f"there are {len(np.asarray(stars))} stars for {ranked.n} events; give one an event"
        )
    if len(np.unique(np.asarray(stars))) < 2:
        return dict.fromkeys(METRICS, (math.nan, math.nan))
    samples = np.empty((resamples, len(METRICS)))
    for k, weights in enumerate(star_weights(stars, resamples, seed)):
        values = ranked.measure(weights)
        samples[k] = [values[name] for name in METRICS]
        progress(k + 1)
    return {name: _interval(samples[:, j]) for j, name in enumerate(METRICS)}


def star_differences(
    scores: ArrayLike,
    others: ArrayLike,
    targets: ArrayLike,
    stars: ArrayLike,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """95 % intervals of every metric of some scores less that of others, of the same events.

    Both are measured on the same resamples of stars, so that what makes a resample easy or hard
    falls out of the difference.

    Args:
        scores: Scores [n], between 0 and 1.
        others: The other scores [n] of the same events.
        targets: 1 for planets, 0 for the rest [n].
        stars: The star [n] of each event.
        resamples: How many times the stars are drawn.
        seed: Of the drawing.

    Raises:
        RunError: As for `measure`.
    """
    ours, theirs = Ranked(scores, targets), Ranked(others, targets)
    samples = np.empty((resamples, len(METRICS)))
    for k, weights in enumerate(star_weights(stars, resamples, seed)):
        a, b = ours.measure(weights), theirs.measure(weights)
        samples[k] = [a[name] - b[name] for name in METRICS]
    return {name: _interval(samples[:, j]) for j, name in enumerate(METRICS)}


def star_weights(stars: ArrayLike, resamples: int, seed: int = 0) -> Iterator[Floats]:
    """For each resample, how many times each event [n] is drawn together with its star."""
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
    """Scores sorted once, to be measured under many weights.

    scikit-learn sorts anew for each set of weights; this gives its numbers (a test compares
    them) about thirty times as fast.
    """

    def __init__(self, scores: ArrayLike, targets: ArrayLike, threshold: float = 0.5) -> None:
        p, y = checked(scores, targets)
        self.n = len(p)
        self._order = np.argsort(-p, kind="stable")
        self._p, self._y = p[self._order], y[self._order]
        # Equal scores are one step of the curves: only the last of them ends a step.
        self._ends = np.append(np.flatnonzero(np.diff(self._p)), self.n - 1)
        self._called = int((p > threshold).sum())
        bounded = np.clip(self._p, SATURATION, 1 - SATURATION)
        self._log_loss = -np.log(np.where(self._y == 1, bounded, 1 - bounded))
        self._brier = (self._p - self._y) ** 2
        self._bins = calibration_bins(self._p)

    def measure(self, weights: Floats) -> dict[str, float]:
        """Every metric of METRICS with these weights [n] of the events; NaN where undefined."""
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
    """From the weight of planets and of others [steps] at or above each distinct score."""
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
    """The 95 % band [k] of the true-positive rate at false-positive rates `grid` [k]."""
    curves = []
    for weights in _with_both_classes(targets, stars, resamples):
        fpr, tpr, _ = sk.roc_curve(targets, scores, sample_weight=weights)
        curves.append(np.interp(grid, fpr, tpr))
    return _band(curves, grid)


def precision_band(
    scores: Floats, targets: Floats, stars: ArrayLike, grid: Floats, resamples: int = 200
) -> tuple[Floats, Floats]:
    """The 95 % band [k] of the precision at recalls `grid` [k]."""
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
