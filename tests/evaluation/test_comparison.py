"""Differences between models, from the same bootstrap samples of stars."""

import numpy as np
import pytest

from astronet.evaluation.comparison import COMPARED, differences
from astronet.evaluation.intervals import star_bootstrap
from astronet.evaluation.metrics import measure


def models(n=400, seed=1):
    """Return scores of a good, a similar and a poor model, with targets and stars."""
    generator = np.random.default_rng(seed)
    targets = (generator.random(n) < 0.3).astype(float)
    noise = generator.normal(0, 1, n)
    logits = {
        "poor": 0.5 * targets + generator.normal(0, 1, n),
        "good": 2 * targets + noise,
        "similar": 2 * targets + noise + generator.normal(0, 0.1, n),
    }
    scores = {name: 1 / (1 + np.exp(-values)) for name, values in logits.items()}
    return scores, targets, generator.integers(0, n // 2, n)


def test_every_pair_is_compared_once_with_the_later_model_first():
    pairs = differences(*models(), resamples=20)
    assert [(pair["model"], pair["minus"]) for pair in pairs] == [
        ("good", "poor"),
        ("similar", "poor"),
        ("similar", "good"),
    ]


def test_difference_is_that_of_the_metrics():
    scores, targets, stars = models()
    first, *_ = differences(scores, targets, stars, resamples=200)
    for name in COMPARED:
        better, worse = (measure(scores[model], targets)[name] for model in ("good", "poor"))
        assert first[name] == pytest.approx(better - worse, abs=1e-12)
        low, high = first["intervals"][name]
        assert low <= first[name] <= high
    assert first["intervals"]["average_precision"][0] > 0


def test_model_does_not_differ_from_a_monotonic_transformation_of_itself():
    scores, targets, stars = models()
    (pair,) = differences({"a": scores["good"], "b": scores["good"] ** 2}, targets, stars, 50)
    for name in COMPARED:
        assert pair[name] == 0
        assert pair["intervals"][name] == [0, 0]


def test_paired_interval_is_narrower_than_those_of_the_models():
    scores, targets, stars = models()
    *_, pair = differences(scores, targets, stars, resamples=200)
    low, high = pair["intervals"]["average_precision"]
    single = star_bootstrap(scores["good"], targets, stars, resamples=200)["average_precision"]
    assert high - low < 0.5 * (single[1] - single[0])


def test_intervals_equal_those_of_two_models_alone():
    scores, targets, stars = models()
    *_, pair = differences(scores, targets, stars, resamples=50)
    two = {name: scores[name] for name in ("good", "similar")}
    (alone,) = differences(two, targets, stars, resamples=50)
    assert pair == alone


def test_only_the_given_metrics_are_compared():
    scores, targets, stars = models()
    *_, pair = differences(scores, targets, stars, 50, metrics=["recall", "average_precision"])
    *_, default = differences(scores, targets, stars, 50)
    assert [*pair] == ["model", "minus", "recall", "average_precision", "intervals"]
    assert pair["average_precision"] == default["average_precision"]
    assert pair["intervals"]["average_precision"] == default["intervals"]["average_precision"]


def test_undefined_differences_are_none():
    (pair,) = differences({"a": [0.2, 0.3], "b": [0.3, 0.1]}, [0, 0], [1, 2], resamples=5)
    assert pair["roc_auc"] is None
    assert pair["intervals"]["roc_auc"] == [None, None]
