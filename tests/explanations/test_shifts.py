import numpy as np
import pytest
from explaining import EPHEMERIS, SMALL, event, light_curve
from hypothesis import given
from hypothesis import strategies as st

import astronet
from astronet.explanations.shifts import (
    epoch_shifts,
    reversed_in_time,
    shifted,
    view_shifts,
    with_epoch_off,
)
from astronet.lightcurves.views import make_views

VIEW = np.arange(5, dtype=np.float32)


def test_a_shift_by_hand():
    assert shifted(VIEW, 2, around=True).tolist() == [3, 4, 0, 1, 2]
    assert shifted(VIEW, 2, around=False).tolist() == [0, 0, 0, 1, 2]
    assert shifted(VIEW, -2, around=False).tolist() == [2, 3, 4, 0, 0]
    assert shifted(VIEW, 9, around=False).tolist() == [0, 0, 0, 0, 0]


@given(bins=st.integers(-40, 40))
def test_around_and_back_again_changes_nothing(bins):
    assert np.array_equal(shifted(shifted(VIEW, bins, True), -bins, True), VIEW)


@pytest.mark.parametrize("name", ["global", "local"])
def test_a_shift_by_0_changes_nothing(small_judge, name):
    views = event(SMALL)
    alone, together = view_shifts(small_judge, views, name), epoch_shifts(small_judge, views)
    for found in (alone, together):
        at_rest = found.logits[found.bins == 0]
        assert at_rest == pytest.approx([small_judge.logit(views)], abs=1e-5)
        assert found.within(0) == 0
    assert alone.bins.tolist() == list(range(-32, 33))
    assert alone.within(32) >= alone.within(4) > 0


def test_pooling_over_all_bins_forgives_every_shift():
    class Pooled:
        def logits(self, events):
            return np.array([-each.views["global"].min() for each in events])

    assert view_shifts(Pooled(), event(SMALL), "global").within(32) == 0


def test_a_wrong_epoch_gives_the_shifted_views():
    right = event()
    step = EPHEMERIS.period / 2001
    for bins in (-10, 3, 25):
        wrong = astronet.Ephemeris(10.0, EPHEMERIS.epoch - bins * step, 0.25)
        made = make_views(light_curve(scatter=1e-6), wrong, right.specs)
        moved = with_epoch_off(event(scatter=1e-6), bins)
        for name in ("global", "rebinned_local", "wide"):
            assert np.corrcoef(made[name], moved.views[name])[0, 1] > 0.99


def test_reversed_twice_is_as_before():
    views = event()
    twice = reversed_in_time(reversed_in_time(views))
    for name, view in views.views.items():
        assert np.array_equal(view, twice.views[name])
        assert np.array_equal(view[::-1], reversed_in_time(views).views[name])
