"""The trend of a whole light curve, and the light curve divided by it."""

import numpy as np
import pytest

from astronet.errors import LightCurveError
from astronet.lightcurves import Ephemeris, LightCurve, fit_trend, flatten, in_transit
from astronet.lightcurves.detrend import SPACINGS

CADENCE = 0.0204  # d
NOISE = 3e-4


def star(days=30, seed=0, amplitude=0.01, level=1e4):
    """Return times and fluxes of a slowly varying star with white noise, in one segment."""
    time = 131 + np.arange(0, days, CADENCE)
    noise = np.random.default_rng(seed).normal(0, NOISE, len(time))
    return time, level * (1 + amplitude * np.sin(2 * np.pi * time / 12) + noise)


def two_quarters():
    """Return the times and fluxes of two quarters, and the number of points in the first."""
    time, flux = star(20)
    return np.concatenate([time, time + 30]), np.concatenate([flux, 1.3 * flux]), len(time)


def test_spacings_are_those_of_the_paper():
    np.testing.assert_allclose(SPACINGS[[0, 1, -1]], [0.5, 0.60714, 20], rtol=1e-5)
    assert len(SPACINGS) == 20


def test_slow_variations_are_removed_and_noise_is_kept():
    flat = flatten(LightCurve(1, *star()))
    assert np.median(flat.flux) == pytest.approx(1, abs=NOISE / 10)
    assert np.std(flat.flux) == pytest.approx(NOISE, rel=0.05)


@pytest.mark.parametrize("level", [1e-3, 1.0, 7.3, 1e12])
def test_a_flat_curve_stays_flat(level):
    flat = flatten(LightCurve(1, star()[0], np.full(len(star()[0]), level)))
    np.testing.assert_allclose(flat.flux, 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize("degree", [1, 3])
def test_lines_and_cubics_become_flat(degree):
    time = star()[0]
    flat = flatten(LightCurve(1, time, 100 + ((time - 140) / 10) ** degree))
    np.testing.assert_allclose(flat.flux, 1, rtol=0, atol=1e-9)


def test_flattening_twice_changes_little():
    """The change is less than the noise at every point and a tenth of it on average."""
    once = flatten(LightCurve(1, *star()))
    twice = flatten(once)
    assert np.abs(twice.flux - once.flux).max() < NOISE
    assert np.std(twice.flux - once.flux) < NOISE / 10


def test_shifting_the_times_does_not_change_the_flat_curve():
    time, flux = star(10)
    flat, shifted = flatten(LightCurve(1, time, flux)), flatten(LightCurve(1, time + 1024, flux))
    np.testing.assert_allclose(shifted.flux, flat.flux, rtol=0, atol=1e-10)


def test_the_table_contains_the_best_spacing():
    trend = fit_trend(LightCurve(1, *star()))
    best = trend.table[np.argmin(trend.table[:, 3])]
    assert (trend.spacing, trend.bic) == (best[0], best[3])
    np.testing.assert_allclose(trend.table[:, 3], trend.table[:, 1] + trend.table[:, 2])
    assert trend.failed_spacings == ()


def test_faster_variability_needs_a_smaller_knot_spacing():
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


def test_a_segment_of_equal_times_does_not_affect_the_others():
    time, flux = star(10)
    curve = LightCurve(1, [*time, *[500.0] * 4, *[500.1] * 4], [*flux, *flux[:8]])
    assert len(flatten(curve)) == len(time)


def test_short_cadence_next_to_a_gap_does_not_affect_the_others():
    time, flux = star(10)
    curve = LightCurve(1, [*time, 500, 500.0007, 500.0014, 500.74], [*flux, 1e4, 1e4, 1e4, 1e4])
    assert len(flatten(curve)) >= len(time)


def test_masking_a_transit_keeps_its_depth():
    """A two-day transit is fitted like stellar variability unless it is masked."""
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


def test_masked_points_are_not_used_in_the_fit():
    time, flux = star(20)
    planet = Ephemeris(period=5, epoch=133, duration=0.2)
    wide = np.abs((time - 133 + 2.5) % 5 - 2.5) <= 0.15  # 1.5 durations
    trend = fit_trend(LightCurve(1, time, flux), mask=[planet])
    flux[wide] = 77
    changed = fit_trend(LightCurve(1, time, flux), mask=[planet])
    assert not trend.mask[wide].any()
    assert np.array_equal(changed.flux, trend.flux)
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
    r"^star 9: no segment can be fitted with a spline \({} in {}; at least 4 points per segment "
    r"are needed\); add more light-curve files, or exclude this star$"
)


