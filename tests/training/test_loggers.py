"""Experiment trackers: they receive the rows of metrics.csv."""

from pathlib import Path

import pandas as pd
import pytest
from samples import SmallRun

from astronet.config import load_config
from astronet.errors import ConfigError
from astronet.runs.run import Run
from astronet.train import train

COLUMNS = ["train_loss", "val_loss", "val_average_precision", "learning_rate", "seconds"]


def trained(small_run: SmallRun, path: Path, kind: str, *, overwrite: bool = False) -> Run:
    config = load_config(small_run.config, [f"trainer.logger={kind}", "training.epochs=2"])
    return train(config, path, quiet=True, overwrite=overwrite)


def history(run: Run) -> pd.DataFrame:
    assert run.history is not None
    return run.history


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_has_the_rows_of_the_history(small_run: SmallRun, tmp_path: Path) -> None:
    accumulation = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run = trained(small_run, tmp_path / "run", "tensorboard")
    events = accumulation.EventAccumulator(str(tmp_path / "run/tensorboard"))
    events.Reload()
    for name in COLUMNS:
        found = [(one.step, one.value) for one in events.Scalars(name)]
        assert [step for step, _ in found] == [1, 2]
        assert [value for _, value in found] == pytest.approx(history(run)[name].tolist())


@pytest.mark.slow  # creates a database
@pytest.mark.filterwarnings("ignore")  # of MLflow
def test_mlflow_has_the_rows_of_the_history(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracking = pytest.importorskip("mlflow.tracking")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run = trained(small_run, tmp_path / "run", "mlflow")
    client = tracking.MlflowClient(f"sqlite:///{tmp_path}/run/mlflow.db")
    experiment = client.get_experiment_by_name("astronet")
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.run_name == "run"
    assert found.info.status == "FINISHED"
    assert found.data.params["training/epochs"] == "2"
    for name in COLUMNS:
        values = [one.value for one in client.get_metric_history(found.info.run_id, name)]
        assert values == pytest.approx(history(run)[name].tolist())


@pytest.mark.slow  # starts a server process
@pytest.mark.filterwarnings("ignore")  # of Weights & Biases
def test_weights_and_biases_writes_files_offline(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    trained(small_run, tmp_path / "run", "wandb")
    assert list((tmp_path / "run/wandb").glob("offline-run-*/run-*.wandb"))
    trained(small_run, tmp_path / "run", "csv", overwrite=True)
    assert not (tmp_path / "run/wandb").exists()


def test_overwriting_a_run_deletes_the_files_of_its_logger(
    small_run: SmallRun, tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    trained(small_run, tmp_path / "run", "tensorboard")
    assert (tmp_path / "run/tensorboard").exists()
    trained(small_run, tmp_path / "run", "csv", overwrite=True)
    assert not (tmp_path / "run/tensorboard").exists()


def test_missing_package_is_an_error_with_the_command_to_install_it(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astronet.training.loggers.find_spec", lambda name: None)
    with pytest.raises(ConfigError) as error:
        trained(small_run, tmp_path / "run", "wandb")
    assert str(error.value) == (
        "wandb, which trainer.logger=wandb requires, is not installed; run "
        "`pip install 'astronet[wandb]'`"
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.filterwarnings("ignore")  # of MLflow
def test_unusable_server_is_one_clear_error(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://server")
    with pytest.raises(ConfigError, match=r"^trainer\.logger=mlflow cannot be started \(.*set tra"):
        trained(small_run, tmp_path / "run", "mlflow")
