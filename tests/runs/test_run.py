import shutil
from pathlib import Path

import pytest
from samples import SmallRun

import astronet
from astronet.errors import RunError
from astronet.runs.run import Run


@pytest.fixture
def copied(small_run: SmallRun, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_run.run, tmp_path / "copy"))


def test_a_missing_run_is_named() -> None:
    with pytest.raises(RunError) as error:
        astronet.load("runs/nonsense")
    assert str(error.value) == (
        "there is no run runs/nonsense; train one with `astronet train --run runs/nonsense`"
    )


@pytest.mark.parametrize("file", ["config.yaml", "run.json", "best.ckpt"])
def test_a_run_without_one_of_its_files_is_named(copied: Path, file: str) -> None:
    (copied / file).unlink()
    with pytest.raises(RunError, match=f"is not a whole run: {file} is missing; "):
        astronet.load(copied)


def test_damaged_weights_are_named(copied: Path) -> None:
    content = (copied / "best.ckpt").read_bytes()
    (copied / "best.ckpt").write_bytes(content[: len(content) // 2])
    with pytest.raises(RunError, match=r"best.ckpt is damaged or of another config .*; train anew"):
        astronet.load(copied)


def test_an_unfinished_run_says_how_to_finish_it(copied: Path) -> None:
    record = (copied / "run.json").read_text()
    lines = [
        '  "finished": null,' if line.startswith('  "finished"') else line
        for line in record.splitlines()
    ]
    (copied / "run.json").write_text("\n".join(lines))
    with pytest.raises(RunError, match="stopped after 4 of 4 epochs; finish it with `astronet "):
        astronet.load(copied)


def test_runs_on_different_views_are_not_averaged(small_run: SmallRun, copied: Path) -> None:
    config = copied / "config.yaml"
    config.write_text(config.read_text().replace("bin_width: 0.16", "bin_width: 0.2"))
    with pytest.raises(RunError, match="differ in views; average only runs with the same views"):
        astronet.load(small_run.run, copied)


def test_runs_of_different_splits_are_not_averaged(small_run: SmallRun, copied: Path) -> None:
    config = copied / "config.yaml"
    config.write_text(config.read_text().replace("salt: '2'", "salt: other"))
    with pytest.raises(RunError, match="differ in split; average only runs with the same split"):
        astronet.load(small_run.run, copied)


def test_a_damaged_history_is_named(copied: Path) -> None:
    (copied / "metrics.csv").write_text("")
    with pytest.raises(RunError, match=r"metrics.csv is damaged; bring it back, or train anew"):
        _ = Run.load(copied).history
