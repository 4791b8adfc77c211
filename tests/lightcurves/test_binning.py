"""Medians in bins, by hand and against a direct computation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from astronet.errors import LightCurveError
from astronet.lightcurves.binning import bin_median


def test_overlapping_bins_by_hand():
    """Bins of width 4 with spacing 2: [0, 4), [2, 6), [4, 8)."""
    found = bin_median(np.array([7.0, 1, 3, 5]), np.array([9.0, 1, 3, 5]), 3, 4, 0, 8)
    assert found.median.tolist() == [2, 4, 7]
    assert found.points.tolist() == [2, 2, 2]


def test_empty_bins_have_no_median():
    found = bin_median(np.array([0.5]), np.array([3.0]), 2, 1, 0, 2)
    assert found.median[0] == 3
    assert np.isnan(found.median[1])
    assert found.points.tolist() == [1, 0]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    arrays(np.float64, st.integers(0, 300), elements=st.floats(-12, 12)),
    st.integers(2, 40),
    st.floats(0.01, 19),
)
def test_bins_contain_the_points_between_their_edges(x, bins, width):
    y = np.random.default_rng(0).normal(size=len(x))
    found = bin_median(x, y, bins, width, -10, 10)
    begin, end, spacing = -10.0, -10.0 + width, (20 - width) / (bins - 1)
    for median, count in zip(*found, strict=True):
        inside = y[(begin <= x) & (x < end)]
        assert count == len(inside)
        assert np.array_equal(median, np.median(inside) if count else np.nan, equal_nan=True)
        begin, end = begin + spacing, end + spacing


@settings(deadline=None, derandomize=True)
@given(st.randoms(use_true_random=False))
def test_the_order_of_points_does_not_matter(random):
    x, y = np.linspace(0, 1, 200), np.arange(200.0)
    order = np.array(random.sample(range(200), 200))
    for ours, theirs in zip(
        bin_median(x, y, 20, 0.1, 0, 1), bin_median(x[order], y[order], 20, 0.1, 0, 1), strict=True
    ):
        assert np.array_equal(ours, theirs)


def test_non_finite_points_are_in_no_bin():
    x = np.array([np.nan, 0.1, np.inf, 0.9, -np.inf])
    assert bin_median(x, np.arange(5.0), 2, 0.5, 0, 1).points.tolist() == [1, 1]


@pytest.mark.parametrize("scale", [1e-320, 1e-310, 1e-300, 1e300])
def test_extremely_narrow_and_wide_bins_are_counted(scale):
    x = np.linspace(-1, 1, 50) * scale
    points = bin_median(x, np.ones(50), 10, 0.2 * scale, -scale, scale).points
    assert points.sum() >= 40


@pytest.mark.parametrize(("bins", "width"), [(1, 0.5), (5, 0.0), (5, 1.0), (5, float("nan"))])
def test_impossible_bins_are_rejected(bins, width):
    with pytest.raises(
        LightCurveError, match="bins .* d wide do not fit into the .* from 0 to 1 d"
    ):
        bin_median(np.zeros(3), np.zeros(3), bins, width, 0, 1)
