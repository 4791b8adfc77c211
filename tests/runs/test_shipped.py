"""Weights that are packed from runs are found by name and score as the runs did."""

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
from astronet.missions import kepler
from astronet.runs import shipped
from astronet.runs.packing import describe_training, pack
from astronet.runs.run import Run
from astronet.runs.shipped import TrainedOn, load_shipped, shipped_names
from astronet.train import train

CALIBRATION = Calibration(slope=0.6, offset=-0.8)


class Packed(NamedTuple):
    """Two runs, and the folder with the weights packed from them: the second reads one view."""

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
    """An empty working folder of somebody whose package came with the packed weights."""
    monkeypatch.setattr(shipped, "FOLDER", packed.folder)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def copied(packed: Packed, tmp_path: Path) -> Path:
    return Path(shutil.copytree(packed.folder, tmp_path / "weights"))


def test_packed_runs_score_as_their_average_calibrated(packed: Packed) -> None:
    scores = astronet.load("pretrained", folder=packed.folder).score_store(packed.store)
    each = [astronet.load(run.path).score_store(packed.store) for run in packed.runs]
    assert np.abs(each[0] - each[1]).max() > 1e-3  # they are two networks
    mean = (each[0] + each[1]) / 2
    by_hand = expit(0.6 * logit(mean) - 0.8)
    assert np.abs(scores - by_hand).max() < 1e-6
    assert np.abs(scores - CALIBRATION.apply(mean)).max() < 1e-6


def test_without_a_calibration_a_packed_run_scores_as_the_run(packed: Packed) -> None:
    scores = astronet.load("pretrained-plain", folder=packed.folder).score_store(packed.store)
    run = astronet.load(packed.runs[0].path).score_store(packed.store)
    assert np.abs(scores - run).max() < 1e-6


def test_one_event_of_a_light_curve_is_scored(packed: Packed, archive: Archive) -> None:
    scorer = astronet.load("pretrained", folder=packed.folder)
    event = packed.store.index.iloc[0]
    curve = kepler.read_light_curve(archive.light_curves, int(event["star"]))
    ephemeris = astronet.Ephemeris(*event[["period_days", "epoch_bkjd", "duration_days"]])
    expected = scorer.score_store(packed.store)[0]
    assert scorer.score(curve, ephemeris) == pytest.approx(expected, abs=1e-6)


def test_shipped_weights_and_a_run_of_one_kind_are_averaged(packed: Packed) -> None:
    run = packed.runs[1].path
    both = astronet.load("pretrained-plain", run, folder=packed.folder)
    alone = [astronet.load(one.path).score_store(packed.store) for one in packed.runs]
    assert both.name == "pretrained-plain + second"
    assert np.allclose(both.score_store(packed.store), (alone[0] + alone[1]) / 2, atol=1e-6)


def test_a_run_of_that_name_on_disk_wins(packed: Packed, here: Path) -> None:
    shutil.copytree(packed.runs[0].path, here / "pretrained")
    expected = astronet.load(packed.runs[0].path).score_store(packed.store)
    assert (astronet.load("pretrained").score_store(packed.store) == expected).all()


def test_the_order_of_runs_does_not_matter(packed: Packed) -> None:
    """The one that reads fewer views may come first."""
    paths = [run.path for run in packed.runs]
    forth = astronet.load(*paths).score_store(packed.store)
    back = astronet.load(*reversed(paths)).score_store(packed.store)
    assert np.abs(forth - back).max() < 1e-6


def test_the_files_hold_float32_by_network_and_no_path_of_the_machine(packed: Packed) -> None:
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


def test_what_they_were_trained_on_is_counted(packed: Packed, small_run: SmallRun) -> None:
    index, trained_on = packed.store.index, packed.trained_on
    part = index[packed.runs[0].experiment.data.split.assign(index) == "train"]
    assert trained_on.rows == len(part) and trained_on.stars == part["star"].nunique()
    assert trained_on.planets == (part["label"] == "PC").sum()
    assert trained_on.store_sha256 == packed.store.digest
    assert (trained_on.labels, trained_on.split) == ("dr24_autovetter", "star")


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def alter(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def other_format(path: Path) -> None:
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))


