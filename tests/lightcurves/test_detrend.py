"""The trend of a whole star, and what dividing by it leaves."""

import numpy as np
import pytest

from astronet.errors import LightCurveError
from astronet.lightcurves import Ephemeris, LightCurve, fit_trend, flatten, in_transit
from astronet.lightcurves.detrend import SPACINGS

CADENCE = 0.0204  # d
NOISE = 3e-4


def star(days=30, seed=0, amplitude=0.01, level=1e4):
    """A star that varies slowly, with white noise, in one segment."""
    time = 131 + np.arange(0, days, CADENCE)
    noise = np.random.default_rng(seed).normal(0, NOISE, len(time))
    return time, level * (1 + amplitude * np.sin(2 * np.pi * time / 12) + noise)


def two_quarters():
    """Time, flux and quarter of two quarters of one star."""
    time, flux = star(20)
    return np.concatenate([time, time + 30]), np.concatenate([flux, 1.3 * flux]), len(time)


def test_spacings_are_the_papers():
    np.testing.assert_allclose(SPACINGS[[0, 1, -1]], [0.5, 0.60714, 20], rtol=1e-5)
    assert len(SPACINGS) == 20


def test_a_slow_variation_goes_and_the_noise_stays():
    flat = flatten(LightCurve(1, *star()))
    assert np.median(flat.flux) == pytest.approx(1, abs=NOISE / 10)
    assert np.std(flat.flux) == pytest.approx(NOISE, rel=0.05)


