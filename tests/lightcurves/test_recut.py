"""Views cut from a global view's own bins: by hand, and what must not change them."""

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
    Ephemeris,
    LightCurve,
    ViewSpec,
    fold,
    make_view,
)
from astronet.lightcurves.views import recut

bins = st.sampled_from([2000, 2001])
shares = st.floats(0.006, 0.05)
"""Transit durations in periods."""
depths = st.floats(0.05, 2)
anywhere = st.floats(0, 1)
"""From the first place that is clear of the transit, once around the seam, to the last."""


def event(share):
    return Ephemeris(period=3.0, epoch=0.0, duration=3.0 * share)


def width_of(n, share):
    return max(1, round(share * n))


def place(n, share, where, clear=5.5):
    """A bin at least so many durations away from the transit."""
    first = int(np.ceil((0.5 + clear * share) * n))
    return (first + round(where * (n - 2 * (first - n // 2) - 2))) % n


def with_dip(n, share, middle, depth):
    """A global view: the transit, and a box as long and `depth` as deep around a bin."""
    view, width = np.zeros(n), width_of(n, share)
    for centre, floor in ((n // 2, -1.0), (middle, -depth)):
        view[(centre - width // 2 + np.arange(width)) % n] = floor
    return view


def test_a_secondary_by_hand():
    """The dip in bin 1 is taken to phase 0; its bins are [−2, 0), [−1, 1) and [0, 2) d."""
    spec = ViewSpec(bins=3, durations=2, bin_width=2, rebinned_from=8, centre="secondary")
    view = recut(np.array([0, -0.25, 0, 0, -1, 0, 0, 0.5]), Ephemeris(8, 0, 1), spec)
    assert view.tolist() == [0.25, -0.125, -0.125]


def test_a_long_transit_leaves_the_far_half_of_the_period():
    """No bin is 1.5 durations away; of those beyond a quarter, bin 0 has the deepest neighbours."""
    spec = ViewSpec(bins=2, durations=1, bin_width=0.5, rebinned_from=8, centre="secondary")
    whole = np.array([-0.3, -0.1, 0, -1, -1, 0, 0, -0.3])
    assert recut(whole, Ephemeris(8, 0, 3.2), spec).tolist() == [0, -0.5]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(bins, shares, anywhere, depths)
def test_the_deepest_dip_stands_in_the_middle_as_deep_as_it_is(n, share, where, depth):
    whole = with_dip(n, share, place(n, share, where), depth)
    view = recut(whole, event(share), SECONDARY)
    assert view.min() == view[100] == -depth
    deepest = np.flatnonzero(view == -depth)
    half_a_bin = 0.5 / n / (0.04 * share)  # an even number of bins has no middle one
    assert abs(deepest.mean() - 100) <= 1 + half_a_bin
    assert view[0] == view[-1] == 0


@settings(deadline=None, derandomize=True, max_examples=60)
@given(bins, shares, anywhere, st.integers(0, 2**32 - 1))
def test_the_seam_of_the_period_is_a_phase_like_any_other(n, share, where, seed):
    width = width_of(n, share)
    around = np.arange(-5 * width, 5 * width + 1)
    pattern = np.random.default_rng(seed).normal(0, 0.02, len(around))
    pattern[np.abs(around) <= width // 2] -= 0.5

    def seen(middle):
        whole = with_dip(n, share, middle, 0)
        whole[(middle + around) % n] = pattern
        return recut(whole, event(share), SECONDARY)

    for seam in (0, n - 1, 1):
        np.testing.assert_array_equal(seen(place(n, share, where, clear=6.5)), seen(seam))


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.sampled_from([15, 31, 75]), anywhere, depths)
def test_time_reversed_is_the_secondary_reversed(width, where, depth):
    """To a fiftieth of the dip: bins are closed on the left alone."""
    n, share = 2001, width / 2001
    distance = (np.arange(n) - place(n, share, where) + n // 2) % n - n // 2
    whole = with_dip(n, share, n // 2, 1) - depth * np.exp(-2 * (distance / width) ** 2)
    view, other = (recut(g, event(share), SECONDARY) for g in (whole, whole[::-1]))
    np.testing.assert_allclose(other, view[::-1], rtol=0, atol=0.02 * depth + 0.01)


def test_the_transits_flanks_are_no_secondary():
    share, n = 0.02, 2001
    whole = with_dip(n, share, place(n, share, 0.3), 0.1)
    whole[n // 2 + np.arange(-38, 39)] = -1  # nearly two durations long
    assert recut(whole, event(share), SECONDARY)[100] == -0.1


@pytest.mark.parametrize("spec", [REBINNED_LOCAL, SECONDARY])
def test_of_a_flat_global_view_every_view_is_zero(spec):
    assert not recut(np.zeros(2001, np.float32), event(0.05), spec).any()


def test_a_local_window_without_a_dip_is_shifted_alone():
    """As in DR24's published views, of which seven are such."""
    whole = np.full(2001, 0.5)
    whole[0], whole[990:1000] = -1, 0.75
    view = recut(whole, event(0.05), REBINNED_LOCAL)
    assert (view.min(), np.median(view), view.max()) == (0, 0, 0.25)


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.floats(1, 20), st.floats(0.01, 0.1), st.integers(0, 2**32 - 1))
@pytest.mark.parametrize("spec", [REBINNED_LOCAL, SECONDARY])
def test_a_light_curve_and_its_global_view_give_the_same_bits(spec, period, share, seed):
    planet = Ephemeris(period, 1.0, share * period)
    time = np.arange(0, 60, 0.0204)
    flux = 1 + np.random.default_rng(seed).normal(0, 1e-3, len(time))
    flux[np.abs(fold(time, planet)) < planet.duration / 2] -= 0.01
    curve = LightCurve(1, time, flux)
    whole = make_view(curve, planet, GLOBAL)
    np.testing.assert_array_equal(
        recut(whole, planet, spec).astype(np.float32), make_view(curve, planet, spec)
    )


def test_bins_that_do_not_fit_are_refused():
    spec = ViewSpec(bins=5, durations=0.5, bin_width=2, rebinned_from=2001, centre="secondary")
    with pytest.raises(LightCurveError, match=r"^5 bins of 0\.3 d do not fit between -0\.075 and"):
        recut(np.zeros(2001), event(0.05), spec)


def test_a_secondary_is_looked_for_in_a_global_view():
    with pytest.raises(
        ValidationError,
        match="a secondary is looked for in a global view: give rebinned_from too",
    ):
        ViewSpec(bins=201, durations=4, bin_width=0.16, centre="secondary")
    with pytest.raises(
        ValidationError, match="a view rebinned from the global one needs durations and bin_width"
    ):
        ViewSpec(rebinned_from=2001, centre="secondary")


def test_what_was_written_before_there_were_centres_is_read():
    old = {"bins": 201, "durations": 4.0, "bin_width": 0.16, "rebinned_from": 2001}
    assert ViewSpec.model_validate(old) == REBINNED_LOCAL
    assert REBINNED_LOCAL.centre == GLOBAL.centre == "transit"
