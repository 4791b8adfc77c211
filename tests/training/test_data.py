"""Data module: events of each split, and the same batches for the same seed."""

import numpy as np
import pandas as pd
import pytest
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from pydantic import ValidationError

from astronet.dataset.examples import Examples
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import OfficialSplit, StarSplit
from astronet.dataset.store import ViewStore
from astronet.errors import CatalogError, StoreError
from astronet.lightcurves.view_specs import LOCAL, ViewSpec
from astronet.training.data import ViewData

OFFICIAL = DataSettings(batch_size=4, split=OfficialSplit())
LABELS = ["PC", "AFP", "NTP", "UNK", "WITHHELD", ""] * 10
PARTS = ["train"] * 36 + ["val"] * 12 + ["test"] * 6 + [""] * 6


@pytest.fixture
def make(tmp_path):
    def store(labels=LABELS, parts=PARTS, name="store"):
        n = len(labels)
        index = {"star": range(1, n + 1), "number": 1, "label": labels, "split": parts}
        whole = np.zeros((n, 5), np.float32)
        whole[:, 1], whole[:, 4] = -1, np.arange(n)
        chunks = [{"global": whole, "local": whole[:, :3]}]
        specs = {"global": None, "local": None}
        return ViewStore.create(tmp_path / name, pd.DataFrame(index), chunks, specs, {})

    return store


def view_data(store, settings, seed=0, **options):
    return ViewData(Examples(store, settings, **options), seed, quiet=True)


def rows(batches):
    return [batch.row.tolist() for batch in batches]


def flat(lists):
    return [row for rows in lists for row in rows]


def test_splits_contain_only_labelled_events(make):
    data = view_data(make(), OFFICIAL)
    trained = flat(rows(data.train_dataloader()))
    assert sorted(trained) == [row for row in range(36) if row % 6 < 3]
    assert flat(rows(data.val_dataloader())) == [36, 37, 38, 42, 43, 44]
    assert data.examples.rows("test").tolist() == [48, 49, 50]


def test_events_without_a_required_value_are_in_no_split(make):
    settings = OFFICIAL.model_copy(update={"requires": ("number",)})
    store = make()
    store.index["number"] = store.index["number"].where(store.index["star"] % 2 == 1)
    data = view_data(store, settings)
    assert sorted(flat(rows(data.train_dataloader()))) == [
        row for row in range(36) if row % 6 in (0, 2)
    ]
    assert flat(rows(data.val_dataloader())) == [36, 38, 42, 44]
    assert flat(rows(data.predict_dataloader())) == list(range(60))


def test_predict_dataloader_returns_every_event(make):
    data = view_data(make(), OFFICIAL)
    assert flat(rows(data.predict_dataloader())) == list(range(60))
    labels = torch.cat([batch.label for batch in data.predict_dataloader()])
    assert labels.tolist() == [1, 0, 0, 0, 0, 0] * 10


def test_last_batch_may_be_smaller(make):
    loader = view_data(make(), OFFICIAL).train_dataloader()
    assert [len(batch.label) for batch in loader] == [4, 4, 4, 4, 2]
    assert len(loader) == 5


def test_batches_depend_on_seed_and_epoch(make):
    store = make()

    def seen(seed, epoch):
        batches = list(view_data(store, OFFICIAL, seed).train_dataloader().batches(epoch))
        return rows(batches), torch.cat([batch.views["global"] for batch in batches])

    order, views = seen(1, 3)
    repeated_order, repeated_views = seen(1, 3)
    assert order == repeated_order
    assert torch.equal(views, repeated_views)
    for other in (seen(1, 4), seen(2, 3)):
        assert sorted(flat(other[0])) == sorted(flat(order))
        assert other[0] != order


def test_reflection_can_be_disabled(make):
    store = make()
    plain = view_data(store, DataSettings(reflect=False, split=OfficialSplit()))
    mixed = view_data(store, DataSettings(reflect=True, split=OfficialSplit()))
    for batch in plain.train_dataloader():
        assert torch.equal(batch.views["global"][:, 4], batch.row.float())
    (batch,) = mixed.train_dataloader()
    reflected = batch.views["global"][:, 0] == batch.row
    kept = batch.views["global"][:, 4] == batch.row
    assert (reflected | kept).all()
    assert not reflected.all()
    assert not kept.all()
    for batch in mixed.val_dataloader():
        assert torch.equal(batch.views["global"][:, 4], batch.row.float())


def test_batches_have_the_views_and_scalars_of_the_network(make):
    store = make()
    scalars = np.arange(60, dtype=np.float32)[:, None]
    data = view_data(store, OFFICIAL, views=["local"], scalars=scalars)
    for batch in data.train_dataloader():
        assert {name: view.shape[1] for name, view in batch.views.items()} == {"local": 3}
        assert torch.equal(batch.scalars[:, 0], batch.row.float())
    with pytest.raises(StoreError) as caught:
        view_data(store, OFFICIAL, views={"global": ViewSpec(bins=5), "local": LOCAL})
    assert str(caught.value) == (
        f"the network needs the view 'local' [201 bins], but the store {store.path} contains "
        "'global' [5 bins], 'local' [3 bins]; use views of this store in the "
        "config, or prepare a store with the required views"
    )


