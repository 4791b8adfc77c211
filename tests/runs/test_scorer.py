"""Scores of a network with catalogue scalars, known or unknown, agree for all kinds of input."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import BaseModel, Field
from samples import Archive, SmallRun, interrupted_in_epoch
from torch import Tensor, nn

import astronet
from astronet import config
from astronet.config import Experiment, load_config
from astronet.dataset.examples import Examples
from astronet.dataset.scalars import ScalarName, scalars_of
from astronet.dataset.store import ViewStore
from astronet.errors import ConfigError, RunError
from astronet.evaluate import evaluate
from astronet.missions import kepler
from astronet.models import AstroNetSpec
from astronet.models.batches import Batch
from astronet.models.layers import SETTINGS, Logit, initialise
from astronet.models.scaling import Scaling
from astronet.predict import predict_event, predict_store, predict_table
from astronet.runs.run import Run
from astronet.runs.scorer import Scorer
from astronet.train import train

NAMES: tuple[ScalarName, ...] = ("log_period", "log_snr", "star_teff")
KNOWN = ["snr", "star_teff_k"]


class CatalogueSpec(BaseModel):
    """Logistic regression on scalars alone."""

    model_config = SETTINGS
    convolutional: ClassVar[bool] = False
    columns: ClassVar[Mapping[str, BaseModel]] = {}

    kind: Literal["catalogue"] = "catalogue"
    scalars: tuple[ScalarName, ...] = NAMES
    dropout: float = 0.3

    def build(self, views: Mapping[str, int]) -> "Catalogue":
        return Catalogue(self)


class Catalogue(nn.Module):
    def __init__(self, spec: CatalogueSpec) -> None:
        super().__init__()
        self.scaling = Scaling(len(spec.scalars), spec.dropout)
        self.logit = Logit(self.scaling.out_features)
        initialise(self)

    def forward(self, batch: Batch) -> Tensor:
        logits: Tensor = self.logit(self.scaling(batch.scalars))
        return logits


class WiderExperiment(Experiment):
    """An experiment whose network may also be that of this file."""

    network: Annotated[AstroNetSpec | CatalogueSpec, Field(discriminator="kind")] = CatalogueSpec()  # type: ignore[assignment]


@pytest.fixture(autouse=True, scope="module")
def wider() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "Experiment", WiderExperiment)
        yield


def trained(store: Path, small: SmallRun, path: Path, *overrides: str) -> Path:
    content = small.config.read_text().split("network:")[0]
    file = path.with_suffix(".yaml")
    file.write_text(content)
    settings = [
        f"store={store}",
        "network.kind=catalogue",
        "training.epochs=3",
        "optimization.learning_rate=0.1",
    ]
    return train(load_config(file, [*settings, *overrides]), path, quiet=True).path


@pytest.fixture(scope="module")
def run(small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(small_run.store, small_run, tmp_path_factory.mktemp("scalars") / "run")


@pytest.fixture(scope="module")
def scorer(run: Path) -> Scorer:
    return astronet.load(run)


@pytest.fixture(scope="module")
def store(small_run: SmallRun) -> ViewStore:
    return ViewStore.open(small_run.store)


def test_store_table_and_light_curve_give_the_same_scores(
    scorer: Scorer, store: ViewStore, archive: Archive, run: Path
) -> None:
    from_store = predict_store(scorer, store).table.sort_index()
    files = archive.light_curves
    from_table = predict_table(scorer, archive.catalog, files, workers=1, quiet=True).table
    scores = from_store["score"].to_numpy()
    assert len(np.unique(scores)) > 10
    assert np.allclose(scores, from_table.sort_index()["score"], atol=1e-6)
    written = pd.read_csv(evaluate([run], split="all").folder / "predictions.csv")
    assert np.allclose(np.sort(scores), np.sort(written["score"]), atol=1e-6)
    event = store.index.iloc[0]
    curve = kepler.read_light_curve(files, int(event["star"]))
    known = event[KNOWN].to_dict()
    # The period of the ephemeris takes precedence over that of the catalogue.
    for values in (known, known | {"period_days": 1e3}):
        with pytest.warns(UserWarning, match="the transit is V-shaped"):  # an eclipsing binary
            score = scorer.score(curve, ephemeris_of(event), values)
        assert score == pytest.approx(scores[0], abs=1e-6)


def test_single_event_has_only_the_scalars_of_its_ephemeris(
    scorer: Scorer, store: ViewStore, archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    event = store.index.iloc[0]
    star, ephemeris = int(event["star"]), ephemeris_of(event)
    score = predict_event(scorer, archive.light_curves, star, ephemeris).table["score"].iloc[0]
    assert caplog.text.count("the network also reads snr, star_teff_k, but no event has") == 1
    assert score == pytest.approx(masked_scores(scorer, store)[0], abs=1e-6)
    curve = kepler.read_light_curve(archive.light_curves, star)
    with pytest.warns(UserWarning, match="the transit is V-shaped"):
        assert scorer.score(curve, ephemeris) == pytest.approx(score, abs=1e-6)


def test_store_without_catalogue_columns_is_scored_with_one_warning(
    scorer: Scorer, store: ViewStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bare = copied(store, tmp_path / "bare", store.index.drop(columns=KNOWN))
    scores = scorer.score_store(bare)
    assert len(caplog.messages) == 1
    caplog.clear()
    assert np.allclose(scores, masked_scores(scorer, store), atol=1e-6)
    assert not np.allclose(scores, scorer.score_store(store), atol=1e-3)
    assert caplog.messages == []


def test_views_without_scalars_are_scored_as_unknown(scorer: Scorer, store: ViewStore) -> None:
    unknown = np.full((len(store), len(NAMES)), np.nan, np.float32)
    scores = scorer.score_views(store.views)
    assert np.array_equal(scores, scorer.score_views(store.views, unknown))
    assert len(np.unique(scores)) == 1  # this network reads no views


def test_scores_follow_the_order_of_the_rows(scorer: Scorer, store: ViewStore) -> None:
    order = np.random.default_rng(0).permutation(len(store))
    views = {name: view[order] for name, view in store.views.items()}
    shuffled = scorer.score_views(views, scorer.scalars_of(store.index.iloc[order]))
    assert np.allclose(shuffled, scorer.score_store(store)[order], atol=1e-6)


def test_scalars_are_scaled_by_the_training_events(
    run: Path, small_run: SmallRun, store: ViewStore, tmp_path: Path
) -> None:
    data = Examples(store, load_config(small_run.config).data)
    values = scalars_of(store.index, NAMES)[data.train_rows]
    network = Run.load(run).load_network()
    assert np.allclose(network.scaling.mean, np.nanmean(values, 0), rtol=1e-5)
    assert np.allclose(network.scaling.deviation, np.nanstd(values, 0), rtol=1e-4)
    index = store.index.copy()
    others = ~np.isin(np.arange(len(index)), data.train_rows)
    assert others.sum() > 5
    index.loc[others, KNOWN] = 12345.6
    changed = copied(store, tmp_path / "changed", index)
    again = Run.load(trained(changed.path, small_run, tmp_path / "again")).load_network()
    for name, tensor in again.state_dict().items():
        assert torch.equal(tensor, network.state_dict()[name])


def test_resumed_run_keeps_its_scaling(
    run: Path, small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        interrupted_in_epoch(2, monkeypatch),
        pytest.raises(RunError, match="interrupted in epoch 2 of 3"),
    ):
        trained(small_run.store, small_run, tmp_path / "run")
    with monkeypatch.context() as resumed:
        resumed.setattr(Scaling, "fit", None)
        train(
            load_config(tmp_path / "run" / "config.yaml"), tmp_path / "run", resume=True, quiet=True
        )
    weights = [torch.load(r / "best.ckpt", weights_only=True) for r in (run, tmp_path / "run")]
    whole, parts = (content["state_dict"] for content in weights)
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_constant_scalars_in_training_are_reported(
    small_run: SmallRun, store: ViewStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bare = copied(store, tmp_path / "bare", store.index.drop(columns=KNOWN))
    path = trained(bare.path, small_run, tmp_path / "run")
    said = "are constant or missing in all training events: log_snr, star_teff; remove"
    assert said in caplog.text
    scorer = astronet.load(path)
    assert np.array_equal(scorer.score_store(store), scorer.score_store(bare))


def test_runs_with_different_scalars_are_not_averaged(
    run: Path, small_run: SmallRun, tmp_path: Path
) -> None:
    other = trained(small_run.store, small_run, tmp_path / "b", "network.scalars=[impact]")
    with pytest.raises(RunError, match="differ in scalars; average only runs with the same"):
        astronet.load(run, other)


def test_misspelled_scalars_are_rejected(
    scorer: Scorer, small_run: SmallRun, store: ViewStore, archive: Archive, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"scalars.0 = 'log_sn': input should be 'log_period', "):
        trained(store.path, small_run, tmp_path / "c", "network.scalars=[log_sn]")
    event = store.index.iloc[0]
    curve = kepler.read_light_curve(archive.light_curves, int(event["star"]))
    with pytest.raises(
        RunError, match="known: 'depth' is not a catalogue column used by any scalar; choose from"
    ):
        scorer.score(curve, ephemeris_of(event), {"depth": 1.0})


def test_network_without_scalars_ignores_catalogue(small_run: SmallRun, store: ViewStore) -> None:
    scorer = astronet.load(small_run.run)
    assert scorer.scalars_of(store.index).shape == (len(store), 0)
    assert np.array_equal(scorer.score_store(store), scorer.score_views(store.views))


def ephemeris_of(event: pd.Series) -> astronet.Ephemeris:
    return astronet.Ephemeris(event["period_days"], event["epoch_bkjd"], event["duration_days"])


def masked_scores(scorer: Scorer, store: ViewStore) -> np.ndarray:
    scalars = scalars_of(store.index, NAMES)
    scalars[:, 1:] = np.nan
    return scorer.score_views(store.views, scalars)


def copied(store: ViewStore, path: Path, index: pd.DataFrame) -> ViewStore:
    """Copy a store with another index but the same views and provenance."""
    provenance = store.description["provenance"]
    return ViewStore.create(path, index, [store.views], store.specs, provenance)


def test_scorer_without_networks_is_rejected() -> None:
    with pytest.raises(RunError, match="there are no networks to score with; give at least one"):
        Scorer([])


def test_rows_of_a_store_have_the_same_scores_as_in_the_whole_store(small_run: SmallRun) -> None:
    scorer, store = astronet.load(small_run.run), ViewStore.open(small_run.store)
    rows = np.array([5, 0, 17])
    scores = scorer.score_store(store, rows)
    np.testing.assert_allclose(scores, scorer.score_store(store)[rows], atol=2e-3)
