"""Search of simulated light curves: which signals it finds, and which it does not."""

import numpy as np
import pytest
from simulated_curves import (
    Planet,
    curve_with,
    is_planet,
    red_noise,
    since_transit,
    times,
    transits,
)

from astronet.detection.search import find_transits
from astronet.detection.settings import SearchSettings
from astronet.detection.template import Shape
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve

DAYS = times(60)
STRONG = Planet(3.1, 1.0, 0.15, 3e-3)
WEAK = Planet(7.7, 2.0, 0.2, 1e-3)
ONE = SearchSettings(max_signals=1)


def numbers(candidates) -> np.ndarray:
    return np.array(
        [
            [c.ephemeris.period, c.ephemeris.epoch, c.ephemeris.duration, c.depth, c.statistic]
            for c in candidates
        ]
    )


def test_a_planet_is_found_with_its_ephemeris_and_depth():
    [found] = find_transits(curve_with(WEAK))
    assert found.ephemeris.period == pytest.approx(WEAK.period, abs=5 * found.period_error)
    assert found.ephemeris.epoch == pytest.approx(WEAK.epoch, abs=5 * found.epoch_error)
    assert found.ephemeris.duration == pytest.approx(WEAK.duration, abs=5 * found.duration_error)
    assert found.depth == pytest.approx(WEAK.depth, abs=5 * found.depth_error)
    assert found.period_error < 2e-3
    assert found.epoch_error < 0.01
    assert found.depth_error < 1e-4
    assert (found.transits, found.flags) == (8, ())
    assert 7 < found.max_single_event < found.snr
    assert found.statistic > 7
    assert found.false_alarm_probability is None


@pytest.mark.parametrize(("depth", "duration"), [(6e-4, 0.3), (1e-3, 0.15)])
def test_errors_are_calibrated(depth: float, duration: float):
    pulls, durations = [], []
    for seed in range(30):
        generator = np.random.default_rng(seed)
        planet = Planet(4.321 + 0.01 * generator.random(), 1 + generator.random(), duration, depth)
        [found] = find_transits(curve_with(planet, seed=seed), ONE)
        late = since_transit(np.array(found.ephemeris.epoch), planet.period, planet.epoch)
        pulls.append(
            [
                (found.ephemeris.period - planet.period) / found.period_error,
                late / found.epoch_error,
                (found.depth - depth) / found.depth_error,
            ]
        )
        durations.append((found.ephemeris.duration - duration) / found.duration_error)
    # The error of the duration does not include that of the impact parameter.
    assert 0.6 < 1.4826 * np.median(np.abs(durations)) < 2.2
    scatter, mean = np.std(pulls, axis=0), np.mean(pulls, axis=0)
    assert (scatter > 0.6).all(), scatter
    assert (scatter < 1.6).all(), scatter
    assert (np.abs(mean) < 1).all(), mean


@pytest.mark.parametrize("factor", [1e-6, 3.7, 1e12])
def test_the_unit_of_the_flux_does_not_matter(factor: float):
    curve = curve_with(STRONG, WEAK)
    scaled = LightCurve("star", curve.time, factor * curve.flux)
    np.testing.assert_allclose(
        numbers(find_transits(scaled)), numbers(find_transits(curve)), rtol=1e-6
    )


@pytest.mark.parametrize("shift", [-5000.0, 1000.25])
def test_a_shift_of_all_times_shifts_the_epoch(shift: float):
    curve = curve_with(STRONG, WEAK)
    here = find_transits(curve)
    there = find_transits(LightCurve("star", curve.time + shift, curve.flux))
    for one, other in zip(here, there, strict=True):
        late = other.ephemeris.epoch - shift - one.ephemeris.epoch
        assert abs(late) < one.epoch_error  # rounding errors change which cells are masked
        assert abs(other.ephemeris.period - one.ephemeris.period) < one.period_error
        assert abs(other.depth - one.depth) < 0.5 * one.depth_error
        assert other.statistic == pytest.approx(one.statistic, rel=0.03)


