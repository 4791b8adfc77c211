"""Vetting: planets pass all checks, and each kind of false positive fails for its own reason."""

import numpy as np
import pytest
from vetted_signals import (
    AXIS,
    CADENCE,
    DARK,
    NOISE,
    dips,
    event_of,
    failed,
    noisy,
    number,
    orbit_of,
    times,
    vetted,
)

import astronet
from astronet.errors import LightCurveError
from astronet.lightcurves import Ephemeris, LightCurve
from astronet.vetting.vetting import vet_signal


@pytest.mark.parametrize("seed", range(4))
def test_a_planet_passes_all_checks(seed):
    vetting = vetted(seed=seed)
    assert failed(vetting) == set()
    assert vetting.verdict.endswith("consistent with a planet")
    assert vetting.severity < 1


def test_the_depth_and_the_duration_are_those_of_the_orbit():
    orbit = orbit_of()
    shape = vetted().measured.shape
    depth = -dips(np.array([orbit.epoch]), orbit)[0]
    assert shape.depth.value == pytest.approx(depth, abs=4 * shape.depth.error)
    assert shape.depth.error < 0.02 * depth
    assert shape.duration.value == pytest.approx(orbit.duration, abs=4 * shape.duration.error)
    assert shape.radius_ratio.value == pytest.approx(0.05, abs=4 * shape.radius_ratio.error)


def test_the_density_is_that_of_a_circular_orbit():
    density = vetted(noise=5e-5).measured.shape.log_density
    expected = 3 * np.log10(AXIS / 4.2083) - 2 * np.log10(5.0)  # Winn 2010, equation 30
    assert density.value == pytest.approx(expected, abs=3 * density.error)


def test_a_wrong_epoch_and_duration_of_the_ephemeris_are_corrected():
    orbit, time = orbit_of(), times()
    curve = LightCurve(1, time, noisy(time, dips(time, orbit)))
    wrong = Ephemeris(orbit.period, orbit.epoch + 0.02, 1.3 * orbit.duration)
    shape = vet_signal(curve, wrong).measured.shape
    assert shape.offset.value == pytest.approx(-0.02, abs=4 * shape.offset.error)
    assert shape.duration.value == pytest.approx(orbit.duration, rel=0.05)


def test_scaling_the_flux_changes_nothing():
    orbit, time = orbit_of(), times()
    flux = noisy(time, dips(time, orbit))
    first, second = (
        vet_signal(LightCurve(1, time, factor * flux), event_of(orbit)) for factor in (1, 64)
    )
    for name, value in first.as_row().items():
        assert second.as_row()[name] == pytest.approx(value, rel=0.01, abs=1e-3)


def test_the_epoch_may_be_any_transit():
    orbit, time = orbit_of(), times()
    curve = LightCurve(1, time, noisy(time, dips(time, orbit)))
    first = vet_signal(curve, event_of(orbit))
    later = vet_signal(curve, Ephemeris(5.0, orbit.epoch + 8 * 5.0, orbit.duration))
    for name, value in first.as_row().items():
        assert later.as_row()[name] == pytest.approx(value, rel=1e-6, abs=1e-9)


def test_different_odd_and_even_depths_are_a_binary_with_twice_the_period():
    orbit, time = orbit_of(), times()
    change = dips(time, orbit) * np.where(number(time, orbit) % 2 == 1, 1.2, 0.8)
    vetting = vetted(change)
    assert "odd_even" in failed(vetting)
    assert vetting.verdict.endswith("probably an eclipsing binary with twice the period")
    check = vetting.check("odd_even")
    depth = -dips(np.array([orbit.epoch]), orbit)[0]
    assert check.value == pytest.approx(1e6 * 0.4 * depth, abs=4 * check.error)


