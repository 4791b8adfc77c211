"""Recognition of coarse global views."""

import numpy as np

from astronet.lightcurves.coarseness import are_coarse

BINS = 2001
NOISE = np.random.default_rng(0).normal(0, 1, (1, BINS)).astype(np.float32)


def stretched(bins):
    return NOISE[:, (np.arange(BINS) * bins) // BINS]


def one(view, fraction=0.02, measured=None):
    (found,) = are_coarse(view, np.array([fraction]), measured)
    return bool(found)


def test_stretched_views_are_coarse():
    assert not one(NOISE)
    assert one(stretched(201))
    assert one(stretched(980))
    assert not one(stretched(1020))


def test_views_of_which_more_than_half_is_empty_are_coarse():
    generator = np.random.default_rng(1)
    for part, expected in ((0.45, True), (0.55, False)):
        measured = generator.random((1, BINS)) < part
        view = np.where(measured, NOISE, 0).astype(np.float32)
        assert one(view, measured=measured) is expected


def test_empty_bins_are_recognised_without_a_mask():
    measured = np.random.default_rng(2).random((1, BINS)) < 0.2
    assert one(np.where(measured, NOISE, 0).astype(np.float32))


def test_fine_bins_near_the_transit_are_not_counted():
    for fraction in (0.02, 0.1, 0.2):
        view = stretched(201)
        near = np.abs((np.arange(BINS) + 0.5) / BINS - 0.5) < 2 * fraction
        view[:, near] = NOISE[:, near]
        assert one(view, fraction)


def test_rows_are_independent():
    views = np.vstack([NOISE, stretched(201)] * 600)
    found = are_coarse(views, np.full(1200, 0.02))
    assert found.tolist() == [False, True] * 600
