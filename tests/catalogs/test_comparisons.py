"""Comparisons of an event with the other events of its star and of its table."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronet.catalogs.comparisons import COMPARISONS, with_comparisons

COLUMNS = ["star", "period_days", "epoch_bkjd", "depth_ppm", "snr"]


def table(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def survey(*rows):
    """Return the events after those of 1,000 other stars with different periods."""
    others = [(10_000 + n, 50 * 1.001**n, 130.0, 100.0, 10.0) for n in range(1000)]
    return with_comparisons(table(*others, *rows)).iloc[1000:].reset_index(drop=True)


def test_depth_and_snr_are_compared_with_the_largest_of_the_other_events():
    found = with_comparisons(
        table((1, 3.0, 0, 1000, 20), (1, 7.1, 0, 100, 40), (1, 9.3, 0, 10, 10))
    )
    np.testing.assert_allclose(found.relative_depth, [1, -1, -2])
    np.testing.assert_allclose(found.relative_snr, np.log10([20 / 40, 40 / 20, 10 / 40]))
    assert found.same_period_depth.isna().all()


def test_an_event_alone_is_not_compared():
    found = with_comparisons(table((1, 3.0, 0, 1000, 20), (2, 3.0, 0, 100, 20)))
    assert found[list(COMPARISONS)].isna().all(axis=None)


def test_a_secondary_eclipse_is_compared_with_the_primary_eclipse():
    found = with_comparisons(table((1, 3.0, 100.0, 1000, 20), (1, 3.0001, 103.9, 10, 20)))
    np.testing.assert_allclose(found.same_period_depth, [-2, 2])
    np.testing.assert_allclose(found.same_period_phase, 0.3, atol=1e-3)


def test_parents_are_in_other_stars():
    found = survey(
        (1, 3.0, 100.0, 10, 9), (2, 3.0, 106.05, 1000, 9), (2, 3.0, 100.0, 50, 9),
        (3, 3.0, 101.0, 1e5, 9),
    )  # fmt: skip
    np.testing.assert_allclose(found.parent_depth, [2, -2, np.log10(10 / 50), np.nan])


def test_a_parent_can_have_half_or_twice_the_period():
    found = survey((1, 3.0, 100.0, 10, 9), (2, 6.0, 103.0, 1000, 9))
    np.testing.assert_allclose(found.parent_depth_twice_period, [2, np.nan])
    np.testing.assert_allclose(found.parent_depth_half_period, [np.nan, -2])
    assert found.parent_depth.isna().all()


def test_small_tables_have_no_parents():
    found = with_comparisons(table((1, 3.0, 100.0, 10, 9), (2, 3.0, 100.0, 1000, 9)))
    assert found.parent_depth.isna().all()


def test_unknown_depths_are_not_compared():
    found = with_comparisons(table((1, 3.0, 0, np.nan, 20), (1, 3.0, 1, 10, np.nan)))
    assert found.drop(columns="same_period_phase")[list(COMPARISONS[:3])].isna().all(axis=None)
    assert found.same_period_phase.tolist() == pytest.approx([1 / 3, np.nan], nan_ok=True)
    found = with_comparisons(table((1, 3.0, 0, 10, 20), (1, 4.0, 1, -5, 0)))
    assert found[list(COMPARISONS)].isna().all(axis=None)
    found = with_comparisons(table((1, 3.0, 0, 10, 20)).drop(columns=["depth_ppm", "snr"]))
    assert found[list(COMPARISONS)].isna().all(axis=None)


def test_existing_columns_are_kept():
    given_table = table((1, 3.0, 0, 10, 20), (1, 4.0, 1, 5, 7)).assign(relative_depth=7.0)
    assert with_comparisons(given_table).relative_depth.tolist() == [7.0, 7.0]


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(8)))
def test_the_order_of_the_rows_does_not_matter(order):
    generator = np.random.default_rng(0)
    rows = [
        (n // 4, generator.choice([2.0, 2.0005, 5.0]), generator.uniform(0, 9), 10.0 ** (n % 4), n)
        for n in range(8)
    ]
    expected = with_comparisons(table(*rows)).iloc[list(order)].reset_index(drop=True)
    found = with_comparisons(table(*rows).iloc[list(order)].reset_index(drop=True))
    pd.testing.assert_frame_equal(found, expected)


def test_a_star_with_many_events_is_not_compared():
    rows = [(1, 3.0 + n, 0.0, 10.0 + n, 9.0) for n in range(101)]
    assert with_comparisons(table(*rows)).relative_depth.isna().all()
    assert with_comparisons(table(*rows[:100])).relative_depth.notna().all()


@pytest.mark.parametrize("ratio", [1.0, 0.5, 2.0])
def test_parents_equal_those_of_a_search_of_all_pairs(ratio):
    generator = np.random.default_rng(1)
    n = 1500
    period = generator.choice([2.0, 4.0, 8.0], n) * (1 + generator.uniform(-1e-4, 1e-4, n))
    rows = zip(
        generator.integers(0, 5000, n), period, generator.uniform(0, 8, n),
        10 ** generator.uniform(0, 4, n), np.full(n, 9.0), strict=True,
    )  # fmt: skip
    found = with_comparisons(table(*rows))
    name = {1.0: "parent_depth", 0.5: "parent_depth_half_period", 2.0: "parent_depth_twice_period"}
    star, _, epoch, depth, _ = (found[column].to_numpy() for column in COLUMNS)
    for row in range(0, n, 50):
        shorter = period[row] * min(1, ratio)
        cycles = (epoch - epoch[row]) / shorter
        alike = (np.abs(period / (period[row] * ratio) - 1) < 1e-4) & (star != star[row])
        alike &= np.abs(cycles - np.round(cycles)) * shorter < 0.1
        expected = np.log10(depth[alike].max() / depth[row]) if alike.any() else np.nan
        assert found[name[ratio]][row] == pytest.approx(expected, nan_ok=True)
