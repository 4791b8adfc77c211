"""Empty bins of the global view of sparse light curves."""

from dataclasses import replace

import numpy as np
import pytest
from explaining import SPECS, event

import astronet
from astronet.explanations.event import Event
from astronet.explanations.removal import without
from astronet.explanations.shifts import with_epoch_error
from astronet.lightcurves.views import FoldedCurve

EPHEMERIS = astronet.Ephemeris(period=3.3, epoch=1.2, duration=0.12)


@pytest.fixture
def sparse() -> Event:
    """Event in 27 d of 30-minute data: two thirds of the bins of its global view are empty."""
    time = np.arange(0, 27, 1 / 48)
    phase = (time - EPHEMERIS.epoch + 1.65) % 3.3 - 1.65
    noise = 3e-4 * np.random.default_rng(4).standard_normal(len(time))
    flux = 1 + noise - 0.02 * (np.abs(phase) < 0.06)
    folded = FoldedCurve.of(astronet.LightCurve("sparse", time, flux), EPHEMERIS)
    measured = folded.measured_bins(SPECS["global"])
    scalars = np.empty(0, np.float32)
    return Event("sparse", 1, EPHEMERIS, SPECS, folded.views(SPECS), scalars, measured)


def test_views_of_a_sparse_light_curve_are_rebinned_without_empty_bins(sparse: Event) -> None:
    assert sparse.measured is not None
    assert 600 < sparse.measured.sum() < 1300  # 1,296 points
    assert sparse.deviation() == 0
    assert replace(sparse, measured=None).deviation() > 0.5  # the transit would be erased


def test_modified_sparse_events_keep_the_transit(sparse: Event) -> None:
    for modified in (without(sparse, 0.8), *(with_epoch_error(sparse, by) for by in (4, -4))):
        for name in ("rebinned_local", "wide"):
            assert (modified.views[name] < -0.8).sum() >= (sparse.views[name] < -0.8).sum() / 2
    assert without(sparse, 0.0).views["rebinned_local"].min() > -0.2


def test_views_that_differ_from_the_rebinned_ones_deviate() -> None:
    assert event().deviation() == 0
    odd = event().with_view("wide", np.full(201, 3.0))
    assert odd.deviation() > 2
    alone = replace(odd, specs={"wide": SPECS["wide"]}, views={"wide": odd.views["wide"]})
    assert alone.deviation() == 0
