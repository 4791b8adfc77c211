import shutil
from pathlib import Path

import pytest
from commands import command as run_command
from samples import SmallRun

import astronet
from astronet.errors import Command, RunError
from astronet.runs.run import Run

RUN = Path("runs/nonsense")


@pytest.fixture
def copied(small_run: SmallRun, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_run.run, tmp_path / "copy"))


def test_missing_run_is_named() -> None:
    with pytest.raises(RunError) as error:
        astronet.load(RUN)
    assert str(error.value) == "there is no run in runs/nonsense; train one"
    assert error.value.command == Command("train", {"config": "CONFIG", "run": RUN})


@pytest.mark.parametrize("file", ["config.yaml", "run.json", "best.ckpt"])
def test_missing_file_of_a_run_is_named(copied: Path, file: str) -> None:
    (copied / file).unlink()
    with pytest.raises(RunError, match=rf"is incomplete \({file} is missing\); "):
        astronet.load(copied)


def test_corrupt_weights_are_named(copied: Path) -> None:
    content = (copied / "best.ckpt").read_bytes()
    (copied / "best.ckpt").write_bytes(content[: len(content) // 2])
    with pytest.raises(
        RunError, match=r"best.ckpt is corrupt or belongs to another config .*; restore it, or "
    ):
        astronet.load(copied)


def test_error_for_an_unfinished_run_contains_the_command(copied: Path) -> None:
    record = (copied / "run.json").read_text()
    lines = [
        '  "finished": null,' if line.startswith('  "finished"') else line
        for line in record.splitlines()
    ]
    (copied / "run.json").write_text("\n".join(lines))
    with pytest.raises(RunError, match="stopped after 4 of 4 epochs; resume the training") as error:
        astronet.load(copied)
    options = {"config": copied / "config.yaml", "run": copied, "resume": True}
    assert error.value.command == Command("train", options)


def test_runs_with_different_views_are_not_averaged(small_run: SmallRun, copied: Path) -> None:
    config = copied / "config.yaml"
    config.write_text(config.read_text().replace("bin_width: 0.16", "bin_width: 0.2"))
    with pytest.raises(RunError, match="differ in views; average only runs with the same views"):
        astronet.load(small_run.run, copied)


def test_runs_with_different_splits_are_not_averaged(small_run: SmallRun, copied: Path) -> None:
    config = copied / "config.yaml"
    config.write_text(config.read_text().replace("salt: '2'", "salt: other"))
    with pytest.raises(RunError, match="differ in split; average only runs with the same split"):
        astronet.load(small_run.run, copied)


def test_corrupt_history_is_named(copied: Path) -> None:
    (copied / "metrics.csv").write_text("")
    with pytest.raises(RunError, match=r"metrics.csv is corrupt; restore it, or train again"):
        _ = Run.load(copied).history


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("network: {kind: astronet", "cannot be read as YAML ("),
        ("training: 2026-13-45", "cannot be read as YAML (month must be in 1..12)"),
        ("[" * 5000, "cannot be read as YAML ("),
        ("\x00\x01", "cannot be read as YAML ("),
        ("- a list", "has no `key: value` pairs"),
        ("", "is empty; restore it, or train again"),
    ],
)
def test_corrupt_config_is_one_line_with_its_path(copied: Path, content: str, message: str) -> None:
    (copied / "config.yaml").write_text(content)
    for verb in ("evaluate", "predict"):
        options = {"store": "store"} if verb == "predict" else {}
        assert run_command(verb, copied, **options).error.startswith(
            f"{copied}/config.yaml {message}"
        )
