"""Figures show the given numbers and do not change the settings of matplotlib."""

import matplotlib
import numpy as np
import pytest
from scipy import signal

from astronet.convolution import figures, matrix_of
from astronet.convolution.examples import EDGE, FIRST_DROP, SECOND_DROP


def heights(axes):
    return [bar.get_height() for bar in axes.patches]


def test_the_terms_of_the_ball_sum_to_the_marked_bar():
    *_, terms, both = figures.dropped_ball(FIRST_DROP, SECOND_DROP, landing=4).axes
    assert terms.get_title(loc="left") == "f(a) · g(4 − a)"
    assert len(heights(terms)) == 3  # 4 is 1 + 3, 2 + 2 or 3 + 1
    assert sum(heights(terms)) == pytest.approx(heights(both)[4])
    assert sum(heights(both)) == pytest.approx(1)


def test_the_sliding_kernel_shows_every_sum():
    (axes,) = figures.sliding([1, 2, 3, 4], [5, 6, 7]).axes
    shown = [text.get_text() for text in axes.texts]
    assert {"5", "16", "34", "52", "45", "28"} <= set(shown)
    assert shown.count("valid") == 2


def test_matrices_are_drawn_on_a_scale_around_zero():
    matrix = matrix_of([1, -3], 6)
    (axes,) = figures.matrices({"a band": matrix}).axes
    assert axes.images[0].get_array().tolist() == matrix.tolist()
    assert axes.images[0].get_clim() == (-3, 3)


def test_the_output_of_a_layer_is_never_negative():
    terms = np.random.default_rng(0).normal(size=(3, 30))
    left, right = figures.layer_terms(terms, -0.5, slice(5, 25)).axes
    total, after = left.lines[-1].get_ydata(), right.lines[-1].get_ydata()
    assert total == pytest.approx(terms.sum(axis=0)[5:25] - 0.5)
    assert after == pytest.approx(np.maximum(total, 0))


def test_responses_are_aligned_with_the_image():
    image = np.zeros((8, 9))
    image[:, 5:] = 1
    response = signal.correlate2d(image, EDGE, "valid")
    before, after = figures.edges({"image": image}, {"edges": response}).axes
    assert after.images[0].get_extent() == [0.5, 7.5, 6.5, 0.5]
    assert after.get_xlim() == before.get_xlim()


def test_every_kernel_and_every_layer_is_shown():
    weights = np.random.default_rng(0).normal(size=(11, 1, 5))
    drawn = [axes for axes in figures.kernels(weights).axes if axes.lines]
    assert [axes.get_title(loc="left") for axes in drawn] == [str(n) for n in range(1, 12)]
    _, below = figures.receptive_fields(np.zeros(50), {"first": (20, 24), "second": (10, 34)}).axes
    assert [bar.get_width() for bar in below.patches] == [5, 25]
    (above, _) = figures.compared(
        {"a": (np.zeros(3), np.ones(3)), "b": (np.ones(3), np.ones(3))}
    ).axes
    assert above.get_legend() is not None


def test_lines_show_the_given_numbers():
    (axes,) = figures.changes([0, 1, 2], {"one": np.array([0, 0.5, 0.7])}).axes
    assert axes.lines[0].get_ydata().tolist() == [0, 0.5, 0.7]
    (axes,) = figures.timings([8, 16], [1e-3, 4e-3], [2e-3, 3e-3]).axes
    assert axes.lines[0].get_ydata() == pytest.approx([1, 4])  # milliseconds


def test_matplotlib_settings_are_not_changed():
    before = dict(matplotlib.rcParams)
    figures.sliding([1, 2], [3])
    assert dict(matplotlib.rcParams) == before