def test_results_are_reproducible():
    curve = curve_with(STRONG, WEAK)
    before = curve.flux.copy()
    assert find_transits(curve) == find_transits(curve)
    np.testing.assert_array_equal(curve.flux, before)


def test_several_planets_are_found_strongest_first():
    third = Planet(12.3, 5.0, 0.25, 8e-4)
    found = find_transits(curve_with(WEAK, third, STRONG))
    assert [is_planet(*pair) for pair in zip(found, (STRONG, WEAK, third), strict=True)] == [
        True
    ] * 3
    statistics = [candidate.statistic for candidate in found]
    assert statistics == sorted(statistics, reverse=True)
    assert [candidate.flags for candidate in found] == [()] * 3


def test_known_planets_are_masked():
    curve = curve_with(STRONG, WEAK)
    [found] = find_transits(curve, known=[STRONG.ephemeris])
    assert is_planet(found, WEAK)
    assert found.flags == ()
    assert find_transits(curve, known=[STRONG.ephemeris, WEAK.ephemeris]) == []


def test_the_number_of_signals_is_limited():
    [found] = find_transits(curve_with(STRONG, WEAK), ONE)
    assert is_planet(found, STRONG)


def test_signals_below_the_threshold_are_not_listed():
    curve = curve_with(STRONG, WEAK)
    strong, weak = find_transits(curve)
    between = (strong.statistic + weak.statistic) / 2
    assert find_transits(curve, SearchSettings(min_snr=between)) == [strong]
    assert find_transits(curve, SearchSettings(min_snr=strong.statistic + 1)) == []


@pytest.mark.parametrize("limits", [(0.3, 2.9), (3.3, 7.0), (8.1, 30.0)])
def test_periods_outside_the_limits_are_not_found(limits: tuple[float, float]):
    settings = SearchSettings(min_period=limits[0], max_period=limits[1])
    for candidate in find_transits(curve_with(STRONG, WEAK), settings):
        assert limits[0] * 0.998 < candidate.ephemeris.period < limits[1] * 1.002


def test_narrow_limits_contain_the_planet():
    [found] = find_transits(curve_with(WEAK), SearchSettings(min_period=7.6, max_period=7.8))
    assert is_planet(found, WEAK)


def test_two_transits_and_one_are_found_on_request():
    once, twice = Planet(70, 30, 0.3, 3e-3), Planet(35, 10, 0.3, 3e-3)
    assert find_transits(curve_with(once)) == []
    assert find_transits(curve_with(once), SearchSettings(min_transits=2)) == []
    [found] = find_transits(curve_with(once), SearchSettings(min_transits=1))
    assert found.ephemeris.epoch == pytest.approx(once.epoch, abs=0.02)
    assert found.ephemeris.period > 30  # otherwise, another transit would have been observed
    assert np.isnan(found.period_error)
    assert (found.transits, found.flags) == (1, ("few_transits",))
    for fewest in (1, 2):
        [found] = find_transits(curve_with(twice), SearchSettings(min_transits=fewest))
        assert is_planet(found, twice)
        assert (found.transits, found.flags) == (2, ("few_transits",))


@pytest.mark.parametrize("fewest", [1, 2])
def test_the_limits_hold_for_one_or_two_transits(fewest: int):
    curve = curve_with(Planet(35, 10, 0.3, 3e-3))
    for candidate in find_transits(curve, SearchSettings(min_transits=fewest, max_period=20)):
        assert candidate.ephemeris.period < 20.04
        assert candidate.transits >= fewest


@pytest.mark.parametrize("red", [0.0, 3e-4])
@pytest.mark.parametrize("seed", range(4))
def test_noise_is_not_a_candidate(seed: int, red: float):
    assert find_transits(curve_with(seed=seed, trend=red_noise(len(DAYS), red, 0.9, seed))) == []


