import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from astronet.errors import RunError
from astronet.evaluation.metrics import (
    METRICS,
    calibration_bins,
    calibration_error,
    confusion,
    measure,
    recall_at_precision,
    without_nan,
)

SCORES = np.array([0.9, 0.8, 0.6, 0.4, 0.3, 0.1])
TARGETS = np.array([1, 1, 0, 1, 0, 0])


def test_six_events_by_hand():
    values = measure(SCORES, TARGETS)
    assert values["n"] == 6
    assert values["n_positive"] == 3
    assert values["threshold"] == 0.5
    assert values["accuracy"] == pytest.approx(4 / 6)
    assert values["precision"] == pytest.approx(2 / 3)
    assert values["recall"] == pytest.approx(2 / 3)
    assert values["roc_auc"] == pytest.approx(8 / 9)  # one of nine pairs is in the wrong order
    assert values["average_precision"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert values["recall_at_precision_95"] == pytest.approx(2 / 3)
    assert values["recall_at_precision_99"] == pytest.approx(2 / 3)
    assert values["brier"] == pytest.approx((0.01 + 0.04 + 0.36 + 0.36 + 0.09 + 0.01) / 6)
    likelihood = 0.9 * 0.8 * 0.4 * 0.4 * 0.7 * 0.9
    assert values["log_loss"] == pytest.approx(-math.log(likelihood) / 6)


def test_all_metrics_are_computed():
    assert set(METRICS) | {"threshold", "n", "n_positive"} == set(measure(SCORES, TARGETS))


def test_score_equal_to_the_threshold_is_not_classified_as_planet():
    assert confusion([0.5, 0.6], [1, 1], 0.5) == {"tp": 1, "fp": 0, "tn": 0, "fn": 1}


def test_confusion_by_hand():
    assert confusion(SCORES, TARGETS) == {"tp": 2, "fp": 1, "tn": 2, "fn": 1}
    assert confusion(SCORES, TARGETS, 0.35) == {"tp": 3, "fp": 1, "tn": 2, "fn": 0}


def test_calibration_bins_are_closed_on_the_right():
    scores = np.array([0.0, 1 / 15, 0.0667, 2 / 15, 1.0])
    assert calibration_bins(scores).tolist() == [0, 0, 1, 1, 14]


def test_calibration_error_by_hand():
    # One bin of two at 0.5 (one planet: no gap), one bin of two at 0.9 (no planet: gap 0.9).
    scores, targets = np.array([0.5, 0.5, 0.9, 0.9]), np.array([1.0, 0.0, 0.0, 0.0])
    assert calibration_error(scores, targets) == pytest.approx(0.45)


def test_recall_is_zero_if_no_threshold_reaches_the_precision():
    assert recall_at_precision(np.array([0.9, 0.1]), np.array([0, 1]), 0.95) == 0.0


def test_recall_is_the_highest_of_all_thresholds():
    # The second event lowers the precision; 18 further planets raise it again to 19 of 20.
    scores, targets = np.linspace(0.9, 0.1, 20), np.ones(20)
    targets[1] = 0
    assert recall_at_precision(scores, targets, 0.95) == 1.0


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=40))
def test_metrics_equal_scikit_learn(events):
    scores = np.array([score / 8 for score, _ in events])
    targets = np.array([float(planet) for _, planet in events])
    values = measure(scores, targets)
    assert values["accuracy"] == sk.accuracy_score(targets, scores > 0.5)
    assert values["brier"] == sk.brier_score_loss(targets, scores, pos_label=1)
    if 0 < targets.sum() < len(targets):
        assert values["roc_auc"] == sk.roc_auc_score(targets, scores)
        assert values["average_precision"] == sk.average_precision_score(targets, scores)


def test_log_loss_of_scores_0_and_1_is_finite():
    right = measure([1.0, 0.0], [1, 0])["log_loss"]
    wrong = measure([1.0, 0.0], [0, 1])["log_loss"]
    assert right == pytest.approx(0.0, abs=1e-6)
    assert wrong == pytest.approx(-math.log(np.finfo(np.float32).eps))


