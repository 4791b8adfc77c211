import shutil
import time
import zipfile
from collections.abc import Callable
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


ALIASES = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [{f'*a{n}, ' * 9}]\n" for n in range(9))
MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n + 1}: &a{n + 1} {{<<: [{f'*a{n}, ' * 9}]}}\n" for n in range(9)
)
"""Ten lines that expand to 9^9 values."""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("network: {kind: astronet", "cannot be read as YAML ("),
        ("training: 2026-13-45", "cannot be read as YAML (month must be in 1..12)"),
        ("[" * 5000, "cannot be read as YAML ("),
        ("\x00\x01", "cannot be read as YAML ("),
        ("- a list", "has no `key: value` pairs"),
        ("", "is empty; restore it, or train again"),
        ("training: {epochs: !!int ''}", "cannot be read as YAML (string index out of range)"),
        ("training: {epochs: !!timestamp x}", "cannot be read as YAML ("),
        ("training: {seed: !!bool maybe}", "cannot be read as YAML ('maybe')"),
        ("training: &a {epochs: *a}", "cannot be read as YAML (maximum recursion"),
        (
            f"training: {{seed: 0x{'f' * 5000}}}",
            "cannot be read as YAML (a number has more than 1,000",
        ),
        (
            ALIASES,
            "cannot be read as YAML (has more than 100000 values, counting repetitions ",
        ),
        (
            MERGES,
            "cannot be read as YAML (has more than 100000 values, counting repetitions ",
        ),
    ],
)
def test_corrupt_config_is_one_line_with_its_path(copied: Path, content: str, message: str) -> None:
    (copied / "config.yaml").write_text(content)
    for verb in ("evaluate", "predict"):
        options = {"store": "store"} if verb == "predict" else {}
        assert run_command(verb, copied, **options).error.startswith(
            f"{copied}/config.yaml {message}"
        )


@pytest.mark.parametrize(
    "change",
    [
        ("hidden_size: 16", "hidden_size: 16384"),
        ("hidden_layers: 1", "hidden_layers: 32"),
        ("bins: 2001", "bins: 1000000"),
        ("filters: 4", "filters: 1024"),
    ],
)
def test_settings_of_a_larger_network_are_rejected_before_it_is_built(
    copied: Path, change: tuple[str, str]
) -> None:
    config = copied / "config.yaml"
    assert change[0] in config.read_text()
    config.write_text(config.read_text().replace(*change))
    with pytest.raises(RunError, match=r"best.ckpt is corrupt or belongs to another config \("):
        astronet.load(copied)


def pickled(path: Path) -> None:
    """Replace a checkpoint by a pickle that announces a text of 4 GB."""
    path.write_bytes(b"\x80\x02X\xff\xff\xff\xff")


def compressed(path: Path) -> None:
    """Replace a checkpoint by a zip archive whose pickle decompresses to 100 MB."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content + bytes(10**8) * name.endswith("data.pkl"))


@pytest.mark.parametrize("change", [pickled, compressed])
def test_checkpoints_that_could_require_any_amount_of_memory_are_not_read(
    copied: Path, change: Callable[[Path], None]
) -> None:
    change(copied / "best.ckpt")
    begun = time.process_time()
    with pytest.raises(RunError, match=r"best.ckpt is corrupt or belongs to another config \("):
        astronet.load(copied)
    assert time.process_time() - begun < 1
