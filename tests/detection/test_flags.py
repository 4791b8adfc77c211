"""Flags of candidates: for each one, a light curve that has it, and one that does not."""

import numpy as np
import pytest
from simulated_curves import Planet, curve_with, is_planet, since_transit, times, transits

from astronet.detection.candidate import FLAGS
from astronet.detection.search import find_transits
from astronet.detection.settings import SearchSettings
from astronet.lightcurves.clock import BKJD_ZERO, ZERO_POINTS
from astronet.lightcurves.ephemeris import Ephemeris

DAYS = times(60)
PLANET = Planet(5.2, 1.3, 0.2, 1.5e-3)
TESS = 1600 + ZERO_POINTS["BTJD"] - BKJD_ZERO


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


def test_sibling_is_what_is_left_of_a_known_event():
    strong = Planet(5.2, 1.3, 0.4, 1e-2)
    narrow = Ephemeris(strong.period, strong.epoch, 0.1)
    assert "sibling" in first_flags(strong, known=[narrow])
    assert "sibling" not in first_flags(PLANET, known=[Ephemeris(5.2, 1.3 + 2.6, 0.1)])


@pytest.mark.parametrize(("second", "flagged"), [(8e-3, True), (9.9e-3, False)])
def test_uneven_depths_are_those_of_eclipsing_binaries(second: float, flagged: bool):
    planets = Planet(2.6, 0.3, 0.12, 1e-2), Planet(2.6, 1.6, 0.12, second)
    assert ("uneven_depths" in first_flags(*planets)) == flagged


def test_depths_that_scatter_are_not_uneven():
    """The depths of the two halves of the data differ, as with another crowding."""
    trend = transits(DAYS, Planet(2.6, 0.3, 0.12, 5e-4)) * (DAYS > 30)
    assert "uneven_depths" not in first_flags(Planet(2.6, 0.3, 0.12, 1e-2), trend=trend)


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
