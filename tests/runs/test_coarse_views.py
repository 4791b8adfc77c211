"""A stack with a network and trees for coarse views."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from samples import SmallRun
from stacked_runs import FEW, CopiedRun

import astronet
from astronet.dataset.measured import packed
from astronet.dataset.recut import views_of
from astronet.dataset.stack_inputs import Group
from astronet.dataset.store import ViewStore
from astronet.errors import RunError
from astronet.models.feature_range import FeatureRange
from astronet.models.stack import Part, Stack
from astronet.runs.candidates import context_of, scored_candidates
from astronet.runs.coarse_network import COARSE
from astronet.runs.packing import pack_coarse
from astronet.runs.run import Run
from astronet.runs.stack_files import save_stack
from astronet.runs.stacked import ViewsOfEvents
from astronet.training.forests import fit_forest

USUAL: tuple[Group, ...] = ("views", "networks")
COARSE_VIEWS: tuple[Group, ...] = ("views", "coarse_networks")


def stretched(views):
    """Views of which three successive bins have the same flux."""
    bins = views.shape[1]
    return np.asarray(views)[:, np.arange(bins) // 3 * 3]


@pytest.fixture(scope="module")
def stacked(small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy of the small run whose network also scores coarse views, for other trees."""
    copied = CopiedRun.of(small_run, tmp_path_factory)
    path, inputs, scores = copied.path, copied.inputs, copied.scores
    described = pack_coarse(Run(path), path)
    columns = inputs.columns(USUAL)
    parts = tuple(
        Part(groups, fit_forest(columns, taught.astype(np.float64), FEW))
        for groups, taught in (
            (USUAL, scores > np.median(scores)),
            (COARSE_VIEWS, np.arange(len(scores)) % 2 == 0),
        )
    )
    usual = FeatureRange.fit(inputs.values["views"])
    everything = FeatureRange(
        low=(-1e300,) * len(usual.low), high=(1e300,) * len(usual.low), most=0
    )
    save_stack(
        Stack(1, 0, parts, 1), path / "stack", [Run(path).digest], {"seed": 0},
        feature_range=usual, coarse=described, coarse_range=everything,
    )  # fmt: skip
    return path


def test_coarse_views_are_scored_by_their_own_network_and_trees(
    stacked: Path, small_run: SmallRun
) -> None:
    scorer, store = astronet.load(stacked), ViewStore.open(small_run.store)
    views = views_of(store, scorer.experiment.views)
    fine = scorer.score_events(ViewsOfEvents(views), store.index)
    assert set(fine.inputs or ()) == {"views + networks"}
    mixed = {name: np.array(view) for name, view in views.items()}
    rows = np.arange(len(store)) % 3 == 0
    mixed["global"][rows] = stretched(mixed["global"][rows])
    found = scorer.score_events(ViewsOfEvents(mixed), store.index)
    assert found.inputs == [
        "views + coarse_networks" if row else "views + networks" for row in rows
    ]
    np.testing.assert_allclose(found.score[~rows], fine.score[~rows])
    (stack,) = scorer.stacks
    assert stack is not None and stack.coarse is not None
    own = {name: view[rows] for name, view in mixed.items()}
    np.testing.assert_allclose(  # the run is scored in bfloat16 where this is faster
        stack.coarse.logits(own)[:, 0], scorer.scores(own).logits[:, 0], atol=0.01
    )


def test_one_network_has_no_spread_and_coarse_features_have_their_own_range(
    stacked: Path, small_run: SmallRun
) -> None:
    scorer, store = astronet.load(stacked), ViewStore.open(small_run.store)
    views = {n: np.array(v) for n, v in views_of(store, scorer.experiment.views).items()}
    views["global"] = stretched(views["global"])
    found = scorer.score_events(ViewsOfEvents(views), store.index)
    assert np.isnan(found.spread).all()
    assert found.unusual is not None and not found.unusual.any()


def test_a_light_curve_of_few_points_has_coarse_views(stacked: Path) -> None:
    generator = np.random.default_rng(0)
    time = np.sort(generator.uniform(0, 27, 900))
    event = astronet.Ephemeris(period=3.3, epoch=1.1, duration=0.15)
    inside = np.abs((time - 1.1 + 1.65) % 3.3 - 1.65) < 0.075
    flux = 1 + generator.normal(0, 1e-3, 900) - 0.01 * inside
    curve = astronet.LightCurve(1, time, flux)
    scorer = astronet.load(stacked)
    (outcome,) = scorer.prepare(curve, [event])
    given = ViewsOfEvents.of([outcome], scorer.experiment.view_bins)
    from astronet.dataset.scalars import events_of_star

    events = events_of_star([event], {}, ()).assign(star=0)
    found = scorer.score_events(given, events, all_events=False)
    assert found.inputs == ["views + coarse_networks"]


def test_candidates_of_a_search_have_their_measured_bins(
    stacked: Path, small_run: SmallRun
) -> None:
    """With empty bins between measured ones, the mask is needed to recognise a coarse view."""
    scorer, store = astronet.load(stacked), ViewStore.open(small_run.store)
    views = {n: np.array(v) for n, v in views_of(store, scorer.experiment.views).items()}
    bins = views["global"].shape[1]
    measured = np.zeros((len(store), bins), np.bool_)
    measured[:, ::3] = True
    views["global"] = np.where(measured, views["global"], 0).astype(np.float32)
    usable = np.arange(len(store)) > 0
    columns = ["star", "number", "period_days", "epoch_bkjd", "duration_days"]
    candidates = store.index[columns].assign(centroid=np.nan, warning="", reason="")
    candidates["unscored"] = np.where(usable, "", "no points")
    some = {name: view[usable] for name, view in views.items()}
    given = candidates.drop(columns="reason")
    for bits, expected in ((packed(measured[usable]), "coarse_networks"), (None, "networks")):
        found = scored_candidates(scorer, given, context_of(given), some, "kepler", bits)
        assert found["inputs"].fillna("").tolist() == ["", *[f"views + {expected}"] * sum(usable)]
        assert found["reason"].iloc[0] == "no points"


def test_a_missing_or_damaged_network_is_an_error(stacked: Path, tmp_path: Path) -> None:
    path = tmp_path / "run"
    shutil.copytree(stacked, path)
    content = (path / COARSE).read_bytes()
    (path / COARSE).write_bytes(content[:-1] + b"x")
    with pytest.raises(RunError, match=r"coarse\.stack\.safetensors differs from the file"):
        astronet.load(path)
    (path / COARSE).unlink()
    with pytest.raises(RunError, match="cannot be read"):
        astronet.load(path)