def test_positive_weight_is_the_ratio_of_false_positives_to_planets(make):
    labels = ["PC", "AFP", "AFP", "NTP", ""]
    assert Examples(make(labels, ["train"] * 5), OFFICIAL).positive_weight == 3


def test_events_of_stars_without_training_events(make):
    store = make(["PC", "AFP", "PC", "", "PC"], ["train", "train", "val", "train", "val"])
    store.index["star"] = [1, 2, 2, 3, 3]
    examples = Examples(store, OFFICIAL)
    assert examples.without_training_events(examples.rows("val")).tolist() == [False, True]


def test_positive_weight_is_computed_from_training_events_only(make):
    labels = ["PC", "AFP", "AFP", "PC", "PC", "PC"]
    parts = ["train"] * 3 + ["test"] * 3
    assert Examples(make(labels, parts), OFFICIAL).positive_weight == 2


@pytest.mark.parametrize(
    ("labels", "parts", "message"),
    [
        (
            ["PC", "AFP"],
            ["val", "test"],
            "has 0 planets and 0 other events, but both are needed; change data.split (now "
            "official) or data.labels (now dr24_autovetter), or add events (labelled events: "
            "train 0, val 1, test 1)",
        ),
        (
            ["PC", "PC", "AFP"],
            ["train", "train", "test"],
            "has 2 planets and 0 other events, but both are needed; change data.split (now "
            "official) or data.labels (now dr24_autovetter), or add events (labelled events: "
            "train 2, val 0, test 1)",
        ),
    ],
)
def test_training_without_both_classes_is_rejected(make, labels, parts, message):
    data = view_data(make(labels, parts), OFFICIAL)
    with pytest.raises(StoreError) as caught:
        data.train_dataloader()
    assert str(caught.value) == f"the training split of {data.examples.store.path} {message}"
    assert len(list(data.predict_dataloader())) == 1, "the store can still be scored"


@pytest.mark.parametrize("part", ["val", "test"])
def test_split_without_labelled_events_is_rejected(make, part):
    data = view_data(make(["PC", "AFP"], ["train", "train"]), OFFICIAL)
    with pytest.raises(StoreError) as caught:
        data.examples.some_rows(part)
    assert str(caught.value) == (
        f"the {part} split of {data.examples.store.path} has no labelled events; "
        "change data.split (now official) or data.labels (now dr24_autovetter), or add events "
        "(labelled events: train 2, val 0, test 0)"
    )


def test_label_of_another_catalogue_is_rejected(make):
    with pytest.raises(CatalogError, match="CONFIRMED"):
        view_data(make(["CONFIRMED"], ["train"]), OFFICIAL)


def test_defaults_are_those_of_the_paper():
    settings = DataSettings()
    assert settings.batch_size == 64
    assert settings.reflect
    assert settings.labels == "dr24_autovetter"
    assert settings.split == StarSplit()


def test_unknown_label_policy_is_rejected():
    with pytest.raises(ValidationError, match="unknown label policy; choose one of dr24_autovette"):
        DataSettings(labels="dr99")


class Watcher(LightningModule):
    """Network with a single weight that records the rows and views of its training steps."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen = []

    def training_step(self, batch, number):
        self.seen.append((self.current_epoch, batch.row.tolist(), batch.views["global"].tolist()))
        return (self.weight * batch.views["global"].mean(1) - batch.label).square().mean()

    def validation_step(self, batch, number):
        self.log("val", batch.label.mean(), batch_size=len(batch.label))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)


def train(store, folder, epochs, checkpoint=None):
    """Fit a Watcher and return epoch, rows and views of every training step."""
    watcher = Watcher()
    trainer = Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        callbacks=[ModelCheckpoint(folder, save_last=True, save_top_k=0)],
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(watcher, datamodule=view_data(store, OFFICIAL, seed=5), ckpt_path=checkpoint)
    return watcher.seen


@pytest.mark.parametrize("parts", [PARTS, ["train"] * 60], ids=["validated", "without validation"])
def test_resumed_run_has_the_same_batches(make, tmp_path, parts):
    store = make(parts=parts)
    whole = train(store, tmp_path / "whole", 4)
    first = train(store, tmp_path / "parts", 2)
    rest = train(store, tmp_path / "parts", 4, tmp_path / "parts" / "last.ckpt")
    assert first == [step for step in whole if step[0] < 2]
    assert rest == [step for step in whole if step[0] >= 2]
    assert len({str(rows) for _, rows, _ in whole}) == len(whole), "orders of epochs must differ"
