"""`astronet predict --table`: interrupted at any time and resumed, with the same result."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from commands import command
from samples import Archive, SmallRun

import astronet
from astronet.predict import predict_table, predict_to_file
from astronet.runs.joined_predictions import Predicted


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of the files of a folder, except of the record, which has the command."""
    paths = [path for path in folder.iterdir() if path.is_file() and path.suffix != ".json"]
    return {path.name: path.read_bytes() for path in paths}


def words(run: Path, table: Path, data: Path, out: Path) -> list[str]:
    start = [sys.executable, "-m", "astronet", "predict", str(run), "--table", str(table)]
    return [*start, "--data", str(data), "--out", str(out), "--workers", "2"]


@pytest.mark.parametrize(
    "suffix",
    ["csv", "parquet", *(pytest.param(x, marks=pytest.mark.slow) for x in ("jsonl", "ecsv"))],
)
def test_the_table_equals_that_of_all_events_at_once(
    small_run: SmallRun, archive: Archive, tmp_path: Path, suffix: str
) -> None:
    scorer = astronet.load(small_run.run)
    events = pd.read_csv(archive.catalog, comment="#")
    events.loc[3, "tce_duration"] = 1e6  # longer than the period
    events.loc[5, "kepid"] = 757450  # without files
    table = tmp_path / "events.csv"
    events.to_csv(table, index=False)
    whole = predict_table(scorer, table, archive.light_curves, workers=1, quiet=True).table
    out = tmp_path / "out" / f"scores.{suffix}"
    found = predict_to_file(scorer, table, archive.light_curves, out, workers=1, quiet=True)
    assert (found.events, found.scored) == (len(events), len(events) - 2)
    assert found.figure == out.with_suffix(".png") and found.figure.exists()
    if suffix != "csv":
        assert out.exists()
        return
    written = pd.read_csv(out)
    assert list(written.columns) == list(whole.columns)
    pd.testing.assert_frame_equal(
        written.drop(columns="spread").fillna(""),
        pd.read_csv(_csv(whole, tmp_path)).drop(columns="spread").fillna(""),
        atol=1e-6,
    )
    assert list(out.parent.glob("*.parts")) == []


def _csv(table: pd.DataFrame, folder: Path) -> Path:
    path = folder / "whole.csv"
    table.to_csv(path, index=False)
    return path


def test_a_killed_prediction_is_resumed_to_the_same_files(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    generator = random.Random(1)
    (tmp_path / "whole").mkdir()
    whole = words(
        small_run.run, archive.catalog, archive.light_curves, tmp_path / "whole/scores.csv"
    )
    subprocess.run(whole, check=True, capture_output=True)
    out = tmp_path / "killed" / "scores.csv"
    out.parent.mkdir()
    again = words(small_run.run, archive.catalog, archive.light_curves, out)
    parts = out.with_name("scores.csv.parts")
    process = subprocess.Popen(
        again, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    wanted = generator.uniform(0.5, 2.5)  # of the four parts of 30 stars
    while len(list(parts.glob("[0-9]*"))) < wanted and process.poll() is None:
        time.sleep(0.005)
    assert process.poll() is None, "the process ended before it was killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not out.exists()
    refused = subprocess.run(again, capture_output=True, text=True)
    assert refused.returncode == 1 and "finished parts of an interrupted command" in refused.stderr
    subprocess.run([*again, "--resume"], check=True, capture_output=True)
    assert files(out.parent) == files(tmp_path / "whole")
    assert not parts.exists()


def test_an_interrupted_prediction_names_the_option(
    small_run: SmallRun, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"table": archive.catalog, "data": archive.light_curves, "workers": 1}
    out = tmp_path / "scores.csv"

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Predicted, "joined", interrupt)
    stopped = command("predict", small_run.run, **given, out=out)
    assert "interrupted; the finished parts are kept in" in stopped.error
    assert stopped.error.endswith("(--resume)")
    monkeypatch.undo()
    assert command("predict", small_run.run, **given, out=out, resume=True).status == 0
    assert len(pd.read_csv(out)) == len(pd.read_csv(archive.catalog, comment="#"))


def test_a_changed_table_is_not_resumed(
    small_run: SmallRun, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, out = tmp_path / "events.csv", tmp_path / "scores.csv"
    table.write_bytes(archive.catalog.read_bytes())
    scorer = astronet.load(small_run.run)

    def predict(**options: bool) -> None:
        predict_to_file(scorer, table, archive.light_curves, out, workers=1, quiet=True, **options)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Predicted, "joined", interrupt)
        predict()
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[:-1]))
    with pytest.raises(astronet.errors.RunError, match=r"other settings or inputs \(table\)"):
        predict(resume=True)
    predict(overwrite=True)
    rows = [line for line in lines if line[0] != "#"]
    assert len(pd.read_csv(out)) == len(rows) - 2  # without the header and the last event