@pytest.mark.parametrize("level", [1e-3, 1.0, 7.3, -5.0, 1e12])
def test_a_flat_curve_stays_flat(level):
    flat = flatten(LightCurve(1, star()[0], np.full(len(star()[0]), level)))
    np.testing.assert_allclose(flat.flux, 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize("degree", [1, 3])
def test_a_line_and_a_cubic_become_flat(degree):
    time = star()[0]
    flat = flatten(LightCurve(1, time, 100 + ((time - 140) / 10) ** degree))
    np.testing.assert_allclose(flat.flux, 1, rtol=0, atol=1e-9)


def test_flattening_twice_changes_little():
    """Less than the noise at any point; a tenth of it as a rule."""
    once = flatten(LightCurve(1, *star()))
    twice = flatten(once)
    assert np.abs(twice.flux - once.flux).max() < NOISE
    assert np.std(twice.flux - once.flux) < NOISE / 10


def test_shifting_the_time_leaves_the_flat_curve_alone():
    time, flux = star(10)
    flat, shifted = flatten(LightCurve(1, time, flux)), flatten(LightCurve(1, time + 1024, flux))
    np.testing.assert_allclose(shifted.flux, flat.flux, rtol=0, atol=1e-10)


def test_the_table_holds_what_was_chosen():
    trend = fit_trend(LightCurve(1, *star()))
    best = trend.table[np.argmin(trend.table[:, 3])]
    assert (trend.spacing, trend.bic) == (best[0], best[3])
    np.testing.assert_allclose(trend.table[:, 3], trend.table[:, 1] + trend.table[:, 2])
    assert trend.failed_spacings == ()


def test_a_faster_star_takes_closer_knots():
    time, slow = star(60)
    fast = 1e4 * (slow / 1e4 + 0.01 * np.sin(2 * np.pi * time / 2))
    assert (
        fit_trend(LightCurve(1, time, fast)).spacing < fit_trend(LightCurve(1, time, slow)).spacing
    )


def test_segments_are_fitted_independently():
    time, flux, n = two_quarters()
    before = fit_trend(LightCurve(1, time, flux))
    flux[n + 100] *= 1.5
    after = fit_trend(LightCurve(1, time, flux))
    assert after.spacing == before.spacing
    assert np.array_equal(after.flux[:n], before.flux[:n])
    assert not np.array_equal(after.flux[n:], before.flux[n:])


def test_a_short_segment_has_no_trend_and_the_others_do():
    time, flux, n = two_quarters()
    curve = LightCurve(1, time[: n + 3], flux[: n + 3])
    trend = fit_trend(curve)
    assert np.isfinite(trend.flux[:n]).all()
    assert np.isnan(trend.flux[n:]).all()
    assert not trend.mask[n:].any()
    assert len(flatten(curve)) == n


def test_a_segment_of_equal_times_does_not_cost_the_star():
    time, flux = star(10)
    curve = LightCurve(1, [*time, *[500.0] * 4, *[500.1] * 4], [*flux, *flux[:8]])
    assert len(flatten(curve)) == len(time)


def test_short_cadence_beside_a_gap_does_not_cost_the_star():
    time, flux = star(10)
    curve = LightCurve(1, [*time, 500, 500.0007, 500.0014, 500.74], [*flux, 1e4, 1e4, 1e4, 1e4])
    assert len(flatten(curve)) >= len(time)


def test_masking_a_transit_keeps_its_depth():
    """A transit of two days looks like variability, unless its ephemeris is known."""
    time, flux = star(60, amplitude=0.003)
    planet = Ephemeris(period=30, epoch=146, duration=2)
    inside = np.abs((time - 146 + 15) % 30 - 15) <= 1
    flux[inside] *= 1 - 0.001
    curve = LightCurve(1, time, flux)
    depth = {
        masked: 1 - np.median(flatten(curve, mask=[planet] if masked else []).flux[inside])
        for masked in (True, False)
    }
    assert depth[True] == pytest.approx(0.001, rel=0.1)
    assert depth[False] < 0.0005


def test_masked_points_take_no_part_in_the_fit():
    time, flux = star(20)
    planet = Ephemeris(period=5, epoch=133, duration=0.2)
    wide = np.abs((time - 133 + 2.5) % 5 - 2.5) <= 0.15  # 1.5 durations
    trend = fit_trend(LightCurve(1, time, flux), mask=[planet])
    flux[wide] = 77
    spoilt = fit_trend(LightCurve(1, time, flux), mask=[planet])
    assert not trend.mask[wide].any()
    assert np.array_equal(spoilt.flux, trend.flux)
    assert np.isfinite(trend.flux).all()


def test_several_planets_are_masked():
    time, flux = star(20)
    planets = [Ephemeris(5, 133, 0.2), Ephemeris(7, 134.5, 0.3)]
    trend = fit_trend(LightCurve(1, time, flux), mask=planets)
    for planet in planets:
        assert not trend.mask[in_transit(time, planet, 1.5)].any()


def test_a_segment_all_in_transit_has_no_trend():
    time, flux, n = two_quarters()
    planet = Ephemeris(period=1000, epoch=time[n + 5], duration=30)
    trend = fit_trend(LightCurve(1, time, flux), mask=[planet])
    assert np.isnan(trend.flux[n:]).all()
    assert np.isfinite(trend.flux[: n // 2]).all()


NOT_FITTED = (
    r"^star 9: none of its {} segments has a spline \({} points in all, at least 4 in a segment "
    r"are needed\); add more quarters, or leave this star out$"
)


@pytest.mark.parametrize(
    ("time", "segments"),
    [
        ([0.0], 1),
        ([0.0, 0.1], 1),
        ([0.0, 0.1, 0.2, 5.0, 5.1, 5.2], 2),
        ([1.0] * 6, 1),
    ],
)
def test_too_few_points_are_refused(time, segments):
    curve = LightCurve(9, time, 1 + np.arange(len(time)))
    with pytest.raises(LightCurveError, match=NOT_FITTED.format(segments, len(time))):
        flatten(curve)


def test_a_mask_over_everything_is_refused():
    curve = LightCurve(9, 0.1 + CADENCE * np.arange(40), np.ones(40))
    with pytest.raises(LightCurveError, match=NOT_FITTED.format(1, 40)):
        flatten(curve, mask=[Ephemeris(period=100, epoch=0.5, duration=10)])


def test_a_star_without_any_flux_is_refused():
    curve = LightCurve(9, CADENCE * np.arange(40), np.zeros(40))
    with pytest.raises(
        LightCurveError,
        match=r"^star 9: not one point has a finite time and flux; "
        r"try another flux column, or leave this star out$",
    ):
        flatten(curve)


def test_points_without_a_trend_are_dropped():
    time = np.concatenate([np.arange(500) * 0.02, [20.0, 20.02]])
    flux = 1000 + np.random.default_rng(0).normal(size=502)
    flat = flatten(LightCurve(9, time, flux))
    assert flat.time.tolist() == time[:500].tolist()


def test_a_flux_about_zero_is_refused():
    time = np.arange(2000) * 0.02
    flux = 1e-3 * np.sin(time) + 1e-4 * np.random.default_rng(0).normal(size=2000)
    with pytest.raises(LightCurveError, match="^star 9: its trend crosses zero, so no dip can be"):
        flatten(LightCurve(9, time, flux))
    flatten(LightCurve(9, time, 1 + flux))
