"""The star that convolution is tried on."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from astronet.convolution.examples import (
    BLUR,
    EDGE,
    ingress_scatter,
    lateness,
    planet,
    stacked,
)


def test_a_punctual_planets_transits_lie_above_each_other():
    image = stacked(*planet(scatter=0))
    assert image.shape == (80, 24) and np.isfinite(image).all()
    assert image[:, 11:13].max() < 0.991 < 0.999 < image[:, :5].min()


def test_a_late_planet_wanders():
    image = stacked(*planet(late=0.06, scatter=0))
    middle = (np.arange(24) * (1 - image)).sum(axis=1) / (1 - image).sum(axis=1)
    times = 2.5 + 5.0 * np.arange(80)
    assert np.corrcoef(middle, lateness(times, 0.06))[0, 1] > 0.99


def test_edges_tell_when_a_transit_begins():
    star, event = planet(late=0.06)
    image = stacked(star, event)
    edges = correlate2d(image, EDGE, "valid")
    column = 4 * event.duration / 24
    assert ingress_scatter(edges, event, 24, late=0.06) < column / 2
    assert ingress_scatter(edges, event, 24, late=0) > column


def test_an_image_that_is_even_has_no_edges_and_blurs_to_itself():
    even = np.full((6, 7), 0.3)
    assert correlate2d(even, EDGE, "valid") == pytest.approx(0, abs=1e-15)
    assert correlate2d(even, BLUR, "valid") == pytest.approx(0.3)
