"""Flags of candidates: for each one, a light curve that has it, and one that does not."""

import numpy as np
import pytest
from simulated_curves import CADENCE, Planet, curve_with, is_planet, since_transit, times, transits

from astronet.detection.candidate import FLAGS
from astronet.detection.search import find_transits
from astronet.detection.settings import SearchSettings
from astronet.lightcurves.clock import BKJD_ZERO, ZERO_POINTS
from astronet.lightcurves.ephemeris import Ephemeris

DAYS = times(60)
PLANET = Planet(5.2, 1.3, 0.2, 1.5e-3)
TESS = 1600 + ZERO_POINTS["BTJD"] - BKJD_ZERO


def all_flags(curve, **options) -> list[set[str]]:
    """Return the flags of each candidate, of which there must be some."""
    found = find_transits(curve, SearchSettings(**options))
    assert found
    return [set(one.flags) for one in found]


def first_flags(*planets: Planet, known=(), fewest: int = 3, **options) -> set[str]:
    """Return the flags of the first candidate, which must be the first planet."""
    settings = SearchSettings(max_signals=1, min_transits=fewest)
    [found] = find_transits(curve_with(*planets, **options), settings, known)
    ratio = found.ephemeris.period / planets[0].period
    assert min(abs(ratio / factor - 1) for factor in (0.5, 1, 2)) < 0.01
    assert set(found.flags) <= set(FLAGS)
    return set(found.flags)


def test_a_planet_has_no_flags():
    assert first_flags(PLANET) == set()


def test_few_transits():
    assert first_flags(Planet(35, 10, 0.3, 3e-3), fewest=2) == {"few_transits"}
    assert "few_transits" not in first_flags(Planet(20, 10, 0.3, 3e-3), fewest=2)


@pytest.mark.parametrize(("length", "flagged"), [(0.5, True), (0.1, False)])
def test_segment_edges_are_next_to_long_gaps(length: float, flagged: bool):
    since = since_transit(DAYS, PLANET.period, PLANET.epoch)
    kept = DAYS[(since < 0.12) | (since > 0.12 + length)]
    assert ("segment_edges" in first_flags(PLANET, time=kept)) == flagged


def test_masked_transits_are_not_segment_edges():
    strong = Planet(3.1, 1.0, 0.3, 5e-3)
    for known in ([], [strong.ephemeris]):
        found = find_transits(curve_with(strong, PLANET), known=known)
        assert [one.flags for one in found if is_planet(one, PLANET)] == [()]


def test_momentum_dumps_are_short_gaps_in_transits():
    for shift, flagged in ((0.0, True), (2.6, False)):
        since = since_transit(DAYS, PLANET.period, PLANET.epoch + shift)
        kept = DAYS[np.abs(since) > 0.03]
        assert ("momentum_dumps" in first_flags(PLANET, time=kept)) == flagged


@pytest.mark.parametrize("place", [-0.07, 0.0, 0.07])
def test_momentum_dumps_that_remove_one_point(place: float):
    """At 30 min, only one point is missing, before, in or after the dip."""
    since = since_transit(DAYS, PLANET.period, PLANET.epoch)
    kept = DAYS[np.abs(since - place) > CADENCE / 2]
    assert "momentum_dumps" in first_flags(PLANET._replace(duration=0.14), time=kept)


def test_frequent_gaps_are_not_momentum_dumps():
    """If a quarter of the points is missing at random, most transits have gaps."""
    kept = DAYS[np.random.default_rng(5).random(len(DAYS)) > 0.25]
    assert first_flags(PLANET._replace(depth=3e-3), time=kept) == set()


@pytest.mark.parametrize(("late", "flagged"), [(0.0, True), (2.6, False)])
def test_steps_are_changes_of_the_level_in_transits(late: float, flagged: bool):
    number = np.floor((DAYS - PLANET.epoch - late) / PLANET.period)
    sign = np.random.default_rng(3).choice([-1, 1], 20)
    level = np.append(0, np.cumsum(sign))[(number + 1).astype(int)]
    trend = 1.2e-3 * level
    assert ("steps" in first_flags(PLANET, trend=trend)) == flagged


