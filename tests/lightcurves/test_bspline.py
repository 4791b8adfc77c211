"""The spline of one segment, compared with SciPy and with curves that it fits exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import make_lsq_spline

from astronet.lightcurves.bspline import FITTED, SINGULAR, TOO_FEW_POINTS, fit_clipped

CADENCE = 0.0204  # d


def fit(time, flux, spacing, n_sigma=3.0, max_iterations=5):
    """Return the outcome, the spline and the mask of `fit_clipped`."""
    spline, mask = np.full(len(time), np.nan), np.zeros(len(time), np.bool_)
    guesses = np.zeros((max_iterations, 2))
    outcome = fit_clipped(time, flux, spacing, n_sigma, max_iterations, spline, mask, guesses)
    return outcome, spline, mask


def scipy_spline(time, flux, mask, spacing):
    """Return SciPy's least-squares spline on uniform knots, fitted to the points in the mask."""
    x = time[mask]
    span = x[-1] - x[0]
    intervals = max(int(span / spacing), 1)
    knots = x[0] + span / intervals * np.arange(-3, intervals + 4)
    return make_lsq_spline(x, flux[mask], knots, k=3)(time)


@pytest.mark.parametrize("spacing", [0.5, 0.9, 2.7, 8.0, 50.0])
def test_spline_equals_scipy(spacing):
    rng = np.random.default_rng(0)
    time = 131 + np.sort(rng.uniform(0, 30, 1200))
    flux = 1e4 + 30 * np.sin(time) + rng.normal(0, 3, 1200)
    outcome, spline, mask = fit(time, flux, spacing, max_iterations=1)
    assert outcome == FITTED
    assert mask.all()
    np.testing.assert_allclose(spline, scipy_spline(time, flux, mask, spacing), rtol=1e-9)


def test_spline_equals_scipy_after_clipping():
    rng = np.random.default_rng(1)
    time = 131 + CADENCE * np.arange(1000)
    flux = 1e4 + 30 * np.sin(time) + rng.normal(0, 3, 1000)
    flux[[0, 1, 400, 999]] += 500  # the ends are extrapolated
    outcome, spline, mask = fit(time, flux, 1.3, max_iterations=50)
    assert outcome == FITTED
    assert not mask[[0, 1, 400, 999]].any()
    np.testing.assert_allclose(spline, scipy_spline(time, flux, mask, 1.3), rtol=1e-9)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize("spacing", [0.5, 3.0, 40.0])
def test_polynomials_up_to_a_cubic_are_fitted_exactly(degree, spacing):
    time = CADENCE * np.arange(1000)
    flux = 100 + (time - 8) ** degree
    np.testing.assert_allclose(fit(time, flux, spacing, max_iterations=1)[1], flux, rtol=1e-10)


def test_four_points_determine_a_cubic():
    time, flux = np.array([0.0, 0.1, 0.3, 0.6]), np.array([1.0, 5.0, 2.0, 7.0])
    outcome, spline, _ = fit(time, flux, 0.5, max_iterations=1)
    assert outcome == FITTED
    np.testing.assert_allclose(spline, flux, rtol=1e-9)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.integers(0, 299), st.sampled_from([-1, 1]), st.floats(100, 1e6))
def test_an_outlier_does_not_move_the_fit(index, sign, height):
    """The fit changes by less than the noise, whatever the height of the outlier."""
    rng = np.random.default_rng(2)
    time = CADENCE * np.arange(300)
    flux = 1e4 + 10 * np.sin(time) + rng.normal(0, 1, 300)
    flux[index] = 1e4 + sign * height
    outcome, spline, mask = fit(time, flux, 2)
    assert outcome == FITTED
    assert not mask[index]
    others = np.delete(np.arange(300), index)
    assert np.abs(spline[others] - fit(time[others], flux[others], 2)[1]).max() < 1


def test_a_clipped_point_can_be_used_again():
    """After a deep eclipse, points next to it are clipped by the first fit but not by the last."""
    rng = np.random.default_rng(3)
    time = CADENCE * np.arange(600)
    flux = 1e4 + rng.normal(0, 1, 600)
    flux[300:315] -= 300
    first, last = fit(time, flux, 1, max_iterations=2)[2], fit(time, flux, 1, max_iterations=20)[2]
    assert not last[300:315].any()
    assert (last & ~first).any()


@pytest.mark.parametrize(
    "time",
    [
        [0.0],
        [0.0, 0.1],
        [0.0, 0.1, 0.2],
        [0.5] * 9,
        [0.0, 0.0, 0.0, 0.1, 0.2, 0.2],
    ],
)
def test_fewer_than_four_distinct_times_are_too_few(time):
    flux = np.arange(len(time), dtype=float)
    assert fit(np.array(time), flux, 0.5)[0] == TOO_FEW_POINTS


def test_too_few_after_clipping():
    """Both points at the fourth time are outliers, one above and one below the curve."""
    time = np.repeat([0.0, 0.1, 0.2, 0.3], [5, 5, 5, 2])
    flux = np.array([9.0, 9.5, 10.0, 10.5, 11.0] * 3 + [-990.0, 1010.0])
    outcome, _, mask = fit(time, flux, 0.5)
    assert outcome == TOO_FEW_POINTS
    assert mask.tolist() == [True] * 15 + [False] * 2


def test_an_undetermined_coefficient_is_singular():
    time = np.concatenate([np.arange(0, 3, 0.1), np.arange(7, 10, 0.1)])
    assert fit(time, np.ones(len(time)), 0.5)[0] == SINGULAR


def test_three_points_a_minute_apart_and_one_after_a_gap_are_fitted():
    """Four points determine a cubic, even if three of them are one minute apart."""
    time = np.array([0, 0.0007, 0.0014, 0.74])
    outcome, spline, _ = fit(time, np.full(4, 5.0), 0.5, max_iterations=1)
    assert outcome == FITTED
    np.testing.assert_allclose(spline, 5, rtol=1e-9)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.floats(1e-3, 1e12))
def test_scaling_the_flux_scales_the_spline(scale):
    rng = np.random.default_rng(4)
    time = CADENCE * np.arange(500)
    flux = 1e4 + 10 * np.sin(time) + rng.normal(0, 1, 500)
    outcome, spline, mask = fit(time, flux, 1.3)
    scaled_outcome, scaled, scaled_mask = fit(time, scale * flux, 1.3)
    assert outcome == scaled_outcome == FITTED
    assert np.array_equal(scaled_mask, mask)
    np.testing.assert_allclose(scaled, scale * spline, rtol=1e-11)
