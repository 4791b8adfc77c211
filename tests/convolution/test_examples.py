"""The simulated star of the examples."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from astronet.convolution.examples import (
    BLUR,
    EDGE,
    ingress_scatter,
    planet,
    stacked,
    timing_variation,
)


def test_periodic_transits_are_in_the_same_columns():
    image = stacked(*planet(scatter=0))
    assert image.shape == (80, 24) and np.isfinite(image).all()
    assert image[:, 11:13].max() < 0.991 < 0.999 < image[:, :5].min()


def test_stacked_transits_show_timing_variations():
    image = stacked(*planet(ttv=0.06, scatter=0))
    middle = (np.arange(24) * (1 - image)).sum(axis=1) / (1 - image).sum(axis=1)
    times = 2.5 + 5.0 * np.arange(80)
    assert np.corrcoef(middle, timing_variation(times, 0.06))[0, 1] > 0.99


def test_vertical_edges_measure_the_ingress_times():
    star, event = planet(ttv=0.06)
    image = stacked(star, event)
    edges = correlate2d(image, EDGE, "valid")
    column = 4 * event.duration / 24
    assert ingress_scatter(edges, event, 24, ttv=0.06) < column / 2
    assert ingress_scatter(edges, event, 24, ttv=0) > column


def test_a_uniform_image_has_no_edges_and_is_not_changed_by_blurring():
    uniform = np.full((6, 7), 0.3)
    assert correlate2d(uniform, EDGE, "valid") == pytest.approx(0, abs=1e-15)
    assert correlate2d(uniform, BLUR, "valid") == pytest.approx(0.3)
