"""Transits that are far deeper than the noise, in short light curves as well."""

import numpy as np
import pytest
from simulated_curves import Planet, curve_with, is_planet, red_noise, since_transit, times

from astronet.detection.dips import Neighbourhoods, deep_dips, runs
from astronet.detection.grid import Grid
from astronet.detection.search import find_transits
from astronet.detection.settings import SearchSettings
from astronet.detection.template import Shape
from astronet.detection.whitened import Whitened

ONE = SearchSettings(max_signals=1)


def planet_in(days: float, depth: float, number: int) -> Planet:
    """Return a planet with at least four transits and a random period."""
    generator = np.random.default_rng([int(days), number])
    period = generator.uniform(1.2, days / 4)
    return Planet(
        period, generator.uniform(0, period), 0.12, depth, Shape(round(np.sqrt(depth), 2), 0.3)
    )


@pytest.mark.parametrize("days", [10, 14, 27, 60])
@pytest.mark.parametrize("depth", [0.003, 0.02, 0.1, 0.4])
def test_deep_transits_are_the_only_signal(days: float, depth: float):
    planet = planet_in(days, depth, int(1e4 * depth))
    [found] = find_transits(curve_with(planet, time=times(days), noise=2e-4))
    assert is_planet(found, planet)
    assert found.depth == pytest.approx(depth, rel=0.03)


@pytest.mark.parametrize("days", [10, 27])
@pytest.mark.parametrize("period", [0.5, 0.6, 0.7, 0.75, 0.8, 0.883, 1.2])
def test_deep_transits_with_a_short_period_in_few_days(days: float, period: float):
    duration = 0.068 * period ** (1 / 3)
    planet = Planet(period, 0.3, duration, 0.012, Shape(0.11, 0.3))
    [found] = find_transits(curve_with(planet, time=times(days), noise=5e-5))
    assert is_planet(found, planet)


@pytest.mark.parametrize("days", [14, 27])
@pytest.mark.parametrize("sigma", [2e-4, 1e-3])
def test_deep_transits_in_red_noise(days: float, sigma: float):
    planet, time = planet_in(days, 0.02, 1), times(days)
    trend = red_noise(len(time), sigma, 0.95, 5)
    [found] = find_transits(curve_with(planet, time=time, trend=trend), ONE)
    assert is_planet(found, planet)


@pytest.mark.parametrize("phase", [0.0, 0.03, 0.06])
def test_transits_at_the_ends_of_the_data(phase: float):
    time = times(14)
    planet = Planet((time[-1] - 0.05) / 6, phase, 0.12, 0.05)
    [found] = find_transits(curve_with(planet, time=time, noise=2e-4), ONE)
    assert is_planet(found, planet)


@pytest.mark.parametrize("missing", [0.0, 0.01])
def test_the_ephemeris_of_deep_transits_is_as_accurate_as_its_errors(missing: float):
    """A gap at a transit, or a cadence that varies as Kepler's does, must not move the others."""
    pulls = []
    for seed in range(8):
        generator = np.random.default_rng(seed)
        planet = Planet(2.47 + 0.01 * seed, 1 + 0.3 * seed, 0.0743, 0.014, Shape(0.12, 0.3))
        time = times(400)
        time = time[(generator.random(len(time)) >= missing) & (time % 31 > 0.9)]
        time += 0.0055 * np.sin(2 * np.pi * time / 372.5)  # barycentric correction
        curve = curve_with(planet, time=time, noise=2e-4, seed=seed)
        [found] = find_transits(curve, ONE)
        late = since_transit(np.array(found.ephemeris.epoch), planet.period, planet.epoch)
        assert abs(late) < 20 / 86400
        change = found.ephemeris.period - planet.period
        pulls.append([change / found.period_error, late / found.epoch_error])
    assert np.sqrt(np.mean(np.square(pulls))) < 2.5, pulls


