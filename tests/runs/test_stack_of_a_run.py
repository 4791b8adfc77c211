"""A run with a stack: the same scores from stores, tables and light curves, with their inputs."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import Archive, SmallRun
from stacked_runs import FEW, CopiedRun

import astronet
from astronet.dataset.examples import Examples
from astronet.dataset.recut import views_of
from astronet.dataset.stack_inputs import Group
from astronet.dataset.store import ViewStore
from astronet.errors import RunError
from astronet.evaluate import evaluate
from astronet.evaluation.decisions import Thresholds
from astronet.missions import kepler
from astronet.models.feature_range import FeatureRange
from astronet.models.stack import Part, Stack
from astronet.predict import predict_event, predict_store, predict_table
from astronet.runs.candidates import context_of, scored_candidates
from astronet.runs.evaluated import warn_about_stack
from astronet.runs.prediction_files import described
from astronet.runs.predictions import unsure
from astronet.runs.run import Run
from astronet.runs.stack_files import save_stack
from astronet.runs.stacked import ViewsOfEvents
from astronet.train import train
from astronet.training.forests import fit_forest

FIRST: tuple[Group, ...] = ("views", "networks")
SECOND: tuple[Group, ...] = (*FIRST, "siblings")
ALONE, TOGETHER = " + ".join(FIRST), " + ".join(SECOND)


@pytest.fixture(scope="module")
def stacked(small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy of the small run with trees that disagree with its network, and with each other."""
    copied = CopiedRun.of(small_run, tmp_path_factory)
    path, inputs = copied.path, copied.inputs
    targets = Examples(copied.store).targets
    siblings = np.nan_to_num(inputs.values["siblings"][:, 0])
    parts = []
    for groups, taught in ((FIRST, targets), (SECOND, siblings > np.median(siblings))):
        forest = fit_forest(inputs.columns(groups), taught.astype(np.float64), FEW)
        parts.append(Part(groups, forest, slope=0.3))
    thresholds = Thresholds.fit(copied.scores, targets)
    usual = FeatureRange.fit(inputs.values["views"])
    stack = Stack(1, 0, tuple(parts))
    digests = [Run(path).digest]
    save_stack(stack, path / "stack", digests, {"seed": 0}, thresholds, feature_range=usual)
    return path


def test_store_and_table_give_the_same_scores_from_the_same_inputs(
    stacked: Path, small_run: SmallRun, archive: Archive
) -> None:
    scorer = astronet.load(stacked)
    from_store = predict_store(scorer, ViewStore.open(small_run.store)).table.sort_index()
    from_table = predict_table(
        scorer, archive.catalog, archive.light_curves, workers=1, quiet=True
    ).table.sort_index()
    np.testing.assert_allclose(from_store["score"], from_table["score"], atol=1e-6)
    assert (from_store["inputs"] == TOGETHER).all()
    assert (from_table["inputs"] == TOGETHER).all()
    network = predict_store(astronet.load(small_run.run), ViewStore.open(small_run.store)).table
    assert "inputs" not in network
    assert not np.allclose(network.sort_index()["score"], from_store["score"], atol=0.05)
    np.testing.assert_allclose(network.sort_index()["spread"], from_store["spread"])


def test_an_event_alone_has_no_siblings_but_the_events_of_a_star_have(
    stacked: Path, small_run: SmallRun, archive: Archive
) -> None:
    scorer, store = astronet.load(stacked), ViewStore.open(small_run.store)
    table = predict_store(scorer, store).table.sort_index()
    star = int(table["star"][table["star"].duplicated()].iloc[0])
    rows = table[table["star"] == star]
    events = [
        astronet.Ephemeris(event.period_days, event.epoch_bkjd, event.duration_days)
        for event in rows.itertuples()
    ]
    single = predict_event(scorer, archive.light_curves, star, events[0])
    assert single.table["inputs"].tolist() == [ALONE]
    curve = kepler.read_light_curve(archive.light_curves, star)
    with pytest.warns(UserWarning) if any(rows["warning"]) else _nothing():
        assert scorer.score(curve, events[0]) == pytest.approx(single.table["score"].iloc[0])
        np.testing.assert_allclose(scorer.score(curve, events), rows["score"], atol=1e-6)


def test_the_siblings_of_evaluated_events_can_be_in_another_split(
    stacked: Path, small_run: SmallRun, tmp_path: Path
) -> None:
    store = ViewStore.open(small_run.store)
    scorer = astronet.load(stacked)
    rows = np.arange(0, len(store), 2)
    whole = predict_store(scorer, store).table.sort_index()
    np.testing.assert_allclose(scorer.score_store(store, rows), whole["score"].iloc[rows])
    found = evaluate([stacked], split="test", store=small_run.store, out=tmp_path / "out")
    written = pd.read_csv(found.folder / "predictions.csv")
    keys = ["star", "number"]
    merged = written.merge(whole, on=keys, suffixes=("", "_whole"))
    np.testing.assert_allclose(merged["score"], merged["score_whole"], atol=1e-6)
    assert set(written["inputs"]) == {TOGETHER}


