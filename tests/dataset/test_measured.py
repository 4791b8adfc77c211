"""Empty bins of the global views of a store do not contribute to rebinned views."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import astronet
from astronet.config import parse
from astronet.dataset.measured import MEASURED, packed, unpacked
from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.predict import predict_store, predict_table
from astronet.prepare import prepare


def test_masks_are_packed_without_loss():
    masks = np.random.default_rng(0).random((5, 2001)) < 0.5
    assert packed(masks).shape == (5, 251)
    np.testing.assert_array_equal(unpacked(packed(masks), 2001), masks)


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with three custom light curves of one sector at a cadence of 30 min, and a table."""
    folder = tmp_path_factory.mktemp("sparse")
    time = np.arange(3492.0, 3519.0, 1 / 48)
    rows = []
    for star, period in ((1, 3.3), (2, 7.1), (3, 5.2)):
        distance = np.abs((time - 3494.5 + period / 2) % period - period / 2)
        flux = 1 - 0.02 * ((0.07 - distance) / 0.02).clip(0, 1)
        pd.DataFrame({"time": time, "flux": flux}).to_csv(folder / f"{star}.csv")
        rows.append((star, period, 3494.5, 0.14, "PC"))
    columns = ["star", "period_days", "epoch_bkjd", "duration_days", "label"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "events.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def store(sparse: Path) -> ViewStore:
    source = {
        "mission": "custom",
        "catalog": str(sparse / "events.csv"),
        "light_curves": str(sparse),
        "reader": {"clock": "bkjd"},
    }
    content = {"source": source, "store": str(sparse / "store")}
    return prepare(parse(content, "test"), workers=1, quiet=True)


def test_a_prepared_store_scores_like_its_light_curves(sparse: Path, store: ViewStore) -> None:
    """The store has no rebinned views, so they are cut from its global views."""
    scorer = astronet.load("pretrained")
    assert store.measured is not None
    assert "rebinned_local" not in store.views
    source = parse({"source": {"mission": "custom", "reader": {"clock": "bkjd"}}}, "test").source
    table = sparse / "events.csv"
    from_files = predict_table(scorer, table, sparse, source=source, workers=1, quiet=True).table
    from_store = predict_store(scorer, store).table
    np.testing.assert_allclose(
        from_store.sort_index()["score"], from_files.sort_index()["score"], atol=1e-6
    )
    assert scorer.scores_of_store(store).logits.min() > 0  # of the networks


def test_without_the_mask_the_transit_is_lost(store: ViewStore, tmp_path: Path) -> None:
    scorer = astronet.load("pretrained")
    unmasked = ViewStore(store.path, store.index, store.views, store.specs, store.description)
    assert (scorer.score_store(unmasked) < scorer.score_store(store)).all()
    logits = [scorer.scores_of_store(each).logits.mean(axis=1) for each in (unmasked, store)]
    assert logits[0].max() < logits[1].min()


def test_a_damaged_mask_is_an_error(store: ViewStore) -> None:
    file = store.path / MEASURED
    content = file.read_bytes()
    try:
        file.write_bytes(content[:-10])
        with pytest.raises(StoreError, match="is corrupt or truncated; recreate the store"):
            ViewStore.open(store.path)
    finally:
        file.write_bytes(content)
    store.verify()
