import json
import logging
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from commands import command
from samples import SmallRun

from astronet.config import load_config
from astronet.dataset.examples import Examples
from astronet.dataset.store import ViewStore
from astronet.errors import RunError, StoreError
from astronet.evaluate import Evaluation, evaluate
from astronet.evaluation.folder import writing_evaluation
from astronet.predict import predict_store
from astronet.runs.loading import load
from astronet.runs.training_stars import write_training_stars
from astronet.train import train

METRICS = {
    *("roc_auc", "average_precision", "accuracy", "precision", "recall", "threshold"),
    *("recall_at_precision_95", "recall_at_precision_99", "log_loss", "brier", "ece"),
    *("threshold_at_precision_95", "threshold_at_precision_99", "n_star_in_training"),
    *("n", "n_positive", "split", "labels", "intervals"),
}


@pytest.fixture(scope="module")
def evaluation(small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    out = tmp_path_factory.mktemp("evaluation")
    return evaluate([small_run.run], split="all", out=out)


def test_metrics_are_complete_and_have_intervals(evaluation: Evaluation) -> None:
    metrics = json.loads((evaluation.folder / "metrics.json").read_text())
    assert set(metrics) >= METRICS
    assert metrics["labels"] == "dr24_autovetter"
    low, high = metrics["intervals"]["average_precision"]
    assert low <= metrics["average_precision"] <= high


def test_predictions_have_one_row_per_event(evaluation: Evaluation) -> None:
    predictions = pd.read_csv(evaluation.folder / "predictions.csv")
    assert len(predictions) == evaluation.metrics["n"]
    assert predictions["target"].sum() == evaluation.metrics["n_positive"]
    assert (predictions["target"] == (predictions["label"] == "PC")).all()


def test_report_is_one_page(evaluation: Evaluation) -> None:
    page = evaluation.report.read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "ROC" in page and "dr24_autovetter" in page


def test_report_links_wrong_classifications(small_run: SmallRun, tmp_path: Path) -> None:
    """Link vetting pages and explanations that exist, and print the command of `explain`."""
    vet = tmp_path / "vet"
    (vet / "pages").mkdir(parents=True)
    index = ViewStore.open(small_run.store).index
    for star, number in zip(index["star"], index["number"], strict=True):
        (vet / f"pages/{star}-{number}.html").write_text("")

    found = evaluate(
        [small_run.run],
        split="all",
        out=tmp_path / "results",
        threshold=0.999999,
        vet=vet,
        explain_command=lambda store, row: f"explain {store.name} row-{row}",
    )
    page = found.report.read_text().split("Planets classified as false positives")[1]
    addresses = re.findall(r'<a href="([^"]+)">vetting page</a>', page)
    rows = re.findall(r"<span>row-(\d+)</span>", page)
    assert len(addresses) == len(rows) > 0
    for address, row in zip(addresses, map(int, rows), strict=True):
        assert (found.folder / address).resolve().is_file()
        event = index.iloc[row]
        assert address == f"../vet/pages/{event['star']}-{event['number']}.html"
        assert event["label"] == "PC"


def test_missing_folder_of_vetting_pages_is_an_error(small_run: SmallRun, tmp_path: Path) -> None:
    with pytest.raises(RunError) as error:
        evaluate([small_run.run], out=tmp_path, vet=tmp_path / "missing")
    assert str(error.value).startswith(f"{tmp_path}/missing is not a folder of vetting pages; ")


def test_summary_contains_the_split_and_the_metrics(evaluation: Evaluation) -> None:
    assert evaluation.summary.startswith("split all (star), labels dr24_autovetter: ")
    assert "95 % confidence interval" in evaluation.summary
    assert "recall at precision 0.95" in evaluation.summary


def test_baselines_are_fitted_on_training_events(small_run: SmallRun, tmp_path: Path) -> None:
    evaluation = evaluate([small_run.run], split="test", out=tmp_path)
    assert "baseline depth and SNR, trees: average precision" in evaluation.summary
    assert set(evaluation.metrics["baselines"]) >= {"base rate", "depth and SNR, linear"}
    assert "star_clean" not in evaluation.metrics  # a split by star has no star in two subsets
    assert evaluation.metrics["n_star_in_training"] == 0
    assert "training events" not in evaluation.summary


@pytest.fixture(scope="module")
def leaking(small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Run with a split by event, and its store: stars are in training and validation."""
    tmp_path = tmp_path_factory.mktemp("leaking")
    copy = Path(shutil.copytree(small_run.run, tmp_path / "copy"))
    store = ViewStore.open(small_run.store)
    index = store.index.copy()
    several = index["star"].duplicated(keep=False)
    parts = np.where(index.index % 2 == 0, "train", "val")  # by event, so stars are in both
    parts[several & index["star"].duplicated()] = "val"
    views = {name: np.asarray(view) for name, view in store.views.items()}
    shared = ViewStore.create(
        tmp_path / "store", index.assign(split=parts), [views], store.specs, {}
    )
    config = copy / "config.yaml"
    content = yaml.safe_load(config.read_text())
    content["data"]["split"] = {"kind": "official", "column": "split"}
    config.write_text(yaml.safe_dump(content))
    stars = index["star"][parts == "train"].tolist()
    write_training_stars(copy / "training_stars.npy", "kepler", stars)
    return copy, shared.path


@pytest.mark.parametrize("split", ["val", "all"])
def test_events_of_stars_without_training_events_are_evaluated_first(
    leaking: tuple[Path, Path], tmp_path: Path, split: str
) -> None:
    copy, store = leaking
    found = evaluate([copy], split=split, store=store, out=tmp_path)
    index, metrics = ViewStore.open(store).index, found.metrics
    in_training = set(index["star"][index["split"] == "train"])
    chosen = index["star"][(index["split"] == split) | (split == "all")]
    clean = sum(star not in in_training for star in chosen)
    assert 0 < metrics["star_clean"]["n"] == clean < metrics["n"] == len(chosen)
    assert metrics["n_star_in_training"] == len(chosen) - clean
    lines = found.summary.splitlines()
    assert lines[1] == (
        f"stars without training events: {clean} events of {len(set(chosen) - in_training)} stars, "
        f"{metrics['star_clean']['n_positive']} planets"
    )
    precision = metrics["star_clean"]["average_precision"]
    assert lines[2].startswith(f"  average precision           {precision:.4f}")
    later = lines.index(
        f"all {len(chosen)} events; the stars of {len(chosen) - clean} have training events, so "
        "these metrics overestimate the performance on new stars:"
    )
    precision = metrics["average_precision"]
    assert lines[later + 1].startswith(f"  average precision           {precision:.4f}")
    assert set(metrics["star_clean"]["baselines"]) >= {"base rate"}
    # A baseline is not evaluated on the events to which it was fitted.
    assert bool(metrics["baselines"]) == (split == "val")
    assert "The split leaks:" in found.report.read_text()


def test_unknown_training_stars_are_a_warning(
    leaking: tuple[Path, Path],
    small_run: SmallRun,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    copy, store = leaking
    old = Path(shutil.copytree(copy, tmp_path / "old"))
    (old / "training_stars.npy").unlink()  # as in a run of an older version
    evaluate([old], split="val", store=store, out=tmp_path / "results")
    assert f"{old} was trained on a store other than {store}, whose training set" in caplog.text
    caplog.clear()
    for number, run in enumerate((small_run.run, copy, Path("pretrained"))):
        evaluate([run], split="val", store=store, out=tmp_path / f"results-{number}")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_stars_of_the_training_set_are_recognised_in_any_store(
    small_run: SmallRun, tmp_path: Path
) -> None:
    """All stars are in the split val of the new store, but some were used in training."""
    store = ViewStore.open(small_run.store)
    index = store.index.assign(official_split="val")
    views = {name: np.asarray(view) for name, view in store.views.items()}
    ViewStore.create(tmp_path / "store", index, [views], store.specs, {"mission": "kepler"})
    run = Path(shutil.copytree(small_run.run, tmp_path / "run"))
    config = run / "config.yaml"
    settings = yaml.safe_load(config.read_text())
    settings["data"]["split"] = {"kind": "official", "column": "official_split"}
    config.write_text(yaml.safe_dump(settings))
    found = evaluate([run], split="val", store=tmp_path / "store", out=tmp_path / "results")
    examples = Examples(store, load_config(small_run.config).data)
    stars = set(store.index["star"].iloc[examples.train_rows])
    assert found.metrics["n_star_in_training"] == store.index["star"].isin(stars).sum()


def test_training_split_is_evaluated_with_a_warning(
    leaking: tuple[Path, Path], tmp_path: Path
) -> None:
    copy, store = leaking
    found = evaluate([copy], split="train", store=store, out=tmp_path)
    assert "star_clean" not in found.metrics
    assert found.summary.splitlines()[1] == (
        f"the stars of all {found.metrics['n']} events have training events, so these metrics "
        "overestimate the performance on new stars:"
    )
    assert found.metrics["baselines"] == {}
    assert "Warning:" in found.report.read_text()


def test_several_runs_are_averaged(small_run: SmallRun, tmp_path: Path) -> None:
    other = shutil.copytree(small_run.run, tmp_path / "copy")
    both = evaluate([small_run.run, other], split="all", out=tmp_path / "out")
    single = evaluate([small_run.run], split="all", out=tmp_path / "single")
    assert both.metrics["roc_auc"] == pytest.approx(single.metrics["roc_auc"])


def test_several_runs_are_compared(
    small_run: SmallRun, leaking: tuple[Path, Path], tmp_path: Path
) -> None:
    copy, store = leaking
    settings = ["training.epochs=1", "training.seed=5", "data.split={kind: official}"]
    experiment = load_config(small_run.config, [*settings, f"store={store}"])
    other = train(experiment, tmp_path / "other", quiet=True).path
    both = evaluate([copy, other], split="val", store=store, out=tmp_path / "out")
    for metrics in (both.metrics["star_clean"], both.metrics):
        comparison = metrics["comparison"]
        rows = {model["name"]: model for model in comparison["models"]}
        assert list(rows) == ["copy", "other", "ensemble (mean score)"]
        for name in ("average_precision", "roc_auc", "recall_at_precision_95"):
            assert rows["ensemble (mean score)"][name] == metrics[name]
            for pair in comparison["differences"]:
                difference = rows[pair["model"]][name] - rows[pair["minus"]][name]
                assert pair[name] == pytest.approx(difference, abs=1e-12)
    alone = evaluate([other], split="val", store=store, out=tmp_path / "alone").metrics
    assert both.metrics["comparison"]["models"][1]["roc_auc"] == alone["roc_auc"]
    lines = [line.split("  ")[1] for line in both.summary.splitlines() if line[:2] == "  "]
    assert lines.index("other − copy") < lines.index("ensemble (mean score) − other")
    assert 'id="comparison"' in both.report.read_text()
    curves = pd.read_csv(both.folder / "curves.csv")
    assert curves.columns[:3].tolist() == ["events", "model", "curve"]
    assert len(curves.drop_duplicates(["events", "model", "curve"])) == 2 * 3 * 4
    assert curves["events"].iloc[0] == "star_clean"


def test_runs_of_the_same_name_are_distinguished_by_their_paths(
    small_run: SmallRun, tmp_path: Path
) -> None:
    other = shutil.copytree(small_run.run, tmp_path / small_run.run.name)
    both = evaluate([small_run.run, other], split="test", out=tmp_path / "out")
    first, second, _ = (model["name"] for model in both.metrics["comparison"]["models"])
    assert (first, second) == (str(small_run.run), str(other))
    assert both.metrics["comparison"]["differences"][0]["average_precision"] == 0


def test_run_that_is_given_twice_is_rejected(small_run: SmallRun) -> None:
    with pytest.raises(RunError) as error:
        evaluate([small_run.run, small_run.run], split="test")
    assert str(error.value) == f"{small_run.run} is given twice; give each run once"


def test_split_without_events_is_named(small_run: SmallRun, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(small_run.run, tmp_path / "copy"))
    config = copy / "config.yaml"
    text = config.read_text().replace(
        "- 0.5\n    - 0.25\n    - 0.25", "- 1.0\n    - 0.0\n    - 0.0"
    )
    config.write_text(text)
    with pytest.raises(
        StoreError, match="no labelled events in the split val .* all 40.*or choose"
    ):
        evaluate([copy], split="val")


def test_unknown_split_is_named(small_run: SmallRun) -> None:
    with pytest.raises(RunError) as error:
        evaluate([small_run.run], split="exam")
    assert str(error.value) == "unknown split 'exam'; choose train, val, test or all"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_run_given_by_two_paths_is_rejected_before_anything_is_written(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Path(shutil.copytree(small_run.run, tmp_path / "k2"))
    (tmp_path / "link").symlink_to(run)
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    for other in (run, tmp_path / "link"):
        with pytest.raises(RunError, match="k2|link is given twice; give each run once"):
            evaluate([Path("k2"), other], store=small_run.store)
    assert contents(tmp_path) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["k2", "link"]


def test_a_failed_evaluation_leaves_earlier_results_and_no_folder(
    small_run: SmallRun, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(small_run.run, tmp_path / "run"))
    evaluate([run], split="val")
    before = contents(run / "evaluate-val")
    content = torch.load(run / "best.ckpt", weights_only=True)
    for values in content["state_dict"].values():
        values.fill_(float("nan"))
    torch.save(content, run / "best.ckpt")
    for out in (None, tmp_path / "new"):
        with pytest.raises(RunError):
            evaluate([run], split="val", out=out, overwrite=True)
    assert contents(run / "evaluate-val") == before
    assert not (tmp_path / "new").exists()


def test_results_that_were_not_completely_written_have_no_description(
    small_run: SmallRun, tmp_path: Path
) -> None:
    evaluate([small_run.run], split="val", out=tmp_path)
    inputs = {"split": "test"}
    with pytest.raises(OSError, match="disk is full"), writing_evaluation(tmp_path, inputs):
        raise OSError("disk is full")
    assert not (tmp_path / "inputs.json").exists()
    with pytest.raises(RunError, match="belongs to another evaluation"):
        evaluate([small_run.run], split="val", out=tmp_path)


def test_a_corrupt_description_is_one_line(small_run: SmallRun, tmp_path: Path) -> None:
    evaluate([small_run.run], split="val", out=tmp_path)
    (tmp_path / "inputs.json").write_bytes(b"\xff\xfe")
    error = command("evaluate", small_run.run, split="val", out=tmp_path).error
    assert error.startswith(f"{tmp_path}/metrics.json already exists and belongs to another")


def test_predictions_have_the_columns_of_predict(small_run: SmallRun, tmp_path: Path) -> None:
    evaluate([small_run.run], split="all", out=tmp_path / "evaluation")
    evaluated = pd.read_csv(tmp_path / "evaluation/predictions.csv")
    predicted = predict_store(load(small_run.run), ViewStore.open(small_run.store)).table
    assert [name for name in evaluated if name != "target"] == [*predicted]
    both = evaluated.merge(predicted, on=["star", "number"], suffixes=("", "_predicted"))
    assert len(both) == len(evaluated)
    for name in ("decision", "seen_in_training", "model"):
        assert both[name].tolist() == both[f"{name}_predicted"].tolist()
    assert set(evaluated["seen_in_training"]) == {True, False}
