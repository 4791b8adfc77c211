"""Light curves without transits: inverted and scrambled light curves of a star."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronet.detection.nulls import PIECES, inverted, null_curve, null_curves, scrambled
from astronet.errors import LightCurveError
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions import kepler

LEVELS = (1000.0, 1200.0, 900.0, 1100.0)
LENGTHS = (900, 1300, 700, 1100)


def curve_of(lengths=LENGTHS, levels=LEVELS, step=0.02, start=120.0, seed=0) -> LightCurve:
    """Light curve with a gap of 2 d between segments that have different levels."""
    generator = np.random.default_rng(seed)
    times, fluxes, files = [], [], []
    for k, (count, level) in enumerate(zip(lengths, levels, strict=True)):
        times.append(start + step * np.arange(count))
        fluxes.append(level * (1 + 1e-3 * generator.standard_normal(count)))
        files.append(np.full(count, k))
        start = times[-1][-1] + 2.0
    return LightCurve("star", *map(np.concatenate, (times, fluxes, files)))


def dips(curve: LightCurve) -> np.ndarray:
    level = np.array([np.median(curve.flux[curve.segment == k]) for k in np.unique(curve.segment)])
    return np.flatnonzero(curve.flux / level[curve.segment] < 0.97)


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_a_second_inversion_returns_the_light_curve(seed: int):
    curve = curve_of(seed=seed)
    twice = inverted(inverted(curve))
    np.testing.assert_allclose(twice.flux, curve.flux, rtol=1e-12)
    np.testing.assert_array_equal(twice.time, curve.time)
    np.testing.assert_array_equal(twice.segment, curve.segment)


def test_inversion_keeps_the_level_of_each_segment_and_turns_dips_into_brightenings():
    curve = curve_of()
    curve.flux[2000] *= 0.9
    found = inverted(curve)
    for k, level in enumerate(LEVELS):
        assert np.median(found.flux[found.segment == k]) == pytest.approx(level, rel=1e-3)
    assert found.flux[2000] == pytest.approx(1.1 * LEVELS[1], rel=0.01)


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_scrambling_keeps_the_time_span_and_the_normalised_fluxes(seed: int):
    curve = curve_of(seed=seed)
    found = scrambled(curve, np.random.default_rng(seed))
    np.testing.assert_allclose(found.time[[0, -1]], curve.time[[0, -1]], rtol=0, atol=1e-9)
    assert (np.diff(found.time) > 0.019).all()
    # Four segments with more than an eighth of 4000 points: two or three pieces each
    expected = np.concatenate(
        [
            part / np.median(part) * np.median(curve.flux)
            for k, pieces in enumerate((2, 3, 2, 3))
            for part in np.split(
                curve.flux[curve.segment == k],
                (np.arange(1, pieces) * LENGTHS[k] / pieces).astype(int),
            )
        ]
    )
    np.testing.assert_allclose(np.sort(found.flux), np.sort(expected), rtol=1e-12)
    assert not np.allclose(found.flux, expected, rtol=1e-9)


def test_scrambled_levels_agree():
    found = scrambled(curve_of(), np.random.default_rng(1))
    levels = [np.median(found.flux[found.segment == k]) for k in np.unique(found.segment)]
    assert np.ptp(levels) < 1e-3 * np.mean(levels)


def test_neighbours_within_a_piece_remain_neighbours():
    curve = curve_of(levels=(1.0,) * 4)
    curve.flux[:] = 1.0
    curve.flux[1000:1005] = [0.96, 0.95, 0.9, 0.94, 0.92]
    found = scrambled(curve, np.random.default_rng(2))
    place = dips(found)
    assert place[0] != 1000 and np.ptp(place) == 4
    np.testing.assert_array_equal(found.flux[place], curve.flux[1000:1005])


def test_transits_with_a_long_period_become_aperiodic():
    time = np.arange(0, 800, 0.1)
    flux = np.ones_like(time)
    flux[np.abs((time + 30) % 100 - 50) < 0.2] = 0.9
    curve = LightCurve("star", time, flux, (time // 50).astype(int))
    spacing = {
        name: np.diff(np.round(made.time[made.flux < 0.95] / 3) * 3)
        for name, made in {"real": curve, "null": null_curve(curve, 1, seed=4)}.items()
    }
    assert np.ptp(spacing["real"][spacing["real"] > 10]) <= 3
    assert np.ptp(spacing["null"][spacing["null"] > 10]) > 40


def test_one_long_segment_is_divided_into_eight_pieces():
    found = scrambled(curve_of((4000,), (1.0,)), np.random.default_rng(0))
    assert found.segment.max() + 1 == PIECES


def test_pieces_with_different_cadences_keep_their_cadences():
    slow, fast = curve_of((600, 500), (1.0, 1.0), step=0.02), curve_of((4000,), (1.0,), step=0.0014)
    time = np.concatenate([slow.time, fast.time + slow.time[-1] + 700.0])
    curve = LightCurve("star", time, np.concatenate([slow.flux, 2 * fast.flux]))
    steps = np.diff(scrambled(curve, np.random.default_rng(0)).time)
    for step, points in ((0.02, 1100), (0.0014, 4000)):
        assert points - PIECES - 2 <= (np.abs(steps - step) < 1e-6).sum() < points


def test_gaps_remain_where_they_were_in_the_flux():
    curve = curve_of(levels=(1.0,) * 4)
    curve = curve.where(curve.time % 5.0 > 0.6)  # as if the transits of a planet were cut out
    curve.flux[:] = 1.0
    before = np.flatnonzero((np.diff(curve.time) > 0.5) & (np.diff(curve.segment) == 0))
    curve.flux[before], curve.flux[before + 1] = 0.9, 1.1
    found = scrambled(curve, np.random.default_rng(3))
    moved = np.flatnonzero(found.flux < 0.95)
    assert not np.array_equal(moved, before) and len(moved) == len(before) > 10
    whole = np.isin(moved, np.flatnonzero(np.diff(found.segment) == 0))
    assert whole.mean() > 0.7  # the ends of a piece can be at a gap
    np.testing.assert_allclose(found.flux[moved[whole] + 1], 1.1)
    np.testing.assert_allclose(np.diff(found.time)[moved[whole]], 0.62, atol=0.021)


def test_the_first_null_is_inverted_and_the_others_are_scrambled():
    curve = curve_of()
    made = list(null_curves(curve, 5, seed=7))
    np.testing.assert_array_equal(made[0].flux, inverted(curve).flux)
    assert len({tuple(null.flux[:5]) for null in made}) == 5


def test_seeds_reproduce_and_the_number_of_curves_does_not_matter():
    curve = curve_of()
    few, many = list(null_curves(curve, 3, seed=1)), list(null_curves(curve, 6, seed=1))
    for a, b in zip(few, many[:3], strict=True):
        np.testing.assert_array_equal(a.flux, b.flux)
    assert not np.array_equal(many[1].flux, null_curve(curve, 1, seed=2).flux)


def test_a_level_of_zero_is_an_error():
    curve = curve_of()
    curve.flux[curve.segment == 1] -= LEVELS[1]
    with pytest.raises(LightCurveError, match=r"star star: the median flux is .* exclude this"):
        for seed in range(5):
            scrambled(curve, np.random.default_rng(seed))


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_very_short_light_curves(count: int):
    curve = LightCurve("star", np.arange(float(count)), np.linspace(1, 2, count))
    for null in null_curves(curve, 3):
        np.testing.assert_array_equal(null.time, curve.time)


def test_nulls_of_a_real_star(shared):
    curve = kepler.read_light_curve(shared / "data" / "kepler", 2854914)
    for null in null_curves(curve, 3):
        assert null.time[-1] - null.time[0] == pytest.approx(curve.time[-1] - curve.time[0])
        assert np.median(np.diff(null.time)) == pytest.approx(np.median(np.diff(curve.time)))
        assert len(null) == len(curve) and (null.flux > 0).all()
