"""Empty bins of the global view of sparse light curves."""

from dataclasses import replace

import numpy as np
import pytest
from explaining import SPECS, event

import astronet
from astronet.explanations.event import Event
from astronet.explanations.measured import deviation, with_measured_bins
from astronet.explanations.removal import without
from astronet.explanations.shifts import with_epoch_error
from astronet.lightcurves.views import make_views

EPHEMERIS = astronet.Ephemeris(period=3.3, epoch=1.2, duration=0.12)


@pytest.fixture
def sparse() -> Event:
    """Event in 27 d of 30-minute data: two thirds of the bins of its global view are empty."""
    time = np.arange(0, 27, 1 / 48)
    phase = (time - EPHEMERIS.epoch + 1.65) % 3.3 - 1.65
    noise = 3e-4 * np.random.default_rng(4).standard_normal(len(time))
    flux = 1 + noise - 0.02 * (np.abs(phase) < 0.06)
    views = make_views(astronet.LightCurve("sparse", time, flux), EPHEMERIS, SPECS)
    return Event("sparse", 1, EPHEMERIS, SPECS, views, np.empty(0, np.float32))


def test_empty_bins_of_a_sparse_light_curve_are_found(sparse: Event) -> None:
    assert deviation(sparse) > 0.5  # without the empty bins, the transit would be erased
    found = with_measured_bins(sparse)
    assert found.measured is not None
    assert 600 < found.measured.sum() < 1300  # 1,296 points
    assert deviation(found) == 0
    for name, view in sparse.views.items():
        assert np.array_equal(found.views[name], view)


def test_modified_sparse_events_keep_the_transit(sparse: Event) -> None:
    found = with_measured_bins(sparse)
    for modified in (without(found, 0.8), with_epoch_error(found, 4), with_epoch_error(found, -4)):
        for name in ("rebinned_local", "wide"):
            assert (modified.views[name] < -0.8).sum() >= (found.views[name] < -0.8).sum() / 2
    gone = without(found, 0.0)
    assert gone.views["rebinned_local"].min() > -0.2


def test_all_bins_of_a_dense_light_curve_are_measured() -> None:
    dense = event()
    assert with_measured_bins(dense) is dense
    assert deviation(dense) == 0


def test_views_that_do_not_fit_together_keep_their_values() -> None:
    odd = event().with_view("wide", np.full(201, 3.0))
    found = with_measured_bins(odd)
    assert found.measured is None
    assert deviation(found) > 2
    alone = replace(odd, specs={"wide": SPECS["wide"]}, views={"wide": odd.views["wide"]})
    assert with_measured_bins(alone) is alone
