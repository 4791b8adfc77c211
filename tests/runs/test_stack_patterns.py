"""Patterns of known inputs: each event is scored by the right part of a stack, and says so."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from commands import command
from samples import Archive, SmallRun
from searching import planet_of, write_custom

import astronet
from astronet.dataset.centroid_statistics import CENTROID, MEASURED, SOURCE
from astronet.dataset.recut import views_of
from astronet.dataset.stack_inputs import Group
from astronet.dataset.store import ViewStore
from astronet.errors import LightCurveError
from astronet.import_views import import_views
from astronet.missions import kepler
from astronet.missions.kepler import KeplerReader
from astronet.missions.options import source_with
from astronet.models.stack import Part, Stack
from astronet.predict import predict_event, predict_store, predict_table
from astronet.prepare import prepare
from astronet.runs.run import Run
from astronet.runs.scorer import Scorer
from astronet.runs.stack_files import save_stack
from astronet.runs.stacked import ViewsOfEvents, inputs_of
from astronet.training.forests import ForestSettings, fit_forest
from astronet.vetting.centroid import centroid_statistic

FEW = ForestSettings(trees=8, learning_rate=0.3, events_per_leaf=2, l2=0.1, seeds=1)
ALWAYS: tuple[Group, ...] = ("views", "networks")
PATTERNS: tuple[tuple[Group, ...], ...] = tuple(
    (*ALWAYS, *further, *centroid)
    for further in ((), ("siblings",), ("depth", "siblings"), ("depth", "siblings", "catalogue"))
    for centroid in ((), ("centroid",))
)
KEYS = ["star", "number"]
EPHEMERIS = ["period_days", "epoch_bkjd", "duration_days"]


def named(*further: str) -> str:
    return " + ".join([*ALWAYS, *further])


@pytest.fixture(scope="module")
def run(small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy of the small run with trees for each pattern, which have different mean scores."""
    path = tmp_path_factory.mktemp("patterns") / "run"
    shutil.copytree(small_run.run, path)
    store, scorer = ViewStore.open(small_run.store), astronet.load(path)
    statistic = np.exp(np.random.default_rng(0).normal(2, 3, len(store)))
    events = store.index.assign(**{CENTROID: statistic})
    scores, views = scorer.scores_of_store(store), views_of(store, scorer.experiment.views)
    inputs = inputs_of(scores, ViewsOfEvents(views), events, [scorer.experiment])
    targets = (statistic < np.median(statistic)).astype(np.float64)
    parts = []
    for place, groups in enumerate(PATTERNS):
        columns = inputs.columns(groups)
        columns[:, np.isnan(columns).all(axis=0)] = 0.0  # the simulation has no planet radius
        parts.append(Part(groups, fit_forest(columns, targets, FEW), offset=0.3 * place))
    save_stack(Stack(1, 0, tuple(parts)), path / "stack", [Run(path).digest], {"seed": 0})
    return path


@pytest.fixture(scope="module")
def scorer(run: Path) -> Scorer:
    return astronet.load(run)


@pytest.fixture(scope="module")
def events(archive: Archive) -> pd.DataFrame:
    """The events of a star with at least two events, all of which can be scored."""
    table = kepler.read_catalog(archive.catalog)
    table = table[table["star"] == table["star"].mode().iloc[0]].reset_index(drop=True)
    return table.assign(radius_earth=2.0)  # the simulation has no planet radius


@pytest.fixture(scope="module")
def scored(scorer: Scorer, archive: Archive, events: pd.DataFrame, whole: Path) -> pd.DataFrame:
    """Predictions for the table of these events."""
    table = predict_table(scorer, whole, archive.light_curves, workers=1, quiet=True).table
    return table.sort_index()


