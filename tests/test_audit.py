import numpy as np
import pandas as pd
import pytest
from samples import SmallRun
from typer.testing import CliRunner

from astronet.audit import audit
from astronet.cli import app
from astronet.config import load_config
from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.import_views import import_views


@pytest.fixture
def small_store(tmp_path):
    """Four events of three stars; star 7 stands in train and val."""
    index = pd.DataFrame(
        {
            "star": [7, 7, 8, 9],
            "number": [1, 2, 1, 1],
            "period_days": [5.0, 11.0, 3.0, 20.0],
            "epoch_bkjd": [131.0, 132.0, 133.0, 134.0],
            "duration_days": [0.1] * 4,
            "label": ["PC", "AFP", "PC", "NTP"],
            "split": ["train", "val", "train", "val"],
        }
    )
    view = np.tile(np.array([0, -1, 0], np.float32), (4, 1))
    return ViewStore.create(tmp_path / "store", index, [{"local": view}], {"local": None}, {})


def test_the_stores_own_split_is_the_default(small_store):
    audited = audit(small_store.path, quiet=True)
    assert audited.split == "official (column split)"
    assert audited.fails
    assert [finding.kind for finding in audited.findings] == ["star in two splits"]
    table = pd.read_csv(small_store.path / "audit.csv")
    assert table[["finding", "severity", "row", "star", "other_row"]].to_numpy().tolist() == [
        ["star in two splits", "leak", 1, 7, 0]
    ]


def test_a_split_by_star_has_nothing_to_find(small_store, tmp_path):
    audited = audit(small_store.path, split="star", out=tmp_path / "new/audit.csv", quiet=True)
    assert not audited.fails and audited.findings == []
    assert pd.read_csv(tmp_path / "new/audit.csv").empty
    ViewStore.open(small_store.path).verify()


def test_what_cannot_be_audited(small_store):
    with pytest.raises(StoreError, match="has no column 'nonsense' to split by; choose star,"):
        audit(small_store.path, split="nonsense", quiet=True)
    with pytest.raises(StoreError, match="holds 'AFP', which is no split"):
        audit(small_store.path, split="label", quiet=True)
    with pytest.raises(StoreError, match="lies in the store; name the table audit.csv, or put it"):
        audit(small_store.path, out=small_store.path / "index.csv", quiet=True)
    with (small_store.path / "local.npy").open("r+b") as file:
        file.seek(-4, 2)
        file.write(np.float32(np.nan).tobytes())
    with pytest.raises(StoreError, match=r"local\.npy has changed since the store was made"):
        audit(small_store.path, quiet=True)


def test_a_prepared_store_under_its_config(small_run: SmallRun, tmp_path):
    config = load_config(small_run.config)
    audited = audit(small_run.store, experiment=config, out=tmp_path / "a.csv", quiet=True)
    assert audited.split == "star"
    assert not audited.fails


def test_the_command_says_what_where_and_what_to_do(small_store):
    result = CliRunner().invoke(app, ["audit", str(small_store.path)])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[1] == "split official (column split): train 2, val 2"
    assert lines[2] == (
        "leak     star in two splits: 1 of 2 val events (50%) share a star with train"
    )
    assert lines[3] == "         rows 1 (star 7)"
    assert lines[4].startswith("         cure: split by star (data.split.kind=star), or ")
    assert lines[5] == f"1 kind of leak; table: {small_store.path}/audit.csv"
    clean = CliRunner().invoke(app, ["audit", str(small_store.path), "--split", "star"])
    assert clean.exit_code == 0
    assert clean.stdout.splitlines()[-1].startswith("nothing found; table: ")


@pytest.fixture(scope="module")
def dr24(shared, tmp_path_factory):
    views = shared / "data/dr24/views_trainval.npz"
    table = shared / "data/dr24/q1_q17_dr24_tce.csv"
    return import_views(views, tmp_path_factory.mktemp("dr24") / "store", table=table)


def test_the_official_split_of_dr24_shares_stars(dr24):
    audited = audit(dr24.path, split="official", quiet=True)
    by_kind = {finding.kind: finding for finding in audited.findings}
    assert by_kind["star in two splits"].summary == (
        "893 of 1574 val events (57%) share a star with train"
    )
    flat = by_kind["flat view"].table
    assert len(flat) == 7
    assert flat["label"].value_counts().to_dict() == {"AFP": 4, "NTP": 3}


def test_a_split_of_dr24_by_star_does_not_leak(dr24):
    audited = audit(dr24.path, split="star", quiet=True)
    assert not audited.fails
    assert [finding.kind for finding in audited.findings] == [
        "duplicate event in one split",
        "ephemeris shared between stars",
        "flat view",
    ]
