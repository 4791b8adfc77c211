from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from astronet.dataset.examples import Examples
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import OfficialSplit
from astronet.dataset.store import ViewStore
from astronet.dataset.teacher import Teacher, softened
from astronet.errors import StoreError
from astronet.training.data import ViewData

INDEX = pd.DataFrame({"star": [10, 10, 20, 30], "number": [1, 2, 1, 1]})
TARGETS = np.array([1.0, 0.0, 0.0, np.nan])


def soft_targets(path: Path, table: str, weight: float = 0.5) -> list[float]:
    path.write_text(table)
    return softened(TARGETS, INDEX, Teacher(scores=path, weight=weight)).tolist()


def test_soft_targets_mix_label_and_score(tmp_path: Path) -> None:
    table = "star,number,score\n10,2,0.8\n10,1,0.6\n"
    assert soft_targets(tmp_path / "s.csv", table)[:3] == pytest.approx([0.8, 0.4, 0.0])


def test_zero_weight_keeps_the_labels(tmp_path: Path) -> None:
    table = "star,number,score\n10,1,0.1\n10,2,0.8\n"
    assert soft_targets(tmp_path / "s.csv", table, weight=0)[:3] == [1, 0, 0]


def test_unlabelled_events_stay_unlabelled(tmp_path: Path) -> None:
    assert np.isnan(soft_targets(tmp_path / "s.csv", "star,number,score\n30,1,0.9\n")[3])


def test_events_without_a_score_keep_their_label(tmp_path: Path) -> None:
    assert soft_targets(tmp_path / "s.csv", "star,number,score\n10,1,\n20,1,0.5\n")[0] == 1


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("star,number\n10,1\n", "cannot be read"),
        ("star,number,score\n10,1,1.5\n", "contains scores outside the range 0 to 1"),
        ("star,number,score\n11,1,0.5\n", "contains no scores for the events of the store"),
    ],
)
def test_a_table_without_valid_scores_is_rejected(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        soft_targets(tmp_path / "s.csv", table)


def test_a_missing_table_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    with pytest.raises(StoreError) as error:
        softened(TARGETS, INDEX, Teacher(scores=path))
    assert str(error.value) == (
        f"data.teacher.scores: {path} does not exist; correct the path, or create "
        "the table from out-of-fold scores of the training events"
    )


def test_only_training_events_have_soft_targets(tmp_path: Path) -> None:
    views = {"global": np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)}
    index = pd.DataFrame({"star": range(4), "number": 1, "label": ["PC", "AFP"] * 2})
    index["split"] = ["train", "train", "val", "val"]
    store = ViewStore.create(tmp_path / "store", index, [views], {"global": None}, {})
    (tmp_path / "s.csv").write_text("star,number,score\n0,1,0.5\n1,1,0.5\n2,1,0.5\n3,1,0.5\n")
    settings = DataSettings(split=OfficialSplit(), teacher=Teacher(scores=tmp_path / "s.csv"))
    data = ViewData(Examples(store, settings))
    (learned,), (validated,) = data.train_dataloader().batches(0), data.val_dataloader()
    assert sorted(learned.label.tolist()) == [0.25, 0.75]
    assert validated.label.tolist() == [1, 0]
