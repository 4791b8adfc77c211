"""Decision thresholds, by hand and by their definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astronet.evaluation.decisions import Thresholds

FIELDS = ("precision_99", "precision_95", "recall_95")


def test_thresholds_by_hand():
    """From 0.6 all are planets; 0.3 is needed to find both remaining planets."""
    scores = np.array([0.9, 0.8, 0.6, 0.5, 0.4, 0.3, 0.1])
    targets = np.array([1, 1, 1, 0, 1, 1, 0])
    found = Thresholds.fit(scores, targets)
    assert (found.precision_99, found.precision_95, found.recall_95) == (0.55, 0.55, 0.2)
    assert (found.events, found.planets) == (7, 5)
    assert found.decide(np.array([0.95, 0.6, 0.55, 0.3, 0.2, np.nan])) == [
        "precision 0.99",
        "precision 0.99",
        "recall 0.95",
        "recall 0.95",
        "rejected",
        "",
    ]


def test_a_precision_that_is_not_reached_has_no_threshold():
    found = Thresholds.fit([0.9, 0.5, 0.2], [0, 1, 0])
    assert (found.precision_99, found.precision_95, found.recall_95) == (None, None, 0.35)
    assert found.decide(np.array([0.95, 0.3])) == ["recall 0.95", "rejected"]


def test_without_planets_there_are_no_thresholds():
    found = Thresholds.fit([0.9, 0.5], [0, 0])
    assert [getattr(found, name) for name in FIELDS] == [None, None, None]
    assert found.decide(np.array([1.0])) == ["rejected"]


@given(st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=60))
def test_the_events_above_a_threshold_have_the_precision_or_recall(events):
    scores = np.array([score for score, _ in events]) / 20
    targets = np.array([target for _, target in events], float)
    found = Thresholds.fit(scores, targets)
    for name in FIELDS:
        limit = getattr(found, name)
        if limit is None:
            continue
        chosen = targets[scores > limit]
        if name == "recall_95":
            assert chosen.sum() >= 0.95 * targets.sum()
        else:
            assert chosen.mean() >= {"precision_99": 0.99, "precision_95": 0.95}[name]


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_threshold_is_between_0_and_1(value):
    with pytest.raises(ValueError, match="precision_99"):
        Thresholds(precision_99=value, precision_95=None, recall_95=None, events=1, planets=1)


def fitted_to_a_thousand() -> Thresholds:
    """Return thresholds of calibrated scores; the spread is the distance from 0.5, reversed."""
    generator = np.random.default_rng(0)
    scores = generator.random(1000)
    targets = (generator.random(1000) < scores).astype(float)
    return Thresholds.fit(scores, targets, spreads=0.5 - np.abs(scores - 0.5))


def test_a_tenth_of_the_scores_is_undecided_and_a_twentieth_has_a_large_spread():
    found = fitted_to_a_thousand()
    scores = np.random.default_rng(0).random(1000)
    reasons = found.unsure(scores, np.full(1000, np.nan))
    assert reasons.count("undecided score") == 100
    assert reasons.count("") == 900
    near = np.abs(scores - 0.5)
    assert {reason for _, reason in sorted(zip(near, reasons, strict=True))[:100]} == {
        "undecided score"
    }
    disagreeing = found.unsure(np.full(1000, 0.99), 0.5 - near)
    assert disagreeing.count("networks disagree") == 50


def test_both_reasons_are_given():
    found = fitted_to_a_thousand()
    scores, spreads = np.array([0.5, 0.5, 0.99, 0.99, np.nan]), np.array([0.5, 0.0, 0.5, 0.0, 0.5])
    assert found.unsure(scores, spreads) == [
        "undecided score; networks disagree",
        "undecided score",
        "networks disagree",
        "",
        "",
    ]


def test_nothing_is_unsure_without_limits():
    found = Thresholds(precision_99=None, precision_95=None, recall_95=0.2, events=0, planets=0)
    assert found.unsure(np.array([0.5, 0.9]), np.array([0.5, np.nan])) == ["", ""]


def test_a_single_network_cannot_disagree():
    found = Thresholds.fit([0.9, 0.5, 0.2], [1, 1, 0], spreads=[np.nan] * 3)
    assert found.spread is None
    assert found.unsure(np.array([0.99]), np.array([0.9])) == [""]