def test_signals_of_random_steps_are_flagged():
    generator = np.random.default_rng(0)
    curves = 0
    for seed in range(30):
        steps = generator.normal(0, 8e-3, (15, 1)) * (generator.uniform(0, 60, (15, 1)) < DAYS)
        curve = curve_with(trend=steps.sum(0) + 0.2, seed=seed)
        for one in find_transits(curve):
            assert set(one.flags) & {"steps", "timing_variations"}, one
            curves += 1
    assert curves > 3


@pytest.mark.parametrize(("late", "flagged"), [(0.15, True), (-0.15, True), (2.0, False)])
def test_brightenings_are_beside_transits(late: float, flagged: bool):
    since = (DAYS - PLANET.epoch - late) % PLANET.period
    flare = 5e-3 * np.exp(-since / 0.03)
    assert ("brightenings" in first_flags(PLANET, trend=flare)) == flagged


def test_flares_at_other_times_than_transits_are_no_brightenings():
    generator = np.random.default_rng(1)
    since = DAYS - generator.uniform(0, 60, (25, 1))
    flares = np.where(since > 0, 6e-3 * np.exp(-np.maximum(since, 0) / 0.03), 0).sum(0)
    assert "brightenings" not in first_flags(PLANET, trend=flares)


@pytest.mark.parametrize(
    ("start", "period", "flagged"),
    [
        (TESS, 13.7, True),
        (TESS, 6.85, True),
        (TESS, 13.0, False),
        (TESS, 4.57, False),
        (0.0, 13.7, False),
    ],
)
def test_orbit_is_that_of_tess(start: float, period: float, flagged: bool):
    planet = Planet(period, start + 1.3, 0.2, 2e-3)
    assert ("orbit" in first_flags(planet, time=times(80, start=start))) == flagged


@pytest.mark.parametrize(
    ("period", "flagged"), [(5.2, True), (10.4, True), (2.6, True), (3.7, False), (8.0, False)]
)
def test_variability_is_that_of_the_star(period: float, flagged: bool):
    wave = 3e-3 * np.sin(2 * np.pi * DAYS / period)
    assert ("variability" in first_flags(PLANET, trend=wave)) == flagged


def test_sibling_can_be_found_before_the_stronger_signal():
    """Dips of 9 h that contain two eclipses of 2 h are found first; a third signal is not there."""
    first = Planet(0.55, 0.2, 0.0615, 2e-2)
    second = first._replace(epoch=0.475, depth=1.6e-2)
    for flags in all_flags(curve_with(first, second, noise=5e-4)):
        assert flags & {"secondary", "sibling"}


@pytest.mark.parametrize("period", [0.09, 0.137, 0.21, 0.6])
def test_signals_of_a_pulsating_star_have_the_flag_variability(period: float):
    """The pulsation is faster than the shortest searched period, or a sawtooth."""
    phase = DAYS / period % 1
    wave = 5e-3 * (phase if period > 0.3 else np.sin(2 * np.pi * phase))
    curve = curve_with(Planet(2.9, 1.0, 0.1, 6e-4), trend=wave, noise=5e-5)
    assert all("variability" in flags for flags in all_flags(curve, max_signals=3))


def test_slow_pulsations_do_not_change_the_flags_of_a_planet():
    wave = 5e-3 * np.sin(2 * np.pi * DAYS / 1.7) + 3e-3 * np.sin(2 * np.pi * DAYS / 7.3)
    assert first_flags(PLANET, trend=wave) == set()


def test_sibling_is_what_is_left_of_a_known_event():
    strong = Planet(5.2, 1.3, 0.4, 1e-2)
    narrow = Ephemeris(strong.period, strong.epoch, 0.1)
    assert "sibling" in first_flags(strong, known=[narrow])
    assert "sibling" not in first_flags(PLANET, known=[Ephemeris(5.2, 1.3 + 2.6, 0.1)])


@pytest.mark.parametrize("period", [0.4, 0.55, 0.7, 0.9, 1.1, 1.6, 2.9, 4.7])
@pytest.mark.parametrize("ratio", [0.15, 0.5, 0.8, 0.9])
@pytest.mark.parametrize("minutes", [2, 30])
def test_eclipsing_binaries_are_flagged(period: float, ratio: float, minutes: int):
    """The flags are correct at the orbital period and at half of it."""
    step, time = minutes / 1440, times(60 if minutes == 30 else 20, minutes / 1440)
    first = Planet(period, 0.2, 0.075 * period ** (1 / 3), 2e-2)
    second = first._replace(epoch=0.2 + period / 2, depth=2e-2 * ratio)
    flags = all_flags(curve_with(first, second, time=time, step=step, noise=5e-4))
    assert flags[0] & {"secondary", "uneven_depths"}
    assert all(other & {"secondary", "uneven_depths", "sibling"} for other in flags)


