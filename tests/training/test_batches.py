"""Batches: selection of rows, and time reversal of all views of an event."""

import numpy as np
import pandas as pd
import pytest
import torch

from astronet.dataset.store import ViewStore
from astronet.errors import ConfigError
from astronet.lightcurves.settings import Degradation
from astronet.lightcurves.view_specs import REBINNED_LOCAL, ViewSpec
from astronet.models.batches import Batch
from astronet.training.augment import Degrader, random_flips, reflect
from astronet.training.loaders import fetch


@pytest.fixture
def store(tmp_path):
    n = 6
    index = pd.DataFrame({"star": range(1, n + 1), "number": 1})
    whole = np.arange(4 * n, dtype=np.float32).reshape(n, 4)
    chunks = [{"global": whole, "local": whole[:, :2]}]
    return ViewStore.create(tmp_path / "s", index, chunks, {"global": None, "local": None}, {})


def test_fetch_by_hand(store):
    targets = np.array([1, 0, np.nan, 1, 0, 0])
    batch = fetch({"local": store.views["local"]}, np.array([3, 0, 2]), targets)
    assert batch.views.keys() == {"local"}
    assert batch.views["local"].tolist() == [[12, 13], [0, 1], [8, 9]]
    assert batch.label.tolist() == [1, 1, 0], "the label of an unlabelled event must be 0, not NaN"
    assert batch.row.tolist() == [3, 0, 2]
    assert batch.scalars is None
    assert batch.views["local"].dtype == batch.label.dtype == torch.float32
    assert batch.row.dtype == torch.int64


def test_fetch_returns_the_scalars_of_the_same_rows(store):
    scalars = np.arange(12, dtype=np.float32).reshape(6, 2)
    batch = fetch(store.views, np.array([5, 1]), np.zeros(6), scalars)
    assert batch.scalars.tolist() == [[10, 11], [2, 3]]


def test_changing_a_batch_does_not_change_the_store(store):
    batch = fetch(store.views, np.array([0]), np.zeros(6))
    batch.views["global"].zero_()
    assert store.views["global"][0].tolist() == [0, 1, 2, 3]


def test_all_tensors_of_a_batch_are_copied_to_the_device(store):
    scalars = np.zeros((6, 2), np.float32)
    batch = fetch(store.views, np.array([5, 1]), np.zeros(6), scalars).to("meta")
    tensors = [*batch.views.values(), batch.scalars, batch.label, batch.row]
    assert {tensor.device.type for tensor in tensors} == {"meta"}


def events(n):
    whole = torch.arange(3.0 * n).reshape(n, 3)
    return Batch({"global": whole, "local": whole[:, :2]}, None, torch.zeros(n), torch.arange(n))


def test_all_views_of_an_event_are_reflected_together():
    before = events(200)
    after = reflect(before, random_flips(200, torch.Generator().manual_seed(1)))
    flips = 0
    for row in range(200):
        g, h = before.views["global"][row].tolist(), before.views["local"][row].tolist()
        if after.views["global"][row].tolist() == g[::-1]:
            assert after.views["local"][row].tolist() == h[::-1]
            flips += 1
        else:
            assert after.views["global"][row].tolist() == g
            assert after.views["local"][row].tolist() == h
    assert 70 < flips < 130


def test_reflecting_the_same_events_twice_restores_them():
    before = events(50)
    once = reflect(before, random_flips(50, torch.Generator().manual_seed(7)))
    twice = reflect(once, random_flips(50, torch.Generator().manual_seed(7)))
    assert not torch.equal(once.views["global"], before.views["global"])
    for name, view in before.views.items():
        assert torch.equal(twice.views[name], view)
    assert torch.equal(twice.row, before.row)


def degrader(specs=None, **settings):
    whole = {"global": ViewSpec(bins=2001), "local": REBINNED_LOCAL}
    return Degrader(Degradation(**settings), specs or whole, np.full(60, 0.02))


def transits(n):
    whole = torch.zeros(n, 2001)
    whole[:, 980:1021] = -1
    return Batch(
        {"global": whole, "local": torch.zeros(n, 201)}, None, torch.zeros(n), torch.arange(n)
    )


def test_a_fraction_of_the_events_is_degraded_in_all_views():
    before = transits(60)
    after = degrader(probability=0.5, snr=(10, 10))(before, torch.Generator().manual_seed(1))
    changed = [
        (after.views[name] != before.views[name]).any(1).tolist() for name in ("global", "local")
    ]
    assert changed[0] == changed[1]
    assert 15 < sum(changed[0]) < 45
    assert (before.views["local"] == 0).all(), "the given batch is not changed"
    again = degrader(probability=0.5, snr=(10, 10))(before, torch.Generator().manual_seed(1))
    assert all(torch.equal(again.views[name], after.views[name]) for name in after.views)


def test_events_without_a_duration_are_not_degraded():
    one = Degrader(Degradation(probability=1), degrader().specs, np.full(60, np.nan))
    before = transits(60)
    assert one(before, torch.Generator().manual_seed(1)) is before


def test_degradation_needs_a_global_view_and_known_bins():
    with pytest.raises(ConfigError, match=r"^data\.degradation needs a view of the whole period"):
        degrader({"local": REBINNED_LOCAL})
    with pytest.raises(ConfigError, match="^the bins of the view 'local' are unknown"):
        degrader({"global": ViewSpec(bins=2001), "local": None})
