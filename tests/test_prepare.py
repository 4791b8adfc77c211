import json
import shutil
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import pandas as pd
import pytest
from samples import Archive, SmallRun

from astronet.config import Experiment, load_config
from astronet.dataset.prepared_files import read_skipped
from astronet.dataset.store import ViewStore
from astronet.errors import (
    ArchiveError,
    CatalogError,
    ResumableInterrupt,
    RunError,
    StoreError,
)
from astronet.execution.parts import Parts
from astronet.execution.shards import Shard
from astronet.files.checksums import sha256_of
from astronet.files.provenance import commit
from astronet.import_views import import_views
from astronet.prepare import prepare, prepare_shard
from astronet.train import train


def bytes_of(store: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(store.iterdir())}


def experiment_for(config: Path, store: Path, *overrides: str) -> Experiment:
    return load_config(config, [f"store={store}", *overrides])


def test_a_store_contains_every_event_in_the_order_of_the_table(
    small_run: SmallRun, archive: Archive
) -> None:
    store = ViewStore.open(small_run.store)
    table = pd.read_csv(archive.catalog, comment="#")
    assert store.index["star"].tolist() == table["kepid"].tolist()
    assert store.index["label"].tolist() == table["av_training_set"].tolist()
    assert np.allclose(store.index["duration_days"] * 24, table["tce_duration"])
    assert set(store.views) == {"global", "local"}
    assert np.allclose(store.views["global"].min(axis=1), -1)
    assert read_skipped(store).empty


def test_the_number_of_workers_does_not_change_the_store(
    small_run: SmallRun, tmp_path: Path
) -> None:
    prepare(experiment_for(small_run.config, tmp_path / "store"), workers=2, quiet=True)
    assert bytes_of(tmp_path / "store") == bytes_of(small_run.store)


