"""Training: run folders, reproducibility, interrupted and resumed runs, and rejected settings."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
from commands import command
from samples import SmallRun, interrupted_in_epoch

from astronet.config import load_config
from astronet.errors import ConfigError, RunError, StoreError
from astronet.runs.run import Run
from astronet.train import train


def weights_of(run: Path) -> dict[str, torch.Tensor]:
    return torch.load(run / "best.ckpt", weights_only=True)["state_dict"]


def assert_same_weights(one: Path, other: Path) -> None:
    first, second = weights_of(one), weights_of(other)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def losses(run: Path) -> list[list[float]]:
    return pd.read_csv(run / "metrics.csv").drop(columns="seconds").to_numpy().tolist()


def test_run_folder_contains_everything_that_prediction_needs(small_run: SmallRun) -> None:
    names = {path.name for path in small_run.run.iterdir()}
    assert {"config.yaml", "run.json", "best.ckpt", "last.ckpt", "metrics.csv"} <= names
    record = json.loads((small_run.run / "run.json").read_text())
    assert record["versions"]["torch"] == torch.__version__
    assert len(record["store"]["sha256"]) == len(record["config_sha256"]) == 64
    assert record["epochs"] == 4
    history = pd.read_csv(small_run.run / "metrics.csv")
    assert {"epoch", "train_loss", "val_loss", "val_average_precision", "val_roc_auc"} <= set(
        history.columns
    )
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]


def test_training_twice_gives_the_same_weights(small_run: SmallRun, tmp_path: Path) -> None:
    train(load_config(small_run.config), tmp_path / "second", quiet=True)
    assert_same_weights(small_run.run, tmp_path / "second")


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_interrupted_and_resumed_equals_uninterrupted(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schedule: str
) -> None:
    experiment = load_config(small_run.config, [f"optimization.schedule={schedule}"])
    whole = small_run.run
    if schedule != "constant":
        whole = train(experiment, tmp_path / "whole", quiet=True).path
    with (
        interrupted_in_epoch(3, monkeypatch),
        pytest.raises(RunError, match="interrupted in epoch 3 of 4; resume the training"),
    ):
        train(experiment, tmp_path / "run", quiet=True)
    with pytest.raises(RunError, match="training stopped after 3 of 4 epochs; resume the training"):
        Run.load(tmp_path / "run")
    train(experiment, tmp_path / "run", resume=True, quiet=True)
    assert_same_weights(whole, tmp_path / "run")
    assert losses(whole) == losses(tmp_path / "run")


def test_finished_run_is_not_trained_again(small_run: SmallRun) -> None:
    before = (small_run.run / "best.ckpt").read_bytes()
    train(load_config(small_run.config), small_run.run, resume=True, quiet=True)
    assert (small_run.run / "best.ckpt").read_bytes() == before


def test_existing_run_is_not_overwritten(small_run: SmallRun) -> None:
    with pytest.raises(RunError) as error:
        train(load_config(small_run.config), small_run.run, quiet=True)
    assert str(error.value) == (
        f"the run {small_run.run} already exists; resume it, overwrite it, or choose another "
        "run folder"
    )
    assert error.value.arguments == ("resume", "overwrite", "run")


def test_existing_run_is_overwritten_on_request(small_run: SmallRun, tmp_path: Path) -> None:
    run = Path(shutil.copytree(small_run.run, tmp_path / "run"))
    (run / "evaluate-val").mkdir()
    experiment = load_config(small_run.config, ["training.epochs=1"])
    with pytest.raises(RunError, match="either resumed or overwritten; choose one"):
        train(experiment, run, resume=True, overwrite=True, quiet=True)
    broken = load_config(small_run.config, ["network.columns.local.blocks=12"])
    with pytest.raises(ConfigError):  # 12 poolings leave no bins
        train(broken, run, overwrite=True, quiet=True)
    assert (run / "evaluate-val").exists()
    assert train(experiment, run, overwrite=True, quiet=True).record["epochs"] == 1
    assert not (run / "evaluate-val").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.tex").write_text("")
    with pytest.raises(RunError, match="exists, but is not a run folder; choose another"):
        train(experiment, tmp_path / "mine", overwrite=True, quiet=True)
    assert (tmp_path / "mine/thesis.tex").exists()


def test_run_of_another_config_is_not_resumed(small_run: SmallRun) -> None:
    other = load_config(small_run.config, ["training.seed=5"])
    with pytest.raises(
        RunError, match="was started with a different config; resume it with the original"
    ):
        train(other, small_run.run, resume=True, quiet=True)


def test_early_stopping_ends_training(small_run: SmallRun, tmp_path: Path) -> None:
    overrides = ["training.epochs=40", "training.patience=1", "optimization.learning_rate=1e-9"]
    run = train(load_config(small_run.config, overrides), tmp_path / "run", quiet=True)
    assert run.record["epochs"] < 40


def test_best_epoch_is_kept_if_the_first_epoch_is_not_validated(
    small_run: SmallRun, tmp_path: Path
) -> None:
    overrides = ["training.keep=best", "trainer.check_val_every_n_epoch=2"]
    run = train(load_config(small_run.config, overrides), tmp_path / "run", quiet=True)
    precisions = pd.read_csv(tmp_path / "run" / "metrics.csv")["val_average_precision"]
    assert pd.isna(precisions[0]) and precisions.notna().any()
    assert run.record["kept_epoch"] == precisions.idxmax() + 1


def test_class_weights_change_the_weights(small_run: SmallRun, tmp_path: Path) -> None:
    overrides = ["training.class_weights=true", "training.epochs=1"]
    train(load_config(small_run.config, overrides), tmp_path / "run", quiet=True)
    history = pd.read_csv(tmp_path / "run" / "metrics.csv")
    assert history["train_loss"][0] != pd.read_csv(small_run.run / "metrics.csv")["train_loss"][0]


def test_training_in_bfloat16(small_run: SmallRun, tmp_path: Path) -> None:
    overrides = ["training.precision=bfloat16", "training.epochs=1"]
    run = train(load_config(small_run.config, overrides), tmp_path / "run", quiet=True)
    assert run.finished


def test_resumed_run_keeps_its_precision(small_run: SmallRun, tmp_path: Path) -> None:
    """Resume with `auto`, which may mean another precision on another machine."""
    assert Run.load(small_run.run).experiment.training.precision in ("float32", "bfloat16")
    config = load_config(small_run.config, ["training.precision=float32", "training.epochs=1"])
    assert train(config, tmp_path / "run", quiet=True).record["precision"] == "32-true"
    auto = load_config(small_run.config, ["training.epochs=1"])
    resumed = train(auto, tmp_path / "run", resume=True, quiet=True)
    assert resumed.experiment.training.precision == "float32"


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        (["store=/nowhere"], StoreError, "/nowhere is not a store"),
        (
            ["trainer.acelerator=cpu"],
            ConfigError,
            "trainer: .*acelerator.*; give only valid options of lightning.Trainer",
        ),
        (
            ["views={global: {}, local: {bins: 201, durations: 4, bin_width: 0.2}}"],
            ConfigError,
            "view local: the config has .* but the store .* has .*; use the same settings in the",
        ),
        (
            ["data.split.fractions=[1, 0, 0]"],
            StoreError,
            "has 0 planets and 0 other events in the validation split, so the best epoch cannot be "
            "determined; set training.keep=last",
        ),
        (["data.split={kind: official, column: nonsense}"], StoreError, "no column 'nonsense'"),
        (
            [
                "views={rebinned_local: {bins: 201, durations: 4, bin_width: 0.16, "
                "rebinned_from: 2000}}",
                "network={kind: linear}",
            ],
            StoreError,
            r"the network needs the view 'rebinned_local' \[201 bins\], or the view 'global' "
            r"\[2000 bins\] of the whole period, from which it can be rebinned, but .* contains "
            r"'global' \[2001",
        ),
    ],
)
def test_invalid_settings_leave_no_run_folder(
    small_run: SmallRun, tmp_path: Path, overrides: list[str], error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        train(load_config(small_run.config, overrides), tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


UNUSABLE = {
    "machines": (
        ["trainer.num_nodes=2"],
        "trainer: training on 2 machines is not supported; set trainer.num_nodes=1",
    ),
    "batch size": (
        ["trainer.devices=2", "data.batch_size=1"],
        "data.batch_size = 1 is less than the number of devices (2), among which a batch is "
        "divided; set data.batch_size to at least 2, or use fewer devices (trainer.devices)",
    ),
    "strategy": (
        ["trainer.devices=2", "trainer.strategy=ddp_spawn"],
        "trainer.strategy = 'ddp_spawn' cannot be used with 2 devices; remove it, or set "
        "trainer.strategy=ddp",
    ),
    "logger": (
        ["trainer.logger=comet"],
        "trainer.logger = 'comet' is unknown; choose one of csv, tensorboard, mlflow, wandb",
    ),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_unusable_trainer_options_leave_no_run_folder(
    small_run: SmallRun, tmp_path: Path, kind: str
) -> None:
    overrides, message = UNUSABLE[kind]
    config = load_config(small_run.config, ["trainer.accelerator=cpu", *overrides])
    with pytest.raises(ConfigError) as error:
        train(config, tmp_path / "run", quiet=True)
    assert str(error.value) == message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("kind", UNUSABLE)
def test_unusable_trainer_options_leave_a_finished_run_unchanged(
    small_run: SmallRun, kind: str, resume: bool
) -> None:
    overrides, message = UNUSABLE[kind]
    config = load_config(small_run.config, ["trainer.accelerator=cpu", *overrides])
    before = contents_of(small_run.run)
    with pytest.raises(ConfigError) as error:
        train(config, small_run.run, resume=resume, quiet=True)
    assert str(error.value) == message
    assert contents_of(small_run.run) == before
    assert Run.load(small_run.run).finished


def test_last_checkpoint_is_deleted_on_request(small_run: SmallRun, tmp_path: Path) -> None:
    config = load_config(small_run.config, ["training.keep_checkpoint=false", "training.epochs=1"])
    run = train(config, tmp_path / "run", quiet=True)
    assert not (tmp_path / "run/last.ckpt").exists()
    assert (tmp_path / "run/best.ckpt").exists()
    assert train(config, tmp_path / "run", resume=True, quiet=True).record == run.record


def test_history_contains_the_learning_rate_and_the_duration_of_each_epoch(
    small_run: SmallRun, tmp_path: Path
) -> None:
    constant = pd.read_csv(small_run.run / "metrics.csv")
    assert (constant["learning_rate"] == 0.003).all()
    assert (constant["seconds"] > 0).all()
    overrides = ["optimization.schedule=cosine", "data.batch_size=4"]
    run = train(load_config(small_run.config, overrides), tmp_path / "run", quiet=True)
    assert run.history is not None
    rates = run.history["learning_rate"]
    assert rates.is_monotonic_decreasing  # the warm-up is a tenth of the steps
    assert 0 < rates.iloc[-1] < rates.iloc[0] <= 0.003


def contents_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def interrupted(small_run: SmallRun, tmp_path: Path) -> Path:
    run = Path(shutil.copytree(small_run.run, tmp_path / "interrupted"))
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(record | {"finished": None}))
    return run


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("last.ckpt", "junk", "last.ckpt is corrupt, so .* cannot be resumed; train"),
        ("last.ckpt", None, "last.ckpt is missing, so .* cannot be resumed; train"),
        ("run.json", "{}", "run.json is missing or corrupt; restore it, or train again"),
    ],
)
def test_corrupt_run_is_not_resumed(
    small_run: SmallRun, interrupted: Path, file: str, content: str | None, message: str
) -> None:
    (interrupted / file).unlink()
    if content is not None:
        (interrupted / file).write_text(content)
    with pytest.raises(RunError, match=message):
        train(load_config(small_run.config), interrupted, resume=True, quiet=True)


def test_run_killed_before_its_config_was_written_is_restarted(
    small_run: SmallRun, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    shutil.copy(small_run.run / "run.json", tmp_path / "run")
    (tmp_path / "run" / ".config.yaml.0123abcd.part").write_text("source: {cat")
    config = load_config(small_run.config)
    assert train(config, tmp_path / "run", resume=True, quiet=True).finished
    assert not list((tmp_path / "run").glob("*.part"))


def test_resumed_run_removes_temporary_files(small_run: SmallRun, interrupted: Path) -> None:
    (interrupted / ".last.ckpt.0123abcd.part").write_text("half of a checkpoint")
    train(load_config(small_run.config), interrupted, resume=True, quiet=True)
    names = {path.name for path in interrupted.iterdir()}
    assert names == {path.name for path in small_run.run.iterdir()}


def test_trainer_options_set_in_other_sections_are_rejected(
    small_run: SmallRun, tmp_path: Path
) -> None:
    with pytest.raises(
        ConfigError,
        match=r"trainer.max_epochs cannot be set; remove it \(epochs, precision and gradient clip",
    ):
        train(load_config(small_run.config, ["trainer.max_epochs=1"]), tmp_path / "r", quiet=True)


def test_run_is_not_written_to_a_folder_with_other_files(
    small_run: SmallRun, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError) as error:
        train(load_config(small_run.config), tmp_path, resume=True, quiet=True)
    assert str(error.value) == (
        f"{tmp_path} exists, but is not a run folder; choose another run folder"
    )


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", ["notes.txt", "evaluate-val/notes.txt", "scores/best.csv"])
def test_a_run_with_other_files_is_not_overwritten(
    small_run: SmallRun, tmp_path: Path, name: str
) -> None:
    run = Path(shutil.copytree(small_run.run, tmp_path / "run"))
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).write_text("mine")
    before = files_in(run)
    with pytest.raises(RunError) as error:
        train(load_config(small_run.config), run, overwrite=True, quiet=True)
    found = Path(name) if name != "scores/best.csv" else Path("scores")
    assert str(error.value) == (
        f"{run} contains {found}, which is not part of the run; move it, or choose another run "
        "folder"
    )
    assert files_in(run) == before


@pytest.mark.parametrize("record", [None, "{", '{"finished": null}', "[]", "\xff"])
def test_a_folder_with_a_config_is_overwritten_only_if_it_is_a_run(
    small_run: SmallRun, tmp_path: Path, record: str | None
) -> None:
    (tmp_path / "config.yaml").write_text("project: mine")
    (tmp_path / "thesis.tex").write_text("mine")
    if record is not None:
        (tmp_path / "run.json").write_text(record, encoding="latin-1")
    before = files_in(tmp_path)
    with pytest.raises(RunError, match="exists, but is not a run folder; choose another"):
        train(load_config(small_run.config), tmp_path, overwrite=True, quiet=True)
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("name", ["store", "evaluate-val/predictions.csv", "config.yaml"])
def test_overwriting_a_run_never_deletes_an_input(
    small_run: SmallRun, tmp_path: Path, name: str
) -> None:
    run = Path(shutil.copytree(small_run.run, tmp_path / "run"))
    config, overrides = small_run.config, []
    if name == "store":
        shutil.copytree(small_run.store, run / name)
        overrides = [f"store={run / name}"]
    elif name == "config.yaml":
        config = run / name
    else:
        (run / "evaluate-val").mkdir()
        index = pd.read_csv(small_run.store / "index.csv")
        index[["star", "number"]].assign(score=0.5).to_csv(run / name, index=False)
        overrides = [f"data.teacher={{scores: '{run / name}', weight: 0.5}}"]
    before = files_in(run)
    error = command("train", *overrides, config=config, run=run, overwrite=True).error
    assert error == (
        f"overwriting {run} would delete the input {run / name}; choose another run folder (--run)"
    )
    assert files_in(run) == before
