"""Networks as bytes: scores without access to their files, equal to those of the files."""

import shutil
from pathlib import Path

import pytest
from samples import SmallRun

import astronet
from astronet.dataset.store import ViewStore
from astronet.errors import RunError
from astronet.runs.packed_scorer import PackedScorer, can_be_packed


def test_a_run_is_scored_without_its_folder(small_run: SmallRun, tmp_path: Path) -> None:
    store = ViewStore.open(small_run.store)
    folder = shutil.copytree(small_run.run, tmp_path / "first run")
    scorer = astronet.load(folder)
    stars = store.index["star"].tolist()
    expected, thresholds = scorer.score_store(store), scorer.thresholds
    seen = scorer.seen_in_training(stars, "kepler")
    packed = PackedScorer.of(scorer)
    shutil.rmtree(folder)
    found = packed.unpacked()
    assert (found.score_store(store) == expected).all()
    assert found.model == scorer.model and found.model.startswith("first run ")
    assert found.thresholds == thresholds and found.precision == scorer.precision
    assert found.seen_in_training(stars, "kepler") == seen


def test_shipped_weights_are_packed_with_their_stack(small_run: SmallRun) -> None:
    store = ViewStore.open(small_run.store)
    scorer = astronet.load("pretrained-full")
    found = PackedScorer.of(scorer).unpacked()
    assert found.model == scorer.model and found.thresholds == scorer.thresholds
    assert (found.score_store(store) == scorer.score_store(store)).all()


def test_files_that_were_changed_are_not_used(small_run: SmallRun, tmp_path: Path) -> None:
    folder = shutil.copytree(small_run.run, tmp_path / "run")
    scorer = astronet.load(folder)
    assert scorer.model
    weights = folder / "best.ckpt"
    weights.write_bytes((folder / "last.ckpt").read_bytes())
    with pytest.raises(RunError, match="the files of run were changed during the command; run"):
        PackedScorer.of(scorer).unpacked()


def test_a_missing_file_is_named(small_run: SmallRun, tmp_path: Path) -> None:
    folder = shutil.copytree(small_run.run, tmp_path / "run")
    scorer = astronet.load(folder)
    (folder / "config.yaml").unlink()
    with pytest.raises(RunError, match=r"config.yaml cannot be read \(No such file .* restore"):
        PackedScorer.of(scorer)


def test_a_run_without_a_name_is_not_packed(
    small_run: SmallRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_run.run)
    assert not can_be_packed(astronet.load("."))
    assert can_be_packed(astronet.load(small_run.run))
