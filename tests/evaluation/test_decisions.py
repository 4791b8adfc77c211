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
