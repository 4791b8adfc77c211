"""Views rebinned from a global view: by hand and by their invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from astronet.errors import LightCurveError
from astronet.lightcurves import (
    GLOBAL,
    REBINNED_LOCAL,
    SECONDARY,
    SECONDARY_OUTSIDE,
    Ephemeris,
    LightCurve,
    ViewSpec,
    fold,
    make_view,
)
from astronet.lightcurves.secondary import secondary_bin
from astronet.lightcurves.views import FoldedCurve, recut

bins = st.sampled_from([2000, 2001])
fractions = st.floats(0.006, 0.05)
"""Transit durations in units of the period."""
depths = st.floats(0.05, 2)
anywhere = st.floats(0, 1)
"""Position of a dip: 0 is the first and 1 the last bin clear of the transit, across phase ±0.5."""


def event(fraction):
    return Ephemeris(period=3.0, epoch=0.0, duration=3.0 * fraction)


def width_of(n, fraction):
    return max(1, round(fraction * n))


def place(n, fraction, where, clear=5.5):
    """Return a bin that is at least `clear` durations away from the transit."""
    first = int(np.ceil((0.5 + clear * fraction) * n))
    return (first + round(where * (n - 2 * (first - n // 2) - 2))) % n


def with_dip(n, fraction, middle, depth):
    """Return a global view with the transit and a box of the same width and of `depth` at a bin."""
    view, width = np.zeros(n), width_of(n, fraction)
    for centre, floor in ((n // 2, -1.0), (middle, -depth)):
        view[(centre - width // 2 + np.arange(width)) % n] = floor
    return view


def test_a_secondary_by_hand():
    """The dip in bin 1 is shifted to phase 0; the bins are [−2, 0), [−1, 1) and [0, 2) d."""
    spec = ViewSpec(bins=3, durations=2, bin_width=2, rebinned_from=8, centre="secondary")
    view = recut(np.array([0, -0.25, 0, 0, -1, 0, 0, 0.5]), Ephemeris(8, 0, 1), spec)
    assert view.tolist() == [0.25, -0.125, -0.125]


def test_after_a_long_transit_the_far_half_of_the_period_is_searched():
    """No bin is 1.5 durations away; of those beyond a quarter period, bin 0 has the lowest mean."""
    spec = ViewSpec(bins=2, durations=1, bin_width=0.5, rebinned_from=8, centre="secondary")
    whole = np.array([-0.3, -0.1, 0, -1, -1, 0, 0, -0.3])
    assert recut(whole, Ephemeris(8, 0, 3.2), spec).tolist() == [0, -0.5]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(bins, fractions, anywhere, depths)
def test_the_deepest_dip_is_centred_and_keeps_its_depth(n, fraction, where, depth):
    whole = with_dip(n, fraction, place(n, fraction, where), depth)
    view = recut(whole, event(fraction), SECONDARY)
    assert view.min() == view[100] == -depth
    deepest = np.flatnonzero(view == -depth)
    half_a_bin = 0.5 / n / (0.04 * fraction)  # an even number of bins has no central bin
    assert abs(deepest.mean() - 100) <= 1 + half_a_bin
    assert view[0] == view[-1] == 0


@settings(deadline=None, derandomize=True, max_examples=60)
@given(bins, fractions, anywhere, st.integers(0, 2**32 - 1))
def test_a_dip_at_the_ends_of_the_view_is_treated_like_any_other(n, fraction, where, seed):
    width = width_of(n, fraction)
    around = np.arange(-5 * width, 5 * width + 1)
    pattern = np.random.default_rng(seed).normal(0, 0.02, len(around))
    pattern[np.abs(around) <= width // 2] -= 0.5

    def secondary(middle):
        whole = with_dip(n, fraction, middle, 0)
        whole[(middle + around) % n] = pattern
        return recut(whole, event(fraction), SECONDARY)

    for seam in (0, n - 1, 1):
        np.testing.assert_array_equal(
            secondary(place(n, fraction, where, clear=6.5)), secondary(seam)
        )


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.sampled_from([15, 31, 75]), anywhere, depths)
def test_reversing_time_reverses_the_secondary(width, where, depth):
    """To 2 % of the depth, because bins are closed only on the left."""
    n, fraction = 2001, width / 2001
    distance = (np.arange(n) - place(n, fraction, where) + n // 2) % n - n // 2
    whole = with_dip(n, fraction, n // 2, 1) - depth * np.exp(-2 * (distance / width) ** 2)
    view, other = (recut(g, event(fraction), SECONDARY) for g in (whole, whole[::-1]))
    np.testing.assert_allclose(other, view[::-1], rtol=0, atol=0.02 * depth + 0.01)


def test_the_flanks_of_the_transit_are_not_a_secondary():
    fraction, n = 0.02, 2001
    whole = with_dip(n, fraction, place(n, fraction, 0.3), 0.1)
    whole[n // 2 + np.arange(-38, 39)] = -1  # nearly two durations long
    assert recut(whole, event(fraction), SECONDARY)[100] == -0.1


@pytest.mark.parametrize("spec", [REBINNED_LOCAL, SECONDARY])
def test_views_of_a_flat_global_view_are_zero(spec):
    assert not recut(np.zeros(2001, np.float32), event(0.05), spec).any()


def test_a_local_view_without_a_dip_is_only_shifted():
    """As in seven of the published DR24 views."""
    whole = np.full(2001, 0.5)
    whole[0], whole[990:1000] = -1, 0.75
    view = recut(whole, event(0.05), REBINNED_LOCAL)
    assert (view.min(), np.median(view), view.max()) == (0, 0, 0.25)


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.floats(1, 20), st.floats(0.01, 0.1), st.integers(0, 2**32 - 1))
@pytest.mark.parametrize("spec", [REBINNED_LOCAL, SECONDARY])
def test_a_light_curve_and_its_global_view_give_identical_views(spec, period, fraction, seed):
    planet = Ephemeris(period, 1.0, fraction * period)
    time = np.arange(0, 60, 0.0204)
    flux = 1 + np.random.default_rng(seed).normal(0, 1e-3, len(time))
    flux[np.abs(fold(time, planet)) < planet.duration / 2] -= 0.01
    whole, measured = FoldedCurve.of(LightCurve(1, time, flux), planet).measured_view(GLOBAL)
    whole = whole.astype(np.float32)
    expected = recut(whole, planet, spec, measured).astype(np.float32)
    assert np.array_equal(make_view(LightCurve(1, time, flux), planet, spec), expected)


def test_bins_that_do_not_fit_are_rejected():
    spec = ViewSpec(bins=5, durations=0.5, bin_width=2, rebinned_from=2001, centre="secondary")
    with pytest.raises(
        LightCurveError, match=r"^bins 0\.3 d wide do not fit into .* from -0\.075 to"
    ):
        recut(np.zeros(2001), event(0.05), spec)


def test_a_secondary_requires_a_global_view():
    with pytest.raises(
        ValidationError,
        match=(
            "centre=secondary requires a global view in which to find the secondary eclipse; "
            "set rebinned_from to its number of bins"
        ),
    ):
        ViewSpec(bins=201, durations=4, bin_width=0.16, centre="secondary")
    with pytest.raises(
        ValidationError,
        match="a view with rebinned_from needs a window; give durations and bin_width",
    ):
        ViewSpec(rebinned_from=2001, centre="secondary")


def test_a_specification_without_a_centre_is_read():
    old = {"bins": 201, "durations": 4.0, "bin_width": 0.16, "rebinned_from": 2001}
    assert ViewSpec.model_validate(old) == REBINNED_LOCAL
    assert REBINNED_LOCAL.centre == GLOBAL.centre == "transit"


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 0.9))
@settings(deadline=None, derandomize=True, max_examples=25)
def test_empty_bins_do_not_change_the_depth_of_a_transit(seed, empty):
    random = np.random.default_rng(seed)
    phase = (np.arange(2001) + 0.5) / 2001 - 0.5
    whole = np.where(np.abs(phase) < 0.025, -1.0, random.normal(0, 0.01, 2001))
    measured = random.random(2001) > empty
    view = recut(np.where(measured, whole, 0.0), event(0.05), REBINNED_LOCAL, measured)
    inside = np.abs(np.linspace(-4, 4, 201)) < 0.3
    assert view[inside].max() < -0.9


def test_a_bin_without_measurements_is_interpolated():
    """Bins 1 and 2 of 8 are empty; the fill value 9 appears nowhere."""
    whole = np.array([0.0, 9, 9, 0, -1, 0, 0, 0.5])
    spec = ViewSpec(bins=8, durations=4, bin_width=1, rebinned_from=8)
    view = recut(whole, Ephemeris(8, 0, 1), spec, whole < 9)
    assert view.tolist() == [0, 0, 0, 0, -1, 0, 0, 0.5]


def test_the_secondary_is_not_sought_among_empty_bins():
    spec = ViewSpec(bins=8, durations=4, bin_width=1, rebinned_from=8, centre="secondary")
    whole = np.array([-0.5, -0.25, 0, 0, -1, 0, 0, 0])
    found = recut(whole, Ephemeris(8, 0, 1), spec)
    assert found[4] == -0.5
    assert recut(whole, Ephemeris(8, 0, 1), spec, whole != -0.5)[4] == -0.25


def test_a_transit_longer_than_catalogued_is_not_shown_as_a_secondary():
    """Of 2.6 durations, the dip reaches beyond 1.0, where `SECONDARY` finds its end."""
    fraction, n = 0.02, 2000
    phase = (np.arange(n) + 0.5) / n - 0.5
    whole = np.where(np.abs(phase) < 1.3 * fraction, -1.0, 0.0)
    whole[np.abs(phase - 0.4) < fraction / 2] = -0.1
    found = [
        phase[secondary_bin(whole, event(fraction), s)] for s in (SECONDARY, SECONDARY_OUTSIDE)
    ]
    assert abs(found[0]) == pytest.approx(1.5 * fraction, abs=1 / n)
    assert found[1] == pytest.approx(0.4, abs=1 / n)
    assert recut(whole, event(fraction), SECONDARY).min() == -1
    assert recut(whole, event(fraction), SECONDARY_OUTSIDE).min() == -0.1


@settings(deadline=None, derandomize=True, max_examples=60)
@given(bins, fractions, anywhere, depths)
def test_far_from_the_transit_both_secondary_views_agree(n, fraction, where, depth):
    whole = with_dip(n, fraction, place(n, fraction, where), depth)
    spec = SECONDARY_OUTSIDE
    assert np.array_equal(
        recut(whole, event(fraction), spec), recut(whole, event(fraction), SECONDARY)
    )


def test_a_secondary_next_to_the_transit_is_shown_without_the_transit():
    """The eclipse is 2.5 durations after mid-transit, so the window of ±4 includes the transit."""
    fraction, n = 0.02, 2000
    phase = (np.arange(n) + 0.5) / n - 0.5
    whole = np.where(np.abs(phase) < fraction / 2, -1.0, 0.0)
    whole[np.abs(phase - 2.5 * fraction) < fraction / 2] = -0.2
    assert recut(whole, event(fraction), SECONDARY).min() == -1
    view = recut(whole, event(fraction), SECONDARY_OUTSIDE)
    assert view.min() == view[100] == -0.2


def test_a_secondary_view_of_a_star_with_flux_only_in_transit_is_zero():
    whole = np.where(np.arange(100) == 50, -1.0, 0.3)
    measured = np.abs(np.arange(100) - 50) < 2
    view = recut(whole, Ephemeris(10, 0, 0.5), SECONDARY_OUTSIDE, measured)
    assert not view.any()


def test_only_a_view_around_the_secondary_can_leave_out_the_transit():
    with pytest.raises(ValidationError, match="set centre=secondary"):
        ViewSpec(bins=2001, exclude_transit=1.5)
