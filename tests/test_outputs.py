"""No command overwrites a file without `--overwrite`, and the suffix selects the format."""

import json
import shutil
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from commands import command
from samples import Archive, SmallRun

SUFFIXES = (
    ".csv",
    ".parquet",
    *(pytest.param(suffix, marks=pytest.mark.slow) for suffix in (".jsonl", ".ecsv")),
)


@pytest.fixture
def run(small_run: SmallRun, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_run.run, tmp_path / "run"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_table_and_the_figure_next_to_it_are_kept(small_run: SmallRun, tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    for existing in (out, out.with_suffix(".png")):
        existing.write_text("")
        again = command("predict", small_run.run, store=small_run.store, out=out)
        assert again.error == (
            f"{existing} already exists; choose another path, or overwrite it (--out, --overwrite)"
        )
        assert contents(tmp_path) == {str(existing): b""}
        existing.unlink()
    given = {"store": small_run.store, "out": out, "overwrite": True}
    out.write_text("")
    assert command("predict", small_run.run, **given).status == 0
    assert len(pd.read_csv(out)) == 40


READERS = {
    ".csv": pd.read_csv,
    ".parquet": pd.read_parquet,
    ".jsonl": partial(pd.read_json, lines=True),
    ".ecsv": partial(pd.read_csv, comment="#"),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_scores_in_every_format_are_read_as_an_event_table(
    small_run: SmallRun, archive: Archive, tmp_path: Path, suffix: str
) -> None:
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    given = {"data": archive.light_curves, "workers": 1}
    assert command("predict", small_run.run, table=archive.catalog, out=first, **given).status == 0
    again = command("predict", small_run.run, table=first, out=second, **given)
    assert again.status == 0, again.err
    # Scores depend in the last digits on the order in which events are scored together.
    found, expected = (READERS[suffix](path) for path in (second, first))
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=1e-5, atol=1e-7)


def test_a_dash_writes_only_csv_to_standard_output(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    printed = command("predict", small_run.run, store=small_run.store, out="-")
    assert command("predict", small_run.run, store=small_run.store, out="scores.csv").status == 0
    assert printed.out == (tmp_path / "scores.csv").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "scores.csv",
        "scores.json",
        "scores.png",
    ]


def test_an_unknown_suffix_is_rejected(small_run: SmallRun) -> None:
    message = "scores.xls: unknown table format .xls; end the name in one of .csv, .parquet, "
    error = command("predict", "missing", store="missing", out="scores.xls").error
    assert error.startswith(message)
    assert command("audit", small_run.store, out="scores.xls").error.startswith(message)


def test_a_repeated_evaluation_is_rewritten_but_another_one_is_kept(
    run: Path, small_run: SmallRun
) -> None:
    folder = run / "evaluate-val"
    assert command("evaluate", run, split="val").status == 0
    before = contents(folder)
    assert command("evaluate", run, split="val").status == 0
    assert contents(folder) == before
    kept = command("evaluate", run, split="val", threshold=0.9).error
    assert kept == (
        f"{folder}/metrics.json already exists and belongs to another evaluation; choose another "
        "path, or overwrite it (--out, --overwrite)"
    )
    assert contents(folder) == before
    assert command("evaluate", run, split="val", threshold=0.9, overwrite=True).status == 0
    assert json.loads((folder / "metrics.json").read_text())["threshold"] == 0.9
    (folder / "inputs.json").unlink()  # as in a folder of an earlier version
    assert "belongs to another evaluation" in command("evaluate", run, split="val").error


def test_each_audit_keeps_its_own_findings(small_run: SmallRun, tmp_path: Path) -> None:
    store = Path(shutil.copytree(small_run.store, tmp_path / "store"))
    for _ in range(2):
        command("audit", store)
        command("audit", store, split="star")
    assert {p.name for p in store.glob("audit*")} == {"audit.csv", "audit-star.csv"}
    (store / "audit.csv").write_text("mine\n")
    error = command("audit", store).err.splitlines()[-1]
    assert error == (
        f"error: {store}/audit.csv already exists with the findings of another audit; choose "
        "another path, or overwrite it (--out, --overwrite)"
    )
    assert (store / "audit.csv").read_text() == "mine\n"
    command("audit", store, overwrite=True)
    assert (store / "audit.csv").read_text() != "mine\n"
    printed = command("audit", store, out="-")
    assert printed.out == (store / "audit.csv").read_text()


def test_an_explanation_is_kept(small_run: SmallRun, tmp_path: Path) -> None:
    given = {"store": small_run.store, "row": 0, "out": tmp_path / "page"}
    assert command("explain", small_run.run, **given).status == 0
    before = contents(tmp_path)
    assert command("explain", small_run.run, **given).error == (
        f"{tmp_path}/page/explain.html already exists; choose another path, or overwrite it "
        "(--out, --overwrite)"
    )
    assert contents(tmp_path) == before
    assert command("explain", small_run.run, **given, overwrite=True).status == 0


def test_other_outputs_name_the_option(
    run: Path, small_run: SmallRun, archive: Archive, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    simulated = command("simulate", out=archive.catalog.parent, stars=1)
    assert simulated.error == (
        f"{archive.catalog} already exists; choose another path, or overwrite it "
        "(--out, --overwrite)"
    )
    config = small_run.config
    trained = command("train", config=config, run=run)
    assert trained.error.endswith("choose another run folder (--resume, --overwrite, --run)")
    assert command("prepare", config=config).error.endswith("or overwrite it (--overwrite)")
    imported = command("import", "missing.npz", out=small_run.store)
    assert imported.error.startswith(f"{small_run.store} is already a store; choose another")
    (tmp_path / "runs/demo").mkdir(parents=True)
    assert command("demo").error == (
        "runs/demo already exists; delete it, or overwrite it (--overwrite)"
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run", "runs"]
