"""Risk and coverage: errors among the most certain events."""

import numpy as np
import pytest

from astronet.evaluation.abstention import RiskCoverage, abstention, certainty, smallest_area
from astronet.evaluation.metrics import calibrated_error, calibration_error


def test_certainty_is_the_distance_from_the_threshold_on_both_sides():
    values = certainty(np.array([0.5, 0.9, 0.1, 0.99]))
    assert values[0] == 0
    assert values[1] == pytest.approx(values[2]) == pytest.approx(np.log(9))
    assert values[3] > values[1]
    assert certainty(np.array([0.8]), 0.8)[0] == 0


def test_curve_by_hand():
    # In the order of certainty: 0.99 (right), 0.05 (wrong), 0.9 (right), 0.6 (wrong).
    order = RiskCoverage([0.6, 0.99, 0.05, 0.9], [0, 1, 1, 1])
    coverages, risks = order.curve()
    assert coverages.tolist() == [0.25, 0.5, 0.75, 1]
    assert risks.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4])
    assert order.area() == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    assert order.risk_at(0.5) == 0.5
    assert order.risk_at(0.6) == pytest.approx(1 / 3)


def test_events_of_equal_certainty_are_classified_together():
    coverages, risks = RiskCoverage([0.9, 0.9, 0.1, 0.5], [1, 0, 0, 0]).curve()
    assert coverages.tolist() == [0.75, 1]
    assert risks.tolist() == pytest.approx([1 / 3, 1 / 4])


def test_weights_are_repetitions():
    generator = np.random.default_rng(1)
    scores, targets = generator.random(50), generator.integers(0, 2, 50).astype(float)
    weights = generator.integers(0, 4, 50)
    repeated = np.repeat(np.arange(50), weights)
    weighted = RiskCoverage(scores, targets).area(weights.astype(float))
    assert weighted == pytest.approx(RiskCoverage(scores[repeated], targets[repeated]).area())


def test_errors_that_are_least_certain_give_the_smallest_area():
    scores = np.concatenate([np.linspace(0.8, 0.99, 90), np.linspace(0.51, 0.6, 10)])
    targets = np.concatenate([np.ones(90), np.zeros(10)])
    area = RiskCoverage(scores, targets).area()
    assert area == pytest.approx(smallest_area(0.1, 100))
    assert RiskCoverage(scores, targets, certainties=-certainty(scores)).area() > 5 * area


def test_unclassified_scores_surround_the_threshold():
    generator = np.random.default_rng(2)
    scores = generator.random(400)
    targets = (generator.random(400) < scores).astype(float)
    found = abstention(scores, targets, np.arange(400))
    low, high = found["unclassified_at_80"]
    assert low < 0.5 < high
    assert ((scores < low) | (scores > high)).mean() == pytest.approx(0.8, abs=1e-9)
    left = (scores < low) | (scores > high)
    assert found["risk_at_80"] == pytest.approx(((scores > 0.5) != targets)[left].mean())
    assert found["smallest_area"] < found["area"] < ((scores > 0.5) != targets).mean()
    low, high = found["intervals"]["area"]
    assert low < found["area"] < high


def test_calibrated_scores_have_the_simulated_calibration_error():
    generator = np.random.default_rng(3)
    scores = generator.beta(0.5, 1, 600)
    simulated = calibrated_error(scores)
    errors = [
        calibration_error(scores, (generator.random(600) < scores).astype(float))
        for _ in range(300)
    ]
    assert simulated["mean"] == pytest.approx(np.mean(errors), rel=0.05)
    low, high = simulated["interval"]
    assert np.mean((np.array(errors) > low) & (np.array(errors) < high)) > 0.9
    overconfident = np.clip(1.3 * scores - 0.15, 0, 1)
    targets = (generator.random(600) < scores).astype(float)
    assert calibration_error(overconfident, targets) > calibrated_error(overconfident)["mean"]


def test_scores_of_zero_and_one_have_no_calibration_error_if_calibrated():
    assert calibrated_error([0, 1, 1]) == {"mean": 0, "interval": [0, 0]}
