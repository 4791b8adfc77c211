import numpy as np
import pytest
from explaining import EPHEMERIS, SMALL, event, light_curve
from hypothesis import given
from hypothesis import strategies as st

import astronet
from astronet.explanations.shifts import (
    epoch_shifts,
    shifted,
    time_reversed,
    view_shifts,
    with_epoch_error,
)
from astronet.lightcurves.views import make_views

VIEW = np.arange(5, dtype=np.float32)


def test_shifted_by_hand():
    assert shifted(VIEW, 2, circular=True).tolist() == [3, 4, 0, 1, 2]
    assert shifted(VIEW, 2, circular=False).tolist() == [0, 0, 0, 1, 2]
    assert shifted(VIEW, -2, circular=False).tolist() == [2, 3, 4, 0, 0]
    assert shifted(VIEW, 9, circular=False).tolist() == [0, 0, 0, 0, 0]


@given(bins=st.integers(-40, 40))
def test_circular_shift_is_reversible(bins):
    assert np.array_equal(shifted(shifted(VIEW, bins, True), -bins, True), VIEW)


@pytest.mark.parametrize("name", ["global", "local"])
def test_shift_by_zero_does_not_change_the_logit(small_model, name):
    views = event(SMALL)
    single, epoch = view_shifts(small_model, views, name), epoch_shifts(small_model, views)
    for found in (single, epoch):
        unshifted = found.logits[found.bins == 0]
        assert unshifted == pytest.approx([small_model.logit(views)], abs=1e-5)
        assert found.within(0) == 0
    assert single.bins.tolist() == list(range(-32, 33))
    assert single.within(32) >= single.within(4) > 0


def test_pooling_over_all_bins_is_invariant_to_shifts():
    class Pooled:
        def logits(self, events):
            return np.array([-each.views["global"].min() for each in events])

    assert view_shifts(Pooled(), event(SMALL), "global").within(32) == 0


def test_epoch_error_shifts_the_views():
    right = event()
    step = EPHEMERIS.period / 2001
    for bins in (-10, 3, 25):
        wrong = astronet.Ephemeris(10.0, EPHEMERIS.epoch - bins * step, 0.25)
        made = make_views(light_curve(scatter=1e-6), wrong, right.specs)
        moved = with_epoch_error(event(scatter=1e-6), bins)
        for name in ("global", "rebinned_local", "wide"):
            assert np.corrcoef(made[name], moved.views[name])[0, 1] > 0.99


def test_time_reversal_twice_is_the_identity():
    views = event()
    twice = time_reversed(time_reversed(views))
    for name, view in views.views.items():
        assert np.array_equal(view, twice.views[name])
        assert np.array_equal(view[::-1], time_reversed(views).views[name])