@pytest.mark.parametrize("points", [1, 2, 4, 8])
@pytest.mark.parametrize("depth", [0.003, 0.1, 0.5])
def test_a_glitch_is_not_a_candidate(points: int, depth: float):
    trend = np.zeros(len(DAYS))
    trend[1000 : 1000 + points] = -depth
    assert find_transits(curve_with(trend=trend)) == []


def test_a_planet_of_a_star_with_a_deep_glitch():
    trend = np.zeros(len(DAYS))
    trend[1000:1008] = -0.1
    assert is_planet(find_transits(curve_with(STRONG, trend=trend))[0], STRONG)


@pytest.mark.parametrize("size", [-0.02, -0.005, -0.001, 0.001, 0.005, 0.02])
@pytest.mark.parametrize("place", [11, 31, 45])
def test_a_step_is_not_a_candidate(place: float, size: float):
    assert find_transits(curve_with(trend=size * (place < DAYS))) == []


@pytest.mark.parametrize("trend", [0.02 * DAYS / 60, -0.02 * DAYS / 60, 0.01 * np.exp(-DAYS / 0.5)])
def test_a_ramp_is_not_a_candidate(trend: np.ndarray):
    assert find_transits(curve_with(trend=trend)) == []


@pytest.mark.parametrize("planet", [WEAK, Planet(4.3, 1.0, 0.15, 1e-3), Planet(12, 3, 0.3, 2e-3)])
def test_brightenings_are_not_candidates(planet: Planet):
    curve = curve_with(planet)
    assert find_transits(LightCurve("star", curve.time, 2e4 - curve.flux)) == []


@pytest.mark.parametrize("period", [0.5, 0.937, 1.7, 4.4, 9.3, 14.1, 19.0, 27.0])
def test_the_period_is_not_a_harmonic(period: float):
    planet = Planet(period, 0.4, 0.09 * period ** (1 / 3), 2e-3)
    found = find_transits(curve_with(planet), ONE)
    assert [is_planet(one, planet) for one in found] == [True]


@pytest.mark.parametrize("minutes", [10, 30])
@pytest.mark.parametrize("period", [0.9, 0.9415])
def test_deep_transits_with_a_short_period(period: float, minutes: int):
    step = minutes / 1440
    planet = Planet(period, 0.3, 0.09, 0.02, Shape(0.14, 0.3))
    curve = curve_with(planet, time=times(27, step), step=step)
    [found] = find_transits(curve)
    assert is_planet(found, planet)
    assert found.depth == pytest.approx(0.02, rel=0.05)
    assert found.ephemeris.duration == pytest.approx(0.09, rel=0.1)


@pytest.mark.parametrize("second", [0.002, 0.012, 0.018])
def test_an_eclipsing_binary_has_its_period_or_a_flag(second: float):
    first = Planet(2.6, 0.3, 0.12, 0.02)
    found = find_transits(curve_with(first, Planet(2.6, 1.6, 0.12, second)))
    assert is_planet(found[0], first) or "uneven_depths" in found[0].flags


@pytest.mark.parametrize(("period", "amplitude"), [(0.27, 3e-3), (1.3, 5e-3), (11.0, 1e-2)])
def test_a_planet_of_a_variable_star(period: float, amplitude: float):
    planet = Planet(5.2, 1.3, 0.2, 1.5e-3)
    wave = amplitude * np.sin(2 * np.pi * DAYS / period)
    assert find_transits(curve_with(trend=wave)) == []
    [found] = find_transits(curve_with(planet, trend=wave))
    assert is_planet(found, planet)


def test_a_planet_in_red_noise():
    planet = Planet(5.2, 1.3, 0.2, 1.5e-3)
    [found] = find_transits(curve_with(planet, trend=red_noise(len(DAYS), 3e-4, 0.95, 3)))
    assert is_planet(found, planet)


def test_a_planet_between_gaps():
    planet = Planet(5.2, 1.3, 0.2, 1.5e-3)
    kept = DAYS[DAYS % 6.3 > 1.0]
    [found] = find_transits(curve_with(planet, time=kept))
    assert is_planet(found, planet)
    assert found.complete_transits <= found.transits < 12


