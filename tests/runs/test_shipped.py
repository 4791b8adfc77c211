"""Weights packed from runs are found by name and give the same scores as the runs."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
from commands import command as run_command
from safetensors.torch import load_file
from samples import Archive, SmallRun
from scipy.special import expit, logit

import astronet
from astronet.cli import main
from astronet.config import load_config
from astronet.dataset.store import ViewStore
from astronet.errors import RunError
from astronet.evaluate import evaluate
from astronet.evaluation.calibration import Calibration
from astronet.files.checksums import sha256
from astronet.missions import kepler
from astronet.runs import shipped
from astronet.runs.descriptions import TrainedOn
from astronet.runs.packing import describe_training, pack
from astronet.runs.run import Run
from astronet.runs.shipped import load_shipped, shipped_names
from astronet.train import train

CALIBRATION = Calibration(slope=0.6, offset=-0.8)


class Packed(NamedTuple):
    """Two runs, of which the second reads one view only, and the folder of their packed weights."""

    runs: list[Run]
    store: ViewStore
    trained_on: TrainedOn
    folder: Path


@pytest.fixture(scope="module")
def packed(small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> Packed:
    folder = tmp_path_factory.mktemp("packed")
    settings = ["views={local: {bins: 201, durations: 4, bin_width: 0.16}}", "training.seed=1"]
    experiment = load_config(small_run.config, [*settings, "network={kind: linear}"])
    runs = [Run.load(small_run.run), train(experiment, folder / "second", quiet=True)]
    store = ViewStore.open(small_run.store)
    trained_on = describe_training(runs[0], store, calibrated_on="11 events of the split val")
    weights = folder / "weights"
    pack(runs, "pretrained", weights, CALIBRATION, trained_on, {"roc_auc": 0.9, "ece": np.nan})
    pack(runs[:1], "pretrained-plain", weights, Calibration(), trained_on, {})
    return Packed(runs, store, trained_on, weights)


@pytest.fixture
def here(packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, with the packed weights installed as those of the package."""
    monkeypatch.setattr(shipped, "FOLDER", packed.folder)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def copied(packed: Packed, tmp_path: Path) -> Path:
    return Path(shutil.copytree(packed.folder, tmp_path / "weights"))


def test_packed_runs_give_the_calibrated_average(packed: Packed) -> None:
    scores = astronet.load("pretrained", folder=packed.folder).score_store(packed.store)
    each = [astronet.load(run.path).score_store(packed.store) for run in packed.runs]
    assert np.abs(each[0] - each[1]).max() > 1e-3  # the networks differ
    mean = (each[0] + each[1]) / 2
    by_hand = expit(0.6 * logit(mean) - 0.8)
    assert np.abs(scores - by_hand).max() < 1e-6
    assert np.abs(scores - CALIBRATION.apply(mean)).max() < 1e-6


def test_weights_can_share_the_networks_of_others(packed: Packed, tmp_path: Path) -> None:
    """The networks of a run are averaged with those of another name, whose file is not copied."""
    pack(packed.runs[:1], "first", tmp_path, Calibration(), packed.trained_on, {})
    first = load_shipped("first", tmp_path)
    given = (tmp_path, CALIBRATION, packed.trained_on, {})
    both = pack(packed.runs[1:], "both", *given, shared=[first])
    again = pack([], "again", *given, shared=[both])
    assert not (tmp_path / "again.safetensors").exists()
    assert shipped_names(tmp_path) == ["again", "both", "first"]
    assert both.digest == again.digest != first.digest
    expected = astronet.load("pretrained", folder=packed.folder).score_store(packed.store)
    for name in ("both", "again"):
        scores = astronet.load(name, folder=tmp_path).score_store(packed.store)
        assert np.abs(scores - expected).max() < 1e-6
    stars = load_shipped("again", tmp_path).training_stars
    np.testing.assert_array_equal(stars, first.training_stars)

    truncate(tmp_path / "first.safetensors")
    with pytest.raises(RunError, match=r"first.safetensors differs from the file that again.json"):
        astronet.load("again", folder=tmp_path)


def test_weights_without_the_stack_that_they_describe_are_an_error(
    packed: Packed, tmp_path: Path
) -> None:
    given = (tmp_path, Calibration(), packed.trained_on, {})
    pack(packed.runs[:1], "one", *given, stack="0" * 64)
    with pytest.raises(RunError, match="one.stack.json is missing"):
        astronet.load("one", folder=tmp_path)