def test_single_and_double_precision_agree():
    assert measure(SCORES.astype(np.float32), TARGETS) == pytest.approx(measure(SCORES, TARGETS))


def test_metrics_of_planets_are_undefined_without_planets():
    values = measure([0.2, 0.1], [0, 0])
    undefined = {name for name, value in values.items() if math.isnan(value)}
    assert undefined == {"roc_auc", "average_precision", "precision", "recall"} | {
        "recall_at_precision_95",
        "recall_at_precision_99",
        "threshold_at_precision_95",
        "threshold_at_precision_99",
    }
    assert values["accuracy"] == 1.0


def test_roc_auc_is_undefined_without_false_positives():
    values = measure([0.9, 0.8], [1, 1])
    assert math.isnan(values["roc_auc"])
    assert values["recall"] == values["average_precision"] == 1.0


def test_undefined_numbers_become_null():
    content = without_nan({"a": math.nan, "b": [1.0, math.inf], "c": {"d": 2}, "e": "x"})
    assert content == {"a": None, "b": [1.0, None], "c": {"d": 2}, "e": "x"}
    assert json.dumps(content, allow_nan=False)


@pytest.mark.parametrize(
    ("scores", "targets", "message"),
    [
        (
            [],
            [],
            "there are no labelled events to evaluate; choose another split or label policy",
        ),
        (
            [0.1, 0.2],
            [1],
            "scores have shape (2,) but targets have shape (1,); give one score and one target per "
            "event",
        ),
        (
            [0.1, 0.2],
            [1, np.nan],
            "1 of 2 targets are not 0 or 1; evaluate labelled events only",
        ),
        (
            [np.nan, 0.2],
            [1, 0],
            "1 of 2 scores are not finite; evaluate only events with a score, or, if the "
            "scores are "
            "the output of a network, train it again with a smaller learning rate",
        ),
        (
            [-3.0, 2.0],
            [0, 1],
            "scores range from -3 to 2; give scores between 0 and 1 (apply the sigmoid to logits)",
        ),
    ],
)
def test_invalid_input_is_rejected(scores, targets, message):
    with pytest.raises(RunError) as error:
        measure(scores, targets)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("scores", "targets", "threshold"),
    [
        ([0.9, 0.8, 0.6, 0.2], [1, 1, 0, 1], 0.7),  # halfway between 0.8 and 0.6
        ([0.9, 0.8, 0.6, 0.2], [1, 0, 1, 1], 0.85),
        ([0.9, 0.8], [1, 1], 0.4),  # no lower score: halfway between 0.8 and 0
        ([0.9, 0.9, 0.5], [1, 0, 0], math.nan),  # a planet and a false positive with the same score
        ([0.9, 0.8], [0, 1], math.nan),
        ([0.9, 0.8], [0, 0], math.nan),
    ],
)
def test_threshold_at_precision_by_hand(scores, targets, threshold):
    for name in ("threshold_at_precision_95", "threshold_at_precision_99"):
        assert measure(scores, targets)[name] == pytest.approx(threshold, nan_ok=True)


@pytest.mark.parametrize("seed", range(20))
def test_classification_at_the_threshold_has_that_precision_and_recall(seed):
    generator = np.random.default_rng(seed)
    targets = (generator.random(200) < 0.4).astype(float)
    scores = np.round(1 / (1 + np.exp(-generator.normal(4 * targets - 2, 1.2))), 2 + seed % 3)
    found = measure(scores, targets)
    for percent in (95, 99):
        threshold = found[f"threshold_at_precision_{percent}"]
        if math.isnan(threshold):
            assert found[f"recall_at_precision_{percent}"] == 0
            continue
        at = measure(scores, targets, threshold)
        assert at["precision"] >= percent / 100
        assert at["recall"] == found[f"recall_at_precision_{percent}"]


def test_threshold_between_adjacent_numbers_separates_them():
    upper = np.nextafter(0.5, 1)
    found = measure([upper, 0.5], [1, 0])["threshold_at_precision_99"]
    assert 0.5 <= found < upper