def test_an_event_without_views_is_a_sibling_without_a_score(
    stacked: Path, archive: Archive, tmp_path: Path
) -> None:
    table = kepler.read_catalog(archive.catalog)
    first = table.iloc[[0]]
    outside = first.assign(number=99, period_days=9000.0, epoch_bkjd=20.0)
    path = tmp_path / "table.csv"
    pd.concat([first, outside]).to_csv(path, index=False)
    scorer = astronet.load(stacked)
    found = predict_table(scorer, path, archive.light_curves, workers=1, quiet=True).table
    assert found["inputs"].fillna("").tolist() == [TOGETHER, ""]
    assert found["score"].isna().tolist() == [False, True]


def test_the_model_the_record_and_the_decisions_are_those_of_the_stack(stacked: Path) -> None:
    scorer = astronet.load(stacked)
    (stack,) = scorer.stacks
    assert stack is not None
    digest = stack.description.sha256
    assert scorer.model == f"run {Run(stacked).digest[:12]} + stack {digest[:12]}"
    assert described(scorer)["stacks"][0]["sha256"] == digest
    assert scorer.thresholds == stack.description.thresholds


def test_views_unlike_those_of_training_make_a_score_unsure(
    stacked: Path, small_run: SmallRun
) -> None:
    scorer, store = astronet.load(stacked), ViewStore.open(small_run.store)
    views = dict(views_of(store, scorer.experiment.views))
    known = scorer.score_events(ViewsOfEvents(views), store.index)
    assert known.unusual is not None and not known.unusual.any()
    whole = np.array(views["global"][:], np.float32)
    whole[0] = np.where(np.arange(whole.shape[1]) % 2, 1.0, -1.0)  # no light curve looks like this
    strange = scorer.score_events(ViewsOfEvents(views | {"global": whole}), store.index)
    assert np.flatnonzero(strange.unusual).tolist() == [0]
    reasons = unsure(strange, scorer.thresholds)
    assert "unlike the training events" in reasons[0]
    table = predict_store(scorer, store).table.sort_index()
    assert table["unsure"].tolist() == unsure(known, scorer.thresholds)


def test_candidates_of_a_search_are_scored_like_a_table(stacked: Path, small_run: SmallRun) -> None:
    scorer, store = astronet.load(stacked), ViewStore.open(small_run.store)
    candidates = store.index.assign(unscored="", warning="", centroid=np.nan)
    candidates.loc[3, "unscored"] = "no points in transit"
    usable = np.flatnonzero(candidates["unscored"] == "")
    views = {
        name: np.asarray(view[usable])
        for name, view in views_of(store, scorer.experiment.views).items()
    }
    found = scored_candidates(scorer, candidates, context_of(candidates), views, "kepler")
    whole = predict_store(scorer, store).table.sort_index()
    other = (store.index["star"] != store.index["star"].iloc[3]).to_numpy()
    np.testing.assert_allclose(found["score"][other], whole["score"][other], atol=1e-6)
    assert np.isnan(found["score"].iloc[3])
    assert found["inputs"].iloc[3] == ""
    assert set(found["inputs"][other]) == {TOGETHER}


def test_an_explanation_warns_that_it_explains_the_networks_alone(
    stacked: Path, small_run: SmallRun, caplog: pytest.LogCaptureFixture
) -> None:
    warn_about_stack(astronet.load(small_run.run))
    assert not caplog.messages
    warn_about_stack(astronet.load(stacked))
    assert "run has a stack of trees" in caplog.messages[-1]


def test_a_run_with_a_stack_is_averaged_with_one_without(
    stacked: Path, small_run: SmallRun
) -> None:
    store = ViewStore.open(small_run.store)
    single = [astronet.load(path).scores_of_store(store) for path in (small_run.run, stacked)]
    both = astronet.load(small_run.run, stacked)
    scores = both.scores_of_store(store)
    np.testing.assert_allclose(scores.score, (single[0].score + single[1].score) / 2, rtol=1e-12)
    assert scores.inputs == single[1].inputs and both.thresholds is None
    np.testing.assert_allclose(scores.spread, np.abs(single[0].score - single[1].score) / 2)


def test_a_stack_of_other_weights_is_not_used(stacked: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    shutil.copytree(stacked, path)
    weights = path / "best.ckpt"
    weights.write_bytes(weights.read_bytes() + b" ")
    with pytest.raises(RunError, match="fitted with the logits of other weights"):
        astronet.load(path)


def test_overwriting_a_run_deletes_its_stack(stacked: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    shutil.copytree(stacked, path)
    experiment = Run(path).experiment
    train(experiment, path, overwrite=True, quiet=True)
    assert not list(path.glob("stack.*"))


def _nothing() -> object:
    from contextlib import nullcontext

    return nullcontext()


def test_an_impossible_number_of_networks_is_rejected_at_once(
    stacked: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copytree(stacked, tmp_path / "run")) / "stack.json"
    path.write_text(path.read_text().replace('"networks": 1', '"networks": 2147483647'))
    with pytest.raises(RunError, match="is corrupt, or from another version of astronet; restore"):
        astronet.load(path.parent)
