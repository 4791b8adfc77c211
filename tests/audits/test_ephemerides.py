import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astronet.audits.ephemerides import (
    EPOCH_WIDTH,
    PERIOD_WIDTH,
    Signals,
    count_period_pairs,
    matching_pairs,
    significance,
)


def all_pairs(first, second):
    return np.ones(len(first), dtype=bool)


def signals(period, phase, group=None):
    period = np.asarray(period, dtype=np.float64)
    group = np.zeros(len(period), dtype=np.int64) if group is None else np.asarray(group)
    reference = np.zeros(len(period))
    return Signals(group, period, np.asarray(phase) * period, reference)


def matches_by_brute_force(one, width):
    found = set()
    place = np.log(one.period) / PERIOD_WIDTH
    for a in range(len(one.period)):
        for b in range(a + 1, len(one.period)):
            apart = abs((one.phase[a] - one.phase[b] + 0.5) % 1 - 0.5)
            if one.group[a] == one.group[b] and abs(place[a] - place[b]) < 1 and apart <= width:
                found.add((a, b))
    return found


def test_significance_equals_that_of_a_normal_distribution():
    # P(|x| > 2 σ) = 0.0455 and P(|x| > 3 σ) = 0.0027.
    assert significance(np.array([0.0455, 0.0027])) == pytest.approx([2, 3], abs=1e-3)
    assert pytest.approx((4.65e-4, 0.0455), rel=1e-3) == (PERIOD_WIDTH, EPOCH_WIDTH)


def test_whole_cycles_do_not_change_the_significance():
    assert significance(np.array([-2.01, 1.01, 0.01])) == pytest.approx([2.576] * 3, abs=1e-3)


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 12), st.integers(0, 20)),
        min_size=1,
        max_size=25,
    ),
    st.sampled_from([0.06, 0.26, 0.49]),
)
def test_the_search_finds_the_same_pairs_as_brute_force(rows, width):
    group, place, phase = (np.array(column) for column in zip(*rows, strict=True))
    one = signals(np.exp((place * 0.3 + 0.1) * PERIOD_WIDTH), phase / 20 + 0.001, group)
    pairs = matching_pairs(one, width, all_pairs)
    listed = [tuple(sorted(pair)) for pair in zip(pairs.first, pairs.second, strict=True)]
    assert len(listed) == len(set(listed))
    assert set(listed) == matches_by_brute_force(one, width)
    assert pairs.complete


def test_phases_wrap_at_the_end_of_a_period():
    pairs = matching_pairs(signals([3.0, 3.0], [0.99, 0.01]), 0.03, all_pairs)
    assert len(pairs.first) == 1


def test_a_list_with_too_many_pairs_is_truncated_and_marked():
    crowded = signals(np.full(20000, 10.0), np.linspace(0, 0.9, 20000))
    pairs = matching_pairs(crowded, 0.045, all_pairs)  # 20 million pairs agree
    assert not pairs.complete
    assert len(pairs.first) < 15 * 20000
    nearest = np.abs(pairs.first - pairs.second).max()
    assert nearest <= 11  # in steps of phase


def test_pairs_that_match_in_period_are_counted_between_splits():
    period = np.array([1.0, 1.0001, 1.0002, 2.0])
    assert count_period_pairs(period, np.array([0, 1, 1, 0])) == 2


def test_no_signals_give_no_pairs():
    pairs = matching_pairs(signals([], []), 0.05, all_pairs)
    assert len(pairs.first) == len(pairs.second) == 0
