"""Views degraded to those of short light curves."""

import numpy as np
import pytest
from pydantic import ValidationError

from astronet.lightcurves.degrading import degraded_views, degraded_wholes
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.settings import Degradation
from astronet.lightcurves.view_specs import (
    REBINNED_LOCAL,
    SECONDARY,
    SECONDARY_OUTSIDE,
    ViewSpec,
)
from astronet.lightcurves.views import recut

UNCHANGED = Degradation(bins=(2001, 2001), empty=0)
SPECS = {
    "global": ViewSpec(bins=2001),
    "local": REBINNED_LOCAL,
    "secondary": SECONDARY,
    "outside": SECONDARY_OUTSIDE,
    "wide": ViewSpec(bins=201, durations=16, bin_width=0.16, rebinned_from=2001),
}


def wholes(fractions, noise=0.05, seed=0):
    """Global views with a transit, and a secondary eclipse of half the depth at phase 0.3."""
    generator = np.random.default_rng(seed)
    phase = (np.arange(2001) + 0.5) / 2001 - 0.5
    views = generator.normal(0, noise, (len(fractions), 2001))
    for view, fraction in zip(views, fractions, strict=True):
        view[np.abs(phase) < max(fraction / 2, 3e-4)] -= 1
        view[np.abs(phase - 0.3) < max(fraction / 2, 3e-4)] -= 0.5
    views -= np.median(views, axis=1, keepdims=True)
    views /= -views.min(axis=1, keepdims=True)
    return views.astype(np.float32)


def test_views_that_are_not_degraded_equal_those_of_the_pipeline():
    fractions = np.array([0.001, 0.01, 0.05, 0.2])
    given = wholes(fractions)
    made = degraded_views(given, fractions, SPECS, UNCHANGED, np.random.default_rng(0))
    np.testing.assert_allclose(made["global"], given, atol=1e-6)
    for name in list(SPECS)[1:]:
        for row, fraction in enumerate(fractions):
            expected = recut(given[row], Ephemeris(1.0, 0.0, fraction), SPECS[name])
            same = np.abs(made[name][row] - expected) < 1e-5
            assert same.mean() > 0.98, f"{name} {fraction}"  # edges differ by rounding


def test_coarse_bins_are_means_that_are_repeated():
    whole = np.zeros((1, 9), np.float32)
    whole[0, 3:6] = -1, -2, -3
    settings = Degradation(bins=(3, 3), empty=0)
    flux, used = degraded_wholes(whole, np.array([0.3]), settings, np.random.default_rng(0))
    assert flux[0].tolist() == pytest.approx([0, 0, 0, -1, -1, -1, 0, 0, 0], abs=1e-5)
    assert used.all()


def test_noise_reduces_the_signal_to_noise_ratio():
    fractions = np.full(50, 0.02)
    settings = Degradation(bins=(2001, 2001), snr=(20, 20), red=0, empty=0)
    flux, _ = degraded_wholes(
        wholes(fractions, 0.01), fractions, settings, np.random.default_rng(1)
    )
    phase = np.abs((np.arange(2001) + 0.5) / 2001 - 0.5)
    depth = -flux[:, phase < 0.009].mean(1)
    noise = flux[:, (phase > 0.02) & (phase < 0.28)].std(1)
    snr = depth / noise * np.sqrt(0.02 * 2001)
    assert np.median(snr) == pytest.approx(20, rel=0.15)


def test_noisy_events_get_no_more_noise():
    fractions = np.full(3, 0.02)
    given = wholes(fractions, 0.3)
    settings = UNCHANGED.model_copy(update={"snr": (100, 100)})
    flux, _ = degraded_wholes(given, fractions, settings, np.random.default_rng(1))
    np.testing.assert_allclose(flux, given, atol=1e-6)


def test_empty_bins_contain_the_median_and_are_not_used_for_other_views():
    fractions = np.full(40, 0.05)
    settings = Degradation(bins=(2001, 2001), empty=0.9)
    given = wholes(fractions, 0.0)
    flux, used = degraded_wholes(given, fractions, settings, np.random.default_rng(2))
    assert (flux[~used] == 0).all()
    missing = 1 - used.mean(1)
    assert 0.2 < (missing > 0).mean() < 0.8
    assert missing.max() < 0.93
    made = degraded_views(given, fractions, SPECS, settings, np.random.default_rng(2))
    inside = made["local"][:, 95:106]
    assert inside.max() < -0.999, "empty bins in the transit are not used"


def test_the_same_seed_gives_the_same_views():
    fractions = np.array([0.01, 0.1])
    first, again, other = (
        degraded_views(wholes(fractions), fractions, SPECS, Degradation(), np.random.default_rng(s))
        for s in (1, 1, 2)
    )
    for name in SPECS:
        assert np.array_equal(first[name], again[name])
        assert not np.array_equal(first[name], other[name])
        assert first[name].dtype == np.float32


def test_limits_must_be_ordered():
    with pytest.raises(ValidationError, match="give the smaller limit first"):
        Degradation(snr=(50, 10))
    with pytest.raises(ValidationError, match="not a range from at least 3"):
        Degradation(bins=(1, 100))
