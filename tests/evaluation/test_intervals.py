import json
import math
import time

import numpy as np
import pytest
from sklearn import metrics as sk

from astronet.errors import RunError
from astronet.evaluation.intervals import (
    Ranked,
    as_json,
    calibration_band,
    precision_band,
    roc_band,
    star_bootstrap,
    star_weights,
)
from astronet.evaluation.metrics import METRICS, calibration_error, measure, threshold_at_precision


def events(n=300, seed=0, levels=None):
    """Return scores, targets and stars; `levels` rounds the scores, which gives ties."""
    generator = np.random.default_rng(seed)
    targets = (generator.random(n) < 0.25).astype(float)
    scores = 1 / (1 + np.exp(-generator.normal(3 * targets - 1.5, 1.2)))
    if levels:
        scores = np.round(scores * levels) / levels
    return scores, targets, generator.integers(0, n // 2, n)


def test_weights_are_equal_within_a_star_and_sum_to_the_number_of_stars():
    for weights in star_weights([7, 8, 8, 9, 9, 9], 50):
        assert weights[1] == weights[2]
        assert weights[3] == weights[4] == weights[5]
        assert weights[0] + weights[1] + weights[3] == 3


@pytest.mark.parametrize("levels", [None, 4, 20])
def test_weighted_metrics_equal_scikit_learn(levels):
    for seed in range(5):
        p, y, stars = events(seed=seed, levels=levels)
        ranked = Ranked(p, y, 0.4)
        for w in star_weights(stars, 4, seed):
            called, values = p > 0.4, ranked.measure(w)
            precision, recall, _ = sk.precision_recall_curve(y, p, sample_weight=w)
            eps = np.finfo(np.float32).eps
            repeated = np.repeat(np.arange(len(p)), w.astype(int))
            expected = {
                "average_precision": sk.average_precision_score(y, p, sample_weight=w),
                "recall_at_precision_95": recall[precision >= 0.95].max(),
                "recall_at_precision_99": recall[precision >= 0.99].max(),
                "threshold_at_precision_95": threshold_at_precision(p[repeated], y[repeated], 0.95),
                "threshold_at_precision_99": threshold_at_precision(p[repeated], y[repeated], 0.99),
                "roc_auc": sk.roc_auc_score(y, p, sample_weight=w),
                "log_loss": sk.log_loss(y, np.clip(p, eps, 1 - eps), sample_weight=w),
                "brier": sk.brier_score_loss(y, p, sample_weight=w),
                "ece": calibration_error(p[repeated], y[repeated]),
                "accuracy": sk.accuracy_score(y, called, sample_weight=w),
                "precision": sk.precision_score(y, called, sample_weight=w),
                "recall": sk.recall_score(y, called, sample_weight=w),
            }
            assert values == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("levels", [None, 4, 20])
def test_weighted_counts_equal_scikit_learn(levels):
    p, y, stars = events(levels=levels)
    weights = list(star_weights(stars, 300))  # more than one block
    for w, (tp, fp) in zip(weights, Ranked(p, y).counts(weights), strict=True):
        fpr, tpr, thresholds = sk.roc_curve(y, p, sample_weight=w, drop_intermediate=False)
        drawn = np.isin(np.unique(p)[::-1], thresholds)  # scikit-learn omits the other scores
        np.testing.assert_allclose(tp[drawn] / tp[-1], tpr[1:], rtol=1e-12)
        np.testing.assert_allclose(fp[drawn] / fp[-1], fpr[1:], rtol=1e-12)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
def test_weights_of_one_change_nothing(threshold):
    p, y, _ = events(levels=10)
    expected = {name: measure(p, y, threshold)[name] for name in METRICS}
    assert Ranked(p, y, threshold).measure(np.ones(len(p))) == pytest.approx(expected, nan_ok=True)


def test_intervals_of_a_perfect_classifier_have_no_width():
    scores, targets = [0.9] * 20 + [0.1] * 60, [1] * 20 + [0] * 60
    intervals = star_bootstrap(scores, targets, range(80), resamples=100)
    for name in ("roc_auc", "average_precision", "accuracy", "recall_at_precision_99"):
        assert intervals[name] == (1.0, 1.0)


def test_duplicated_events_do_not_narrow_the_interval():
    p, y, _ = events()
    once = np.arange(len(p))
    p, y, stars = np.tile(p, 9), np.tile(y, 9), np.tile(once, 9)
    by_star = star_bootstrap(p, y, stars, resamples=200)["average_precision"]
    by_row = star_bootstrap(p, y, np.arange(len(p)), resamples=200)["average_precision"]
    assert by_star[1] - by_star[0] > 2 * (by_row[1] - by_row[0])


def test_intervals_contain_the_value():
    p, y, stars = events()
    values, intervals = measure(p, y), star_bootstrap(p, y, stars, resamples=200)
    for name in ("average_precision", "roc_auc", "log_loss", "brier", "accuracy", "recall"):
        low, high = intervals[name]
        assert low < values[name] < high


def test_intervals_depend_on_the_seed_only():
    p, y, stars = events()
    assert star_bootstrap(p, y, stars, seed=3) == star_bootstrap(p, y, stars, seed=3)
    assert star_bootstrap(p, y, stars, seed=3) != star_bootstrap(p, y, stars, seed=4)


def test_resamples_without_a_planet_are_ignored():
    intervals = star_bootstrap([0.9, 0.1, 0.2], [1, 0, 0], ["a", "b", "c"], resamples=200)
    assert intervals["roc_auc"] == (1.0, 1.0)
    assert intervals["recall"] == (1.0, 1.0)


def test_intervals_of_a_single_star_are_undefined():
    intervals = star_bootstrap([0.9, 0.1], [1, 0], [5, 5])
    assert all(math.isnan(low) and math.isnan(high) for low, high in intervals.values())


def test_bootstrap_of_1574_events_takes_seconds():
    p, y, stars = events(1574)
    start = time.perf_counter()
    star_bootstrap(p, y, stars)
    assert time.perf_counter() - start < 10


def test_json_contains_metrics_intervals_and_counts():
    p, y, stars = events()
    content = as_json(p, y, stars, split="star, test", labels="dr24_autovetter", resamples=20)
    content = json.loads(json.dumps(content, allow_nan=False))
    assert content["roc_auc"] == sk.roc_auc_score(y, p)
    assert content["n"] == 300
    assert content["n_stars"] == len(set(stars.tolist()))
    assert content["split"] == "star, test"
    assert content["labels"] == "dr24_autovetter"
    assert set(content["intervals"]) == set(METRICS)
    low, high = content["intervals"]["average_precision"]
    assert low < content["average_precision"] < high
    assert sum(content["confusion"].values()) == 300


@pytest.mark.parametrize("targets", [[0, 0, 0], [1, 1, 1]])
def test_undefined_metrics_are_null_in_json(targets):
    content = as_json([0.2, 0.3, 0.4], targets, [1, 2, 3], split="", labels="", resamples=5)
    text = json.dumps(content, allow_nan=False)
    assert '"roc_auc": null' in text
    assert '"roc_auc": [null, null]' in text


def test_bands_contain_the_curves():
    p, y, stars = events()
    grid = np.linspace(0, 1, 11)
    fpr, tpr, _ = sk.roc_curve(y, p)
    low, high = roc_band(p, y, stars, grid, resamples=100)
    assert (low[1:-1] <= np.interp(grid, fpr, tpr)[1:-1]).all()
    assert (high[1:-1] >= np.interp(grid, fpr, tpr)[1:-1]).all()
    low, high = precision_band(p, y, stars, grid, resamples=100)
    assert ((low <= high) & (low >= 0) & (high <= 1)).all()


def test_band_of_precision_at_full_recall_is_that_of_the_highest_threshold():
    p, y = np.linspace(0, 1, 100), (np.arange(100) >= 90).astype(float)
    low, high = precision_band(p, y, np.arange(100), np.array([1.0]), resamples=50)
    assert (low, high) == (1, 1)  # not the fraction of planets, 0.1


def test_band_of_calibration_contains_the_fraction_of_planets():
    p = np.repeat([0.05, 0.55], 200)
    y = np.concatenate([np.arange(200) < 10, np.arange(200) < 100]).astype(float)
    low, high = calibration_band(p, y, np.arange(400))
    assert low[0] < 0.05 < high[0] < 0.1
    assert 0.4 < low[8] < 0.5 < high[8] < 0.6
    assert np.isnan(low[[1, 5, 14]]).all()


def test_number_of_stars_must_equal_number_of_events():
    with pytest.raises(RunError) as error:
        star_bootstrap([0.9, 0.1], [1, 0], [5])
    assert str(error.value) == "found 1 star for 2 events; give one star per event"
