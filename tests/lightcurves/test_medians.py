"""Medians equal those of NumPy to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from astronet.lightcurves.medians import median, median_near

VALUES = st.integers(1, 400).flatmap(
    lambda n: arrays(
        np.float64,
        n,
        elements=st.one_of(st.floats(-1e300, 1e300), st.sampled_from([0.0, -0.0, 1.0, 2.0])),
    )
)


@settings(deadline=None, derandomize=True)
@given(VALUES)
def test_median_equals_numpy(values):
    before = values.copy()
    assert median(values, np.empty(len(values))) == np.median(values)
    assert np.array_equal(values, before)  # the input is unchanged


@settings(deadline=None, derandomize=True)
@given(VALUES, st.floats(-10, 10), st.floats(0, 20))
def test_the_guess_does_not_affect_the_median(values, low, reach):
    assert median_near(values, low, low + reach) == np.median(values)


@pytest.mark.parametrize("n", [63, 64, 65, 66, 1000, 1001, 20_000])
@pytest.mark.parametrize(
    "shape",
    [np.sort, lambda x: np.sort(x)[::-1].copy(), lambda x: np.round(x, 1), lambda x: x**99, abs],
    ids=["rising", "falling", "with ties", "with outliers", "positive"],
)
def test_median_of_long_arrays(n, shape):
    values = shape(np.random.default_rng(n).normal(size=n))
    assert median(values, np.empty(n)) == np.median(values)


def test_median_outside_the_bracket_of_the_sample():
    """Every 32nd value is large, so the bracket of the sample is above the median."""
    values = np.arange(1024.0)
    values[::32] += 1e6
    assert median(values, np.empty(1024)) == np.median(values)
