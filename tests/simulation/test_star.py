"""Simulated stars: transit models, noise and measured events."""

import numpy as np
import pytest

from astronet.lightcurves.ephemeris import Ephemeris
from astronet.simulation import noise
from astronet.simulation.kepler_calendar import LONG_CADENCE_DAYS, kepler_calendar
from astronet.simulation.signals import DRAW, Scene, Star, draw_planet
from astronet.simulation.star import KIND_FRACTIONS, measure, simulate_star
from astronet.simulation.transits import (
    Binary,
    LimbDarkening,
    Orbit,
    a_over_rstar,
    binary,
    transit,
)

SUN = Star(magnitude=12.0, temperature=5777.0, mass=1.0, radius=1.0)
UNIFORM = LimbDarkening(0.0, 0.0)
MINUTE = 1 / 1440


def orbit(period=10.0, ratio=0.1, impact=0.0, axis=20.0) -> Orbit:
    return Orbit(period, epoch=5.0, radius_ratio=ratio, impact_parameter=impact, a_over_rstar=axis)


def test_depth_is_the_ratio_of_the_disc_areas():
    depth = -transit(np.array([5.0]), orbit(), UNIFORM, MINUTE)
    np.testing.assert_allclose(depth, 0.01, rtol=1e-6)


def test_limb_darkening_makes_central_transits_deeper_and_grazing_ones_shallower():
    limb = LimbDarkening(0.4, 0.26)
    central = -transit(np.array([5.0]), orbit(), limb, MINUTE)[0]
    assert central == pytest.approx(0.01 / (1 - 0.4 / 3 - 0.26 / 6), rel=0.01)
    assert -transit(np.array([5.0]), orbit(impact=0.9), limb, MINUTE)[0] < 0.01


def test_flux_changes_only_in_transit():
    time = np.linspace(0, 30, 3001)
    change = transit(time, orbit(), UNIFORM, MINUTE)
    phase = np.abs((time - 5 + 5) % 10 - 5)
    half = orbit().duration / 2
    assert (change[phase > half + MINUTE] == 0).all()
    assert (change[phase < half - MINUTE] < 0).all()


def test_longer_exposures_smear_the_transit_and_keep_its_area():
    time = np.linspace(4, 6, 4001)
    short, long = (transit(time, orbit(), UNIFORM, exposure) for exposure in (MINUTE, 0.02))
    assert short.sum() == pytest.approx(long.sum(), rel=1e-4)
    assert (long < 0).sum() > (short < 0).sum()


def test_long_exposure_equals_the_mean_of_short_exposures():
    exposure, middle = 0.02, np.array([5.0 + orbit().duration / 2])
    moments = middle + (np.arange(2000) + 0.5) / 2000 * exposure - exposure / 2
    mean = transit(moments, orbit(), UNIFORM, 1e-6).mean()
    assert transit(middle, orbit(), UNIFORM, exposure)[0] == pytest.approx(mean, rel=1e-3)


def test_a_transit_of_the_earth_takes_thirteen_hours():
    axis = a_over_rstar(365.25, density=1.0)
    assert axis == pytest.approx(215, rel=0.01)
    earth = Orbit(365.25, 0.0, radius_ratio=0.00917, impact_parameter=0.0, a_over_rstar=axis)
    assert 24 * earth.duration == pytest.approx(13.1, abs=0.1)


@pytest.mark.parametrize("phase", [0.5, 0.37])
def test_secondary_eclipse_is_at_its_phase(phase):
    stars = Binary(orbit(ratio=0.5), UNIFORM, brightness=0.4, secondary_phase=phase)
    time = 5.0 + 10.0 * np.array([0.0, phase, 0.2])
    primary, secondary, neither = -binary(time, stars, MINUTE)
    companion = 0.4 * 0.25
    assert primary == pytest.approx(0.25 / (1 + companion), rel=1e-4)
    assert secondary == pytest.approx(companion / (1 + companion), rel=1e-4)
    assert neither == 0


def test_ellipsoidal_variation_has_minima_at_both_eclipses():
    far = orbit(impact=3.0)
    stars = Binary(far, UNIFORM, brightness=0.0, ellipsoidal=0.01)
    np.testing.assert_allclose(
        binary(5.0 + np.array([0, 2.5, 5.0]), stars, MINUTE), [-0.01, 0.01, -0.01]
    )


