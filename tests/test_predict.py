import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import command
from samples import Archive, SmallRun

import astronet
from astronet.dataset.examples import Examples
from astronet.dataset.store import ViewStore
from astronet.errors import AstronetError, LightCurveError, RunError, StoreError
from astronet.files.checksums import sha256_of
from astronet.missions import kepler
from astronet.predict import predict_event, predict_store, predict_table, save
from astronet.runs.prediction_files import write_record
from astronet.runs.run import Run


def test_store_table_and_single_event_give_the_same_scores(
    small_run: SmallRun, archive: Archive
) -> None:
    scorer = astronet.load(small_run.run)
    store = ViewStore.open(small_run.store)
    from_store = predict_store(scorer, store).table.sort_index()
    from_table = predict_table(
        scorer, archive.catalog, archive.light_curves, workers=1, quiet=True
    ).table.sort_index()
    assert np.allclose(from_store["score"], from_table["score"], atol=1e-6)
    event = store.index.iloc[0]
    ephemeris = astronet.Ephemeris(
        event["period_days"], event["epoch_bkjd"], event["duration_days"]
    )
    single = predict_event(scorer, archive.light_curves, int(event["star"]), ephemeris)
    assert single.table["score"].iloc[0] == pytest.approx(from_store["score"].iloc[0], abs=1e-6)
    curve = kepler.read_light_curve(archive.light_curves, int(event["star"]))
    with pytest.warns(UserWarning, match="the transit is V-shaped") as caught:
        score = scorer.score(curve, ephemeris)
    assert score == pytest.approx(from_store["score"].iloc[0], abs=1e-6)
    assert str(caught[0].message) == f"star {curve.star}: {single.table['warning'].iloc[0]}"