@pytest.mark.parametrize(
    ("time", "points", "segments"),
    [
        ([0.0], "1 point", "1 segment"),
        ([0.0, 0.1], "2 points", "1 segment"),
        ([0.0, 0.1, 0.2, 5.0, 5.1, 5.2], "6 points", "2 segments"),
        ([1.0] * 6, "6 points", "1 segment"),
    ],
)
def test_too_few_points_are_rejected(time, points, segments):
    curve = LightCurve(9, time, 1 + np.arange(len(time)))
    with pytest.raises(LightCurveError, match=NOT_FITTED.format(points, segments)):
        flatten(curve)


def test_a_mask_that_covers_all_points_is_rejected():
    curve = LightCurve(9, 0.1 + CADENCE * np.arange(40), np.ones(40))
    with pytest.raises(LightCurveError, match=NOT_FITTED.format("40 points", "1 segment")):
        flatten(curve, mask=[Ephemeris(period=100, epoch=0.5, duration=10)])


def test_a_star_with_zero_flux_is_rejected():
    curve = LightCurve(9, CADENCE * np.arange(40), np.zeros(40))
    with pytest.raises(LightCurveError, match="the trend is not above zero at 100% of the points"):
        flatten(curve)


def test_points_without_a_trend_are_dropped():
    time = np.concatenate([np.arange(500) * 0.02, [20.0, 20.02]])
    flux = 1000 + np.random.default_rng(0).normal(size=502)
    flat = flatten(LightCurve(9, time, flux))
    assert flat.time.tolist() == time[:500].tolist()


def test_a_flux_around_zero_is_rejected():
    time = np.arange(2000) * 0.02
    flux = 1e-3 * np.sin(time) + 1e-4 * np.random.default_rng(0).normal(size=2000)
    with pytest.raises(LightCurveError, match="^star 9: the trend is not above zero at .* of the"):
        flatten(LightCurve(9, time, flux))
    flatten(LightCurve(9, time, 1 + flux))


def test_a_negative_flux_is_rejected_because_transits_would_be_inverted():
    time = np.arange(2000) * 0.02
    flux = -10 + 1e-2 * np.random.default_rng(0).normal(size=2000)
    with pytest.raises(LightCurveError, match="the trend is not above zero at 100% of the points"):
        flatten(LightCurve(9, time, flux))


def test_one_negative_segment_of_many_is_rejected():
    time = np.arange(20000) * 0.02
    segment = np.arange(20000) // 1000
    flux = np.where(segment == 7, -10.0, 10.0)
    flux += 1e-2 * np.random.default_rng(0).normal(size=20000)
    with pytest.raises(LightCurveError, match="the trend is not above zero at 5% of the points"):
        flatten(LightCurve(9, time, flux, segment))


def test_the_remedies_for_a_flux_around_zero_name_units_and_magnitudes():
    time = np.arange(2000) * 0.02
    flux = -10 + 1e-2 * np.random.default_rng(0).normal(size=2000)
    with pytest.raises(LightCurveError) as error:
        flatten(LightCurve(9, time, flux))
    for words in ("unit mag", "1 for a relative flux, 100 for percent, 1e6 for ppm"):
        assert words in str(error.value)


@pytest.mark.parametrize(("unit", "step"), [(86400, "1728"), (1440, "28.8")])
def test_times_that_are_not_in_days_are_suspected(unit, step):
    with pytest.raises(LightCurveError) as error:
        flatten(LightCurve(9, np.arange(500) * 0.02 * unit, np.ones(500)))
    assert str(error.value) == (
        f"star 9: the median step between the times is {step} d, which is a gap (more than 0.75 d)"
        ", so the times are probably not in days; convert them to days, or exclude this star"
    )
