"""Paths inside a run: it is used from any folder, and moved together with its store."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from commands import command
from samples import SmallRun

from astronet.config import load_config
from astronet.errors import ConfigError
from astronet.runs.run import Run
from astronet.train import train


@pytest.fixture
def project(small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with a store and a run, which were made with relative paths."""
    project = tmp_path / "project"
    shutil.copytree(small_run.store, project / "data/store")
    monkeypatch.chdir(project)
    experiment = load_config(small_run.config, ["store=data/store", "training.epochs=1"])
    train(experiment, Path("runs/one"), quiet=True)
    return project


def test_a_run_is_evaluated_from_another_folder(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = command("evaluate", "runs/one", split="val")
    monkeypatch.chdir(tmp_path)
    elsewhere = command("evaluate", project / "runs/one", split="val")
    assert here.status == elsewhere.status == 0
    assert elsewhere.out.splitlines()[:-1] == here.out.splitlines()[:-1]


def test_a_run_moves_with_its_store(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = project.rename(tmp_path / "moved")
    monkeypatch.chdir(tmp_path)
    assert Run.load(moved / "runs/one").experiment.store == moved / "data/store"
    assert command("evaluate", moved / "runs/one", split="val").status == 0
    assert str(project) not in (moved / "runs/one/run.json").read_text()
    record = json.loads((moved / "runs/one/run.json").read_text())
    assert record["store"]["path"] == "../../data/store"


def test_a_run_is_resumed_with_its_own_config_from_another_folder(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = project / "runs/one"
    before = (run / "best.ckpt").read_bytes()
    resumed = command("train", config=run / "config.yaml", run=run, resume=True)
    assert resumed.status == 0, resumed.err
    assert (run / "best.ckpt").read_bytes() == before
    again = command("train", config=Path("project/runs/one/config.yaml"), run="new")
    assert again.status == 0, again.err
    assert Run.load(tmp_path / "new").experiment.store == project / "data/store"


def test_an_old_run_has_paths_relative_to_the_working_folder(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project / "runs/one/config.yaml"
    content = yaml.safe_load(file.read_text())
    del content["paths_relative_to"]
    file.write_text(yaml.safe_dump(content | {"store": "data/store"}))
    assert Run.load(Path("runs/one")).experiment.store == Path("data/store")
    assert command("evaluate", "runs/one", split="val").status == 0
    monkeypatch.chdir(tmp_path)
    error = command("evaluate", project / "runs/one", split="val").error
    assert error.startswith("data/store is not a store (it has no store.json)")


def test_an_absolute_path_is_kept(project: Path, small_run: SmallRun) -> None:
    """A run that was made with an absolute path can be moved without its store."""
    experiment = load_config(small_run.config, ["training.epochs=1"])
    run = train(experiment, Path("runs/two"), quiet=True)
    moved = run.path.rename("elsewhere")
    assert Run.load(moved).experiment.store == small_run.store
    assert command("evaluate", moved, split="val").status == 0


def test_a_linked_folder_of_runs_is_followed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "runs").rename(tmp_path / "scratch")
    (project / "runs").symlink_to(tmp_path / "scratch")
    config = load_config(project / "runs/one/config.yaml", [f"store={project / 'data/store'}"])
    assert config.store == project / "data/store"
    run = train(load_config("demo", ["store=data/store", "training.epochs=1"]), Path("runs/2"))
    monkeypatch.chdir(tmp_path)
    assert Run.load(tmp_path / "scratch/2").experiment.store == project / "data/store"
    assert Run.load(project / run.path).experiment.store == project / "data/store"


def test_overrides_are_relative_to_the_working_folder(project: Path) -> None:
    config = load_config(project / "runs/one/config.yaml", ["source.catalog=mine.csv"])
    assert config.source.catalog == Path("mine.csv")
    assert config.store == project / "data/store"


def test_an_unknown_reference_folder_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("paths_relative_to: moon\n")
    with pytest.raises(ConfigError, match="paths_relative_to = 'moon': input should be this_file"):
        load_config(path)
    path.write_text("paths_relative_to: this_file\nstore: stores/mine\n")
    assert load_config(path).store == tmp_path / "stores/mine"


def test_the_best_config_of_a_search_works_from_another_folder(
    project: Path, small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "space.yaml").write_text("optimization.learning_rate: {low: 1e-3, high: 1e-2}\n")
    search = {"space": "space.yaml", "trials": 1, "folds": 2, "run": "runs/search"}
    words = ("store=data/store", "training.epochs=1")
    tuned = command("tune", *words, config=small_run.config, **search)
    assert tuned.status == 0, tuned.err
    monkeypatch.chdir(tmp_path)
    best = load_config(project / "runs/search/best.yaml")
    assert best.store == project / "data/store"
    words = (f"store={project / 'data/store'}", "training.epochs=1")
    search = {"space": project / "space.yaml", "trials": 1, "folds": 2}
    again = command("tune", *words, config=small_run.config, **search, run=project / "runs/search")
    assert again.status == 0, again.err


def test_the_name_of_a_table_is_not_a_path(project: Path) -> None:
    words = ["store=data/store", "training.epochs=1", "source.catalog=toi"]
    experiment = load_config("demo", words)
    run = train(experiment, Path("runs/named"), quiet=True)
    assert Run.load(run.path).experiment.source.catalog == Path("toi")
    assert load_config(project / "runs/named/config.yaml").source.catalog == Path("toi")
