"""Folding, templates, trains and the strength of a train, compared with slow references."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_curves import Planet, curve_with

from astronet.detection.consistency import combined_strength
from astronet.detection.folding import FEW_EVENTS, fold_periods, pack
from astronet.detection.grid import Grid
from astronet.detection.removal import known_mask, transit_model
from astronet.detection.single_events import SingleEvents
from astronet.detection.template import SMALL_PLANET, Shape, central_duration, transit_template
from astronet.detection.trains import Search, Train
from astronet.detection.whitened import Whitened
from astronet.lightcurves.ephemeris import Ephemeris

WIDTH = 1e-3


def folded(statistic, first: int, last: int, scale: float = 30.0, weight=None):
    """Return the best squared statistic and its period in each interval; the weight is 1."""
    weight = np.ones(len(statistic)) if weight is None else weight
    packed = np.pad(pack(np.asarray(statistic, float), weight, scale), (0, last))
    levels = int(np.ceil(np.log2(len(statistic) / first))) + 2
    intervals = int(np.log((last + 1) / first) / WIDTH) + 1
    best, period = np.zeros(intervals, np.float32), np.zeros(intervals)
    fold_periods(
        np.tile(packed, (levels, 1)),
        np.full(levels, scale),
        first,
        last,
        np.log(first),
        WIDTH,
        best,
        period,
    )
    return best, period


@pytest.mark.parametrize("period", [23.0, 23.37, 31.8, 57.25])
@pytest.mark.parametrize("count", [600, 1000])
def test_a_train_of_many_events_has_their_summed_statistic(period: float, count: int):
    statistic = np.zeros(count)
    events = np.arange(11.0, count - 2, period)
    assert len(events) > FEW_EVENTS
    for neighbour in (-1, 0, 1):  # a transit lasts three samples
        statistic[np.rint(events).astype(int) + neighbour] = 3.0
    best, periods = folded(statistic, 20, 60)
    expected = 9.0 * len(events)
    place = int(np.log(period / 20) / WIDTH)
    near = slice(max(place - 3, 0), place + 4)
    assert 0.9 * expected < best[near].max() <= expected + 18
    highest = periods[near][best[near] == best[near].max()]
    assert np.abs(highest / period - 1).min() < 1e-3


@pytest.mark.parametrize("gap", [700, 5000, 20011])
def test_a_long_gap_between_two_parts_does_not_change_the_sums(gap: int):
    period, scale = 31.8, 4.0
    weight = np.concatenate([np.ones(600), np.zeros(gap), np.ones(600)])
    events = np.rint(np.arange(11.0, len(weight) - 2, period)).astype(int)
    events = events[(weight[events - 1] > 0) & (weight[events + 1] > 0)]
    statistic = np.zeros(len(weight))
    for neighbour in (-1, 0, 1):
        statistic[events + neighbour] = 3.0
    best, periods = folded(statistic, 20, 60, scale, weight)
    place = int(np.log(period / 20) / WIDTH)
    near = slice(place - 3, place + 4)
    assert 0.9 * 9.0 * len(events) < best[near].max() <= 9.0 * len(events) + 18
    assert np.abs(periods[near][best[near] == best[near].max()] / period - 1).min() < 1e-4


def direct(statistic, base: int, shift: int) -> float:
    """Fold few events directly; the result is that without the strongest one if it is smaller."""
    events = -(-len(statistic) // base)
    starts = [k * base + int(np.rint(k * shift / events)) for k in range(events)]
    largest = 0.0
    for column in range(base):
        found = [statistic[start + column] for start in starts if start + column < len(statistic)]
        total, count = sum(found), max(len(found), 2.2)
        rest, others = total - max(found), max(len(found) - 1, 1.2)
        together = total * abs(total) / count
        largest = max(largest, min(together, rest * abs(rest) * count / others**2))
    return largest


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_few_events_are_folded_as_directly(seed: int):
    statistic = np.round(np.random.default_rng(seed).standard_normal(160) * 30) / 30
    first, last = 40, 52
    best, period = folded(statistic, first, last)
    expected = np.zeros(len(best))
    for base in range(first, last + 1):
        events = -(-len(statistic) // base)
        for shift in range(events):
            trial = base + shift / events
            place = int(np.log(trial / first) / WIDTH + 1e-9)
            if place < len(best):
                expected[place] = max(expected[place], direct(statistic, base, shift))
    np.testing.assert_allclose(best, expected, rtol=1e-4, atol=1e-4)
    assert ((period > 0) == (best > 0)).all()


def test_a_single_event_is_not_a_train():
    statistic = np.zeros(200)
    statistic[77] = 6.0
    best, _ = folded(statistic, 40, 90)
    assert best.max() == 0
    statistic[[27, 77, 127, 177]] = 6.0
    best, periods = folded(statistic, 40, 90)
    assert best.max() == pytest.approx(36 * 4)
    assert periods[np.argmax(best)] == pytest.approx(50, rel=1e-2)


@pytest.mark.parametrize("duration", [0.05, 0.17, 0.8])
@pytest.mark.parametrize("shape", [SMALL_PLANET, Shape(0.15, 0.6)])
def test_a_template_is_a_symmetric_transit_of_depth_one(duration: float, shape: Shape):
    template = transit_template(duration, 0.01, shape)
    half = len(template) // 2
    assert template[half] == pytest.approx(-1, abs=1e-12)
    np.testing.assert_allclose(template, template[::-1], atol=1e-12)
    assert (np.diff(template[half:]) >= -1e-12).all()
    time = 0.01 * np.abs(np.arange(len(template)) - half)
    assert (template[time > duration / 2 + 0.005] == 0).all()
    assert (template[time < duration / 2 - 0.005] < 0).all()


@pytest.mark.parametrize("shift", [0.25, 0.5, 0.75, 1.0])
def test_a_shifted_template_has_the_same_area_and_a_later_middle(shift: float):
    first, later = transit_template(0.2, 0.02), transit_template(0.2, 0.02, shift=shift)
    places = np.arange(len(later)) - len(later) // 2
    assert later.sum() == pytest.approx(first.sum(), rel=2e-3)
    assert (places @ later) / later.sum() == pytest.approx(shift, abs=0.01)
    if shift == 1:
        half = len(first) // 2
        moved = later[len(later) // 2 + 1 - half : len(later) // 2 + 2 + half]
        np.testing.assert_allclose(moved, first, atol=1e-9)


def test_the_central_duration_is_that_of_the_sun():
    # The Earth crosses the Sun's disc in 13 h, and the duration scales with (P / ρ)^(1/3).
    assert central_duration(365.25, 1.0) * 24 == pytest.approx(13.0, abs=0.2)
    assert central_duration(8.0, 1.0) == pytest.approx(2 * central_duration(1.0, 1.0))
    assert central_duration(1.0, 8.0) == pytest.approx(central_duration(1.0, 1.0) / 2)


PLANET = Planet(4.37, 1.9, 0.2, 1.5e-3)


@pytest.fixture(scope="module")
def searched() -> tuple[Grid, Search]:
    grid = Grid.of(curve_with(PLANET))
    return grid, Search.of(SingleEvents.of(Whitened.of(grid), 0.2), grid.time, grid.step)


def test_a_train_is_found_near_its_period(searched):
    _, search = searched
    for guess in (PLANET.period, PLANET.period * 1.0005):
        train = search.at_period(guess)
        assert train.period == pytest.approx(PLANET.period, abs=3e-3)
        late = (train.epoch - PLANET.epoch) % PLANET.period
        assert min(late, PLANET.period - late) < 0.03


def test_no_train_near_the_best_one_is_stronger(searched):
    _, search = searched
    train = search.near(PLANET.period, PLANET.epoch)
    generator = np.random.default_rng(0)
    for _ in range(200):
        period = train.period + 0.003 * generator.standard_normal()
        epoch = train.epoch + 0.02 * generator.standard_normal()
        transits = search.transits(Train(period, epoch, 0.0))
        assert transits.numerator.sum() / np.sqrt(transits.weight.sum()) < train.snr * 1.03


def test_the_transits_of_a_train_are_those_in_the_data(searched):
    grid, search = searched
    transits = search.transits(Train(PLANET.period, PLANET.epoch, 0.0))
    assert transits.number.tolist() == list(range(14))
    expected = PLANET.epoch + PLANET.period * np.arange(14)
    np.testing.assert_allclose(grid.time[transits.cell], expected, atol=grid.step)


def test_the_model_is_subtracted_exactly():
    planet = Planet(4.37, 1.9, 0.2, 1.5e-3)
    grid = Grid.of(curve_with(planet, noise=0.0))
    model = transit_model(
        grid, Train(planet.period, planet.epoch, 0.0), 0.2, SMALL_PLANET, planet.depth
    )
    rest = grid.minus(model).flux[grid.observed]
    assert np.abs(rest - np.median(rest)).max() < 0.04 * planet.depth


def test_a_mask_contains_the_transits_and_little_more():
    grid = Grid.of(curve_with())
    mask = known_mask(grid, Ephemeris(5.0, 1.0, 0.2))
    phase = np.abs((grid.time - 1.0 + 2.5) % 5.0 - 2.5)
    assert mask[phase < 0.14].all()
    assert not mask[phase > 0.18].any()


def test_the_strength_of_equal_transits_is_their_signal_to_noise_ratio():
    found = combined_strength(np.full(4, 5.0), np.ones(4))
    assert (found.statistic, found.snr, found.chi_squared) == (10.0, 10.0, 0.0)
    assert found.transits == 4


def test_the_strength_of_one_event_and_noise_is_small():
    one = combined_strength(np.array([20.0, 0.1, -0.2, 0.3]), np.ones(4))
    assert one.snr == pytest.approx(10.1)
    assert one.statistic < 0.2
    # Deep transits may differ by 30 %.
    deep = combined_strength(np.array([100.0, 80.0, 120.0, 90.0]), np.ones(4))
    assert deep.statistic > 0.85 * deep.snr
    assert combined_strength(np.zeros(0), np.zeros(0)).statistic == 0