@pytest.fixture(scope="module")
def whole(events: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(events, tmp_path_factory.mktemp("whole") / "events.csv")


def written(events: pd.DataFrame, path: Path) -> Path:
    events.to_csv(path, index=False)
    return path


def test_a_whole_table_is_scored_with_everything_and_our_own_centroid(
    scorer: Scorer, archive: Archive, events: pd.DataFrame, scored: pd.DataFrame
) -> None:
    assert set(scored["inputs"]) == {named("depth", "siblings", "catalogue", "centroid")}
    assert set(scored[SOURCE]) == {MEASURED}
    reader = KeplerReader(centroid="moments")
    curve = kepler.read_light_curve(archive.light_curves, int(events["star"][0]), reader)
    ephemerides = [astronet.Ephemeris(*row) for row in events[EPHEMERIS].itertuples(index=False)]
    expected = [
        centroid_statistic(curve, one, [other for other in ephemerides if other is not one])
        for one in ephemerides
    ]
    np.testing.assert_allclose(scored[CENTROID], expected)


def test_a_run_without_a_stack_measures_no_centroid(
    small_run: SmallRun, archive: Archive, whole: Path
) -> None:
    scorer = astronet.load(small_run.run)
    table = predict_table(scorer, whole, archive.light_curves, workers=1, quiet=True).table
    assert not {CENTROID, SOURCE, "inputs"} & set(table)


@pytest.mark.parametrize(
    ("columns", "inputs"),
    [
        ([], ("siblings", "centroid")),
        (["snr"], ("siblings", "centroid")),
        (["depth_ppm"], ("depth", "siblings", "centroid")),
        (["star_teff_k"], ("siblings", "centroid")),
    ],
)
def test_a_table_with_few_columns(
    scorer: Scorer,
    archive: Archive,
    events: pd.DataFrame,
    tmp_path: Path,
    columns: list[str],
    inputs: tuple[str, ...],
) -> None:
    table = written(events[[*KEYS, *EPHEMERIS, *columns]], tmp_path / "few.csv")
    found = predict_table(scorer, table, archive.light_curves, workers=1, quiet=True).table
    assert set(found["inputs"]) == {named(*inputs)}
    assert found["score"].between(0, 1).all()


def test_a_statistic_in_the_table_is_used_where_it_is_positive(
    scorer: Scorer, archive: Archive, events: pd.DataFrame, scored: pd.DataFrame, tmp_path: Path
) -> None:
    given = np.zeros(len(events))
    given[0] = 1e5
    table = written(events.assign(tce_fwm_stat=given), tmp_path / "given.csv")
    found = predict_table(scorer, table, archive.light_curves, workers=1, quiet=True)
    found = found.table.sort_index()
    assert found[SOURCE].tolist() == ["tce_fwm_stat"] + [MEASURED] * (len(events) - 1)
    assert found[CENTROID].iloc[0] == 1e5
    np.testing.assert_allclose(found[CENTROID][1:], scored[CENTROID][1:])
    np.testing.assert_allclose(found["score"][1:], scored["score"][1:], atol=1e-9)
    again = written(found, tmp_path / "again.csv")  # predictions are an event table
    repeated = predict_table(scorer, again, archive.light_curves, workers=1, quiet=True)
    np.testing.assert_allclose(repeated.table.sort_index()["score"], found["score"], atol=1e-9)


def test_an_event_alone_and_with_the_others_of_its_star(
    scorer: Scorer, archive: Archive, events: pd.DataFrame, tmp_path: Path
) -> None:
    bare = written(events[[*KEYS, *EPHEMERIS]], tmp_path / "all.csv")
    expected = predict_table(scorer, bare, archive.light_curves, workers=1, quiet=True).table
    row, star = events.iloc[0], int(events["star"][0])
    event = astronet.Ephemeris(*row[EPHEMERIS])
    alone = predict_event(scorer, archive.light_curves, star, event).table
    assert alone["inputs"].tolist() == [named("centroid")]
    rest = written(events.iloc[1:], tmp_path / "rest.csv")
    both = predict_event(scorer, archive.light_curves, star, event, others=rest).table
    same = expected.sort_index().iloc[0]
    assert both["inputs"].tolist() == [named("siblings", "centroid")] == [same["inputs"]]
    assert both["score"].iloc[0] == pytest.approx(same["score"], abs=1e-9)
    assert both[CENTROID].iloc[0] == pytest.approx(same[CENTROID])
    assert both[KEYS].to_numpy().tolist() == [[star, 1]]


def test_others_of_the_command_line(
    run: Path, archive: Archive, events: pd.DataFrame, whole: Path, tmp_path: Path
) -> None:
    names = ("period", "epoch", "duration")
    event = dict(zip(names, events[EPHEMERIS].iloc[0], strict=True))
    given = {"star": events["star"][0], "data": archive.light_curves, **event}
    out = tmp_path / "scores.csv"
    result = command("predict", run, **given, others=whole, out=out)
    assert result.status == 0
    assert "is the scored event itself" in " ".join(result.err.split())
    written_row = pd.read_csv(out).iloc[0]
    assert written_row["inputs"] == named("siblings", "centroid")
    wrong = tmp_path / "wrong.csv"
    events[[*EPHEMERIS]].assign(star=5).to_csv(wrong, index=False)
    error = command("predict", run, **given, others=wrong, out=tmp_path / "no.csv").error
    assert f"lists no events of star {events['star'][0]}; give a table" in error
    assert error.endswith("(--others)")
    store = {"store": tmp_path, "others": whole}
    assert command("predict", run, **store).error.startswith("--others requires --star; ")
    error = command("predict", run, **given, others=whole, out=whole).error
    assert "would change the input" in error


def test_files_without_centroid_columns(
    scorer: Scorer, archive: Archive, events: pd.DataFrame, whole: Path, tmp_path: Path
) -> None:
    for path in kepler.list_files(archive.light_curves, int(events["star"][0])):
        with fits.open(path) as file:
            kept = [c for c in file[1].columns if not c.name.startswith(("MOM_", "POS_"))]
            file[1] = fits.BinTableHDU.from_columns(kept, header=file[1].header)
            file.writeto(tmp_path / path.name)
    found = predict_table(scorer, whole, tmp_path, workers=1, quiet=True).table
    assert set(found["inputs"]) == {named("depth", "siblings", "catalogue")}
    assert found[CENTROID].isna().all() and set(found[SOURCE]) == {""}


def test_a_custom_light_curve_has_no_centroid(scorer: Scorer, tmp_path: Path) -> None:
    write_custom(tmp_path, 1)
    planet = planet_of(0)
    event = astronet.Ephemeris(planet.period, planet.epoch, 0.2)
    source = source_with("custom", ["clock=btjd"])
    found = predict_event(scorer, tmp_path, "1", event, source).table
    assert found["inputs"].tolist() == [named()]


def test_a_store_without_a_catalogue(scorer: Scorer, small_run: SmallRun, tmp_path: Path) -> None:
    store = ViewStore.open(small_run.store)
    views = {f"{name}_view": np.asarray(store.views[name][:]) for name in store.bins}
    keys = {"kepid": store.index["star"], "tce_plnt_num": store.index["number"]}
    np.savez(tmp_path / "views.npz", **keys, **views)
    columns = store.index[[*KEYS, *EPHEMERIS]]
    table = written(columns, tmp_path / "ephemerides.csv")
    bare = import_views(tmp_path / "views.npz", tmp_path / "store", table=table)
    found = predict_store(scorer, bare).table
    assert set(found["inputs"]) == {named("siblings")}
    assert found["score"].between(0, 1).all()
    without = import_views(tmp_path / "views.npz", tmp_path / "without")
    with pytest.raises(LightCurveError, match="features of row 0: the period is nan; give it"):
        predict_store(scorer, without)


def test_a_store_with_a_joined_statistic(
    scorer: Scorer, small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    """0 or an empty value in the joined table means that there is no statistic."""
    store = ViewStore.open(small_run.store)
    views = {f"{name}_view": np.asarray(store.views[name][:]) for name in store.bins}
    keys = {"kepid": store.index["star"], "tce_plnt_num": store.index["number"]}
    np.savez(tmp_path / "views.npz", **keys, **views)
    statistic = np.where(np.arange(len(store)) % 3 == 0, 25.0, 0.0)
    joined = store.index[[*KEYS, *EPHEMERIS]].assign(tce_fwm_stat=statistic)
    joined.loc[1, "tce_fwm_stat"] = np.nan
    table = written(joined, tmp_path / "dr25.csv")
    made = import_views(
        tmp_path / "views.npz", tmp_path / "store", table=archive.catalog, join=table
    )
    found = predict_store(scorer, made).table.sort_index()
    with_centroid = named("depth", "siblings", "centroid")  # the simulation has no planet radius
    without = named("depth", "siblings")
    assert found["inputs"].tolist() == np.where(statistic > 0, with_centroid, without).tolist()
    assert set(found[SOURCE]) == {"joined_tce_fwm_stat", ""}


def test_a_prepared_store_has_the_measured_statistic(
    scorer: Scorer, small_run: SmallRun, whole: Path, scored: pd.DataFrame, tmp_path: Path
) -> None:
    from astronet.config import load_config

    settings = [f"source.catalog={whole}", f"store={tmp_path / 'store'}"]
    settings.append("source.reader={centroid: moments}")
    store = prepare(load_config(small_run.config, settings), workers=1, quiet=True)
    np.testing.assert_allclose(store.index[CENTROID], scored[CENTROID])
    found = predict_store(scorer, store).table.sort_index()
    np.testing.assert_allclose(found["score"], scored["score"], atol=1e-6)
    assert found["inputs"].tolist() == scored["inputs"].tolist()
    assert set(found[SOURCE]) == {CENTROID}


def test_a_light_curve_with_centroids(
    scorer: Scorer, archive: Archive, events: pd.DataFrame, tmp_path: Path
) -> None:
    bare = written(events[[*KEYS, *EPHEMERIS]], tmp_path / "all.csv")
    table = predict_table(scorer, bare, archive.light_curves, workers=1, quiet=True).table
    ephemerides = [astronet.Ephemeris(*row) for row in events[EPHEMERIS].itertuples(index=False)]
    reader, star = KeplerReader(centroid="moments"), int(events["star"][0])
    with_centroids = kepler.read_light_curve(archive.light_curves, star, reader)
    without = kepler.read_light_curve(archive.light_curves, star)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of unreliable scores, as in the table
        scores = [scorer.score(curve, ephemerides) for curve in (with_centroids, without)]
    np.testing.assert_allclose(scores[0], table.sort_index()["score"], atol=1e-6)
    assert not np.allclose(scores[1], scores[0], atol=0.01)


def test_candidates_of_a_search_are_scored_like_their_table(
    run: Path, scorer: Scorer, archive: Archive, events: pd.DataFrame, tmp_path: Path
) -> None:
    out = tmp_path / "candidates.csv"
    options = {"data": archive.light_curves, "out": out, "max_signals": 2, "min_period": 3}
    assert command("search", run, star=events["star"][0], **options).status == 0
    found = pd.read_csv(out)
    assert len(found) == 2  # so that they have siblings
    assert set(found["inputs"]) == {named("depth", "siblings", "centroid")}
    assert set(found[SOURCE]) == {MEASURED}
    table = written(found.drop(columns=[CENTROID]), tmp_path / "again.csv")
    again = predict_table(scorer, table, archive.light_curves, workers=1, quiet=True).table
    again = again.sort_index()
    np.testing.assert_allclose(again["score"], found["score"], atol=1e-6)
    np.testing.assert_allclose(again[CENTROID], found[CENTROID])
    assert again["inputs"].tolist() == found["inputs"].tolist()
