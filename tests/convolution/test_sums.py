"""Convolution and cross-correlation, by hand and compared with libraries."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import signal

from astronet.convolution import convolve, convolve_by_fft, correlate
from astronet.convolution.examples import FIRST_DROP, SECOND_DROP
from astronet.errors import ConfigError

X, W = [1, 2, 3, 4], [5, 6, 7]
rows = arrays(np.float64, st.integers(1, 40), elements=st.floats(-10, 10))


def test_two_drops_of_a_ball_are_summed_over_all_combinations():
    expected = np.zeros(7)
    for a, first in enumerate(FIRST_DROP):
        for b, second in enumerate(SECOND_DROP):
            expected[a + b] += first * second
    assert convolve(FIRST_DROP, SECOND_DROP) == pytest.approx(expected, abs=1e-15)
    assert expected.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("full", [5, 16, 34, 52, 45, 28]), ("same", [16, 34, 52, 45]), ("valid", [34, 52])],
)
def test_modes_by_hand(mode, expected):
    assert convolve(X, W, mode).tolist() == expected


def test_torch_computes_the_cross_correlation():
    x, w = (torch.tensor(row, dtype=torch.float64)[None, None] for row in (X, W))
    assert torch.nn.functional.conv1d(x, w).flatten().tolist() == [38, 56]
    assert correlate(X, W).tolist() == [38, 56]
    assert correlate(X, W).tolist() == convolve(X, W[::-1], "valid").tolist()


@settings(deadline=None, derandomize=True, max_examples=40)
@given(rows, rows)
def test_modes_equal_those_of_numpy(x, w):
    if len(x) < len(w):
        x, w = w, x
    for mode in ("full", "same", "valid"):
        assert convolve(x, w, mode) == pytest.approx(np.convolve(x, w, mode), abs=1e-9)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(rows, rows, rows)
def test_convolution_is_commutative_and_associative(f, g, h):
    assert convolve(f, g) == pytest.approx(convolve(g, f), abs=1e-9)
    left, right = convolve(convolve(f, g), h), convolve(f, convolve(g, h))
    assert left == pytest.approx(right, abs=1e-7)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(rows, rows)
def test_fft_convolution_equals_direct_convolution(x, w):
    assert convolve_by_fft(x, w) == pytest.approx(convolve(x, w), abs=1e-9)
    assert convolve_by_fft(x, w) == pytest.approx(signal.fftconvolve(x, w), abs=1e-9)


def test_a_single_point_shifts_the_signal_and_two_points_add_an_echo():
    assert convolve(X, [0, 0, 1]).tolist() == [0, 0, *X]
    assert convolve(X, [1, 0, 0, 0, 2]).tolist() == [1, 2, 3, 4, 2, 4, 6, 8]


def test_numbers_are_arrays_of_one_point():
    assert convolve(3, 4).tolist() == [12]


@settings(deadline=None, derandomize=True, max_examples=40)
@given(rows, st.integers(1, 9), st.integers(1, 5), st.integers(0, 4))
def test_stride_and_padding_equal_those_of_torch(x, width, stride, padding):
    w = np.linspace(-1, 2, width)
    if width > len(x) + 2 * padding:
        with pytest.raises(ConfigError, match="does not fit"):
            correlate(x, w, stride, padding)
        return
    pair = (torch.from_numpy(row)[None, None] for row in (x.copy(), w))
    expected = torch.nn.functional.conv1d(*pair, stride=stride, padding=padding).numpy()[0, 0]
    ours = correlate(x, w, stride, padding)
    assert ours == pytest.approx(expected, abs=1e-9)
    assert len(ours) == (len(x) - width + 2 * padding) // stride + 1


def test_impossible_arguments_are_rejected():
    with pytest.raises(ConfigError, match="a kernel of 3 points does not fit into 2 points"):
        convolve([1, 2], W, "valid")
    with pytest.raises(ConfigError, match="the stride is 0; it must be at least 1"):
        correlate(X, W, stride=0)
