"""Copies of the events of a store."""

import numpy as np
import pandas as pd
import pytest

from astronet.dataset.features import store_features
from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.lightcurves.features.event import FEATURES
from astronet.lightcurves.settings import Degradation
from astronet.lightcurves.view_specs import ViewSpec
from astronet.training.copies import VARIED, copied_events

N, BINS = 12, 2001
NAMES = [feature.name for feature in FEATURES]


def store(path, durations=0.1):
    generator = np.random.default_rng(0)
    phase = np.abs((np.arange(BINS) + 0.5) / BINS - 0.5)
    views = generator.normal(0, 0.05, (N, BINS)) - (phase < 0.01)
    views /= -views.min(axis=1, keepdims=True)
    index = pd.DataFrame({"star": np.arange(N), "number": 1, "period_days": 5.0})
    index = index.assign(epoch_bkjd=131.0, duration_days=durations)
    specs = {"global": ViewSpec(bins=BINS)}
    return ViewStore.create(path, index, [{"global": views.astype(np.float32)}], specs, {})


def test_varied_copies_resemble_the_events_and_differ_from_each_other(tmp_path) -> None:
    made = store(tmp_path / "store")
    own = store_features(made, quiet=True)
    first, again, other = (copied_events(made, VARIED, number) for number in (0, 0, 1))
    np.testing.assert_array_equal(first.features, again.features)
    assert (first.features != other.features).any(axis=1).all()
    ratio = first.degraded.fractions / (0.1 / 5)
    assert (ratio > 0.9).all() and (ratio < 1.1).all() and ratio.std() > 0.02
    scatter = NAMES.index("scatter")
    np.testing.assert_allclose(first.features[:, scatter], own[:, scatter], atol=0.03)


def test_coarse_copies_have_wide_bins(tmp_path) -> None:
    made = store(tmp_path / "store")
    copied = copied_events(made, Degradation(bins=(101, 101), empty=0, fine=0), 0)
    assert (np.count_nonzero(np.diff(copied.degraded.coarse), axis=1) <= 101).all()


def test_events_without_a_duration_cannot_be_copied(tmp_path) -> None:
    durations = np.full(N, 0.1)
    durations[3] = np.nan
    with pytest.raises(StoreError, match="1 events without a valid period and duration"):
        copied_events(store(tmp_path / "store", durations), VARIED, 0)
