"""Confidence intervals of metrics, estimated by bootstrap resampling of stars."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from astronet.errors import RunError, counted
from astronet.evaluation.metrics import (
    CALIBRATION_BINS,
    METRICS,
    calibration_bins,
    confusion,
    measure,
    without_nan,
)
from astronet.evaluation.ranked import Ranked
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
    samples = ranked.measure_all(star_weights(stars, resamples, seed))
    return {name: interval_of(values) for name, values in samples.items()}


def star_weights(stars: ArrayLike, resamples: int, seed: int = 0) -> Iterator[Floats]:
    """Yield event weights [n] for each resample: the number of times each event's star is drawn."""
    names, member = np.unique(np.asarray(stars), return_inverse=True)
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = generator.integers(0, len(names), len(names))
        yield np.bincount(drawn, minlength=len(names))[member].astype(np.float64)


def interval_of(samples: Floats) -> tuple[float, float]:
    """Return the bounds of the 95 % interval of samples [k], ignoring those that are not finite.

    The bounds are NaN if no sample is finite.
    """
    defined = samples[np.isfinite(samples)]
    if len(defined) == 0:
        return math.nan, math.nan
    low, high = np.percentile(defined, LEVEL)
    return float(low), float(high)


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
    for tp, fp in _counts(scores, targets, stars, resamples):
        tpr, fpr = np.append(0.0, tp) / tp[-1], np.append(0.0, fp) / fp[-1]
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
    for tp, fp in _counts(scores, targets, stars, resamples):
        # Of several thresholds with the same recall, the highest has the highest precision.
        first = np.flatnonzero(np.diff(tp, prepend=0.0))
        recall = np.append(0.0, tp[first] / tp[-1])
        precision = np.append(1.0, tp[first] / (tp + fp)[first])
        curves.append(np.interp(grid, recall, precision))
    return _band(curves, grid)


def calibration_band(
    scores: Floats, targets: Floats, stars: ArrayLike, resamples: int = 200
) -> tuple[Floats, Floats]:
    """Return the bounds of the 95 % interval of the fraction of planets in each calibration bin.

    Resamples in which a bin is empty are ignored for that bin.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n].
        resamples: Number of bootstrap resamples.

    Returns:
        Lower and upper bounds [15]; NaN for a bin without events.
    """
    bins = calibration_bins(scores)
    fractions = np.full((resamples, CALIBRATION_BINS), np.nan)
    for k, weights in enumerate(star_weights(stars, resamples)):
        n = np.bincount(bins, weights, CALIBRATION_BINS)
        planets = np.bincount(bins, weights * targets, CALIBRATION_BINS)
        np.divide(planets, n, out=fractions[k], where=n > 0)
    bounds = np.array([interval_of(column) for column in fractions.T])
    return bounds[:, 0], bounds[:, 1]


def _counts(
    scores: Floats, targets: Floats, stars: ArrayLike, resamples: int
) -> Iterator[tuple[Floats, Floats]]:
    """Yield the counts of true and false positives of resamples with both classes."""
    for tp, fp in Ranked(scores, targets).counts(star_weights(stars, resamples)):
        if tp[-1] > 0 and fp[-1] > 0:
            yield tp, fp


def _band(curves: list[Floats], grid: Floats) -> tuple[Floats, Floats]:
    if not curves:
        return np.full_like(grid, np.nan), np.full_like(grid, np.nan)
    low, high = np.percentile(curves, LEVEL, axis=0)
    return low, high