def test_blending_dilutes_the_eclipses():
    undiluted, blended = (
        binary(np.array([5.0]), Binary(orbit(), UNIFORM, 0.1, dilution=fraction), MINUTE)
        for fraction in (1.0, 0.1)
    )
    np.testing.assert_allclose(blended, undiluted / 10)


def test_measured_depth_and_snr_equal_those_injected():
    time = np.arange(0, 100, 0.02)
    event = Ephemeris(period=5.0, epoch=2.5, duration=0.4)
    inside = np.abs((time - 2.5 + 2.5) % 5 - 2.5) < 0.2
    scatter = np.random.default_rng(0).normal(0, 1e-4, len(time))
    depth, snr = measure(time, 1 - 1e-3 * inside + scatter, event, np.ones(len(time), bool))
    assert depth == pytest.approx(1000, rel=0.02)
    assert snr == pytest.approx(10 * np.sqrt(20 * 16), rel=0.05)


def test_depth_and_snr_are_zero_without_data():
    event = Ephemeris(period=5.0, epoch=2.5, duration=0.4)
    assert measure(np.arange(9.0), np.ones(9), event, np.zeros(9, bool)) == (0.0, 0.0)


def test_a_drawn_planet_has_the_requested_snr_and_a_plausible_duration():
    calendar = kepler_calendar()
    scene = Scene(SUN, calendar, scatter=1e-4)
    for seed in range(20):
        planet = draw_planet(np.random.default_rng(seed), scene, snr=100.0)
        period, duration = planet.ephemeris.period, planet.ephemeris.duration
        equator = Orbit(period, 0.0, 0.0, 0.0, a_over_rstar(period, SUN.density)).duration
        assert 0.2 < duration / equator < 2.0
        noisy = 1 + planet.change + np.random.default_rng(0).normal(0, 1e-4, len(calendar))
        _, snr = measure(calendar.time, noisy, planet.ephemeris, calendar.usable)
        assert 50 < snr < 150


@pytest.mark.parametrize("kind", [*DRAW, "noise"])
def test_each_kind_is_found_and_measured(kind):
    star = simulate_star(np.random.default_rng(3), kepler_calendar(), kind)
    event = next(event for event in star.events if event.kind == kind)
    assert event.depth_ppm > 0 and event.snr > 0
    assert 0 < event.ephemeris.duration < event.ephemeris.period


def test_the_calendar_is_that_of_kepler():
    calendar = kepler_calendar()
    assert calendar.quarters[0][0] == 0 and calendar.quarters[-1][0] == 17
    assert np.median(np.diff(calendar.time)) == pytest.approx(LONG_CADENCE_DAYS, rel=1e-3)
    # First cadence of Q9 of KIC 1161345
    assert calendar.time[calendar.rows(9)][0] == pytest.approx(808.5155519, abs=10 / 86400)
    assert 64000 < calendar.usable.sum() < 67000


def test_flux_is_missing_when_the_telescope_does_not_observe():
    calendar = kepler_calendar()
    star = simulate_star(np.random.default_rng(5), calendar)
    assert np.isnan(star.corrected[~calendar.usable]).all()
    assert (star.quality[~calendar.usable] & noise.NO_DATA > 0).all()
    assert 0.99 < np.isfinite(star.corrected[calendar.usable]).mean() < 1
    assert (star.quality & noise.COSMIC_RAY > 0).any()


def test_corrected_flux_varies_less_than_raw_flux():
    star = simulate_star(np.random.default_rng(6), kepler_calendar(), "planet")
    spread = [np.nanstd(flux) / np.nanmedian(flux) for flux in (star.corrected, star.raw)]
    assert spread[0] < spread[1] / 2


def test_the_random_generator_determines_the_star():
    first, second, other = (
        simulate_star(np.random.default_rng(seed), kepler_calendar()) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.corrected, second.corrected)
    assert first.events == second.events
    assert first.events != other.events


def test_fainter_stars_have_more_noise():
    assert noise.white_scatter(15.0) > 4 * noise.white_scatter(12.0)


def test_correlated_noise_has_unit_variance_and_the_given_timescale():
    series = noise.correlated(np.random.default_rng(0), 200_000, 10.0)
    assert series.std() == pytest.approx(1, rel=0.03)
    assert np.mean(series[10:] * series[:-10]) == pytest.approx(np.exp(-1), rel=0.1)


def test_fractions_of_kinds_sum_to_one():
    assert sum(KIND_FRACTIONS.values()) == pytest.approx(1)