@pytest.mark.parametrize("hole", [-0.03, -0.015, 0.022, 0.034])
def test_a_gap_in_one_of_three_transits_does_not_move_the_others(hole: float):
    planet, time = Planet(2.62, 1.07, 0.09, 0.014, Shape(0.12, 0.3)), times(8.2)
    kept = np.abs(time - planet.epoch - 2 * planet.period - hole) > 0.015
    [found] = find_transits(curve_with(planet, time=time[kept], noise=5e-5), ONE)
    assert found.ephemeris.period == pytest.approx(planet.period, abs=5 * found.period_error)
    assert found.ephemeris.epoch == pytest.approx(planet.epoch, abs=5 * found.epoch_error)
    assert found.depth == pytest.approx(planet.depth, rel=0.02)
    assert found.period_error < 1e-3


def test_deep_dips_are_found_with_their_gaps():
    time = times(40)
    planet = Planet(9.0, 3.0, 0.2, 0.02)
    kept = np.abs(time - 12.0) > 0.03  # a gap within the second transit
    grid = Grid.of(curve_with(planet, time=time[kept], noise=2e-4))
    starts, stops = runs(deep_dips(grid))
    middle = (grid.time[starts] + grid.time[stops - 1]) / 2
    np.testing.assert_allclose(middle, [3, 12, 21, 30, 39], atol=0.03)
    length = (stops - starts) * grid.step
    assert (length > 0.2).all()
    assert (length < 0.3).all()


@pytest.mark.parametrize("depth", [0.0, 1e-3])
def test_shallow_transits_are_no_deep_dips(depth: float):
    assert not deep_dips(Grid.of(curve_with(Planet(4.0, 1.0, 0.2, depth)))).any()


def test_variations_of_the_star_are_no_deep_dips():
    time = times(60)
    for trend in (0.05 * np.sin(2 * np.pi * time / 0.5), 0.05 * np.sin(2 * np.pi * time / 9)):
        assert not deep_dips(Grid.of(curve_with(trend=trend))).any()


def test_each_dip_is_filtered_as_if_the_others_were_gaps():
    """The weighted flux of a dip equals that of the most probable flux given only this dip."""
    planet = Planet(5.0, 2.0, 0.15, 0.1)
    time = times(24)
    curve = curve_with(planet, time=time[np.abs(time - 12.0) > 0.03], noise=1e-3)
    grid = Grid.of(curve)
    whitened = Whitened.of(grid)
    noise, dips = whitened.noise, whitened.dips
    cells = len(grid.flux)
    lags = np.abs(np.arange(cells)[:, None] - np.arange(cells))
    row = np.append(noise.precision, np.zeros(cells))
    matrix = row[np.minimum(lags, noise.order + 1)]
    first, last, *_ = Neighbourhoods.of(dips, grid.step)
    assert len(first) == 5
    scale = np.abs(matrix @ np.where(grid.observed, grid.flux, 0.0)).max()
    for begin, end in zip(first, last, strict=True):
        here = np.zeros(cells, bool)
        here[begin:end] = True
        missing = ~grid.observed | (dips & ~here)
        flux = np.where(missing, 0.0, grid.flux)
        flux[missing] = -np.linalg.solve(matrix[np.ix_(missing, missing)], (matrix @ flux)[missing])
        expected = (matrix @ flux)[begin:end]
        np.testing.assert_allclose(whitened.weighted[begin:end], expected, atol=0.003 * scale)


def test_neighbourhoods_do_not_overlap():
    mask = np.zeros(300, bool)
    for start in (0, 20, 31, 200):
        mask[start : start + 8] = True
    first, last, begin, end = Neighbourhoods.of(mask, 0.02)
    assert (first[1:] >= last[:-1]).all()
    starts, stops = runs(mask)
    assert (first <= starts).all()
    assert (last >= stops).all()
    assert (begin <= first).all()
    assert (end >= last).all()
    assert (begin[1:] == end[:-1]).all()
