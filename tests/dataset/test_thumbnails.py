"""Thumbnails: 64 bins, hundredths of the transit depth, and transits that remain visible."""

import numpy as np
import pytest

from astronet.dataset.thumbnails import BINS, as_views, global_thumbnails, local_thumbnails


def test_local_thumbnails_are_averages() -> None:
    view = np.repeat(np.linspace(-1, 0.5, BINS), 3).astype(np.float32)[None]
    thumbnail = as_views(local_thumbnails(view))
    np.testing.assert_allclose(thumbnail[0], np.linspace(-1, 0.5, BINS), atol=0.005)


@pytest.mark.parametrize("thumbnails", [local_thumbnails, global_thumbnails])
@pytest.mark.parametrize("bins", [5, 61, 64, 101, 2001])
def test_constant_views_of_any_length_stay_constant(thumbnails, bins: int) -> None:
    thumbnail = thumbnails(np.full((2, bins), -0.25, np.float32))
    assert thumbnail.dtype == np.int8
    np.testing.assert_array_equal(thumbnail, np.full((2, BINS), -25))


def test_a_short_transit_remains_visible_in_the_global_view() -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, (1, 2001))
    noise[0, 1000] = -1
    view = noise.astype(np.float32)
    thumbnail = as_views(global_thumbnails(view))[0]
    assert thumbnail[32] == -1
    assert as_views(local_thumbnails(view)).min() > -0.1
    others = np.delete(thumbnail, 32)
    assert np.abs(others).max() < 0.25


def test_values_beyond_the_range_are_clipped() -> None:
    view = np.full((1, 64), 50.0, np.float32)
    np.testing.assert_array_equal(local_thumbnails(view), np.full((1, 64), 127))