@pytest.mark.parametrize("phase", [0.5, 0.3])
def test_a_secondary_eclipse_is_found_at_its_phase(phase):
    orbit, time = orbit_of(), times()
    behind = orbit_of(shift=phase)
    eclipse = 0.4 * dips(time, behind, DARK)
    vetting = vetted(dips(time, orbit) + eclipse)
    dip = vetting.measured.phases.secondary
    error = vetting.measured.phases.secondary_phase_error
    assert (dip.phase - phase + 0.5) % 1 - 0.5 == pytest.approx(0, abs=4 * error)
    assert dip.depth == pytest.approx(
        -0.4 * dips(np.array([behind.epoch]), behind, DARK)[0], abs=4 * dip.error
    )
    assert "secondary" in failed(vetting)
    assert vetting.verdict.endswith("probably an eclipsing binary")


def test_a_shallow_secondary_may_be_the_occultation_of_a_hot_planet():
    orbit, time = orbit_of(2.0, 0.12, axis=4.0), times()
    behind = orbit_of(2.0, 0.12, shift=0.5, axis=4.0)
    depth = 0.3 * (0.12 / 4.0) ** 2
    eclipse = depth * dips(time, behind, DARK) / 0.12**2
    vetting = vetted(dips(time, orbit) + eclipse, orbit=orbit, noise=1e-4)
    check = vetting.check("secondary")
    assert (check.outcome, check.value) == ("warn", pytest.approx(1e6 * depth, rel=0.2))
    assert "occultation of a planet" in check.statement


def test_a_dip_in_one_cycle_is_no_secondary():
    orbit, time = orbit_of(60.0, axis=60), times()
    one = dips(time, orbit_of(1000.0, 0.15, shift=0.03, axis=400))
    vetting = vetted(dips(time, orbit) + one, orbit=orbit)
    assert vetting.measured.phases.secondary.significance > 10
    assert vetting.check("secondary").outcome != "fail"
    assert "in one cycle only" in vetting.check("secondary").statement


def test_the_edge_of_a_transit_that_is_too_short_is_named():
    orbit, time = orbit_of(), times()
    curve = LightCurve(1, time, noisy(time, dips(time, orbit)))
    short = Ephemeris(orbit.period, orbit.epoch, 0.3 * orbit.duration)
    vetting = vet_signal(curve, short)
    assert vetting.measured.shape.duration.value == pytest.approx(orbit.duration, rel=0.1)
    assert "secondary" not in failed(vetting)


def test_the_dip_of_another_listed_event_at_the_same_phases_is_named():
    orbit, time = orbit_of(), times()
    behind = orbit_of(shift=0.37)
    vetting = vetted(dips(time, orbit) + 0.5 * dips(time, behind), others=(event_of(behind),))
    assert "the listed event with period 5 d" in vetting.check("secondary").statement
    assert vetting.check("same_period").outcome == "warn"


def test_the_transits_of_other_planets_do_not_matter():
    orbit, time = orbit_of(), times()
    rare, frequent = orbit_of(23.1, 0.08, axis=30), orbit_of(1.21, 0.03, axis=5)
    change = dips(time, orbit) + dips(time, rare) + dips(time, frequent)
    vetting = vetted(change, others=(event_of(rare), event_of(frequent)))
    assert failed(vetting) == set()
    alone = vetted().measured.shape.depth
    assert vetting.measured.shape.depth.value == pytest.approx(alone.value, abs=4 * alone.error)


def test_a_sinusoid_with_the_period_is_variability():
    orbit, time = orbit_of(2.0, axis=6), times()
    wave = -1.5e-3 * np.cos(2 * np.pi * (time - orbit.epoch) / 2.0)
    vetting = vetted(wave, orbit=orbit)
    assert "sinusoid" in failed(vetting)
    assert "variability" in vetting.verdict
    found = next(one for one in vetting.sinusoids if one.period == pytest.approx(2.0))
    assert found.amplitude == pytest.approx(1.5e-3, rel=0.1)


def test_a_grazing_binary_is_v_shaped():
    orbit = orbit_of(5.0, 0.5, 1.3)
    vetting = vetted(dips(times(), orbit), orbit=orbit)
    assert vetting.check("v_shape").outcome in ("warn", "fail")
    assert vetting.measured.shape.ingress_fraction.value == pytest.approx(0.5, abs=0.02)