def test_a_resumed_preparation_equals_an_uninterrupted_one(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = experiment_for(small_run.config, tmp_path / "store")
    add = Parts.add

    def stop_at_the_third(parts: Parts, number: int, content: Any) -> None:
        if number == 2:
            raise KeyboardInterrupt
        add(parts, number, content)

    with monkeypatch.context() as interrupted:
        interrupted.setattr(Parts, "add", stop_at_the_third)
        with pytest.raises(ResumableInterrupt, match="kept in .*store.parts; run the same comm"):
            prepare(experiment, workers=1, quiet=True)
    assert not (tmp_path / "store").exists()
    with pytest.raises(RunError, match="contains the finished parts of an interrupted command"):
        prepare(experiment, workers=1, quiet=True)
    prepare(experiment, workers=1, resume=True, quiet=True)
    assert bytes_of(tmp_path / "store") == bytes_of(small_run.store)
    assert not (tmp_path / "store.parts").exists()


def test_shards_make_the_same_store(small_run: SmallRun, tmp_path: Path) -> None:
    experiment = experiment_for(small_run.config, tmp_path / "store")
    log = tmp_path / "log.jsonl"
    for index in (3, 1, 2):
        prepare_shard(experiment, Shard(index, 3), workers=1, log=log, quiet=True)
    assert not (tmp_path / "store").exists()
    with pytest.raises(RunError, match="computed with other settings or inputs"):
        other = experiment_for(
            small_run.config, tmp_path / "store", "preparation.mask_transits=true"
        )
        prepare_shard(other, Shard(1, 3), workers=1, quiet=True)
    prepare(experiment, workers=1, resume=True, quiet=True)
    assert bytes_of(tmp_path / "store") == bytes_of(small_run.store)
    with pytest.raises(
        StoreError, match="is already a store; choose another folder, or overwrite it"
    ):
        prepare_shard(experiment, Shard(1, 3), workers=1, quiet=True)
    events = [json.loads(line) for line in log.read_text().splitlines()]
    stars = ViewStore.open(small_run.store).index["star"].nunique()
    assert sum(event["event"] == "part" for event in events) == stars


def test_a_store_can_be_replaced_after_an_interruption_while_it_was_written(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = experiment_for(small_run.config, tmp_path / "store")
    with monkeypatch.context() as interrupted:
        interrupted.setattr(Parts, "delete", lambda parts: interrupt())
        with pytest.raises(ResumableInterrupt):
            prepare(experiment, workers=1, quiet=True)
    prepare(experiment, workers=1, resume=True, quiet=True)
    assert bytes_of(tmp_path / "store") == bytes_of(small_run.store)


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_preparation_without_any_event_leaves_no_parts(
    small_config: Path, archive: Archive, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    wrong = experiment_for(small_config, tmp_path / "store", f"source.light_curves={empty}")
    with pytest.raises(StoreError, match="no event could be prepared .*; correct the cause, and"):
        prepare(wrong, workers=1, quiet=True)
    right = experiment_for(small_config, tmp_path / "store")
    assert len(prepare(right, workers=1, quiet=True)) == 40


def test_parts_of_another_config_are_not_resumed(
    small_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Parts.of(tmp_path / "store", {"other": 1}, resume=False, overwrite=False) as parts:
        parts.add(0, ({}, {}))
    with pytest.raises(RunError, match="were computed with other settings or inputs"):
        prepare(experiment_for(small_config, tmp_path / "store"), resume=True, quiet=True)


def test_an_event_that_cannot_be_prepared_is_listed_as_skipped(
    small_config: Path, archive: Archive, tmp_path: Path
) -> None:
    lines = archive.catalog.read_text().splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("rowid"))
    missing = lines[first + 1].split(",")
    missing[1], missing[2] = "123456789", "1"
    long = lines[first + 2].split(",")
    long[7] = str(float(long[3]) * 24 + 1)  # hours
    catalog = tmp_path / "tce.csv"
    catalog.write_text("\n".join([*lines[: first + 2], ",".join(missing), ",".join(long)]) + "\n")
    experiment = experiment_for(small_config, tmp_path / "store", f"source.catalog={catalog}")
    store = prepare(experiment, workers=1, quiet=True)
    skipped = read_skipped(store)
    assert len(store) == 1
    assert skipped["star"].tolist() == [123456789, int(long[1])]
    assert skipped["reason"][0].startswith("there are no long-cadence files of KIC 123456789 ")
    assert "cannot fit in a period of" in skipped["reason"][1]


def test_invalid_inputs_are_named_and_leave_stores_unchanged(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    config, store = small_run.config, tmp_path / "store"
    with pytest.raises(
        ArchiveError, match="folder /nowhere does not exist; set source.light_curves"
    ):
        prepare(experiment_for(config, store, "source.light_curves=/nowhere"))
    with pytest.raises(CatalogError, match="missing.csv"):
        prepare(experiment_for(config, store, f"source.catalog={tmp_path}/missing.csv"))
    before = bytes_of(small_run.store)
    with pytest.raises(StoreError, match="is already a store; choose another folder, or overwrite"):
        prepare(experiment_for(config, small_run.store))
    assert bytes_of(small_run.store) == before
    assert not store.exists()


def test_a_star_without_finite_flux_is_skipped_with_the_reason(
    small_config: Path, archive: Archive, tmp_path: Path
) -> None:
    from astropy.io import fits

    table = pd.read_csv(archive.catalog, comment="#")
    star = f"{table['kepid'][0]:09d}"
    data = tmp_path / "light_curves"
    for kepid in table["kepid"].unique()[:2]:
        place = Path(f"{kepid:09d}"[:4]) / f"{kepid:09d}"
        shutil.copytree(archive.light_curves / place, data / place)
    for path in (data / star[:4] / star).glob("*.fits"):
        with fits.open(path, mode="update") as file:
            file["LIGHTCURVE"].data["PDCSAP_FLUX"] = np.nan
    experiment = experiment_for(small_config, tmp_path / "store", f"source.light_curves={data}")
    store = prepare(experiment, workers=1, quiet=True)
    skipped = read_skipped(store)
    reasons = skipped.loc[skipped["star"] == int(star), "reason"]
    assert len(reasons) > 0
    assert reasons.str.endswith("try another flux column, or exclude this star").all()


def test_a_store_lists_its_source_files(small_run: SmallRun, archive: Archive) -> None:
    store = ViewStore.open(small_run.store)
    sources = pd.read_csv(store.path / "sources.csv", dtype={"crc32c": str})
    files = sorted(archive.light_curves.rglob("*.fits"))
    assert sorted(archive.light_curves / name for name in sources["file"]) == files
    assert sources["bytes"].sum() == sum(file.stat().st_size for file in files)
    first = archive.light_curves / sources["file"][0]
    assert sources["crc32c"][0] == f"{google_crc32c.value(first.read_bytes()):08x}"
    assert sources["star"].unique().tolist() == store.index["star"].unique().tolist()
    described = store.description
    assert {"sources.csv", "skipped.csv"} <= described["sha256"].keys()
    assert described["provenance"]["catalog"]["sha256"] == sha256_of(archive.catalog)
    assert described["commit"] == commit()
    store.verify()


def test_another_setting_gives_another_config_hash(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    catalog = tmp_path / archive.catalog.name
    lines = archive.catalog.read_text().splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("rowid"))
    catalog.write_text("\n".join(lines[: first + 2]) + "\n")

    def config_hash(store: str, *overrides: str) -> str:
        experiment = experiment_for(
            small_run.config, tmp_path / store, f"source.catalog={catalog}", *overrides
        )
        made = prepare(experiment, workers=1, quiet=True)
        return str(made.description["provenance"]["config_sha256"])

    whole = ViewStore.open(small_run.store).description["provenance"]["config_sha256"]
    assert config_hash("a") == whole  # the same settings, another catalogue and folder
    assert config_hash("b", "preparation.mask_transits=true") != whole


def test_an_incomplete_part_is_not_used(small_config: Path, tmp_path: Path) -> None:
    experiment = experiment_for(small_config, tmp_path / "store")
    left = tmp_path / "store.parts/.00000000.0123abcd.part"
    left.mkdir(parents=True)
    (left / "events.jsonl").write_text('{"row": 1, "prep')
    prepare(experiment, workers=1, quiet=True)
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_only_one_preparation_of_a_store_can_run(small_config: Path, tmp_path: Path) -> None:
    experiment = experiment_for(small_config, tmp_path / "store")
    with (
        Parts.of(tmp_path / "store", {}, resume=False, overwrite=False),
        pytest.raises(RunError, match="another command is writing .*; wait until it ends, or"),
    ):
        prepare(experiment, workers=1, quiet=True)
    assert not (tmp_path / "store.parts").exists()


def test_table_given_by_name_is_recorded_with_its_path(
    small_config: Path, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    snapshot = Path("data/catalogs/q1_q17_dr24_tce-2026-11-26.csv")
    snapshot.parent.mkdir(parents=True)
    shutil.copy(archive.catalog, snapshot)
    experiment = experiment_for(small_config, tmp_path / "store", "source.catalog=q1_q17_dr24_tce")
    store = prepare(experiment, workers=1, quiet=True)
    assert store.description["provenance"]["catalog"] == {
        "name": snapshot.name,
        "path": str(snapshot),
        "sha256": sha256_of(archive.catalog),
    }
    training = load_config(small_config, [f"store={store.path}", "training.epochs=1"])
    record = train(training, tmp_path / "run", quiet=True).record
    assert record["catalog"] == store.description["provenance"]["catalog"]


def test_table_of_another_mission_is_rejected(
    small_config: Path, archive: Archive, tmp_path: Path
) -> None:
    table = tmp_path / "toi.csv"
    table.write_text(
        "tid,toi,tfopwg_disp,pl_orbper,pl_tranmid,pl_trandurh\n1001,901.01,PC,3.1,2458327.5,2.9\n"
    )
    experiment = experiment_for(small_config, tmp_path / "store", f"source.catalog={table}")
    with pytest.raises(CatalogError) as caught:
        prepare(experiment, quiet=True)
    assert str(caught.value) == (
        f"{table} is a TOI table, so its stars belong to the mission tess, but the mission of the "
        "light curves is kepler; set mission to tess (source.mission)"
    )


def test_command_that_downloads_missing_files_is_named(
    small_config: Path, archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    experiment = experiment_for(
        small_config, tmp_path / "store", f"source.light_curves={tmp_path / 'empty'}"
    )
    with pytest.raises(StoreError, match=r"no event .* \(40 tried; reason for 40 of") as caught:
        prepare(experiment, workers=1, quiet=True)
    assert caught.value.command is not None
    assert caught.value.command.options == {
        "catalog": archive.catalog,
        "mission": "kepler",
        "out": tmp_path / "empty",
    }


def test_an_input_inside_the_store_is_not_deleted(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(small_run.store, tmp_path / "store"))
    catalog = Path(shutil.copy(archive.catalog, store / "tce.csv"))
    before = bytes_of(store)
    with pytest.raises(StoreError) as error:
        prepare(
            experiment_for(small_run.config, store, f"source.catalog={catalog}"), overwrite=True
        )
    assert str(error.value) == (
        f"overwriting {store} would delete the input {catalog}; choose another folder"
    )
    with pytest.raises(StoreError, match="would delete the input .*index.csv; choose another"):
        import_views(archive.catalog, store, table=store / "index.csv", overwrite=True)
    assert bytes_of(store) == before


def test_other_files_in_the_folder_of_the_parts_are_kept(
    small_config: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "store.parts/thesis.tex"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(RunError, match="store.parts is needed for temporary files, but contains"):
        prepare(experiment_for(small_config, tmp_path / "store"), workers=1)
    assert mine.read_text() == "mine"