def test_secondary_is_at_any_phase():
    for phase in (0.2, 0.37, 0.5, 0.71):
        second = Planet(2.6, 0.3 + 2.6 * phase, 0.12, 2e-3)
        assert first_flags(Planet(2.6, 0.3, 0.12, 1e-2), second) == {"secondary"}


def test_the_second_eclipse_of_a_binary_is_not_a_planet():
    first, second = Planet(5.1, 0.3, 0.15, 1e-2), Planet(5.1, 2.0, 0.15, 3e-3)
    found = find_transits(curve_with(first, second))
    assert len(found) == 2
    assert all("secondary" in one.flags for one in found)


def test_planets_near_a_resonance_are_not_eclipses_of_a_binary():
    for ratio in (1.503, 2.006, 3.01):
        second = Planet(PLANET.period * ratio, 3.1, 0.2, 1.5e-3)
        found = find_transits(curve_with(PLANET, second, time=times(120)))
        assert [one.flags for one in found] == [(), ()]


def test_a_faint_occultation_is_not_flagged():
    """Its signal-to-noise ratio is 3."""
    second = Planet(2.6, 1.6, 0.12, 8e-5)
    assert first_flags(Planet(2.6, 0.3, 0.12, 1e-2), second) == set()


@pytest.mark.parametrize(("second", "flagged"), [(8e-3, True), (9.9e-3, False)])
def test_uneven_depths_are_those_of_eclipsing_binaries(second: float, flagged: bool):
    planets = Planet(2.6, 0.3, 0.12, 1e-2), Planet(2.6, 1.6, 0.12, second)
    assert ("uneven_depths" in first_flags(*planets)) == flagged


def test_depths_that_scatter_are_not_uneven():
    """The depths of the two halves of the data differ, as with another crowding."""
    trend = transits(DAYS, Planet(2.6, 0.3, 0.12, 5e-4)) * (DAYS > 30)
    assert "uneven_depths" not in first_flags(Planet(2.6, 0.3, 0.12, 1e-2), trend=trend)


@pytest.mark.parametrize("depth", [6e-4, 1.5e-3, 1e-2])
@pytest.mark.parametrize("fraction", [2, 3])
def test_most_transits_are_missing_if_the_period_is_beyond_the_limit(depth: float, fraction: int):
    planet = Planet(6.3, 1.3, 0.2, depth)
    curve = curve_with(planet, time=times(90), noise=1e-4)
    longest = 1.2 * planet.period / fraction
    [flags] = all_flags(curve, max_signals=1, max_period=longest)
    assert "missing_transits" in flags
    assert all_flags(curve, max_signals=1) == [set()]


def test_one_missing_transit_is_a_timing_variation():
    planet = Planet(6.0, 2.0, 0.15, 5e-3)
    trend = transits(DAYS, planet) * (np.abs(DAYS - 26) > 2)
    [flags] = all_flags(curve_with(trend=trend), max_signals=1)
    assert flags == {"timing_variations"}


def test_many_shallow_transits_have_no_timing_variations():
    """Of 300 transits with a signal-to-noise ratio of 6, one is 4 σ shallower by chance."""
    planet = Planet(3.0, 0.7, 0.15, 8.3e-4)
    [flags] = all_flags(curve_with(planet, time=times(900), seed=2), max_signals=1)
    assert flags == set()


@pytest.mark.parametrize(("late", "flagged"), [(0.0, False), (0.3, True)])
def test_timing_variations_leave_the_depth_unchanged(late: float, flagged: bool):
    planet = Planet(6.0, 2.0, 0.15, 5e-3)
    time = np.where(np.abs(DAYS - 26) < 2, DAYS - late, DAYS)
    curve = curve_with(trend=transits(time, planet))
    [found] = find_transits(curve, SearchSettings(max_signals=1))
    assert ("timing_variations" in found.flags) == flagged
    assert found.transits == 10
    assert found.depth == pytest.approx(planet.depth, rel=0.03)
    assert found.ephemeris.period == pytest.approx(planet.period, rel=1e-3)