def test_a_planet_whose_transits_end_in_gaps():
    planet = Planet(5.2, 1.3, 0.2, 1.5e-3)
    gap = np.abs(since_transit(DAYS, planet.period, planet.epoch + 0.18)) < 0.08
    [found] = find_transits(curve_with(planet, time=DAYS[~gap]))
    assert is_planet(found, planet)
    assert found.depth == pytest.approx(planet.depth, rel=0.15)


def test_segments_with_different_levels():
    planet = Planet(5.2, 1.3, 0.2, 1.5e-3)
    curve = curve_with(planet)
    file = np.repeat([0, 1, 2], [1000, 1000, len(curve) - 2000])
    leaps = LightCurve("star", curve.time, curve.flux * np.array([1, 1.5, 0.7])[file], file)
    [found] = find_transits(leaps)
    assert is_planet(found, planet)


def test_two_sectors_two_years_apart():
    step = 10 / 1440
    sector = times(27, step)
    time = np.concatenate([sector, sector + 730])
    planet = Planet(6.3, 1.3, 0.15, 2e-3)
    curve = curve_with(planet, time=time, step=step)
    [found] = find_transits(curve, SearchSettings(max_signals=1, max_period=30))
    assert is_planet(found, planet, periods=2e-5)
    assert found.transits == 9


@pytest.mark.parametrize("seed", [0, 4, 9, 13])
def test_a_planet_in_one_sector_although_its_transits_affect_the_noise_model(seed: int):
    step = 10 / 1440
    planet = Planet(4.321, 2.0, 0.15, 1e-3)
    found = find_transits(curve_with(planet, time=times(27, step), step=step, seed=seed), ONE)
    assert [is_planet(one, planet) for one in found] == [True]


@pytest.mark.parametrize("depth", [1e-4, 0.01])
def test_a_planet_without_noise(depth: float):
    planet = Planet(3.1, 0.7, 0.15, depth)
    [found] = find_transits(curve_with(planet, noise=0.0))
    assert is_planet(found, planet)
    assert found.depth == pytest.approx(depth, rel=0.02)


def test_false_alarm_probabilities_count_the_light_curve_itself():
    settings = SearchSettings(max_signals=1, null_curves=4, seed=1)
    curve = curve_with(STRONG)
    [found] = find_transits(curve, settings)
    assert found.false_alarm_probability == 1 / 5
    [noise] = find_transits(curve_with(), SearchSettings(max_signals=1, min_snr=1, null_curves=4))
    assert noise.false_alarm_probability in [k / 5 for k in range(1, 6)]


def test_the_end_of_a_search_is_logged(caplog):
    with caplog.at_level("INFO", logger="astronet"):
        assert find_transits(curve_with()) == []
        find_transits(curve_with(WEAK), known=[Ephemeris(3.0, 1.0, 0.1)])
    first, second = [record.getMessage() for record in caplog.records]
    remaining = "; the strongest remaining signal has a statistic of "
    assert first.startswith("star star: no signal with a statistic of at least 7" + remaining)
    assert second.startswith("star star: 1 signal found" + remaining)


@pytest.mark.parametrize("period", [0.45, 0.7, 1.1, 1.9, 2.8])
@pytest.mark.parametrize(("days", "minutes"), [(27, 10), (80, 30)])
@pytest.mark.parametrize("snr", [12, 40])
def test_shallow_transits_that_repeat_within_the_memory_of_the_noise_model(
    days: float, minutes: float, period: float, snr: float
):
    step, noise = minutes / 1440, 3e-4
    time = times(days, step)
    planet = Planet(period, 0.4, 0.07 * period ** (1 / 3), 1.0)
    depth = snr * noise / np.linalg.norm(transits(time, planet, step))
    curve = curve_with(planet._replace(depth=depth), time=time, noise=noise, step=step)
    [found] = find_transits(curve)
    assert is_planet(found, planet)
    assert found.statistic > 0.6 * snr
