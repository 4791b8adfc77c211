"""Views degraded to those of short light curves."""

import numpy as np
import pytest
from pydantic import ValidationError

from astronet.lightcurves.degrading import degraded
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.settings import Degradation
from astronet.lightcurves.view_specs import (
    REBINNED_LOCAL,
    SECONDARY,
    SECONDARY_OUTSIDE,
    ViewSpec,
)
from astronet.lightcurves.views import recut

EXACT = {"smearing": None, "duration_factor": (1, 1), "epoch_error": 0, "fine": 0}
UNCHANGED = Degradation(bins=(2001, 2001), empty=0, **EXACT)
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
    made = degraded(given, fractions, UNCHANGED, np.random.default_rng(0)).views(SPECS)
    np.testing.assert_allclose(made["global"], given, atol=1e-6)
    for name in list(SPECS)[1:]:
        for row, fraction in enumerate(fractions):
            expected = recut(given[row], Ephemeris(1.0, 0.0, fraction), SPECS[name])
            same = np.abs(made[name][row] - expected) < 1e-5
            assert same.mean() > 0.98, f"{name} {fraction}"  # edges differ by rounding


def test_coarse_bins_are_means_that_are_repeated():
    whole = np.zeros((1, 9), np.float32)
    whole[0, 3:6] = -1, -2, -3
    settings = Degradation(bins=(3, 3), empty=0, **EXACT)
    flux, used, *_ = degraded(whole, np.array([0.3]), settings, np.random.default_rng(0))
    assert flux[0].tolist() == pytest.approx([0, 0, 0, -1, -1, -1, 0, 0, 0], abs=1e-5)
    assert used.all()


def test_noise_reduces_the_signal_to_noise_ratio():
    fractions = np.full(50, 0.02)
    settings = Degradation(bins=(2001, 2001), snr=(20, 20), red=0, empty=0, **EXACT)
    flux, *_ = degraded(wholes(fractions, 0.01), fractions, settings, np.random.default_rng(1))
    phase = np.abs((np.arange(2001) + 0.5) / 2001 - 0.5)
    depth = -flux[:, phase < 0.009].mean(1)
    noise = flux[:, (phase > 0.02) & (phase < 0.28)].std(1)
    snr = depth / noise * np.sqrt(0.02 * 2001)
    assert np.median(snr) == pytest.approx(20, rel=0.15)


def test_noisy_events_get_no_more_noise():
    fractions = np.full(3, 0.02)
    given = wholes(fractions, 0.3)
    settings = UNCHANGED.model_copy(update={"snr": (100, 100)})
    flux, *_ = degraded(given, fractions, settings, np.random.default_rng(1))
    np.testing.assert_allclose(flux, given, atol=1e-6)


def test_empty_bins_contain_the_median_and_are_not_used_for_other_views():
    fractions = np.full(40, 0.05)
    settings = Degradation(bins=(2001, 2001), empty=0.9, **EXACT)
    given = wholes(fractions, 0.0)
    flux, used, *_ = degraded(given, fractions, settings, np.random.default_rng(2))
    assert (flux[~used] == 0).all()
    missing = 1 - used.mean(1)
    assert 0.2 < (missing > 0).mean() < 0.8
    assert missing.max() < 0.93
    made = degraded(given, fractions, settings, np.random.default_rng(2)).views(SPECS)
    inside = made["local"][:, 95:106]
    assert inside.max() < -0.999, "empty bins in the transit are not used"


def test_exposures_smear_the_transit_and_keep_its_area():
    fractions = np.full(1, 0.05)
    given = wholes(fractions, 0.0)
    settings = UNCHANGED.model_copy(update={"smearing": (0.5, 0.5)})
    flux, *_ = degraded(given, fractions, settings, np.random.default_rng(0))
    assert flux.sum() == pytest.approx(given.sum(), rel=1e-3)
    below_half = (flux[0] < -0.5).mean()
    assert below_half == pytest.approx(0.05, rel=0.05), "the width at half depth is the same"
    partly = ((flux[0] < -0.02) & (flux[0] > -0.98) & (np.arange(2001) < 1300)).mean()
    assert partly == pytest.approx(2 * 0.5 * 0.05, rel=0.1), "two ramps of half a duration"


def test_the_assumed_duration_scales_the_local_view():
    fractions = np.full(1, 0.02)
    given = wholes(fractions, 0.0)
    settings = UNCHANGED.model_copy(update={"duration_factor": (2.0, 2.0)})
    made = degraded(given, fractions, settings, np.random.default_rng(0))
    assert made.fractions == pytest.approx([0.04])
    inside = (made.views(SPECS)["local"][0] < -0.5).sum()
    assert inside == pytest.approx((degraded_local(given, fractions) < -0.5).sum() / 2, abs=2)
    assert np.array_equal(made.coarse, degraded(given, fractions, UNCHANGED, rng()).coarse)


def test_errors_of_the_epoch_shift_the_transit():
    fractions = np.full(400, 0.05)
    given = wholes(fractions, 0.0)
    settings = UNCHANGED.model_copy(update={"epoch_error": 0.1})
    flux, *_ = degraded(given, fractions, settings, rng())
    centres = np.array([np.flatnonzero(view < -0.9).mean() for view in flux]) - 1000
    assert np.std(centres) == pytest.approx(0.1 * 0.05 * 2001, rel=0.1)
    assert abs(np.mean(centres)) < 2


def test_bins_near_the_transit_are_not_averaged():
    fractions = np.full(200, 0.01)
    settings = Degradation(bins=(101, 101), empty=0, **(EXACT | {"fine": 0.5}))
    made = degraded(wholes(fractions, 0.0), fractions, settings, rng())
    inside = slice(1000 - 15, 1000 + 16)
    assert (np.diff(made.fine[:, inside]) != 0).any(1).all()
    same = (made.coarse == made.fine).all(1)
    assert same.mean() == pytest.approx(0.5, abs=0.12)
    assert (np.diff(made.coarse[~same][:, 995:1006]) == 0).all(), "one bin of 20 in the transit"
    outside = np.abs(np.arange(2001) - 1000) > 2 * 0.01 * 2001 + 1
    steps = np.diff(made.fine[:, outside]) != 0
    assert steps.sum(1).max() <= 101


def rng():
    return np.random.default_rng(3)


def degraded_local(given, fractions):
    return degraded(given, fractions, UNCHANGED, rng()).views(SPECS)["local"][0]


def test_the_same_seed_gives_the_same_views():
    fractions = np.array([0.01, 0.1])
    first, again, other = (
        degraded(wholes(fractions), fractions, Degradation(), np.random.default_rng(s)).views(SPECS)
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