def odd_line(path: Path) -> None:
    path.write_text(path.read_text().replace('"slope": 0.6', '"slope": -0.6'))


def fewer(path: Path) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"configs": content["configs"][:1]}))


def more(path: Path) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"configs": [*content["configs"], content["configs"][0]]}))


def nested(path: Path) -> None:
    path.write_text("[" * 100_000)


DIFFERS = (
    "{0}.safetensors is not the file that pretrained.json describes (its sha256 differs); install "
    "astronet again"
)
DAMAGED = "{0}.json is damaged; install astronet again"
MISFIT = (
    "{0}.safetensors does not hold the networks that pretrained.json describes; install astronet "
    "again, or pack the weights anew"
)


@pytest.mark.parametrize(
    ("end", "harm", "message"),
    [
        ("safetensors", shorten, DIFFERS),
        ("safetensors", alter, DIFFERS),
        (
            "safetensors",
            Path.unlink,
            "{0}.safetensors cannot be read (No such file or directory); install astronet again",
        ),
        ("json", Path.unlink, "{0}.json is missing; install astronet again"),
        ("json", shorten, DAMAGED),
        ("json", odd_line, DAMAGED),
        ("json", nested, DAMAGED),
        (
            "json",
            other_format,
            "{0}.json is of format 1, this astronet reads format 2; use the astronet that packed "
            "it, or pack the weights anew",
        ),
        ("json", fewer, MISFIT),
        ("json", more, MISFIT),
    ],
)
def test_a_harmed_file_is_one_line(
    copied: Path, end: str, harm: Callable[[Path], None], message: str
) -> None:
    harm(copied / f"pretrained.{end}")
    with pytest.raises(RunError) as error:
        astronet.load("pretrained", folder=copied)
    assert str(error.value) == message.format(copied / "pretrained")


def test_an_unknown_name_is_answered_with_the_known_ones(packed: Packed, here: Path) -> None:
    with pytest.raises(RunError) as error:
        astronet.load("pretraind")
    assert str(error.value) == (
        "there is no run pretraind, and no shipped weights are called so (shipped: pretrained, "
        "pretrained-plain); give one of these, or a folder that `astronet train` made"
    )
    assert shipped_names(here) == []
    with pytest.raises(RunError, match=r"are called so \(shipped: none yet\); give"):
        astronet.load("pretrained", folder=here)


@pytest.mark.parametrize("name", ["../pretrained", "weights/../pretrained"])
def test_a_name_leads_nowhere_else(packed: Packed, name: str) -> None:
    with pytest.raises(RunError, match="no shipped weights are called so"):
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
        with pytest.raises(SystemExit) as status:
            main()
        said = capsys.readouterr()
        assert status.value.code == 0, said.err
        digest = load_shipped("pretrained").description.sha256[:12]
        assert f"weights: pretrained (sha256 {digest})" in said.err
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


def test_evaluate_wants_a_store_and_says_what_they_were_trained_on(
    packed: Packed, here: Path
) -> None:
    with pytest.raises(RunError) as error:
        evaluate([Path("pretrained")])
    assert str(error.value) == (
        "pretrained comes without the store that it was trained on; give the store to evaluate it "
        "on"
    )
    found = evaluate([Path("pretrained")], store=packed.store.path, split="test")
    assert found.folder == Path("runs/pretrained/evaluate-test")
    weights = load_shipped("pretrained")
    line = f"{weights}: {weights.description.trained_on.sentence}"
    assert found.summary.splitlines()[1] == line
    assert "calibrated on 11 events of the split val" in found.report.read_text()
    assert f"of {packed.trained_on.stars} stars" in line


def test_predictions_never_overwrite_the_weights(packed: Packed, here: Path) -> None:
    out = packed.folder / "pretrained.json"
    before = out.read_bytes()
    refused = run_command("predict", "pretrained", store=packed.store.path, out=out)
    assert "would change the input" in refused.error
    assert out.read_bytes() == before