def test_packed_run_without_calibration_gives_the_scores_of_the_run(packed: Packed) -> None:
    scores = astronet.load("pretrained-plain", folder=packed.folder).score_store(packed.store)
    run = astronet.load(packed.runs[0].path).score_store(packed.store)
    assert np.abs(scores - run).max() < 1e-6


def test_event_of_a_light_curve_is_scored(packed: Packed, archive: Archive) -> None:
    scorer = astronet.load("pretrained", folder=packed.folder)
    event = packed.store.index.iloc[0]
    curve = kepler.read_light_curve(archive.light_curves, int(event["star"]))
    ephemeris = astronet.Ephemeris(*event[["period_days", "epoch_bkjd", "duration_days"]])
    expected = scorer.score_store(packed.store)[0]
    with pytest.warns(UserWarning, match="the transit is V-shaped"):
        assert scorer.score(curve, ephemeris) == pytest.approx(expected, abs=1e-6)


def test_shipped_weights_and_a_run_are_averaged(packed: Packed) -> None:
    run = packed.runs[1].path
    both = astronet.load("pretrained-plain", run, folder=packed.folder)
    alone = [astronet.load(one.path).score_store(packed.store) for one in packed.runs]
    assert both.name == "pretrained-plain + second"
    assert np.allclose(both.score_store(packed.store), (alone[0] + alone[1]) / 2, atol=1e-6)


def test_run_folder_takes_precedence_over_shipped_weights(packed: Packed, here: Path) -> None:
    shutil.copytree(packed.runs[0].path, here / "pretrained")
    expected = astronet.load(packed.runs[0].path).score_store(packed.store)
    assert (astronet.load("pretrained").score_store(packed.store) == expected).all()


def test_the_order_of_runs_does_not_matter(packed: Packed) -> None:
    """The run that reads fewer views may come first."""
    paths = [run.path for run in packed.runs]
    forth = astronet.load(*paths).score_store(packed.store)
    back = astronet.load(*reversed(paths)).score_store(packed.store)
    assert np.abs(forth - back).max() < 1e-6


def test_files_contain_float32_tensors_and_no_local_path(packed: Packed) -> None:
    tensors = load_file(packed.folder / "pretrained.safetensors")
    assert {key.split(".")[0] for key in tensors} == {"0", "1"}
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    text = (packed.folder / "pretrained.json").read_text()
    content = json.loads(text)
    assert len(content["configs"]) == 2 and content["metrics"] == {"roc_auc": 0.9, "ece": None}
    for run in packed.runs:
        assert str(run.path.parent) not in text
        assert str(run.experiment.source.catalog.parent) not in text
    assert not re.search(r'"[~/]', text)
    loaded, own = load_shipped("pretrained", packed.folder).experiment, packed.runs[0].experiment
    same = {"source": own.source, "store": own.store}
    assert loaded.model_copy(update=same) == own
    assert loaded.source.reader == own.source.reader


def test_training_data_are_counted(packed: Packed, small_run: SmallRun) -> None:
    index, trained_on = packed.store.index, packed.trained_on
    subset = index[packed.runs[0].experiment.data.split.assign(index) == "train"]
    assert trained_on.rows == len(subset) and trained_on.stars == subset["star"].nunique()
    assert trained_on.planets == (subset["label"] == "PC").sum()
    assert trained_on.store_sha256 == packed.store.digest
    assert (trained_on.labels, trained_on.split) == ("dr24_autovetter", "star")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def alter(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def other_format(path: Path) -> None:
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))


def negative_slope(path: Path) -> None:
    path.write_text(path.read_text().replace('"slope": 0.6', '"slope": -0.6'))


def test_the_config_hash_is_that_of_the_packed_configs(copied: Path) -> None:
    path = copied / "pretrained.json"
    configs = json.loads(path.read_text())["configs"]
    expected = sha256(json.dumps(configs, sort_keys=True).encode())
    assert load_shipped("pretrained", copied).config_digest == expected
    more_configs(path)
    assert load_shipped("pretrained", copied).config_digest != expected


def fewer_configs(path: Path) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"configs": content["configs"][:1]}))


def more_configs(path: Path) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"configs": [*content["configs"], content["configs"][0]]}))


def nested(path: Path) -> None:
    path.write_text("[" * 100_000)


DIFFERS = (
    "{0}.safetensors differs from the file that pretrained.json describes (SHA-256 mismatch); "
    "reinstall astronet"
)
CORRUPT = "{0}.json is corrupt; reinstall astronet"
MISFIT = (
    "{0}.safetensors does not contain the networks that pretrained.json describes; reinstall "
    "astronet, or pack the weights again"
)