def test_a_body_that_is_too_large_is_a_star():
    orbit = orbit_of(5.0, 0.3, 0.1)
    large = vetted(dips(times(), orbit), orbit=orbit, stellar=astronet.Stellar(1.1, 1.0))
    assert "size" in failed(large)
    assert vetted(stellar=astronet.Stellar(1.1, 1.0)).check("size").outcome == "pass"
    assert vetted().check("size").outcome == "unknown"


def test_a_sawtooth_is_asymmetric():
    orbit, time = orbit_of(), times()
    since = (time - orbit.epoch + 2.5) % 5 - 2.5
    half = orbit.duration / 2
    ramp = np.where(np.abs(since) < half, -3e-3 * (half - since) / (2 * half), 0.0)
    assert "asymmetry" in failed(vetted(ramp))


def test_one_deep_transit_is_not_a_periodic_signal():
    orbit, time = orbit_of(40.0, axis=40), times()
    first = np.abs(time - orbit.epoch) < 2
    vetting = vetted(np.where(first, 1.0, 0.02) * dips(time, orbit), orbit=orbit)
    assert "single_event" in failed(vetting)


def test_every_second_transit_missing_means_another_period():
    orbit, time = orbit_of(), times()
    vetting = vetted(np.where(number(time, orbit) % 2 == 0, dips(time, orbit), 0.0))
    assert "absent_transits" in failed(vetting)
    assert "absent" in vetting.check("absent_transits").statement


def test_one_missing_transit_is_a_warning():
    orbit, time = orbit_of(40.0, axis=40), times()
    change = np.where(number(time, orbit) == 3, 0.0, dips(time, orbit))
    vetting = vetted(change, orbit=orbit)
    assert vetting.check("absent_transits").outcome == "warn"
    assert vetting.check("depth_scatter").outcome == "pass"
    assert vetting.check("odd_even").outcome == "pass"


def test_early_and_late_transits_keep_their_depth():
    orbit, time = orbit_of(20.0, axis=20), times()
    change = sum(
        dips(time, orbit_of(1e4, axis=20 * (1e4 / 20), shift=(20.0 * k + late) / 1e4))
        for k, late in enumerate(0.06 * np.sin(np.arange(15) * 1.3))
    )
    vetting = vetted(change, orbit=orbit)
    assert vetting.measured.irregular
    assert vetting.check("timing_scatter").outcome == "warn"
    assert failed(vetting) == set()
    single = -dips(np.array([orbit.epoch]), orbit)[0]
    assert vetting.measured.shape.depth.value == pytest.approx(single, rel=0.05)


def test_transits_at_the_ends_of_gaps_are_suspicious():
    gaps = [(20 * k + 12.4, 20 * k + 14.0) for k in range(14)]
    time = times(gaps=gaps)
    orbit = orbit_of(20.0, axis=20, shift=(12.4 - 0.35 - 2.3) / 20)
    vetting = vetted(dips(time, orbit), time=time, orbit=orbit)
    assert "edges" in failed(vetting)


@pytest.mark.parametrize(
    ("start", "period", "outcome"),
    [(3500, 13.72, "warn"), (3500, 12.0, "pass"), (200, 13.72, "pass"), (200, 372.0, "warn")],
)
def test_the_period_of_the_telescope_is_a_warning(start, period, outcome):
    time = times(800 if period > 100 else 80, start)
    orbit = orbit_of(period, axis=60 if period > 100 else 20)
    shift = start + 5.0 - orbit.epoch
    orbit = orbit_of(period, axis=orbit.a_over_rstar, shift=shift / period)
    vetting = vetted(dips(time, orbit), time=time, orbit=orbit)
    assert vetting.check("instrument_period").outcome == outcome


