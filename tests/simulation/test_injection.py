"""Injection of transits with a known signal-to-noise ratio."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import astronet
from astronet.errors import LightCurveError
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions import kepler
from astronet.simulation.injection import (
    InjectionRange,
    cadence,
    draw_injection,
    inject,
    noise_per_point,
    signal_to_noise,
)
from astronet.simulation.transits import LimbDarkening

UNIFORM = LimbDarkening(0.0, 0.0)
STEP = 0.0204
SCATTER = 2e-4


def white(days=1400.0, seed=0) -> LightCurve:
    """Flat light curve with white noise and a gap of 10 d in every 90 d."""
    time = np.arange(0, days, STEP)
    time = time[time % 90 < 80]
    noise = np.random.default_rng(seed).standard_normal(len(time))
    return LightCurve("quiet", time, 1 + SCATTER * noise)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_the_injected_snr_equals_the_drawn_one(seed: int):
    flat = white()
    drawn = draw_injection(np.random.default_rng(seed), flat)
    assert signal_to_noise(flat, drawn) == pytest.approx(drawn.snr, rel=1e-6)
    limits = InjectionRange()
    assert limits.snr[0] <= drawn.snr <= limits.snr[1]
    assert limits.period[0] <= drawn.ephemeris.period <= limits.period[1]
    assert drawn.transits >= 3
    # 13 h for a year and the density of the Sun; up to 0.2 solar densities and 400 d: 23 h
    assert 0.01 < drawn.ephemeris.duration < 1.0


def test_the_snr_of_a_box_in_white_noise_is_depth_times_root_n_over_sigma():
    flat = white()
    limits = InjectionRange(period=(9.9, 10.1), impact_parameter=(0, 0.01), limb=UNIFORM)
    drawn = draw_injection(np.random.default_rng(1), flat, limits)
    inside = inject(flat, drawn).flux / flat.flux < 1
    depth = drawn.orbit.radius_ratio**2
    assert depth * np.sqrt(inside.sum()) / SCATTER == pytest.approx(drawn.snr, rel=0.1)


@pytest.mark.parametrize("duration", [0.01, 0.05, 0.2, 0.6])
def test_white_noise_is_the_same_at_all_durations(duration: float):
    assert noise_per_point(white(), duration) == pytest.approx(SCATTER, rel=0.1)


def test_red_noise_increases_with_duration():
    flat = white()
    red = 1e-4 * np.sin(2 * np.pi * flat.time / 1.3)
    both = LightCurve("red", flat.time, flat.flux + red)
    short, long = noise_per_point(both, STEP), noise_per_point(both, 0.4)
    assert short == pytest.approx(np.hypot(SCATTER, 7e-5), rel=0.1)
    # 20 points per window: √(σ² + 20 · red²) with red = 1e-4/√2
    assert long == pytest.approx(np.sqrt(SCATTER**2 + 20 * 0.5e-8), rel=0.25)


def test_transits_multiply_the_raw_flux():
    flat = white()
    raw = LightCurve("raw", flat.time, 5000 * flat.flux, flat.segment)
    drawn = draw_injection(np.random.default_rng(3), flat)
    np.testing.assert_allclose(
        inject(raw, drawn).flux / raw.flux, inject(flat, drawn).flux / flat.flux
    )
    assert inject(raw, drawn).flux.min() > 0


def test_epochs_fill_the_first_period_and_periods_are_uniform_in_the_logarithm():
    flat = white(days=1400)
    drawn = [draw_injection(np.random.default_rng([5, k]), flat) for k in range(150)]
    periods = np.log([one.ephemeris.period for one in drawn])
    low, high = np.log(InjectionRange().period)
    assert np.mean(periods) == pytest.approx((low + high) / 2, abs=0.5)
    phase = [(one.ephemeris.epoch - flat.time[0]) / one.ephemeris.period for one in drawn]
    assert 0 <= min(phase) < 0.05 and 0.95 < max(phase) <= 1


def test_only_transits_with_data_are_counted():
    flat = white()
    limits = InjectionRange(period=(90.0, 90.0001))
    for seed in range(10):
        drawn = draw_injection(np.random.default_rng(seed), flat, limits)
        middle = drawn.ephemeris.epoch % 90
        assert middle < 80.5 or middle > 89.5
        assert drawn.transits in (15, 16)


def test_equal_generators_draw_equal_planets():
    flat = white(300)
    one, two, other = (draw_injection(np.random.default_rng(s), flat) for s in (1, 1, 2))
    assert one == two != other


def test_an_impossible_number_of_transits_is_an_error():
    with pytest.raises(LightCurveError, match=r"none of 1000 random orbits .* shorter range"):
        draw_injection(np.random.default_rng(0), white(100), InjectionRange(period=(60.0, 90.0)))


def test_a_light_curve_that_is_too_noisy_is_an_error():
    flat = white(60)
    noisy = LightCurve("noisy", flat.time, 1 + 1e5 * (flat.flux - 1), flat.segment)
    with pytest.raises(LightCurveError, match="too noisy"):
        draw_injection(np.random.default_rng(0), noisy, InjectionRange(period=(10.0, 20.0)))


def test_a_single_point_has_no_cadence():
    with pytest.raises(LightCurveError, match="no two points"):
        cadence(LightCurve("point", [1.0], [1.0]))
    with pytest.raises(LightCurveError, match="at least half full"):
        noise_per_point(LightCurve("short", [1.0, 1.02], [1.0, 1.0]), 1.0)


def test_snr_scales_with_the_depth_in_a_real_light_curve(shared):
    flat = astronet.flatten(kepler.read_light_curve(shared / "data" / "kepler", 2854914))
    drawn = draw_injection(np.random.default_rng(0), flat)
    small = replace(drawn, orbit=replace(drawn.orbit, radius_ratio=drawn.orbit.radius_ratio / 10))
    assert signal_to_noise(flat, drawn) == pytest.approx(drawn.snr, rel=1e-6)
    assert signal_to_noise(flat, small) == pytest.approx(drawn.snr / 100, rel=0.05)