def test_predictions_are_sorted_by_score_with_unscored_events_last(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    lines = archive.catalog.read_text().splitlines()
    bad = lines[-1].split(",")
    bad[1] = "123456789"
    table = tmp_path / "table.csv"
    table.write_text("\n".join([*lines, ",".join(bad)]) + "\n")
    out = tmp_path / "out" / "predictions.csv"
    result = command(
        "predict", small_run.run, data=archive.light_curves, table=table, out=out, workers=1
    )
    assert result.status == 3  # some events have no score
    written = pd.read_csv(out, float_precision="round_trip")
    first = ["star", "number", "period_days", "epoch_bkjd", "duration_days", "score"]
    assert written.columns[:9].tolist() == [*first, "spread", "decision", "unsure"]
    assert written.columns[-4:].tolist() == ["seen_in_training", "model", "warning", "reason"]
    run, scored = Run.load(small_run.run), written["score"].notna()
    assert set(written["model"]) == {f"run {run.record['weights_sha256'][:12]}"}
    assert written["spread"].isna().all()  # a single network
    assert written["decision"].notna().equals(scored)
    assert written["decision"][scored].tolist() == run.thresholds.decide(written["score"][scored])
    assert set(written["unsure"].dropna()) <= {"undecided score"}
    low, high = run.thresholds.undecided
    assert written["unsure"].notna().equals(written["score"].between(low, high))
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["table"]["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert [model["sha256"] for model in record["models"]] == [run.digest]
    assert written["score"].dropna().is_monotonic_decreasing
    assert np.isnan(written["score"].iloc[-1])
    assert written["star"].iloc[-1] == 123456789
    assert written["reason"].iloc[-1].startswith("there are no long-cadence files of KIC 123456789")
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert f"… {len(written)} events in total" in result.out
    assert "1 event without a score; reasons in the table" in result.out


def test_stars_of_the_training_set_are_marked(small_run: SmallRun) -> None:
    store = ViewStore.open(small_run.store)
    table = predict_store(astronet.load(small_run.run), store).table
    examples = Examples(store, Run.load(small_run.run).experiment.data)
    trained = set(store.index["star"].iloc[examples.train_rows])
    assert 0 < len(trained) < store.index["star"].nunique()
    assert set(table["star"][table["seen_in_training"]]) == trained


def test_a_run_of_an_older_version_is_used_without_its_stars(
    small_run: SmallRun, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(small_run.run, tmp_path / "run"))
    (run / "training_stars.npy").unlink()
    record = json.loads((run / "run.json").read_text())
    del record["thresholds"]
    (run / "run.json").write_text(json.dumps(record))
    table = predict_store(astronet.load(run), ViewStore.open(small_run.store)).table
    assert table["seen_in_training"].isna().all()
    assert set(table["decision"]) == {""}
    assert set(table["unsure"]) == {""}


def test_several_runs_are_averaged(small_run: SmallRun, tmp_path: Path) -> None:
    from astronet.config import load_config
    from astronet.train import train

    other = train(load_config(small_run.config, ["training.seed=1"]), tmp_path / "b", quiet=True)
    store = ViewStore.open(small_run.store)
    one, two = (astronet.load(run).score_store(store) for run in (small_run.run, other.path))
    both = astronet.load(small_run.run, other.path).score_store(store)
    assert np.allclose(both, (one + two) / 2, atol=1e-6)


@pytest.mark.parametrize(
    ("period", "warning"),
    [
        (2000.0, r"the period, 2000 d, is longer than the time span of the data, \d+ d"),
        (800.0, "data during only one transit"),
    ],
)
def test_single_transit_is_scored_with_a_warning(
    small_run: SmallRun, archive: Archive, period: float, warning: str
) -> None:
    star = int(ViewStore.open(small_run.store).index["star"][0])
    curve = kepler.read_light_curve(archive.light_curves, star)
    middle = float(curve.time[len(curve) // 2])
    ephemeris = astronet.Ephemeris(period, middle, 0.5)
    table = predict_event(astronet.load(small_run.run), archive.light_curves, star, ephemeris).table
    assert 0 <= table["score"].iloc[0] <= 1
    assert table["warning"].str.match(warning).all()
    with pytest.warns(UserWarning, match=warning):
        astronet.load(small_run.run).score(curve, ephemeris)


def test_empty_local_view_is_reported(small_run: SmallRun, archive: Archive) -> None:
    star = int(ViewStore.open(small_run.store).index["star"][0])
    ephemeris = astronet.Ephemeris(4000.0, 3000.0, 0.2)
    with pytest.raises(AstronetError, match="local view: no data within 0.8 d of a transit"):
        predict_event(astronet.load(small_run.run), archive.light_curves, star, ephemeris)


def test_light_curve_without_a_spline_is_rejected(small_run: SmallRun) -> None:
    scorer = astronet.load(small_run.run)
    with pytest.raises(LightCurveError, match="the median step between the times is 1 d"):
        scorer.score(astronet.LightCurve(1, [1, 2, 3], [1, 1, 1]), astronet.Ephemeris(2, 1, 0.1))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no input is given; give one of --star"),
        ({"star": 1, "store": "s"}, "--star and --store are mutually exclusive; give one of"),
        ({"star": 1}, "--star requires --data, the folder of light curves; add it"),
        (
            {"star": 1, "data": ".", "period": 1.0},
            "--star requires --epoch and --duration (in days); add them",
        ),
    ],
)
def test_incomplete_or_contradictory_options_are_rejected(
    small_run: SmallRun, given: dict, message: str
) -> None:
    assert command("predict", small_run.run, **given, out="unused.csv").error.startswith(message)


def test_store_without_the_required_view_is_rejected(small_run: SmallRun, tmp_path: Path) -> None:
    np.savez(
        tmp_path / "views.npz",
        kepid=np.array([1, 2]),
        tce_plnt_num=np.array([1, 1]),
        global_view=-np.eye(2, 2001, dtype=np.float32),
    )
    store = ViewStore.import_arrays(tmp_path / "views.npz", tmp_path / "store")
    with pytest.raises(StoreError, match=r"the network needs the view 'local' \[201 bins\], but"):
        predict_store(astronet.load(small_run.run), store)


def test_output_path_is_checked_before_scoring(small_run: SmallRun, tmp_path: Path) -> None:
    run, store = small_run.run, small_run.store
    (tmp_path / "taken.csv").mkdir()
    assert command("predict", run, store=store, out=tmp_path / "taken.csv").error == (
        f"{tmp_path / 'taken.csv'} cannot be written (Is a directory); choose another path (--out)"
    )
    assert command("predict", run, store=store, out=tmp_path / "new" / "scores.csv").status == 0
    assert (tmp_path / "new" / "scores.csv").exists()


@pytest.mark.parametrize("name", ["scores.png", "store/index.csv", "table.csv"])
def test_output_does_not_overwrite_input(
    small_run: SmallRun, archive: Archive, tmp_path: Path, name: str
) -> None:
    store = Path(shutil.copytree(small_run.store, tmp_path / "store"))
    table = Path(shutil.copy(archive.catalog, tmp_path / "table.csv"))
    before = (table.read_bytes(), (store / "index.csv").read_bytes())
    from_table = {"table": table, "data": archive.light_curves}
    given = from_table if name == "table.csv" else {"store": store}
    error = command("predict", small_run.run, **given, out=tmp_path / name).error
    assert re.search(
        "would change the input|unknown table format .png; end the name in one of .csv, ", error
    )
    assert before == (table.read_bytes(), (store / "index.csv").read_bytes())


def test_long_duration_is_scored_with_a_warning(small_run: SmallRun, archive: Archive) -> None:
    star = int(ViewStore.open(small_run.store).index["star"][0])
    event = astronet.Ephemeris(30.0, 140.0, 6.4)
    table = predict_event(astronet.load(small_run.run), archive.light_curves, star, event).table
    assert (
        table["warning"]
        .iloc[0]
        .startswith(
            "the transit duration, 6.4 d (21% of the period), is longer than that of planets; "
            "check that it is in days, not hours"
        )
    )


def test_repeated_command_gives_the_same_table(small_run: SmallRun, tmp_path: Path) -> None:
    run = Path(shutil.copytree(small_run.run, tmp_path / "run"))
    tables = []
    for overwrite in (False, True):  # the second time, the first table exists
        given = {"store": small_run.store, "out": run / "scores.csv", "overwrite": overwrite}
        assert command("predict", run, **given).status == 0
        tables.append((run / "scores.csv").read_bytes())
    assert tables[0] == tables[1]
    error = command("predict", run, store=small_run.store, out=run / "metrics.csv").error
    assert "metrics.csv would change the input" in error


TOI = "tid,toi,tfopwg_disp,pl_orbper,pl_tranmid,pl_trandurh\n1001,901.01,PC,3.1,2458327.5,2.9\n"


def test_table_of_another_mission_is_rejected(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "toi.csv").write_text(TOI)
    given = {"table": tmp_path / "toi.csv", "data": archive.light_curves}
    result = command("predict", small_run.run, **given, out=tmp_path / "scores.csv")
    assert result.error == (
        f"{tmp_path / 'toi.csv'} is a TOI table, so its stars belong to the mission tess, but the "
        "mission of the light curves is kepler; set mission to tess (--mission)"
    )
    assert not (tmp_path / "scores.csv").exists()


@pytest.mark.parametrize("star", ["TIC 1001", "EPIC-1001"])
def test_catalogue_before_a_star_number_is_that_of_the_mission(
    small_run: SmallRun, archive: Archive, tmp_path: Path, star: str
) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(f"star,period_days,epoch_bkjd,duration_days\n5,3,130,0.1\n{star},3,130,0.1\n")
    given = {"table": table, "data": archive.light_curves, "out": tmp_path / "scores.csv"}
    found = star[:4].strip(" -")
    assert command("predict", small_run.run, **given).error.startswith(
        f"{table} is a table with {found} numbers, so its stars belong to the mission "
    )


def test_no_score_at_all_is_a_failure_and_the_table_is_written(
    small_run: SmallRun, tmp_path: Path
) -> None:
    folder, out = tmp_path / "data", tmp_path / "scores.csv"
    folder.mkdir()
    (tmp_path / "toi.csv").write_text(TOI + TOI.splitlines()[1].replace("1", "2") + "\n")
    given = {"table": tmp_path / "toi.csv", "data": folder, "mission": "tess", "out": out}
    result = command("predict", small_run.run, **given)
    assert result.error == (
        "none of the 2 events could be scored, 2 of them for this reason: there are no light "
        f"curves of TIC 1001 in {folder} (products: spoc, fast, tess-spoc, qlp); download them: "
        f"`astronet download --catalog {tmp_path / 'toi.csv'} --mission tess --out {folder}`"
    )
    written = pd.read_csv(out)
    assert written["star"].tolist() == [1001, 2002]
    assert written["score"].isna().all() and written["reason"].notna().all()


def test_most_common_reason_is_named_if_no_event_has_a_score(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    star = int(ViewStore.open(small_run.store).index["star"][0])
    table, out = tmp_path / "mine.csv", tmp_path / "scores.csv"
    rows = [f"{star},{k},3,130,4" for k in (1, 2)]  # durations in hours
    table.write_text(
        "\n".join(["star,number,period_days,epoch_bkjd,duration_days", *rows, "5,1,3,130,0.1"])
    )
    given = {"table": table, "data": archive.light_curves, "out": out}
    error = command("predict", small_run.run, **given).error
    assert error.startswith("none of the 3 events could be scored, 2 of them for this reason: ")
    assert "cannot fit in a period of" in error
    assert "astronet download" not in error


def test_saving_replaces_files_only_with_overwrite(small_run: SmallRun, tmp_path: Path) -> None:
    prediction = predict_store(astronet.load(small_run.run), ViewStore.open(small_run.store))
    unscored = replace(prediction, table=prediction.table.assign(score=np.nan))
    out, figure = tmp_path / "scores.csv", tmp_path / "scores.png"
    for existing in (out, figure):
        existing.write_text("mine")
        for one in (prediction, unscored):
            with pytest.raises(RunError, match=f"{existing.name} already exists; choose another"):
                save(one, out, "title")
        assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
        existing.unlink()
    figure.write_text("mine")
    assert save(unscored, out, "title", overwrite=True) == figure
    assert not figure.exists()
    record = tmp_path / "scores.json"
    record.write_text("mine")
    with pytest.raises(RunError, match="scores.json already exists; choose another path"):
        write_record(out, astronet.load(small_run.run), "command")
    assert record.read_text() == "mine"


@pytest.mark.parametrize("option", ["table", "store"])
def test_an_input_that_is_also_given_as_data_is_protected(
    small_run: SmallRun, archive: Archive, tmp_path: Path, option: str
) -> None:
    store = Path(shutil.copytree(small_run.store, tmp_path / "store"))
    table = Path(shutil.copy(archive.catalog, tmp_path / "table.csv"))
    given = store if option == "store" else table
    out = store / "index.csv" if option == "store" else table
    before = out.read_bytes()
    options = {option: given, "data": given, "out": out, "overwrite": True}
    error = command("predict", small_run.run, **options).error
    assert error.startswith(f"writing {out} would change the input {given}; choose another path")
    assert out.read_bytes() == before


def test_record_contains_the_config_hash_of_the_run(small_run: SmallRun, tmp_path: Path) -> None:
    given = {"store": small_run.store, "out": tmp_path / "scores.csv"}
    assert command("predict", small_run.run, **given).status == 0
    (model,) = json.loads((tmp_path / "scores.json").read_text())["models"]
    assert model["config_sha256"] == sha256_of(small_run.run / "config.yaml")