def test_errors_include_red_noise():
    orbit, time = orbit_of(), times()
    generator = np.random.default_rng(5)
    slow = np.convolve(generator.standard_normal(len(time) + 20), np.ones(12), "same")[:-20]
    red = vetted(dips(time, orbit) + 2e-4 * slow)
    white = vetted()
    assert red.measured.shape.depth.error > 2 * white.measured.shape.depth.error
    assert red.measured.transits.multiple_event < white.measured.transits.multiple_event / 2


def test_noise_without_transits_is_too_weak():
    vetting = vetted(np.zeros(len(times())))
    assert "significance" in failed(vetting)


def test_no_transit_in_the_data_is_one_clear_line():
    time = times(20)
    curve = LightCurve(7, time, noisy(time, 0 * time))
    with pytest.raises(LightCurveError, match="star 7: no point of the light curve is in transit"):
        vet_signal(curve, Ephemeris(50.0, 205.0, 0.2))


def test_a_transit_at_the_end_without_baseline_is_one_clear_line():
    time = times(20)
    curve = LightCurve(7, time, noisy(time, 0 * time))
    with pytest.raises(LightCurveError, match="star 7: no transit is observed together with"):
        vet_signal(curve, Ephemeris(50.0, 190.02, 0.2))


def test_a_duration_shorter_than_an_exposure_is_one_clear_line():
    time = times(60)
    curve = LightCurve(7, time, noisy(time, 0 * time))
    with pytest.raises(LightCurveError, match="the duration is 0.0001 d, but the time between"):
        vet_signal(curve, Ephemeris(2.0, 171.0, 1e-4))


def test_a_constant_flux_with_centroids_has_no_source():
    time = times(40)
    pixels = np.random.default_rng(0).standard_normal((len(time), 2))
    curve = LightCurve(
        1, time, np.ones(len(time)), centroid=pixels, position=pixels, orientation={0: np.eye(2)}
    )
    vetting = vet_signal(curve, Ephemeris(2.0, 171.0, 0.2))
    assert vetting.check("centroid").outcome == "unknown"
    assert "significance" in failed(vetting)


def test_crowding_of_the_files_is_checked():
    orbit, time = orbit_of(), times()
    part = (time > 300).astype(int)
    for fractions, outcome in (({0: 0.99, 1: 0.95}, "pass"), ({0: 0.5, 1: 0.6}, "warn")):
        curve = LightCurve(1, time, noisy(time, dips(time, orbit)), part, crowding=fractions)
        assert vet_signal(curve, event_of(orbit)).check("crowding").outcome == outcome
    assert vetted().check("crowding").outcome == "unknown"


def test_every_check_states_its_limits_and_its_source():
    for check in vetted().checks:
        assert check.statement and check.limits and check.source and check.title
        assert not check.statement.endswith(".")
    with pytest.raises(KeyError, match="no check is named shape; choose from"):
        vetted().check("shape")


@pytest.mark.parametrize("name", ["radius", "mass", "density"])
def test_impossible_stars_are_refused(name):
    with pytest.raises(LightCurveError, match=f"the star's {name} is -1"):
        astronet.Stellar(**{name: -1.0})


def test_density_follows_from_radius_and_mass():
    assert astronet.Stellar(2.0, 2.0).density == 0.25
    assert astronet.Stellar(2.0).density is None


def test_short_light_curves_can_be_vetted():
    time = times(12)
    vetting = vetted(time=time)
    assert vetting.check("transits").outcome == "warn"
    assert np.isfinite(vetting.measured.shape.depth.error)


def test_fine_sampling_gives_the_same_depth():
    orbit = orbit_of()
    time = 170 + np.arange(0, 60, CADENCE / 10)
    curve = LightCurve(1, time, noisy(time, dips(time, orbit), noise=NOISE * 10**0.5))
    shape = vet_signal(curve, event_of(orbit)).measured.shape
    depth = -dips(np.array([orbit.epoch]), orbit)[0]
    assert shape.depth.value == pytest.approx(depth, abs=4 * shape.depth.error)
