"""A robust mean is not affected by outliers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronet.lightcurves.robust import clip, robust_mean

SAMPLES = st.lists(st.integers(-1000, 1000).map(float), min_size=1, max_size=40).map(np.array)


def test_an_outlier_is_left_out():
    found = robust_mean(np.array([1.0, 2.0, 3.0, 4.0, 1000.0]), 3)
    assert found.mask.tolist() == [True, True, True, True, False]
    assert found.mean == 2.5
    # √1.25 is the scatter of 1, 2, 3, 4; a normal distribution cut at 3 sigma has 0.988914 sigma
    assert found.error == pytest.approx(np.sqrt(1.25) / 0.988914 / np.sqrt(5 - 1), rel=1e-6)


def test_equal_values_have_no_scatter():
    found = robust_mean(np.full(5, 7.0), 3)
    assert (found.mean, found.error) == (7, 0)
    assert found.mask.all()


def test_more_than_half_equal_values():
    """The median deviation is 0, so the mean deviation is used; it keeps 6 and clips 100."""
    assert robust_mean(np.array([5.0] * 5 + [6.0] * 2), 3).mask.all()
    found = robust_mean(np.array([5.0] * 90 + [100.0]), 3)
    assert found.mask.tolist() == [True] * 90 + [False]


def test_one_value_is_its_own_mean():
    assert robust_mean(np.array([4.0]), 3)[:2] == (4, 0)


def test_a_wide_cut_needs_no_correction():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert robust_mean(values, 5).error == pytest.approx(np.sqrt(1.25) / np.sqrt(3))


@settings(deadline=None, derandomize=True)
@given(SAMPLES, st.integers(-1000, 1000), st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_shifting_and_scaling_the_values_shifts_and_scales_the_mean(values, shift, scale):
    found, moved = robust_mean(values, 3), robust_mean(scale * values + shift, 3)
    tolerance = 1e-9 * (1 + abs(shift) + np.abs(scale * values).max())
    assert moved.mean == pytest.approx(scale * found.mean + shift, abs=tolerance)
    assert moved.error == pytest.approx(scale * found.error, abs=tolerance)
    assert np.array_equal(moved.mask, found.mask)


def test_an_empty_array_is_rejected():
    with pytest.raises(
        ValueError, match=r"^cannot compute the mean of an empty array; pass at least one value$"
    ):
        robust_mean(np.array([]), 3)


def test_a_cut_that_clips_all_values_is_rejected():
    with pytest.raises(
        ValueError,
        match=r"^none of 2 values is within 0\.5 standard deviations of the median; "
        r"use n_sigma of at least 1$",
    ):
        robust_mean(np.array([0.0, 1.0]), 0.5)


def test_a_guess_does_not_affect_the_result():
    values = np.random.default_rng(4).standard_normal(1000)
    values[::50] += 9
    known, unknown = np.empty(1000, bool), np.empty(1000, bool)
    guess = np.zeros(2)
    scatter = clip(values, 3.0, unknown, guess)
    assert guess[0] == np.median(values)
    assert guess[1] == np.median(np.abs(values - guess[0]))
    assert clip(values, 3.0, known, guess) == scatter
    assert (known == unknown).all()
