"""Views: by hand and by their invariants."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from astronet.errors import LightCurveError
from astronet.lightcurves import (
    GLOBAL,
    KNOWN_VIEWS,
    LOCAL,
    REBINNED_LOCAL,
    Ephemeris,
    LightCurve,
    ViewSpec,
    flatten,
    fold,
    make_view,
    make_views,
)

AROUND_TRANSIT = [name for name, spec in KNOWN_VIEWS.items() if spec.centre == "transit"]
PLANET = Ephemeris(period=8, epoch=3, duration=0.25)


def transits(days=240, depth=0.01, planet=PLANET, noise=1e-4):
    """Return a flat light curve with box-shaped transits and white noise."""
    time = np.arange(0, days, 0.0204337)
    flux = 1 + np.random.default_rng(0).normal(0, noise, len(time))
    flux[np.abs(fold(time, planet)) < planet.duration / 2] -= depth
    return LightCurve(1, time, flux)


def test_global_view_by_hand():
    time = np.arange(10) + 0.5
    curve = LightCurve(1, time, [3, 3, 3, 3, 1, 1, 2, 4, 5, 5])
    view = make_view(curve, Ephemeris(10, 5, 1), ViewSpec(bins=5))
    assert view.tolist() == [0, 0, -1, 0, 1]
    assert view.dtype == np.float32


def test_local_bins_overlap_by_hand():
    """Window −4 … 4 d, bins of width 4 d with spacing 2 d: [−4, 0), [−2, 2), [0, 4)."""
    curve = LightCurve(1, [47, 49, 51, 53], [9, 1, 3, 9])
    view = make_view(
        curve, Ephemeris(100, 50, 4), ViewSpec(bins=3, durations=1, bin_width=1)
    )  # medians 5, 2, 6
    np.testing.assert_allclose(view, [0, -1, 1 / 3], rtol=1e-7)


def test_bins_are_closed_on_the_left_and_open_on_the_right():
    curve = LightCurve(1, [0, 1, 2, 3], [7, 5, 1, 5])
    assert make_view(curve, Ephemeris(4, 2, 1), ViewSpec(bins=4)).tolist() == [0.5, 0, -1, 0]


def test_empty_bins_take_the_median_of_the_curve():
    curve = LightCurve(1, [0.5, 1.5, 3.5], [5, 1, 7])
    assert make_view(curve, Ephemeris(4, 2, 1), ViewSpec(bins=4)).tolist() == [0, -1, 0, 0.5]


def test_empty_bins_of_a_window_take_the_median_of_the_whole_curve():
    """The window −2 … 2 d contains 1 and 4; the median of all points is 3."""
    curve = LightCurve(1, [10, 30, 49.5, 51.5, 80], [3, 3, 1, 4, 3])
    spec = ViewSpec(bins=4, durations=2, bin_width=1)
    view = make_view(curve, Ephemeris(100, 50, 1), spec)
    assert view.tolist() == [0, -1, 0, 0.5]


def test_rebinned_view_by_hand():
    """Global bins of 1 d with centres −3.5 … 3.5; local bins [−2, 0), [−1, 1), [0, 2)."""
    curve = LightCurve(1, np.arange(8) + 0.5, [5, 5, 5, 3, 1, 5, 5, 5])
    spec = ViewSpec(bins=3, durations=1, bin_width=1, rebinned_from=8)
    view = make_view(curve, Ephemeris(8, 4, 2), spec)
    # global view 0 0 0 −½ −1 0 0 0; medians of pairs −¼, −¾, −½
    assert view.tolist() == [1, -1, 0]


def test_a_rebinned_bin_without_global_bins_is_interpolated():
    """Bins [−¼, 0), [−⅛, ⅛), [0, ¼) contain none of the global centres ±½, ±1½."""
    curve = LightCurve(1, np.arange(4) + 0.5, [5, 3, 1, 5])
    spec = ViewSpec(bins=3, durations=1, bin_width=1, rebinned_from=4)
    view = make_view(curve, Ephemeris(4, 2, 0.25), spec)
    # the global view decreases through −⅛, 0, ⅛, so the middle bin is the median
    assert view.tolist() == [1, 0, -1]


@pytest.mark.parametrize("name", AROUND_TRANSIT)
def test_median_zero_and_minimum_minus_one(name):
    view = make_view(transits(), PLANET, KNOWN_VIEWS[name])
    assert len(view) == KNOWN_VIEWS[name].bins
    assert np.median(view) == 0
    assert view.min() == -1


@pytest.mark.parametrize("name", AROUND_TRANSIT)
def test_deepest_bin_is_the_transit(name):
    spec = KNOWN_VIEWS[name]
    view = make_view(transits(), PLANET, spec)
    first, last, _ = spec.window(PLANET)
    deepest = first + (last - first) * (np.argmin(view) + 0.5) / spec.bins
    assert abs(deepest) < PLANET.duration / 2
    assert view[spec.bins // 2] < -0.9


def test_the_local_view_shows_four_durations_on_either_side():
    view = make_view(transits(), PLANET, LOCAL)
    in_transit = np.flatnonzero(view < -0.5)
    # one duration of eight, plus the bin width
    assert 0.1 < len(in_transit) / 201 < 0.15
    assert abs(in_transit.mean() - 100) < 2


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.floats(1e-3, 1e12), st.sampled_from(sorted(KNOWN_VIEWS)))
def test_flux_scale_does_not_change_views(scale, name):
    curve = transits()
    scaled = LightCurve(1, curve.time, scale * curve.flux)
    view, same = (make_view(c, PLANET, KNOWN_VIEWS[name]) for c in (curve, scaled))
    np.testing.assert_allclose(same, view, rtol=0, atol=1e-6)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.integers(-4096, 4096), st.sampled_from(sorted(KNOWN_VIEWS)))
def test_shifting_times_and_epoch_does_not_change_views(shift, name):
    curve = transits()
    time = np.round(curve.time * 2**20) / 2**20 + 2**-21  # exact sums, and no point on an edge
    moved = Ephemeris(PLANET.period, PLANET.epoch + shift, PLANET.duration)
    view = make_view(LightCurve(1, time, curve.flux), PLANET, KNOWN_VIEWS[name])
    same = make_view(LightCurve(1, time + shift, curve.flux), moved, KNOWN_VIEWS[name])
    np.testing.assert_allclose(same, view, rtol=0, atol=1e-6)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(st.integers(-200, 200))
def test_the_epoch_can_be_any_transit(cycle):
    curve = transits()
    time = np.round(curve.time * 2**20) / 2**20 + 2**-21
    other = Ephemeris(PLANET.period, PLANET.epoch + cycle * PLANET.period, PLANET.duration)
    curve = LightCurve(1, time, curve.flux)
    assert np.array_equal(make_view(curve, PLANET, LOCAL), make_view(curve, other, LOCAL))


def test_the_order_of_files_does_not_matter():
    curve = transits()
    half = len(curve) // 2
    swapped = LightCurve(
        1,
        np.roll(curve.time, half),
        np.roll(curve.flux, half),
        np.arange(len(curve)) >= len(curve) - half,
    )
    assert np.array_equal(make_view(swapped, PLANET, GLOBAL), make_view(curve, PLANET, GLOBAL))


def test_a_period_longer_than_the_data_has_a_view():
    single = Ephemeris(period=500, epoch=27, duration=0.3)
    curve = transits(planet=single)
    for name in AROUND_TRANSIT:
        spec = KNOWN_VIEWS[name]
        view = make_view(curve, single, spec)
        assert view.min() == -1
        assert view[spec.bins // 2] < -0.5


def test_a_single_transit_has_a_view():
    single = Ephemeris(period=40, epoch=30, duration=0.3)
    view = make_view(transits(days=60, planet=single), single, LOCAL)
    assert view[100] < -0.9


def test_a_period_shorter_than_eight_durations_is_shown_whole():
    close = Ephemeris(period=1, epoch=0.3, duration=0.2)
    assert LOCAL.window(close) == (-0.5, 0.5, pytest.approx(0.032))
    assert make_view(transits(planet=close), close, LOCAL).min() == -1


def test_make_views_equals_make_view():
    curve = transits()
    views = make_views(curve, PLANET, KNOWN_VIEWS)
    assert list(views) == ["global", "local", "rebinned_local", "secondary"]
    for name, view in views.items():
        assert np.array_equal(view, make_view(curve, PLANET, KNOWN_VIEWS[name]))


NO_DATA = (
    "no data within 1 d of a transit at period 100 d, epoch 150 d; "
    "check the ephemeris and its time system, or add the light-curve files that contain its "
    "transits"
)
NO_TRANSIT = (
    "no bin is below the median, so the view contains no transit; "
    "check the ephemeris, or exclude this event"
)


def test_a_window_without_data_is_rejected():
    event = Ephemeris(period=100, epoch=150, duration=0.25)
    curve = LightCurve(1, np.arange(0, 40, 0.5), np.ones(80))
    with pytest.raises(LightCurveError, match=f"^{re.escape(NO_DATA)}$"):
        make_view(curve, event, LOCAL)
    with pytest.raises(LightCurveError, match=f"^mine view: {re.escape(NO_DATA)}$"):
        make_views(curve, event, {"mine": LOCAL})


@pytest.mark.parametrize("name", KNOWN_VIEWS)
@pytest.mark.parametrize("flux", [1.0, 0.0, -3.0, 1e12])
def test_a_constant_curve_has_no_transit(name, flux):
    curve = LightCurve(1, np.arange(0, 40, 0.02), np.full(2000, flux))
    with pytest.raises(LightCurveError, match=f"^{re.escape(NO_TRANSIT)}$"):
        make_view(curve, PLANET, KNOWN_VIEWS[name])


def test_rounding_is_not_a_transit():
    time = np.arange(0, 40, 0.02)
    flat = LightCurve(1, time, 1 + 1e-14 * np.sin(time))
    assert np.ptp(flat.flux) > 0
    with pytest.raises(LightCurveError, match=f"^{re.escape(NO_TRANSIT)}$"):
        make_view(flat, PLANET, GLOBAL)


def test_bins_wider_than_the_window_are_rejected():
    spec = ViewSpec(bins=5, durations=0.5, bin_width=2)
    with pytest.raises(
        LightCurveError,
        match=r"^bins 0\.5 d wide do not fit into the window from -0\.125 to 0\.125 d; "
        r"decrease bin_width, or increase durations$",
    ):
        make_view(transits(), PLANET, spec)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"durations": 4}, "durations and bin_width must be given together; give both or neither"),
        ({"bin_width": 1}, "durations and bin_width must be given together; give both or neither"),
        (
            {"rebinned_from": 2001},
            "a view with rebinned_from needs a window; give durations and bin_width",
        ),
        ({"bins": 1}, "greater than or equal to 2"),
        ({"width": 3}, "Extra inputs are not permitted"),
    ],
)
def test_inconsistent_specifications_are_rejected(settings, message):
    with pytest.raises(ValidationError, match=message):
        ViewSpec(**settings)


def test_specifications_survive_a_round_trip():
    for spec in KNOWN_VIEWS.values():
        assert ViewSpec(**spec.model_dump()) == spec
    assert (GLOBAL.bins, LOCAL.bins, REBINNED_LOCAL.rebinned_from) == (2001, 201, 2001)


@st.composite
def curves(draw):
    """Draw difficult light curves: tiny segments, equal times, outliers, gaps, no noise."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    lengths = draw(
        st.lists(st.sampled_from([1, 2, 3, 4, 5, 8, 40, 200, 400]), min_size=1, max_size=4)
    )
    cadence = draw(st.sampled_from([0.0, 1e-9, 0.0007, 0.0204, 0.4]))
    time = [
        np.cumsum(rng.choice([0, 1, 1, 1, 3], n) * cadence) + 100 * k for k, n in enumerate(lengths)
    ]
    n = sum(lengths)
    flux = draw(st.sampled_from([0.0, 1.0, -1.0])) + draw(
        st.sampled_from([0.0, 1e-6, 0.1, 3.0])
    ) * rng.normal(size=n)
    flux[rng.random(n) < draw(st.sampled_from([0, 0.1]))] *= draw(st.sampled_from([0.0, 0.5, 1e3]))
    flux = flux * draw(st.sampled_from([1e-3, 1.0, 1e4, 1e12]))
    flux[rng.random(n) < draw(st.sampled_from([0, 0, 0.3]))] = np.nan
    return np.concatenate(time), flux, np.repeat(np.arange(len(lengths)), lengths)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    curves(),
    st.floats(0.01, 300),
    st.floats(-500, 500),
    st.floats(1e-3, 0.99),
    st.booleans(),
    st.sampled_from(sorted(KNOWN_VIEWS)),
)
def test_every_light_curve_gives_a_view_or_a_light_curve_error(
    points, period, epoch, fraction, masked, name
):
    ephemeris = Ephemeris(period, epoch, fraction * period)
    try:
        flat = flatten(LightCurve(1, *points), mask=[ephemeris] if masked else [])
        view = make_view(flat, ephemeris, KNOWN_VIEWS[name])
    except LightCurveError:
        return
    assert np.isfinite(flat.flux).all()
    assert np.isfinite(view).all()
    assert view.min() == -1 or name not in AROUND_TRANSIT
