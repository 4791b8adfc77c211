"""Figures show the numbers that they are given, and leave matplotlib as they found it."""

import matplotlib
import numpy as np
import pytest
from scipy import signal

from astronet.convolution import figures, matrix_of
from astronet.convolution.examples import EDGE, FIRST_DROP, SECOND_DROP


def heights(axes):
    return [bar.get_height() for bar in axes.patches]


def test_the_ways_of_the_ball_add_up_to_the_bar_that_they_point_at():
    *_, ways, both = figures.dropped_ball(FIRST_DROP, SECOND_DROP, landing=4).axes
    assert ways.get_title(loc="left") == "f(a) · g(4 − a)"
    assert len(heights(ways)) == 3  # 4 is 1 + 3, 2 + 2 or 3 + 1
    assert sum(heights(ways)) == pytest.approx(heights(both)[4])
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


def test_the_positive_part_of_a_layer_is_never_below_zero():
    terms = np.random.default_rng(0).normal(size=(3, 30))
    left, right = figures.layer_terms(terms, -0.5, slice(5, 25)).axes
    total, after = left.lines[-1].get_ydata(), right.lines[-1].get_ydata()
    assert total == pytest.approx(terms.sum(axis=0)[5:25] - 0.5)
    assert after == pytest.approx(np.maximum(total, 0))


def test_responses_lie_where_the_middle_of_the_kernel_was():
    image = np.zeros((8, 9))
    image[:, 5:] = 1
    response = signal.correlate2d(image, EDGE, "valid")
    before, after = figures.edges({"image": image}, {"edges": response}).axes
    assert after.images[0].get_extent() == [0.5, 7.5, 6.5, 0.5]
    assert after.get_xlim() == before.get_xlim()


def test_every_kernel_and_every_layer_has_its_place():
    weights = np.random.default_rng(0).normal(size=(11, 1, 5))
    drawn = [axes for axes in figures.kernels(weights).axes if axes.lines]
    assert [axes.get_title(loc="left") for axes in drawn] == [str(n) for n in range(1, 12)]
    _, below = figures.seen_by(np.zeros(50), {"first": (20, 24), "second": (10, 34)}).axes
    assert [bar.get_width() for bar in below.patches] == [5, 25]
    (above, _) = figures.compared(
        {"a": (np.zeros(3), np.ones(3)), "b": (np.ones(3), np.ones(3))}
    ).axes
    assert above.get_legend() is not None


def test_lines_are_the_numbers_given():
    (axes,) = figures.changes([0, 1, 2], {"one": np.array([0, 0.5, 0.7])}).axes
    assert axes.lines[0].get_ydata().tolist() == [0, 0.5, 0.7]
    (axes,) = figures.crossing([8, 16], [1e-3, 4e-3], [2e-3, 3e-3]).axes
    assert axes.lines[0].get_ydata() == pytest.approx([1, 4])  # milliseconds


def test_matplotlib_is_left_as_it_was():
    before = dict(matplotlib.rcParams)
    figures.sliding([1, 2], [3])
    assert dict(matplotlib.rcParams) == before
