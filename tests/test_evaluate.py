import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from samples import SmallRun

from astronet.dataset.store import ViewStore
from astronet.errors import RunError, StoreError
from astronet.evaluate import Evaluation, evaluate

METRICS = {
    *("roc_auc", "average_precision", "accuracy", "precision", "recall", "threshold"),
    *("recall_at_precision_95", "recall_at_precision_99", "log_loss", "brier", "ece"),
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


def test_summary_contains_the_split_and_the_metrics(evaluation: Evaluation) -> None:
    assert evaluation.summary.startswith("split all (star), labels dr24_autovetter: ")
    assert "95 % confidence interval" in evaluation.summary
    assert "recall at precision 0.95" in evaluation.summary


def test_baselines_are_fitted_on_training_events(small_run: SmallRun, tmp_path: Path) -> None:
    evaluation = evaluate([small_run.run], split="test", out=tmp_path)
    assert "baseline depth and SNR, trees: average precision" in evaluation.summary
    assert set(evaluation.metrics["baselines"]) >= {"base rate", "depth and SNR, linear"}
    assert "star_clean" not in evaluation.metrics  # a split by star has no star in two subsets


def test_events_of_stars_without_training_events_are_evaluated_separately(
    small_run: SmallRun, tmp_path: Path
) -> None:
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
    metrics = evaluate([copy], split="val", store=shared.path, out=tmp_path / "out").metrics
    in_training = set(index["star"][parts == "train"])
    clean = sum(star not in in_training for star in index["star"][parts == "val"])
    assert 0 < metrics["star_clean"]["n"] == clean < metrics["n"]


def test_several_runs_are_averaged(small_run: SmallRun, tmp_path: Path) -> None:
    other = shutil.copytree(small_run.run, tmp_path / "copy")
    both = evaluate([small_run.run, other], split="all", out=tmp_path / "out")
    single = evaluate([small_run.run], split="all", out=tmp_path / "single")
    assert both.metrics["roc_auc"] == pytest.approx(single.metrics["roc_auc"])


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