def test_shards_are_joined_to_the_same_files(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    given = {"table": archive.catalog, "data": archive.light_curves, "workers": 1}
    whole, divided = tmp_path / "whole" / "scores.csv", tmp_path / "divided" / "scores.csv"
    assert command("predict", small_run.run, **given, out=whole).status == 0
    for shard in ("2/2", "1/2"):
        ended = command("predict", small_run.run, **given, out=divided, shard=shard)
        assert ended.status == 0 and not divided.exists()
        assert f"shard {shard} is finished; when all 2 are, write the files: " in ended.out
        assert ended.out.rstrip().endswith(f"--out {divided} --workers 1 --resume") or (
            "--resume" in ended.out
        )
    joined = command("predict", small_run.run, **given, out=divided, resume=True)
    assert joined.status == 0, joined.error
    assert files(divided.parent) == files(whole.parent)


def test_a_shard_without_light_curves_warns_and_can_be_repeated(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    """As on a machine where the file system with the light curves is not mounted."""
    curves, whole, out = tmp_path / "curves", tmp_path / "whole.csv", tmp_path / "scores.csv"
    curves.mkdir()
    given = {"table": archive.catalog, "data": curves, "workers": 1}
    shard = command("predict", small_run.run, **given, out=out, shard="1/2")
    warning = " ".join(shard.err.split())
    assert "failed in this shard, for example in part 00000000: there are no long-cade" in warning
    assert "to repeat such parts, delete their folders in" in warning
    for part in (tmp_path / "scores.csv.parts").glob("[0-9]*"):
        shutil.rmtree(part)
    curves.rmdir()
    shutil.copytree(archive.light_curves, curves)
    for again in ({"shard": "1/2"}, {"shard": "2/2"}, {"resume": True}):
        ended = command("predict", small_run.run, **given, out=out, **again)
        assert ended.status == 0 and "failed" not in ended.err
    assert command("predict", small_run.run, **given, out=whole).status == 0
    assert out.read_bytes() == whole.read_bytes()


def test_shards_replace_existing_files_only_if_they_may(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    given = {"table": archive.catalog, "data": archive.light_curves, "workers": 1}
    out = tmp_path / "scores.csv"
    out.write_text("other scores")
    refused = command("predict", small_run.run, **given, out=out, shard="1/2")
    assert refused.status == 1 and "already exists" in refused.error
    for shard in ("1/2", "2/2"):
        given_again = {**given, "out": out, "overwrite": True}
        assert command("predict", small_run.run, **given_again, shard=shard).status == 0
    assert out.read_text() == "other scores"
    assert command("predict", small_run.run, **given_again, resume=True).status == 0
    assert len(pd.read_csv(out)) == len(pd.read_csv(archive.catalog, comment="#"))


@pytest.mark.parametrize(
    "given", [{"shard": "3/2"}, {"shard": "1/2", "out": "-"}, {"resume": True}]
)
def test_predictions_that_cannot_be_divided_are_rejected(
    small_run: SmallRun, archive: Archive, given: dict
) -> None:
    what = {"store": small_run.store} if given == {"resume": True} else {"table": archive.catalog}
    given = {"out": "unused.csv", "data": archive.light_curves, **what, **given}
    assert "shard" in command("predict", small_run.run, **given).error


def test_a_cluster_gives_the_same_files(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    given = {"table": archive.catalog, "data": archive.light_curves}
    pool, cluster = tmp_path / "pool" / "scores.csv", tmp_path / "cluster" / "scores.csv"
    assert command("predict", small_run.run, **given, out=pool, workers=1).status == 0
    ended = command("predict", small_run.run, **given, out=cluster, cluster="local:2")
    assert ended.status == 0, ended.error
    assert files(cluster.parent) == files(pool.parent)


def test_workers_and_a_cluster_exclude_each_other(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    given = {"table": archive.catalog, "data": archive.light_curves, "workers": 2}
    error = command(
        "predict", small_run.run, **given, out=tmp_path / "a.csv", cluster="local:2"
    ).error
    assert error.endswith("give one of them (--workers, --cluster)")
    assert list(tmp_path.iterdir()) == []


def test_an_unexpected_error_of_one_star_is_a_reason(
    small_run: SmallRun, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from astronet.stars import views

    right, calls = views.prepare_star, []

    def wrong_once(*arguments: object) -> object:
        calls.append(1)
        return 1 / 0 if len(calls) == 1 else right(*arguments)

    monkeypatch.setattr(views, "prepare_star", wrong_once)
    out, log = tmp_path / "scores.csv", tmp_path / "log.jsonl"
    given = {"table": archive.catalog, "data": archive.light_curves, "workers": 1}
    assert command("predict", small_run.run, **given, out=out, log=log).status == 3
    table = pd.read_csv(out)
    failed = table[table["score"].isna()]
    reason = "unexpected ZeroDivisionError (division by zero); report it with the star's files"
    assert set(failed["reason"]) == {reason} and failed["star"].nunique() == 1
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["reason"] for line in lines if line["event"] == "failed"] == [reason] * len(failed)
    assert lines[0]["event"] == "start" and lines[0]["stars"] == table["star"].nunique()
    assert lines[-1]["event"] == "part" and lines[-1]["waiting"] == 0 and lines[-1]["rate"] > 0
