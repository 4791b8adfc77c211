import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import command
from samples import Archive, SmallRun
from typer.testing import CliRunner

from astronet.audit import audit
from astronet.audits.sources import changed_sources
from astronet.cli import app
from astronet.config import load_config
from astronet.dataset.store import ViewStore
from astronet.errors import ArchiveError, StoreError
from astronet.import_views import import_views


@pytest.fixture
def small_store(tmp_path):
    """Store of four events of three stars; star 7 has events in train and val."""
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


def test_the_split_of_the_store_is_the_default(small_store):
    audited = audit(small_store.path, quiet=True)
    assert audited.split == "official (column split)"
    assert audited.fails
    assert [finding.kind for finding in audited.findings] == ["star in two splits"]
    table = pd.read_csv(small_store.path / "audit.csv")
    assert table[["finding", "severity", "row", "star", "other_row"]].to_numpy().tolist() == [
        ["star in two splits", "leak", 1, 7, 0]
    ]


def test_a_split_by_star_has_no_findings(small_store, tmp_path):
    audited = audit(small_store.path, split="star", out=tmp_path / "new/audit.csv", quiet=True)
    assert not audited.fails and audited.findings == []
    assert pd.read_csv(tmp_path / "new/audit.csv").empty
    ViewStore.open(small_store.path).verify()


def test_invalid_splits_tables_and_stores_are_rejected(small_store):
    with pytest.raises(StoreError, match=r"has no column 'nonsense' \(columns: .*\); choose star,"):
        audit(small_store.path, split="nonsense", quiet=True)
    with pytest.raises(StoreError, match="contains 'AFP', which is not a split"):
        audit(small_store.path, split="label", quiet=True)
    with pytest.raises(
        StoreError, match="is inside the store, where only audit.csv and audit-.*.csv may be "
    ):
        audit(small_store.path, out=small_store.path / "index.csv", quiet=True)
    with (small_store.path / "local.npy").open("r+b") as file:
        file.seek(-4, 2)
        file.write(np.float32(np.nan).tobytes())
    with pytest.raises(StoreError, match=r"local\.npy has changed since the store was created"):
        audit(small_store.path, quiet=True)


def test_a_prepared_store_passes_under_its_config(small_run: SmallRun, tmp_path):
    config = load_config(small_run.config)
    audited = audit(small_run.store, experiment=config, out=tmp_path / "a.csv", quiet=True)
    assert audited.split == "star"
    assert not audited.fails


def test_the_command_prints_findings_with_rows_and_remedies(small_store):
    result = CliRunner().invoke(app, ["audit", str(small_store.path)])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[1] == "split official (column split): train 2, val 2"
    assert lines[2] == (
        "leak     star in two splits: 1 of 2 val events (50%) share a star with train"
    )
    assert lines[3] == "         rows 1 (star 7)"
    assert lines[4].startswith("         remedy: split by star (data.split.kind=star), or ")
    assert lines[5] == f"1 kind of leak; table: {small_store.path}/audit.csv"
    clean = CliRunner().invoke(app, ["audit", str(small_store.path), "--split", "star"])
    assert clean.exit_code == 0
    assert clean.stdout.splitlines()[-1].startswith("no problems found; table: ")


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
    no_dip = by_kind["view without a dip"].table
    assert len(no_dip) == 7
    assert no_dip["label"].value_counts().to_dict() == {"AFP": 4, "NTP": 3}


def test_a_split_of_dr24_by_star_does_not_leak(dr24):
    audited = audit(dr24.path, split="star", quiet=True)
    assert not audited.fails
    assert [finding.kind for finding in audited.findings] == [
        "duplicate event in one split",
        "ephemeris shared between stars",
        "view without a dip",
    ]


@pytest.fixture
def copied(small_run: SmallRun, archive: Archive, tmp_path):
    """Copy of the light curves of the small run's store, which tests can modify."""
    return Path(shutil.copytree(archive.light_curves, tmp_path / "light_curves"))


def compared(small_run, data, tmp_path):
    return audit(small_run.store, data=data, out=tmp_path / "audit.csv", quiet=True)


def test_unchanged_source_files_give_no_findings(small_run: SmallRun, copied, tmp_path):
    (copied / "more.fits").write_bytes(b"not a source file")
    assert compared(small_run, copied, tmp_path).findings == []


def test_changed_source_files_are_listed_by_star(small_run: SmallRun, copied, tmp_path):
    missing, longer, corrupt, *_ = sorted(copied.rglob("*.fits"))[::40]
    missing.unlink()
    with longer.open("ab") as file:
        file.write(b"\0")
    content = bytearray(corrupt.read_bytes())
    content[5000] ^= 1
    corrupt.write_bytes(content)
    audited = compared(small_run, copied, tmp_path)
    assert audited.fails
    assert [finding.kind for finding in audited.findings] == [
        "missing source file",
        "source file with a different size",
        "source file with a different checksum",
    ]
    table = pd.read_csv(tmp_path / "audit.csv")
    stars = [int(path.parent.name) for path in (missing, longer, corrupt)]
    assert table["star"].tolist() == stars
    index = ViewStore.open(small_run.store).index
    assert table["row"].tolist() == [index["star"].tolist().index(star) for star in stars]
    details = [path.relative_to(copied).as_posix() for path in (missing, longer, corrupt)]
    for detail, name in zip(table["detail"], details, strict=True):
        assert detail.startswith(name)
    assert " bytes, " in table["detail"][1] and ": CRC32C " in table["detail"][2]
    assert "(1 star)" in audited.findings[0].summary
    result = CliRunner().invoke(
        app,
        ["audit", str(small_run.store), "--data", str(copied), "--out", str(tmp_path / "a.csv")],
    )
    assert result.exit_code == 1
    assert "error    missing source file: 1 of " in result.stdout


def test_file_names_outside_the_folder_are_not_read(tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "data").mkdir()
    names = ["../secret", str(tmp_path / "secret"), "a\0b", "."]
    rows = {"star": [5, 5, 7, 7], "file": names, "bytes": 1, "crc32c": "00000000"}
    index = pd.DataFrame({"star": [7], "number": [1], "split": [""], "label": ["PC"]})
    (found,) = changed_sources(index, pd.DataFrame(rows), tmp_path / "data", lambda _: None)
    assert found.kind == "missing source file"
    assert found.summary == "4 of 4 files (2 stars)"
    assert found.first_rows == "none (star 5), 0 (star 7)"


def test_an_imported_store_or_a_missing_folder_cannot_be_compared(small_store, tmp_path):
    with pytest.raises(StoreError, match="was imported and therefore has no list of source files"):
        audit(small_store.path, data=tmp_path, quiet=True)
    with pytest.raises(ArchiveError, match="the folder .*no does not exist; give .* the store's"):
        audit(small_store.path, data=tmp_path / "no", quiet=True)


def test_store_without_events_is_an_error(small_run: SmallRun, tmp_path: Path) -> None:
    store = Path(shutil.copytree(small_run.store, tmp_path / "store"))
    (store / "index.csv").write_text((store / "index.csv").read_text().splitlines()[0] + "\n")
    for path in store.glob("*.npy"):
        np.save(path, np.load(path)[:0])
    description = json.loads((store / "store.json").read_text()) | {"rows": 0}
    (store / "store.json").write_text(json.dumps(description))
    message = f"the store {store} contains no events; recreate the store"
    assert command("audit", store).error == message
    assert command("predict", small_run.run, store=store, out=tmp_path / "s.csv").error == message
    assert command("evaluate", small_run.run, store=store).error == message
