"""The spline of one segment, against SciPy's and against curves that it must fit exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import make_lsq_spline

from astronet.lightcurves.bspline import FITTED, SINGULAR, TOO_FEW_POINTS, fit_clipped

CADENCE = 0.0204  # d


def fit(time, flux, spacing, cut=3.0, rounds=5):
    """The outcome, the spline and the mask of `fit_clipped`."""
    spline, mask = np.full(len(time), np.nan), np.zeros(len(time), np.bool_)
    outcome = fit_clipped(time, flux, spacing, cut, rounds, spline, mask, np.zeros((rounds, 2)))
    return outcome, spline, mask


def scipys_spline(time, flux, mask, spacing):
    """SciPy's least-squares spline on uniform knots over the points in the mask."""
    x = time[mask]
    span = x[-1] - x[0]
    intervals = max(int(span / spacing), 1)
    knots = x[0] + span / intervals * np.arange(-3, intervals + 4)
    return make_lsq_spline(x, flux[mask], knots, k=3)(time)


@pytest.mark.parametrize("spacing", [0.5, 0.9, 2.7, 8.0, 50.0])
def test_scipys_spline_is_the_same(spacing):
    rng = np.random.default_rng(0)
    time = 131 + np.sort(rng.uniform(0, 30, 1200))
    flux = 1e4 + 30 * np.sin(time) + rng.normal(0, 3, 1200)
    outcome, spline, mask = fit(time, flux, spacing, rounds=1)
    assert outcome == FITTED
    assert mask.all()
    np.testing.assert_allclose(spline, scipys_spline(time, flux, mask, spacing), rtol=1e-9)


def test_scipys_spline_is_the_same_after_clipping():
    rng = np.random.default_rng(1)
    time = 131 + CADENCE * np.arange(1000)
    flux = 1e4 + 30 * np.sin(time) + rng.normal(0, 3, 1000)
    flux[[0, 1, 400, 999]] += 500  # the ends are extrapolated
    outcome, spline, mask = fit(time, flux, 1.3, rounds=50)
    assert outcome == FITTED
    assert not mask[[0, 1, 400, 999]].any()
    np.testing.assert_allclose(spline, scipys_spline(time, flux, mask, 1.3), rtol=1e-9)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize("spacing", [0.5, 3.0, 40.0])
def test_polynomials_up_to_a_cubic_are_fitted_exactly(degree, spacing):
    time = CADENCE * np.arange(1000)
    flux = 100 + (time - 8) ** degree
    np.testing.assert_allclose(fit(time, flux, spacing, rounds=1)[1], flux, rtol=1e-10)


def test_four_points_determine_a_cubic():
    time, flux = np.array([0.0, 0.1, 0.3, 0.6]), np.array([1.0, 5.0, 2.0, 7.0])
    outcome, spline, _ = fit(time, flux, 0.5, rounds=1)
    assert outcome == FITTED
    np.testing.assert_allclose(spline, flux, rtol=1e-9)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.integers(0, 299), st.sampled_from([-1, 1]), st.floats(100, 1e6))
def test_an_outlier_does_not_move_the_fit(index, sign, height):
    """By less than the noise, however high it stands."""
    rng = np.random.default_rng(2)
    time = CADENCE * np.arange(300)
    flux = 1e4 + 10 * np.sin(time) + rng.normal(0, 1, 300)
    flux[index] = 1e4 + sign * height
    struck, spline, mask = fit(time, flux, 2)
    assert struck == FITTED
    assert not mask[index]
    calm = np.delete(np.arange(300), index)
    assert np.abs(spline[calm] - fit(time[calm], flux[calm], 2)[1]).max() < 1


def test_a_point_may_come_back():
    """A deep eclipse drags the first fit; points beside it are clipped at first, not at last."""
    rng = np.random.default_rng(3)
    time = CADENCE * np.arange(600)
    flux = 1e4 + rng.normal(0, 1, 600)
    flux[300:315] -= 300
    first, last = fit(time, flux, 1, rounds=2)[2], fit(time, flux, 1, rounds=20)[2]
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
def test_fewer_than_four_times_are_too_few(time):
    flux = np.arange(len(time), dtype=float)
    assert fit(np.array(time), flux, 0.5)[0] == TOO_FEW_POINTS


def test_too_few_after_clipping():
    """Both points at the fourth time lie far off the curve, on either side."""
    time = np.repeat([0.0, 0.1, 0.2, 0.3], [5, 5, 5, 2])
    flux = np.array([9.0, 9.5, 10.0, 10.5, 11.0] * 3 + [-990.0, 1010.0])
    outcome, _, mask = fit(time, flux, 0.5)
    assert outcome == TOO_FEW_POINTS
    assert mask.tolist() == [True] * 15 + [False] * 2


def test_an_undetermined_coefficient_is_singular():
    time = np.concatenate([np.arange(0, 3, 0.1), np.arange(7, 10, 0.1)])
    assert fit(time, np.ones(len(time)), 0.5)[0] == SINGULAR


def test_one_minute_apart_and_a_gap():
    """Four points of short cadence, three of them a minute apart, still determine a cubic."""
    time = np.array([0, 0.0007, 0.0014, 0.74])
    outcome, spline, _ = fit(time, np.full(4, 5.0), 0.5, rounds=1)
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
