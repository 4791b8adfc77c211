"""Invalid input of `pack` is rejected before anything is written."""

import shutil
from pathlib import Path

import pytest
import yaml
from samples import SmallRun

from astronet.dataset.store import ViewStore
from astronet.errors import RunError
from astronet.evaluation.calibration import Calibration
from astronet.runs.descriptions import TrainedOn
from astronet.runs.packing import describe_training, pack
from astronet.runs.run import Run

IDENTITY = Calibration()


@pytest.fixture
def run(small_run: SmallRun) -> Run:
    return Run.load(small_run.run)


@pytest.fixture
def trained_on(run: Run, small_run: SmallRun) -> TrainedOn:
    return describe_training(run, ViewStore.open(small_run.store), calibrated_on="split val")


def changed(run: Run, to: Path, **training: object) -> Run:
    """Copy a run and change its training settings."""
    copy = Run(Path(shutil.copytree(run.path, to)))
    content = yaml.safe_load(copy.config_path.read_text())
    content["training"] |= training
    copy.config_path.write_text(yaml.safe_dump(content))
    return copy


def test_runs_that_cannot_be_averaged_are_rejected(
    run: Run, trained_on: TrainedOn, tmp_path: Path
) -> None:
    precision = "float32" if run.experiment.training.precision == "bfloat16" else "bfloat16"
    other = changed(run, tmp_path / "other", precision=precision)
    with pytest.raises(RunError) as error:
        pack([run, other], "two", tmp_path / "weights", IDENTITY, trained_on, {})
    assert str(error.value) == (
        f"{other.path} and {run.path} differ in precision; average only runs with the same "
        "precision"
    )
    assert not (tmp_path / "weights").exists()


def test_another_store_is_rejected(run: Run, trained_on: TrainedOn, tmp_path: Path) -> None:
    wrong = trained_on.model_copy(update={"store_sha256": "0" * 64})
    with pytest.raises(RunError, match="not trained on the store that trained_on describes; give"):
        pack([run], "one", tmp_path, IDENTITY, wrong, {})
    index = ViewStore.open(run.experiment.store).index
    views = dict(ViewStore.open(run.experiment.store).views)
    other = ViewStore.create(tmp_path / "store", index, [views], dict.fromkeys(views), {})
    with pytest.raises(
        RunError, match=r"was not trained on the store .*store; give the store that"
    ):
        describe_training(run, other, calibrated_on="split val")


@pytest.mark.parametrize(
    "text", ["/data/stores/dr24", "~/store", r"C:\stores", "the store in /data/x", "file:/data"]
)
def test_path_of_this_machine_is_rejected(
    run: Run, trained_on: TrainedOn, tmp_path: Path, text: str
) -> None:
    with pytest.raises(RunError) as error:
        pack([run], "one", tmp_path / "weights", IDENTITY, trained_on, {"note": text})
    assert str(error.value) == (
        f"metrics.note contains a local path ({text}), which is invalid on other "
        "machines; remove it"
    )
    assert not (tmp_path / "weights").exists()


@pytest.mark.parametrize("text", ["32-true", "planets / others", "https://doi.org/10.3847/1538"])
def test_texts_without_a_local_path_are_accepted(
    run: Run, trained_on: TrainedOn, tmp_path: Path, text: str
) -> None:
    packed = pack([run], "one", tmp_path, IDENTITY, trained_on, {"note": text})
    assert packed.description.metrics == {"note": text}


@pytest.mark.parametrize("name", ["", "../one", "One", "one.two", "-one", "one\n"])
def test_invalid_name_is_rejected(
    run: Run, trained_on: TrainedOn, tmp_path: Path, name: str
) -> None:
    with pytest.raises(RunError) as error:
        pack([run], name, tmp_path, IDENTITY, trained_on, {})
    shown = name.replace("\n", " ")  # messages have one line
    assert str(error.value) == (
        f"'{shown}' is not a valid name for weights; use only a-z, 0-9 and hyphens"
    )


def test_existing_weights_are_replaced_only_with_overwrite(
    run: Run, trained_on: TrainedOn, tmp_path: Path
) -> None:
    pack([run], "one", tmp_path, IDENTITY, trained_on, {})
    with pytest.raises(RunError, match=r"one.safetensors already exists; overwrite it, or choose"):
        pack([run], "one", tmp_path, IDENTITY, trained_on, {})
    again = pack([run], "one", tmp_path, Calibration(offset=1), trained_on, {}, overwrite=True)
    assert again.description.calibration.offset == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "one.json",
        "one.safetensors",
        "one.stars.npy",
    ]


def test_packing_without_a_run_is_rejected(trained_on: TrainedOn, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run was given; give at least one run to pack"):
        pack([], "none", tmp_path, IDENTITY, trained_on, {})
