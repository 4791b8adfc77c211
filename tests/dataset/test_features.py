"""Features of the events of a store."""

import numpy as np
import pandas as pd
import pytest

from astronet.dataset.features import features_of_views, store_features
from astronet.dataset.measured import MEASURED, packed, write_measured
from astronet.dataset.store import ViewStore
from astronet.errors import LightCurveError, StoreError
from astronet.lightcurves import GLOBAL, REBINNED_LOCAL, SECONDARY_OUTSIDE, Ephemeris
from astronet.lightcurves.features.event import FEATURES, view_features

N = 5
PERIODS = np.linspace(2, 9, N)


def create(path, views, **columns):
    index = {"star": range(1, N + 1), "number": 1, "period_days": PERIODS, "duration_days": 0.1}
    specs = {"global": GLOBAL, "local": REBINNED_LOCAL}
    specs = {name: specs[name] for name in views}
    return ViewStore.create(path, pd.DataFrame(index | columns), [views], specs, {})


def global_views():
    whole = np.random.default_rng(0).normal(0, 0.05, (N, 2001)).astype(np.float32)
    whole[:, 985:1016] = -1
    return whole


def test_each_row_has_the_features_of_its_view(tmp_path):
    whole = global_views()
    features = store_features(create(tmp_path / "store", {"global": whole}), quiet=True)
    assert features.shape == (N, len(FEATURES))
    for k in range(N):
        assert np.array_equal(features[k], view_features(whole[k], Ephemeris(PERIODS[k], 0, 0.1)))


def test_a_local_view_of_the_store_has_no_effect(tmp_path):
    whole = global_views()
    local = np.full((N, 201), -1, np.float32)
    alone = create(tmp_path / "alone", {"global": whole})
    both = create(tmp_path / "both", {"global": whole, "local": local})
    assert np.array_equal(store_features(alone, quiet=True), store_features(both, quiet=True))


def test_empty_bins_of_the_store_are_not_used(tmp_path):
    whole, measured = global_views(), np.ones((N, 2001), bool)
    measured[:, 100:400] = False
    store = create(tmp_path / "store", {"global": whole})
    write_measured(store.path / MEASURED, [packed(measured)], N, 2001)
    features = store_features(ViewStore.open(store.path), quiet=True)
    event = Ephemeris(PERIODS[2], 0, 0.1)
    assert np.array_equal(features[2], view_features(whole[2], event, measured[2]))
    names = [feature.name for feature in FEATURES]
    assert features[:, names.index("empty_fraction")] == pytest.approx(300 / 2001)


def test_views_of_light_curves_have_the_features_of_a_store(tmp_path):
    whole = global_views()
    store = create(tmp_path / "store", {"global": whole})
    found = features_of_views(whole, PERIODS, np.full(N, 0.1))
    assert np.array_equal(found, store_features(store, quiet=True))
    whole[1] = np.nan  # the view could not be computed
    found = features_of_views(whole, PERIODS, np.full(N, 0.1))
    assert np.isnan(found).all(axis=1).tolist() == [False, True, False, False, False]
    with pytest.raises(LightCurveError, match="features of row 0: .*duration"):
        features_of_views(whole, PERIODS, PERIODS + 1)


def test_a_store_without_global_views_or_durations_is_rejected(tmp_path):
    local = create(tmp_path / "local", {"local": np.zeros((N, 201), np.float32)})
    with pytest.raises(StoreError, match="prepare a store with a global view"):
        store_features(local)
    unknown = create(tmp_path / "unknown", {"global": global_views()}, duration_days=np.nan)
    with pytest.raises(StoreError, match="5 of 5 events .* have no valid period and duration"):
        store_features(unknown)


def test_the_specification_of_the_secondary_is_kept_in_a_store(tmp_path):
    index = pd.DataFrame({"star": range(1, N + 1), "number": 1})
    views = {"outside": np.zeros((N, 201), np.float32)}
    ViewStore.create(tmp_path / "store", index, [views], {"outside": SECONDARY_OUTSIDE}, {})
    assert ViewStore.open(tmp_path / "store").specs["outside"] == SECONDARY_OUTSIDE
