"""Features of the other events of a star, on tables that can be checked by hand."""

import numpy as np
import pytest

from astronet.catalogs.siblings import MOST_EVENTS, SIBLINGS, sibling_features
from astronet.errors import CatalogError

NAMES = [feature.name for feature in SIBLINGS]


def features(
    stars: list[int],
    periods: list[float],
    logits: list[float],
    epochs: list[float] | None = None,
) -> list[dict[str, float]]:
    epochs = epochs or [130.0 + k for k in range(len(stars))]
    arrays = (np.array(values, np.float64) for values in (periods, epochs, logits))
    found = sibling_features(np.array(stars), *arrays)
    return [dict(zip(NAMES, map(float, row), strict=True)) for row in found]


def test_three_events_of_one_star_and_one_of_another() -> None:
    b, c, lone, d = features([7, 7, 9, 7], [10.0, 25.0, 3.0, 100.0], [2.0, 4.0, 9.0, -3.0])
    assert b["sibling_events"] == c["sibling_events"] == d["sibling_events"] == 2
    assert (b["sibling_highest"], b["sibling_second"]) == (4.0, -3.0)
    assert (d["sibling_highest"], d["sibling_second"]) == (4.0, 2.0)
    assert (c["sibling_mean"], c["sibling_sum"]) == (-0.5, -1.0)
    assert b["sibling_planets"] == pytest.approx(1 / (1 + np.exp(-4)) + 1 / (1 + np.exp(3)))
    assert b["ratio_to_highest"] == pytest.approx(np.log10(2.5))
    assert d["ratio_to_nearest"] == pytest.approx(np.log10(0.25))
    assert lone["sibling_events"] == lone["sibling_scores"] == 0
    assert all(np.isnan(lone[name]) for name in NAMES[2:])


def test_the_own_score_does_not_count() -> None:
    low, high = (features([1, 1], [3.0, 8.0], [own, 0.5])[0] for own in (-9.0, 9.0))
    assert low == pytest.approx(high, nan_ok=True)
    assert low["sibling_highest"] == low["sibling_mean"] == low["sibling_sum"] == 0.5


def test_integer_period_ratios_are_resonances() -> None:
    half, other, twice = features([1, 1, 1], [5.0, 7.3, 10.0], [0.0, 0.0, 0.0])
    assert half["sibling_resonance"] == twice["sibling_resonance"] == pytest.approx(-6)
    assert other["sibling_resonance"] == pytest.approx(np.log10((10 / 7.3 - 1) / (10 / 7.3)))


def test_an_event_that_occurs_twice_is_no_sibling_of_itself() -> None:
    # The second row is the first event, found again 40 transits later.
    once = features([1, 1], [5.0, 12.0], [3.0, -1.0])
    twice = features([1, 1, 1], [5.0, 5.0001, 12.0], [3.0, 3.0, -1.0], [130.0, 330.02, 131.0])
    assert twice[0] == pytest.approx(once[0], nan_ok=True)
    assert twice[1] == pytest.approx(once[0], nan_ok=True)
    assert twice[2] == pytest.approx(once[1], nan_ok=True)


def test_an_eclipse_half_a_period_later_is_a_sibling() -> None:
    primary, _ = features([1, 1], [5.0, 5.0], [3.0, -1.0], [130.0, 132.5])
    assert primary["sibling_events"] == 1
    assert primary["sibling_highest"] == -1.0
    assert primary["ratio_to_nearest"] == 0.0


def test_siblings_without_a_score_count_but_have_no_logit() -> None:
    first, second, third = features([4, 4, 4], [2.0, 5.2, 11.1], [1.0, np.nan, 3.0])
    assert (first["sibling_events"], first["sibling_scores"]) == (2, 1)
    assert first["sibling_highest"] == first["sibling_mean"] == 3.0
    assert np.isnan(first["sibling_second"])
    assert second["sibling_sum"] == 4.0
    assert third["ratio_to_nearest"] == pytest.approx(np.log10(5.2 / 11.1))
    unscored = features([4, 4], [2.0, 5.2], [np.nan, np.nan])[0]
    assert (unscored["sibling_events"], unscored["sibling_scores"]) == (1, 0)
    assert np.isnan([unscored["sibling_highest"], unscored["ratio_to_highest"]]).all()
    assert unscored["ratio_to_nearest"] == pytest.approx(np.log10(2.6))


def test_an_event_without_a_period_is_a_sibling_without_a_ratio() -> None:
    first, _ = features([4, 4], [2.0, np.nan], [1.0, 0.5])
    assert first["sibling_highest"] == 0.5
    assert np.isnan([first["ratio_to_nearest"], first["sibling_resonance"]]).all()


def test_features_follow_the_rows_and_ignore_the_numbers_of_the_stars() -> None:
    generator = np.random.default_rng(0)
    stars = generator.integers(0, 40, 120)
    periods, epochs, logits = (generator.uniform(1, 50, 120) for _ in range(3))
    logits[::7] = np.nan
    found = sibling_features(stars, periods, epochs, logits)
    order = generator.permutation(120)
    shuffled = sibling_features(
        999_000 - stars[order], periods[order], epochs[order], logits[order]
    )
    np.testing.assert_allclose(shuffled, found[order], rtol=1e-12)
    for row in range(0, 120, 11):
        others = logits[(stars == stars[row]) & (np.arange(120) != row)]
        if np.isfinite(others).any():
            assert found[row, NAMES.index("sibling_highest")] == np.nanmax(others)


def test_the_siblings_of_a_star_with_too_many_events_are_unknown() -> None:
    n = MOST_EVENTS + 1
    periods = 1 + np.arange(n + 2, dtype=np.float64)
    stars = np.array([5] * n + [6, 6])
    found = sibling_features(stars, periods, np.arange(n + 2.0), np.zeros(n + 2))
    assert np.isnan(found[:n]).all()
    assert (found[n:, 0] == 1).all()


def test_an_empty_table_has_no_features() -> None:
    empty = np.empty(0)
    assert sibling_features(np.empty(0, np.int64), empty, empty, empty).shape == (0, len(SIBLINGS))


def test_arrays_of_different_lengths_are_an_error() -> None:
    with pytest.raises(CatalogError, match="2 stars, 2 periods, 2 epochs and 1 logits"):
        sibling_features(np.array([1, 1]), np.ones(2), np.ones(2), np.zeros(1))


def test_the_deepest_sibling_at_the_same_period_is_the_companion() -> None:
    stars, periods = np.array([1, 1, 1, 2]), np.array([5.0, 5.001, 9.0, 5.0])
    epochs, logits = np.array([130.0, 132.5, 130.0, 131.0]), np.array([1.0, 2.0, 3.0, 4.0])
    found = sibling_features(stars, periods, epochs, logits, np.array([-1.0, -3.0, 0.0, 9.0]))
    first, second, third, alone = (dict(zip(NAMES, row, strict=True)) for row in found)
    assert first["companion_depth"] == -2.0 and second["companion_depth"] == 2.0
    assert first["companion_phase"] == pytest.approx(0.5)
    assert (first["companion_logit"], second["companion_logit"]) == (2.0, 1.0)
    assert np.isnan([third["companion_depth"], alone["companion_logit"]]).all()
    without = sibling_features(stars, periods, epochs, logits)
    assert np.isnan(without[:, NAMES.index("companion_depth") :]).all()
    np.testing.assert_array_equal(without[:, :10], found[:, :10])