@pytest.mark.parametrize(
    ("ending", "damage", "message"),
    [
        ("safetensors", truncate, DIFFERS),
        ("safetensors", alter, DIFFERS),
        (
            "safetensors",
            Path.unlink,
            "{0}.safetensors cannot be read (No such file or directory); reinstall astronet",
        ),
        ("json", Path.unlink, "{0}.json is missing; reinstall astronet"),
        ("json", truncate, CORRUPT),
        ("json", negative_slope, CORRUPT),
        ("json", nested, CORRUPT),
        (
            "json",
            other_format,
            "{0}.json has format 1, but this version of astronet reads format 2; use the version "
            "that packed the weights, or pack them again",
        ),
        ("json", fewer_configs, MISFIT),
        ("json", more_configs, MISFIT),
    ],
)
def test_corrupt_file_is_reported_in_one_line(
    copied: Path, ending: str, damage: Callable[[Path], None], message: str
) -> None:
    damage(copied / f"pretrained.{ending}")
    with pytest.raises(RunError) as error:
        astronet.load("pretrained", folder=copied)
    assert str(error.value) == message.format(copied / "pretrained")


def test_error_for_an_unknown_name_lists_the_available_ones(packed: Packed, here: Path) -> None:
    with pytest.raises(RunError) as error:
        astronet.load("pretraind")
    assert str(error.value) == (
        "'pretraind' is neither a run folder nor the name of shipped weights (available: "
        "pretrained, pretrained-plain); give a run folder written by `astronet train`, or one of "
        "these names"
    )
    assert shipped_names(here) == []
    with pytest.raises(RunError, match=r"shipped weights \(available: none\); give"):
        astronet.load("pretrained", folder=here)


@pytest.mark.parametrize("name", ["../pretrained", "weights/../pretrained"])
def test_name_cannot_contain_a_path(packed: Packed, name: str) -> None:
    with pytest.raises(RunError, match="nor the name of shipped weights"):
        load_shipped(name, packed.folder / "inner")


def test_predict_from_the_command_line(
    packed: Packed,
    archive: Archive,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def command(*words: object) -> pd.DataFrame:
        monkeypatch.setattr(sys, "argv", ["astronet", "predict", "pretrained", *map(str, words)])
        for path in Path().glob("predictions.*"):
            path.unlink()
        with pytest.raises(SystemExit) as status:
            main()
        printed = capsys.readouterr()
        assert status.value.code == 0, printed.err
        digest = load_shipped("pretrained").description.sha256[:12]
        assert f"weights: pretrained (sha256 {digest})" in printed.err
        return pd.read_csv("predictions.csv").set_index(["star", "number"])["score"]

    from_store = command("--store", packed.store.path)
    from_table = command(
        *("--table", archive.catalog, "--data", archive.light_curves, "--workers", 1)
    )
    assert np.allclose(from_store.sort_index(), from_table.sort_index(), atol=2e-6)
    event = packed.store.index.iloc[0]
    words = [f"--{name}={event[f'{name}_{unit}']}" for name, unit in EPHEMERIS]
    alone = command("--star", event["star"], "--data", archive.light_curves, *words)
    expected = from_store[(event["star"], event["number"])]
    assert alone.iloc[0] == pytest.approx(expected, abs=2e-6)


EPHEMERIS = (("period", "days"), ("epoch", "bkjd"), ("duration", "days"))


def test_evaluation_requires_a_store_and_describes_the_training_data(
    packed: Packed, here: Path
) -> None:
    with pytest.raises(RunError) as error:
        evaluate([Path("pretrained")])
    assert str(error.value) == (
        "pretrained: shipped weights contain no store; give the store to evaluate them on"
    )
    found = evaluate([Path("pretrained")], store=packed.store.path, split="test")
    assert found.folder == Path("runs/pretrained/evaluate-test")
    weights = load_shipped("pretrained")
    line = f"{weights}: {weights.description.trained_on.sentence}"
    assert found.summary.splitlines()[1] == line
    assert "calibrated on 11 events of the split val" in found.report.read_text()
    assert f"of {packed.trained_on.stars} stars" in line


def test_predictions_never_overwrite_the_weights(packed: Packed, here: Path) -> None:
    """The record of a table is a JSON file next to it."""
    record = packed.folder / "pretrained.json"
    before = record.read_bytes()
    given = {"store": packed.store.path, "out": record.with_suffix(".csv"), "overwrite": True}
    refused = run_command("predict", "pretrained", **given)
    assert f"writing {record} would change the input" in refused.error
    assert record.read_bytes() == before
