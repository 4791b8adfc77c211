"""Views cut from the global view equal views that a store contains."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from samples import Archive, SmallRun

import astronet
from astronet.config import Experiment, load_config
from astronet.dataset.examples import Examples
from astronet.dataset.recut import RecutView, in_memory, views_of
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import OfficialSplit
from astronet.dataset.store import ViewStore
from astronet.errors import LightCurveError, StoreError
from astronet.evaluate import evaluate
from astronet.lightcurves import GLOBAL, REBINNED_LOCAL, SECONDARY, Ephemeris, ViewSpec
from astronet.lightcurves.views import recut
from astronet.predict import predict_event, predict_store, save
from astronet.prepare import prepare
from astronet.train import train
from astronet.training.data import ViewData

N = 12
WANTED = {"global": GLOBAL, "rebinned_local": REBINNED_LOCAL, "secondary": SECONDARY}


@pytest.fixture
def make(tmp_path):
    def store(name="store", specs=None, **columns):
        generator = np.random.default_rng(0)
        whole = generator.normal(0, 0.05, (N, 2001)).astype(np.float32)
        whole[:, 980:1021] = -1
        index = {
            "star": range(1, N + 1),
            "number": 1,
            "period_days": np.linspace(2, 9, N),
            "duration_days": 0.1,
            "label": ["PC", "AFP"] * (N // 2),
            "split": "train",
        }
        frame = pd.DataFrame(index | columns)
        specs = specs or {"global": GLOBAL}
        blocks = {key: whole[:, : spec.bins] for key, spec in specs.items()}
        return ViewStore.create(tmp_path / name, frame, [blocks], specs, {})

    return store


def test_only_the_indexed_rows_are_cut(make):
    store = make()
    view = views_of(store, WANTED)["secondary"]
    assert isinstance(view, RecutView)
    assert (view.shape, len(view)) == ((N, 201), N)
    whole, events = store.views["global"], store.index
    expected = np.stack(
        [
            recut(whole[k], Ephemeris(events.period_days[k], 0, 0.1), SECONDARY).astype(np.float32)
            for k in range(N)
        ]
    )
    assert np.array_equal(view, expected)
    assert np.array_equal(in_memory(view, quiet=True), expected)
    for rows in (slice(3, 7), np.array([5, 1, 1]), np.arange(N) % 2 == 0, slice(0, 0)):
        assert np.array_equal(view[rows], expected[rows])
    assert view[:2].dtype == np.asarray(view).dtype == np.float32


def test_a_view_of_the_store_is_not_cut(make):
    store = make(specs={"global": GLOBAL, "secondary": SECONDARY})
    views = views_of(store, {"secondary": SECONDARY})
    assert views["secondary"] is store.views["secondary"]
    assert in_memory(views["secondary"]) is store.views["secondary"]


def test_training_views_are_cut_once(make):
    examples = Examples(make(), DataSettings(split=OfficialSplit()), views=WANTED)
    data = ViewData(examples, quiet=True)
    bins = {name: view.shape[1] for name, view in examples.views.items()}
    assert bins == {"global": 2001, "rebinned_local": 201, "secondary": 201}
    for batch in data.predict_dataloader():
        for name in WANTED:
            expected = np.asarray(examples.views[name][batch.row.numpy()])
            assert np.array_equal(batch.views[name].numpy(), expected)
    data.setup("fit")
    assert data._whole_views is data._whole_views


def error_of(store, specs=None):
    with pytest.raises(StoreError) as caught:
        views_of(store, specs or WANTED)
    return str(caught.value)


def test_events_without_an_ephemeris_are_counted(make):
    periods = np.linspace(2, 9, N)
    periods[[1, 4]] = np.nan
    store = make(period_days=periods, duration_days=[0.1] * (N - 1) + [50.0])
    assert error_of(store) == (
        f"3 of {N} events of the store {store.path} have no valid period and duration, which are "
        "needed to rebin the view 'rebinned_local' from the global view; import the views again "
        "with an event table that contains them"
    )


@pytest.mark.parametrize(
    ("specs", "present"),
    [
        ({"global": ViewSpec(bins=101)}, "'global' [101 bins]"),
        ({"mine": GLOBAL}, "'mine' [2001 bins]"),
        ({"global": ViewSpec(bins=2001, durations=9, bin_width=1)}, "'global' [2001 bins]"),
    ],
)
def test_a_view_cannot_be_cut_without_the_global_view(make, specs, present):
    store = make(specs=specs)
    assert error_of(store, {"secondary": SECONDARY}) == (
        "the network needs the view 'secondary' [201 bins], or the view 'global' [2001 bins] of "
        f"the whole period, from which it can be rebinned, but the store {store.path} contains "
        f"{present}; "
        "use views of this store in the config, or prepare a store with the required views"
    )


def test_a_view_of_another_length_is_rejected(make):
    store = make(specs={"global": GLOBAL, "secondary": SECONDARY.model_copy(update={"bins": 101})})
    assert error_of(store).startswith("the network needs the view 'secondary' [201 bins], but the")


def test_the_error_for_bins_that_do_not_fit_names_the_view(make):
    spec = ViewSpec(bins=5, durations=0.5, bin_width=2, rebinned_from=2001)
    view = views_of(make(), {"wide": spec})["wide"]
    with pytest.raises(LightCurveError, match=r"^wide view: bins 0\.2 d wide do not fit"):
        _ = view[:1]


def test_a_view_without_a_secondary_eclipse_is_not_flagged(make, tmp_path):
    store = make()
    whole = store.views["global"].copy()
    blocks = [{"global": whole, "secondary": np.zeros((N, 201), np.float32)}]
    specs = {"global": GLOBAL, "secondary": SECONDARY}
    other = ViewStore.create(tmp_path / "other", store.index, blocks, specs, {})
    assert not other.index["flat"].any()


@pytest.fixture(scope="module")
def experiment(small_run: SmallRun) -> Experiment:
    """A network of the global view and the secondary, on a store without the secondary."""
    views = "{global: {}, secondary: " + str(SECONDARY.model_dump(exclude_none=True)) + "}"
    network = ["network={kind: linear}", "training={epochs: 2, precision: float32}"]
    return load_config(small_run.config, [f"views={views}", *network])


@pytest.fixture(scope="module")
def complete(experiment: Experiment, tmp_path_factory: pytest.TempPathFactory) -> ViewStore:
    """Store of the same events, prepared with the secondary."""
    path = tmp_path_factory.mktemp("complete") / "store"
    return prepare(experiment.model_copy(update={"store": path}), workers=1, quiet=True)


def test_a_prepared_view_equals_the_view_cut_later(
    small_run: SmallRun, complete: ViewStore
) -> None:
    assert complete.specs["secondary"] == SECONDARY
    view = views_of(ViewStore.open(small_run.store), {"secondary": SECONDARY})["secondary"]
    assert np.array_equal(view, complete.views["secondary"])


def test_runs_with_prepared_and_cut_views_are_identical(
    experiment: Experiment, complete: ViewStore, archive: Archive, tmp_path: Path
) -> None:
    prepared = experiment.model_copy(update={"store": complete.path})
    runs = [
        train(one, tmp_path / name, quiet=True)
        for one, name in ((experiment, "cut"), (prepared, "prepared"))
    ]
    weights = [torch.load(run.weights_path, weights_only=True)["state_dict"] for run in runs]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])
    scorer, bare = astronet.load(runs[0].path), ViewStore.open(experiment.store)
    scores = [predict_store(scorer, one).table.sort_index()["score"] for one in (bare, complete)]
    assert scores[0].equals(scores[1])
    first = bare.index.iloc[0]
    event = Ephemeris(first["period_days"], first["epoch_bkjd"], first["duration_days"])
    fits = predict_event(scorer, archive.light_curves, int(first["star"]), event)
    assert fits.table["score"].iloc[0] == pytest.approx(scores[0].iloc[0], abs=1e-6)
    assert evaluate([runs[0].path], split="val").metrics["n"] > 0
    figure = save(predict_store(scorer, bare), tmp_path / "p.csv", "views that were cut")
    assert figure.exists()


def test_scoring_counts_events_without_an_ephemeris(experiment: Experiment, tmp_path: Path) -> None:
    run = train(experiment, tmp_path / "run", quiet=True)
    store = ViewStore.open(experiment.store)
    index = store.index.assign(period_days=np.nan)
    other = ViewStore.create(tmp_path / "other", index, [store.views], store.specs, {})
    message = f"{len(index)} of {len(index)} events of the store {other.path} have no valid"
    with pytest.raises(StoreError, match=f"^{re.escape(message)}"):
        astronet.load(run.path).score_store(other)
