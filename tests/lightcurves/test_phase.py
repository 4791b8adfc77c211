"""Phase folding and selection of points in transit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronet.errors import LightCurveError
from astronet.lightcurves import (
    Ephemeris,
    LightCurve,
    count_transits,
    fold,
    in_transit,
    without_transits,
)
from astronet.lightcurves.phase import at_other_periods

DAYS = st.floats(-1e5, 1e5)
PERIODS = st.floats(0.01, 1e4)


def test_fold_by_hand():
    ephemeris = Ephemeris(period=4, epoch=1, duration=1)
    phase = fold(np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 5.0]), ephemeris)
    assert phase.tolist() == [0, 1, -2, -1, 0, 1, -2, 0]


@settings(deadline=None, derandomize=True)
@given(DAYS, PERIODS, DAYS, st.integers(-100, 100))
def test_fold_repeats_after_a_period(time, period, epoch, cycles):
    ephemeris = Ephemeris(period, epoch, period / 10)
    here, there = fold(np.array([time, time + cycles * period]), ephemeris)
    apart = abs(here - there)
    assert min(apart, period - apart) <= 1e-9 * (1 + period)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.floats(-1e300, 1e300), st.floats(1e-6, 1e6), DAYS)
def test_fold_equals_numpy_mod_to_the_last_bit(time, period, epoch):
    phase = fold(np.array([time]), Ephemeris(period, epoch, period / 10))
    expected = np.mod(time + (period / 2 - epoch), period) - period / 2
    assert phase[0] == (expected if expected < period / 2 else -period / 2)


def test_fold_of_a_million_times_equals_numpy_mod():
    rng = np.random.default_rng(0)
    time = rng.uniform(-2e3, 2e3, 1_000_000)
    for period in (0.2, 1.7, 33.3, 900.0):
        phase = fold(time, Ephemeris(period, 140.25, period / 20))
        expected = np.mod(time + (period / 2 - 140.25), period) - period / 2
        assert np.array_equal(phase, np.where(expected < period / 2, expected, -period / 2))


@settings(deadline=None, derandomize=True)
@given(PERIODS, DAYS)
def test_the_epoch_has_phase_zero(period, epoch):
    phase = fold(np.array([epoch]), Ephemeris(period, epoch, period / 10))
    assert abs(phase[0]) <= 1e-10


@settings(deadline=None, derandomize=True)
@given(st.floats(-1e12, 1e12), PERIODS, DAYS)
def test_phases_are_within_half_a_period(time, period, epoch):
    phase = fold(np.array([time]), Ephemeris(period, epoch, period / 10))
    assert -period / 2 <= phase[0] < period / 2


def test_a_phase_that_rounds_to_half_a_period_is_minus_half_a_period():
    assert fold(np.array([-1e-20]), Ephemeris(1, 0.5, 0.1)).tolist() == [-0.5]


def test_in_transit_includes_both_contacts():
    ephemeris = Ephemeris(period=10, epoch=5, duration=2)
    time = np.array([3.75, 4.0, 5.0, 6.0, 6.25, 14.0, 15.0, 16.25])
    assert in_transit(time, ephemeris).tolist() == [0, 1, 1, 1, 0, 1, 1, 0]
    assert in_transit(time, ephemeris, width=1.5).tolist() == [1, 1, 1, 1, 1, 1, 1, 1]
    assert in_transit(time, ephemeris, width=0.5).tolist() == [0, 0, 1, 0, 0, 0, 1, 0]


def test_without_transits_removes_all_transits():
    curve = LightCurve(1, [0, 0.5, 1.0, 1.5, 2.0], [1, 2, 3, 4, 5])
    kept = without_transits(curve, [Ephemeris(2, 1, 0.2), Ephemeris(100, 2, 0.2)])
    assert kept.flux.tolist() == [1, 2, 4]


def test_without_transits_of_no_planet_returns_the_same_curve():
    curve = LightCurve(1, [0, 0.5], [1, 2])
    assert without_transits(curve, []) is curve


def test_transits_that_cover_all_points_are_rejected():
    curve = LightCurve(7, [0.9, 1.0, 3.0], [1, 2, 3])
    with pytest.raises(
        LightCurveError,
        match=r"^star 7: the transits of the other events cover all 3 points; "
        r"set preparation.remove_other_transits=false, or correct the durations of the events$",
    ):
        without_transits(curve, [Ephemeris(2, 1, 0.5)])


@pytest.mark.parametrize(
    ("period", "kept"),
    [(10.0, False), (5.0, False), (20.0, False), (10.01, False), (10.1, True), (7.0, True)],
)
def test_transits_that_stay_at_the_same_phase_have_the_same_period(period, kept):
    """Over 100 d, a period of 10.01 d drifts by 0.1 d, less than the duration; 10.1 d by 1 d."""
    curve = LightCurve(1, [0.0, 50.0, 100.0], [1, 1, 1])
    other = Ephemeris(period, 3.0, 0.3)
    assert at_other_periods(curve, Ephemeris(10, 1, 0.2), [other]) == ([other] if kept else [])


def test_count_transits_by_hand():
    ephemeris = Ephemeris(period=10, epoch=5, duration=2)
    time = [0.0, 4.5, 5.5, 9.0, 14.5, 20.0, 33.0, 34.0, 36.0]
    assert count_transits(LightCurve(1, time, np.ones(9)), ephemeris) == 3
    assert count_transits(LightCurve(1, [0.0, 9.0], [1, 1]), ephemeris) == 0


@settings(deadline=None, derandomize=True)
@given(st.integers(0, 40), st.floats(0.5, 50), DAYS)
def test_every_transit_is_counted_once(transits, period, epoch):
    ephemeris = Ephemeris(period, epoch, period / 5)
    middles = epoch + period * np.arange(transits)
    time = np.concatenate([[epoch - period / 2], middles, middles + period / 20])
    curve = LightCurve(1, np.sort(time), np.ones(len(time)))
    assert count_transits(curve, ephemeris) == transits
