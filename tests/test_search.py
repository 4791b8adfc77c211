"""`astronet search`: tables of candidates that other commands read, resumed without a trace."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from commands import command
from light_curve_files import write_spoc
from samples import REPOSITORY, Archive, SmallRun, loaded
from searching import (
    DEPTH,
    FIRST,
    Planet,
    planet_of,
    relative_flux,
    write_custom,
    write_kepler,
)

from astronet.config import load_config
from astronet.dataset.store import ViewStore
from astronet.detection.candidate import FLAGS
from astronet.detection.settings import SearchSettings
from astronet.errors import MissingFilesError, RunError
from astronet.figures.numbers import score_text
from astronet.missions import kepler
from astronet.missions.options import source_with
from astronet.prepare import prepare
from astronet.runs import shipped
from astronet.search import files_of, search
from astronet.stars.candidate_rows import STAR_COLUMNS

STARS = 4
COLUMNS = [
    *("star", "number", "period_days", "epoch_bkjd", "duration_days", "depth_ppm"),
    *("period_error_days", "epoch_error_days", "duration_error_days", "depth_error_ppm"),
    *("snr", "statistic", "sde", "max_single_event", "transits", "complete_transits"),
    *("false_alarm_probability", "flags"),
]
SCORES = ["score", "spread", "decision", "unsure", "seen_in_training", "model", "warning", "reason"]


class Sky(NamedTuple):
    """Folder of FITS files of four stars with one planet each, and the tables of a search."""

    data: Path
    table: Path
    printed: str


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Sky:
    folder = tmp_path_factory.mktemp("sky")
    write_kepler(folder / "data", STARS)
    out = folder / "candidates.csv"
    done = command("search", all=True, data=folder / "data", out=out, max_signals=2, workers=1)
    assert done.status == 0, done.err
    return Sky(folder / "data", out, done.out)


def read(table: Path) -> pd.DataFrame:
    return pd.read_csv(table, float_precision="round_trip", keep_default_na=False, na_values=[""])


def contents(out: Path) -> list[bytes]:
    return [path.read_bytes() for path in files_of(out)[:2]]


def test_each_planet_is_the_first_candidate_of_its_star(sky: Sky) -> None:
    table = read(sky.table)
    assert table.columns.tolist() == COLUMNS
    first = table[table["number"] == 1]
    assert first["star"].tolist() == [FIRST + star for star in range(STARS)]
    for star, row in enumerate(first.itertuples()):
        planet = planet_of(star)
        assert row.period_days == pytest.approx(planet.period, rel=2e-3)
        cycles = (row.epoch_bkjd - planet.epoch) / planet.period
        assert abs(cycles - round(cycles)) * planet.period < 0.1
        assert row.depth_ppm == pytest.approx(1e6 * DEPTH, rel=0.4)
        assert row.snr > 20
    numbers = table.groupby("star")["number"].apply(list)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers)


def test_every_star_has_a_row_in_the_second_table(sky: Sky) -> None:
    stars, table = read(files_of(sky.table)[1]), read(sky.table)
    assert stars.columns.tolist() == [
        *("star", "candidates", "known_events", "points", "begin_bkjd", "span_days", "reason")
    ]
    assert stars["candidates"].tolist() == table["star"].value_counts().sort_index().tolist()
    curve = kepler.read_light_curve(sky.data, FIRST)
    assert stars["points"][0] == len(curve) and stars["begin_bkjd"][0] == curve.time[0]
    assert stars["span_days"][0] == curve.time[-1] - curve.time[0]
    assert stars["reason"].isna().all()


def test_the_best_candidates_are_printed_and_drawn(sky: Sky) -> None:
    table = read(sky.table)
    best = table.sort_values("statistic", ascending=False, kind="stable").astype(object).iloc[0]
    assert sky.printed.startswith(f"{best['star']}  candidate {best['number']}  period ")
    stars = f"{STARS} stars: {len(table)} candidates in {STARS} stars"
    assert sky.printed.splitlines()[-3:] == [
        stars,
        f"table: {sky.table}   stars: {sky.table.with_name('candidates.stars.csv')}   "
        f"figure: {sky.table.with_suffix('.png')}   record: {sky.table.with_suffix('.json')}",
        f"next: astronet predict pretrained --table {sky.table} --data {sky.data}",
    ]
    assert sky.table.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    record = json.loads(sky.table.with_suffix(".json").read_text())
    assert record["settings"]["max_signals"] == 2 and record["mission"] == "kepler"
    assert record["command"].startswith("astronet search --all --data ")
    assert not sky.table.with_name("candidates.csv.parts").exists()


def test_candidates_are_scored_as_by_predict(small_run: SmallRun, sky: Sky, tmp_path: Path) -> None:
    out, scored = tmp_path / "scored.csv", tmp_path / "predictions.csv"
    given = {"data": sky.data, "max_signals": 2, "workers": 1}
    done = command("search", small_run.run, all=True, out=out, **given)
    assert done.status == 0, done.err
    table = read(out)
    assert table.columns.tolist() == COLUMNS + SCORES
    pd.testing.assert_frame_equal(table[COLUMNS], read(sky.table))
    again = command("predict", small_run.run, table=sky.table, data=sky.data, out=scored, workers=1)
    assert again.status == 0, again.err
    keys = ["star", "number"]
    predicted = read(scored).set_index(keys).loc[table.set_index(keys).index].reset_index()
    np.testing.assert_allclose(table["score"], predicted["score"], rtol=0, atol=1e-6)
    assert table["score"].notna().all()
    printed = [
        " seen in training" in line for line in done.out.splitlines() if "candidate " in line
    ]
    assert sum(printed) == table.nlargest(10, "score")["seen_in_training"].sum()
    columns = ["flags", "decision", "unsure", "seen_in_training", "model", "warning", "reason"]
    pd.testing.assert_frame_equal(table[columns], predicted[columns], check_dtype=False)
    next_ = shlex.split(done.out.splitlines()[-1].removeprefix("next: "))
    best = table.sort_values("score", ascending=False, kind="stable").astype(object).iloc[0]
    assert next_[:3] == ["astronet", "vet", str(small_run.run)]
    (tmp_path / "best.csv").write_text(table[table["star"] == best["star"]].to_csv(index=False))
    next_[next_.index("--table") + 1] = str(tmp_path / "best.csv")
    vetted = command(*next_[1:], "--out", tmp_path / "pages")
    assert vetted.status == 0, vetted.err
    page = tmp_path / f"pages/pages/{best['star']}-{best['number']}.json"
    assert json.loads(page.read_text())["score"] == pytest.approx(best["score"], abs=1e-6)


def test_scores_are_listed_with_the_flags_of_the_candidates(
    small_run: SmallRun, sky: Sky, tmp_path: Path
) -> None:
    """Flags that are all empty remain text."""
    first = read(sky.table).astype({"flags": str}).head(1)
    given = {"table": tmp_path / "found.csv", "data": sky.data, "workers": 1}
    for flags in ("orbit;sibling", ""):
        first.assign(flags=flags).to_csv(given["table"], index=False)
        out = tmp_path / f"{len(flags)}.jsonl"
        done = command("predict", small_run.run, **given, out=out)
        assert done.status == 0, done.err
        assert json.loads(out.read_text())["flags"] == flags
        assert ("   orbit, sibling" in done.out) == bool(flags)


def test_the_explained_score_is_that_of_the_table(
    small_run: SmallRun,
    archive: Archive,
    tmp_path: Path,
    networks_alone: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other events of the star are removed, and scalars are computed from the table."""
    monkeypatch.setattr(shipped, "FOLDER", networks_alone)  # trees are not explained
    table = pd.read_csv(archive.catalog, comment="#")
    star = table["kepid"][table["kepid"].duplicated()].iloc[0]
    given = {"data": archive.light_curves, "table": archive.catalog}
    run, scored = "pretrained-scalars", tmp_path / "scored.csv"
    assert command("predict", run, **given, out=scored).status == 0
    scores = read(scored).set_index(["star", "number"])["score"]
    explained = command("explain", run, **given, star=star, number=2, out=tmp_path / "page")
    assert explained.status == 0, explained.err
    assert explained.out.split()[0] == score_text(scores[star, 2])
    missing = command("explain", small_run.run, **given, star=star, number=9)
    assert missing.error.startswith(
        f"{archive.catalog} contains no event 9 of star {star} (its events: 1, 2"
    )
    assert missing.error.endswith("choose another star or number (--star, --number)")
    wrong = command("explain", small_run.run, **given, star=star, period=3.0)
    assert wrong.error.startswith("--table requires --star and --data, and replaces --period,")
    assert command("explain", small_run.run, star=star, data=".", number=1).error == (
        "--number requires --table; add it"
    )


def test_scores_with_scalars_of_other_stars_equal_those_of_predict(
    sky: Sky, tmp_path: Path
) -> None:
    """The weights read the number of candidates of the star, and of other stars with the period."""
    out, scored = tmp_path / "scored.csv", tmp_path / "predictions.csv"
    given = {"data": sky.data, "workers": 1}
    done = command("search", "pretrained-scalars", all=True, out=out, max_signals=2, **given)
    assert done.status == 0, done.err
    assert command("predict", "pretrained-scalars", table=out, out=scored, **given).status == 0
    table, predicted = (read(path).sort_values(["star", "number"]) for path in (out, scored))
    np.testing.assert_allclose(table["score"], predicted["score"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(table["spread"], predicted["spread"], rtol=0, atol=1e-6)


def test_a_store_is_prepared_from_candidates(small_run: SmallRun, sky: Sky, tmp_path: Path) -> None:
    overrides = [f"source.catalog={sky.table}", f"source.light_curves={sky.data}"]
    experiment = load_config(small_run.config, [*overrides, f"store={tmp_path / 'store'}"])
    store = prepare(experiment, workers=1, quiet=True)
    table = read(sky.table)
    for column in ("star", "number", "period_days", "depth_ppm", "snr", "sde"):
        assert ViewStore.open(store.path).index[column].tolist() == table[column].tolist()
    assert command("audit", store.path).status == 0
    planned = command("download", catalog=sky.table, dry_run=True, source=sky.data)
    assert planned.status == 0 and f"{STARS} stars" in planned.out
    shown = command("catalog show", sky.table)
    assert shown.status == 0 and "custom table" in shown.out


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".ecsv"])
def test_every_format_contains_the_same_numbers(sky: Sky, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"found{suffix}"
    given = {"stars": sky.table, "data": sky.data, "max_signals": 2, "workers": 1}
    assert command("search", out=out, **given).status == 0
    names = {"found.json", "found.png", f"found{suffix}", f"found.stars{suffix}"}
    assert {path.name for path in tmp_path.iterdir()} == names
    one, two = kepler.read_catalog(sky.table), kepler.read_catalog(out)
    numbers = one.select_dtypes("number").columns.drop("flags", errors="ignore")  # may be empty
    pd.testing.assert_frame_equal(one[numbers], two[numbers], check_dtype=False)


def test_a_dash_writes_only_csv_to_standard_output(sky: Sky, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"all": True, "data": sky.data, "max_signals": 2, "workers": 1, "out": "-"}
    assert command("search", **given).out == sky.table.read_text()
    assert list(tmp_path.iterdir()) == []
    assert command("search", **given, resume=True).error == (
        "a search that writes to standard output cannot be resumed or divided; give the path of a "
        "table (--out, --resume, --shard)"
    )


def test_known_events_are_masked(sky: Sky, tmp_path: Path) -> None:
    known = tmp_path / "known.csv"
    planet = planet_of(0)
    known.write_text(
        "kepid,period_days,epoch_bkjd,duration_days\n"
        f"{FIRST},{planet.period},{planet.epoch},0.3\n{FIRST},3,170,4\n{FIRST + 9},3,170,0.1\n"
    )
    out = tmp_path / "candidates.csv"
    given = {"star": FIRST, "data": sky.data, "max_signals": 1, "out": out}
    done = command("search", **given, known=known)
    assert done.status == 0, done.err
    message = "known.csv: 1 event is without a valid period, epoch and duration"
    assert "".join(message.split()) in "".join(done.err.split())  # lines are wrapped anywhere
    table, stars = read(out), read(files_of(out)[1])
    assert stars["known_events"].tolist() == [1]
    assert not np.isclose(table["period_days"], planet.period, rtol=1e-2).any()
    known.write_text("kepid,period_days,epoch_bkjd,duration_days\n7,3,170,0.1\n")
    done = command("search", **given, known=known, overwrite=True)
    assert "known.csv lists no event of the searched stars; check the table" in (
        " ".join(done.err.split())
    )
    known.write_text("kepid,period_days,epoch_bkjd,duration_days\n")
    done = command("search", **given, known=known, overwrite=True)
    assert "known.csv has no rows, so no events are masked" in " ".join(done.err.split())
    assert np.isclose(read(out)["period_days"], planet.period, rtol=2e-3).any()


def test_a_star_that_cannot_be_searched_is_a_row_with_its_reason(
    small_run: SmallRun, sky: Sky, tmp_path: Path
) -> None:
    data, out = tmp_path / "data", tmp_path / "candidates.csv"
    stars = write_kepler(data, 3, quarters=(1,))
    damaged = kepler.list_files(data, stars[1])[0]
    damaged.write_bytes(damaged.read_bytes()[:20000])
    (tmp_path / "list.txt").write_text(f"7\n{stars[2]}\n{stars[1]}\n{stars[0]}\n")
    given = {"stars": tmp_path / "list.txt", "data": data, "max_signals": 1, "workers": 1}
    done = command("search", small_run.run, **given, out=out)
    assert done.status == 3, done.err
    rows = read(files_of(out)[1])
    assert rows["star"].tolist() == [7, stars[2], stars[1], stars[0]]
    assert rows["candidates"].tolist() == [0, 1, 0, 1]
    assert rows["points"][0] == 0 and pd.isna(rows["span_days"][0])
    assert rows["reason"][0] == f"there are no long-cadence files of KIC 7 in {data}; download them"
    assert "is truncated" in rows["reason"][2]
    assert read(out)["star"].tolist() == [stars[2], stars[0]]
    assert f"4 stars: 2 candidates in 2 stars, 2 stars not searched; reasons in {tmp_path}" in (
        done.out
    )


def test_no_searched_star_at_all_is_a_failure_without_files(tmp_path: Path) -> None:
    """The corrected command can use the same path."""
    data, out = tmp_path / "data", tmp_path / "candidates.csv"
    data.mkdir()
    failed = command("search", star=7, data=data, out=out)
    assert failed.error == (
        f"the star could not be searched: there are no long-cadence files of KIC 7 in {data}; "
        f"download them: `astronet download --stars 7 --mission kepler --out {data}`"
    )
    assert failed.out == "" and list(tmp_path.iterdir()) == [data]
    out.write_text("an earlier table")
    assert command("search", star=7, data=data, out=out, overwrite=True).error == failed.error
    assert out.read_text() == "an earlier table"
    assert command("search", star=7, data=data, out="-").out == ""
    out.unlink()
    stars = tmp_path / "list.txt"
    stars.write_text("7\n8\n")
    given = {"stars": stars, "data": data, "out": out, "workers": 1}
    assert command("search", **given).error.startswith(
        "none of the 2 stars could be searched, 2 of them for this reason: there are no long-"
    )
    assert {*tmp_path.iterdir()} == {data, stars}


def test_tables_list_the_reasons_if_stars_failed_for_several(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "candidates.csv"
    damaged = kepler.list_files(data, write_kepler(data, 1, quarters=(1,))[0])[0]
    damaged.write_bytes(damaged.read_bytes()[:20000])
    (tmp_path / "list.txt").write_text(f"7\n{FIRST}\n")
    done = command("search", stars=tmp_path / "list.txt", data=data, out=out, workers=1)
    assert done.error.startswith("none of the 2 stars could be searched, 1 of them for this reason")
    assert read(out).columns.tolist() == COLUMNS and len(read(out)) == 0
    assert read(files_of(out)[1])["reason"].notna().all()
    assert not out.with_suffix(".png").exists() and "next: " not in done.out


def test_an_unexpected_error_is_a_reason_too(tmp_path: Path, monkeypatch) -> None:
    stars = write_custom(tmp_path / "data", 2)
    import astronet.stars.search as module

    search_of = module.find_transits

    def broken(curve, *arguments):
        if curve.star == stars[0]:
            raise ZeroDivisionError("division by\nzero")
        return search_of(curve, *arguments)

    monkeypatch.setattr(module, "find_transits", broken)
    source = source_with("custom", ["clock=btjd"])
    settings = SearchSettings(max_signals=1)
    out = tmp_path / "candidates.csv"
    found = search(stars, tmp_path / "data", source, out, settings=settings, workers=1, quiet=True)
    assert (found.stars, found.failed, found.candidates) == (2, 1, 1)
    assert read(files_of(out)[1])["reason"][0] == (
        "unexpected ZeroDivisionError (division by zero); report it with the star's files"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no input is given; give one of --star, --stars and --all"),
        ({"star": 1, "all": True}, "--star and --all are mutually exclusive; give one of --star"),
        ({"star": "TrES-2"}, "'TrES-2' is not a valid KIC number; give a whole number of up to 9"),
        ({"star": "5.5"}, "'5.5' is not a valid KIC number; give a whole number of up to 9"),
        ({"star": 10**30}, "000' is not a valid KIC number; give a whole number of up to 9 digits"),
        ({"star": "TIC 5"}, "TIC 5 is a TESS star, but the light curves are read as those of the"),
        ({"star": 1, "data": "missing"}, "missing does not exist; give the folder of the light"),
        ({"star": 1, "mission": "x"}, "unknown mission 'x'; choose one of kepler, tess, k2, "),
        ({"star": 1, "mission": "custom"}, "mission custom: the reader option clock is missing; "),
        ({"star": 1, "reader": "clock=btjd"}, "mission kepler: unknown reader option clock; valid"),
        ({"star": 1, "out": "a.xls"}, "a.xls: unknown table format .xls; end the name in one of"),
        ({"star": 1, "known": "no.csv"}, "(CSV, Parquet, JSON Lines or ECSV) (--known)"),
        ({"star": "TrES-2"}, "the number: `astronet download --stars TrES-2 --mission kepler`"),
        (
            {"star": 1, "min_period": 9, "max_period": 2},
            "the range of periods, 9 to 2 d, is invalid",
        ),
        ({"star": 1, "min_period": 0}, "min_period of the search is 0.0; give a positive number"),
        ({"star": 1, "max_period": "inf"}, "days, or none (--max-period)"),
        ({"star": 1, "reader": "flux"}, "an equals sign and the value (--reader)"),
        ({"all": True}, " contains no light-curve files of the mission kepler; give the folder"),
        ({"stars": "no.txt"}, "no.txt does not exist; give the path of a text file with one star "),
    ],
)
def test_invalid_options_are_named_before_the_search(
    given: dict, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    error = command("search", **{"data": "empty", **given}).error
    assert message in error
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_light_curve_files_are_not_runs(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.fits" for number in range(3)]
    for file in files:
        file.touch()
    assert command("search", *files[1:], star=1, data=files[0]).error == (
        f"{files[1]} is a file, but a run is a folder or a name; give --data one path without a "
        f"pattern such as *, for example {tmp_path}"
    )


@pytest.mark.parametrize("values", [(1,), (1, "--out", "c.csv"), ("low", "high")])
def test_a_range_requires_two_numbers(tmp_path: Path, values: tuple[object, ...]) -> None:
    error = command("search", "--star", 1, "--data", tmp_path, "--density", *values).error
    assert error.startswith(
        "--density requires 2 numbers (MIN MAX), for example --density 0.2 3; see `"
    )


def test_a_missing_value_names_the_help_of_the_command() -> None:
    assert command("search", "--star", 1, "--data").error == (
        "Option '--data' requires an argument; see `astronet search --help`"
    )


def test_a_shortest_period_that_is_too_long_names_the_option(sky: Sky, tmp_path: Path) -> None:
    given = {"star": FIRST, "data": sky.data, "out": tmp_path / "c.csv"}
    error = command("search", **given, min_period=2000).error
    assert error.startswith("the star could not be searched: three transits with a period of at")
    assert error.endswith(" give a longer light curve, or a shorter minimum period (--min-period)")


def test_files_of_another_mission_name_the_option(small_run: SmallRun, tmp_path: Path) -> None:
    time = 1325.3 + np.arange(0, 27, 0.0139)
    write_spoc(tmp_path / "data", 25155310, 1, {"TIME": time, "PDCSAP_FLUX": np.ones(len(time))})
    given = {"data": tmp_path / "data", "out": tmp_path / "c.csv"}
    reason = (
        f"{tmp_path / 'data'} contains light curves of TIC 25155310 (mission tess), but none for "
        "the mission kepler; set mission to tess (--mission)"
    )
    searched = command("search", star=25155310, **given)
    assert searched.error == f"the star could not be searched: {reason}"
    event = {"period": 3, "epoch": 3500, "duration": 0.1}
    assert command("predict", small_run.run, star=25155310, **event, **given).error == reason
    table = tmp_path / "events.csv"
    table.write_text("star,period_days,epoch_bkjd,duration_days\n25155310,3,3500,0.1\n")
    scored = command("predict", small_run.run, table=table, **given)
    assert scored.error == f"the event could not be scored: {reason}"


def test_few_null_curves_are_a_warning(sky: Sky, tmp_path: Path) -> None:
    given = {"star": FIRST, "data": sky.data, "max_signals": 1, "max_period": 4}
    few = command("search", **given, null_curves=2, out=tmp_path / "few.csv")
    assert (
        "warning: with 2 null light curves, no false-alarm probability is below 0.33; use at "
        in (" ".join(few.err.split()))
    )
    assert few.out.splitlines()[-3] == "1 star: 1 candidate"
    assert read(tmp_path / "few.csv")["false_alarm_probability"].tolist() == [1 / 3]


def test_densities_are_two_ascending_numbers(tmp_path: Path) -> None:
    words = ["--density", 3, 0.2, "--star", 1, "--data", tmp_path]
    assert command("search", *words).error == (
        "the range of stellar densities, 3 to 0.2, is invalid; give two positive numbers in "
        "ascending order (--density)"
    )


def test_existing_files_are_kept(sky: Sky, tmp_path: Path) -> None:
    out = tmp_path / "candidates.csv"
    given = {"star": FIRST, "data": sky.data, "out": out, "max_signals": 1}
    for path in files_of(out):
        path.write_text("mine")
        assert command("search", **given).error == (
            f"{path} already exists; choose another path, or overwrite it (--out, --overwrite)"
        )
        assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [(path.name, "mine")]
        path.unlink()
    (tmp_path / "stars.csv").write_text(f"star\n{FIRST}\n")
    (tmp_path / "candidates.csv").write_text("mine")
    assert "'abc' is not a valid KIC number" in command("search", **given | {"star": "abc"}).error
    given |= {"out": tmp_path / "known.csv", "overwrite": True}
    (tmp_path / "known.csv").write_text("star,period_days,epoch_bkjd,duration_days\n1,3,170,0.1\n")
    assert "would change the input" in command("search", **given, known=given["out"]).error


class Program(NamedTuple):
    """Search of custom light curves in another process."""

    data: Path
    out: Path

    def words(self, *more: str) -> list[str]:
        return [
            *(sys.executable, "-m", "astronet", "search", "--all", "--data", str(self.data)),
            *("--mission", "custom", "--reader", "clock=btjd", "--out", str(self.out)),
            *("--workers", "2", "--max-signals", "1", "--min-period", "2", *more),
        ]

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.words(*more), capture_output=True, text=True, env=self.environment(), timeout=300
        )

    def stopped(self, number: signal.Signals, parts: int, *more: str) -> int:
        """Send a signal when some parts are finished, at least one of them by this process."""
        started = subprocess.Popen(
            self.words(*more), env=self.environment(), stdout=-3, stderr=-3, start_new_session=True
        )
        folder = self.out.with_name(self.out.name + ".parts")
        wanted = max(parts, len(list(folder.glob("0*"))) + 1)
        while len(list(folder.glob("0*"))) < wanted and started.poll() is None:
            time.sleep(0.002)
        started.send_signal(number)
        return started.wait(timeout=120)

    @staticmethod
    def environment() -> dict[str, str]:
        return os.environ | {"PYTHONPATH": str(REPOSITORY)}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="requires signals")
def test_a_killed_and_resumed_search_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    write_custom(tmp_path / "data", 40)
    whole = Program(tmp_path / "data", tmp_path / "whole.csv")
    assert whole.run().returncode == 0
    program = Program(tmp_path / "data", tmp_path / "found.csv")
    parts = tmp_path / "found.csv.parts"
    assert program.stopped(signal.SIGKILL, 2) == -signal.SIGKILL
    assert program.stopped(signal.SIGINT, 5, "--resume") == 130
    assert program.stopped(signal.SIGKILL, 8, "--resume") == -signal.SIGKILL
    finished = len(list(parts.glob("0*")))
    assert 8 <= finished < 40
    assert program.run().stderr.splitlines()[-1] == (
        f"error: {parts} contains the finished parts of an interrupted command; resume it, or "
        "overwrite it to start from the first star (--resume, --overwrite)"
    )
    assert program.run("--resume", "--min-snr", "8").stderr.splitlines()[-1] == (
        f"error: the parts in {parts} were computed with other settings or inputs "
        "(settings.min_snr); resume with the original ones, or overwrite the parts instead of "
        "resuming (--resume, --overwrite)"
    )
    assert len(list(parts.glob("0*"))) == finished
    resumed = program.run("--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert contents(program.out) == contents(whole.out)
    figures = [one.out.with_suffix(".png").read_bytes() for one in (program, whole)]
    assert figures[0] == figures[1]
    assert not parts.exists()
    assert len(read(files_of(program.out)[1])) == 40


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="requires Linux")
def test_a_killed_worker_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    write_custom(tmp_path / "data", 24)
    parts, out = tmp_path / "found.csv.parts", tmp_path / "found.csv"
    given = {"all": True, "data": tmp_path / "data", "mission": "custom", "reader": "clock=btjd"}
    given |= {"out": out, "max_signals": 1, "min_period": 2}
    killer = Thread(target=kill_a_worker, args=(parts,))
    killer.start()
    failed = command("search", **given, workers=2)
    killer.join()
    assert failed.error == (
        "a worker process was killed, probably because it ran out of memory; run the same "
        "command again with fewer workers (--workers, --resume)"
    )
    assert 2 <= len(list(parts.glob("0*"))) < 24
    assert command("search", **given, workers=1, resume=True).status == 0
    assert len(read(files_of(out)[1])) == 24


def kill_a_worker(parts: Path) -> None:
    """Kill a worker of this process when two parts are finished."""
    end = time.monotonic() + 60
    while len(list(parts.glob("0*"))) < 2 and time.monotonic() < end:
        time.sleep(0.002)
    tasks = Path("/proc/self/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    commands = {child: Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    os.kill(next(child for child in children if b"spawn_main" in commands[child]), signal.SIGKILL)


def test_a_search_killed_while_it_writes_the_tables_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import astronet.search as module

    stars = write_custom(tmp_path / "data", 3)
    source, settings = source_with("custom", ["clock=btjd"]), SearchSettings(max_signals=1)

    def run(out: Path, *, resume: bool = False) -> None:
        given = {"settings": settings, "resume": resume, "workers": 1, "quiet": True}
        search(stars, tmp_path / "data", source, out, **given)

    whole, out = tmp_path / "whole.csv", tmp_path / "found.csv"
    run(whole)
    with monkeypatch.context() as patched:
        patched.setattr(module, "folds_of", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(out)
    assert out.exists()
    with pytest.raises(RunError, match="contains the finished parts of an interrupted command"):
        run(out)
    run(out, resume=True)
    assert contents(out) == contents(whole)


def test_overwriting_starts_from_the_first_star(tmp_path: Path) -> None:
    import astronet.search as module

    stars = write_custom(tmp_path / "data", 2)
    source, out = source_with("custom", ["clock=btjd"]), tmp_path / "found.csv"
    plan = {"other": 1}
    with module.Parts.of(out, plan, resume=False, overwrite=False) as parts:
        parts.add(0, ({"candidates": [], "stars": []}, {}))
    settings = SearchSettings(max_signals=1)
    given = {"settings": settings, "workers": 1, "quiet": True}
    search(stars, tmp_path / "data", source, out, overwrite=True, **given)
    assert read(out)["star"].tolist() == [1, 2]


def test_a_custom_light_curve_is_searched_and_scored(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names cannot be listed in a table, so the next command gives the ephemeris, in BTJD."""
    monkeypatch.chdir(tmp_path)
    write_custom(tmp_path, 1, days=60)
    (tmp_path / "1.csv").rename(tmp_path / "my star.csv")
    given = {"mission": "custom", "reader": "clock=btjd", "max_signals": 1}
    done = command("search", star="my star", data="my star.csv", **given)
    assert done.status == 0, done.err
    table = read(tmp_path / "candidates.csv")
    assert table["star"].tolist() == ["my star"]
    assert "note: other commands cannot read candidates.csv, because it contains names of" in (
        done.out
    )
    next_ = shlex.split(done.out.splitlines()[-1].removeprefix("next: astronet predict pretrained"))
    assert float(next_[next_.index("--epoch") + 1]) == pytest.approx(
        table["epoch_bkjd"][0] - 2167, abs=1e-9
    )
    predicted = command("predict", small_run.run, *next_, "--out", "scores.csv")
    assert predicted.status == 0, predicted.err
    scored = command("search", small_run.run, all=True, data=".", out="scored.csv", **given)
    assert scored.status == 3, scored.err
    found = read(tmp_path / "scored.csv")
    assert found["star"].tolist() == ["my star"]
    assert found["score"][0] == pytest.approx(read(tmp_path / "scores.csv")["score"][0], abs=1e-6)
    others = read(tmp_path / "scored.stars.csv").set_index("star")["reason"]
    assert others.index.tolist() == ["candidates", "candidates.stars", "my star", "scores"]
    assert "has no column time, only star, number, " in others["scores"]


def test_candidates_of_numbered_custom_stars_are_an_event_table(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_custom(tmp_path / "data", 1)
    given = {"mission": "custom", "reader": "clock=btjd", "max_signals": 1, "star": 1}
    done = command("search", data="data", **given)
    assert done.status == 0 and "note: " not in done.out, done.err
    next_ = shlex.split(done.out.splitlines()[-1].removeprefix("next: astronet predict pretrained"))
    assert next_[:2] == ["--table", "candidates.csv"]
    predicted = command("predict", small_run.run, *next_, "--out", "scores.csv")
    assert predicted.status == 0, predicted.err
    assert read(tmp_path / "scores.csv")["score"].notna().tolist() == [True]
    (tmp_path / "data/1.csv").rename(tmp_path / "data/007.csv")
    done = command("search", data="data", **given | {"star": "007", "overwrite": True})
    assert "note: other commands cannot read candidates.csv" in done.out  # they would read star 7


def test_candidates_of_tess_are_not_taken_for_those_of_kepler(
    small_run: SmallRun, tmp_path: Path
) -> None:
    """All columns have canonical names, which do not identify a mission."""
    time = 1325.3 + np.arange(0, 27, 0.0139)
    flux = relative_flux(time, [Planet(3.2, 1326.0)], 1)
    write_spoc(tmp_path / "data", 25155310, 1, {"TIME": time, "PDCSAP_FLUX": 1e4 * flux})
    out, scored = tmp_path / "found.csv", tmp_path / "scores.csv"
    given = {"data": tmp_path / "data", "mission": "tess"}
    assert command("search", all=True, out=out, max_signals=1, **given).status == 0
    done = command("predict", small_run.run, table=out, out=scored, **given)
    assert done.status == 0, done.err
    assert read(scored)["score"].notna().tolist() == [True]
    assert read(out)["period_days"][0] == pytest.approx(3.2, rel=2e-3)


def test_a_search_without_a_run_loads_no_torch(sky: Sky, tmp_path: Path) -> None:
    words = ["search", "--star", str(FIRST), "--data", str(sky.data), "--max-signals", "1"]
    words += ["--out", str(tmp_path / "c.csv"), "-q"]
    code = f"import sys; sys.argv[1:] = {words!r}\nfrom contextlib import redirect_stdout\n"
    code += "import os\nwith redirect_stdout(open(os.devnull, 'w')):\n"
    code += "    try:\n        from astronet.cli import main; main()\n    except SystemExit: pass"
    assert not {"torch", "lightning", "sklearn"} & loaded(code)
    assert (tmp_path / "c.csv").exists()


def test_no_stars_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there are no stars to search; give at least one"):
        search([], tmp_path, source_with("kepler"), tmp_path / "c.csv")


def test_the_failure_of_a_single_star_is_raised(tmp_path: Path) -> None:
    with pytest.raises(MissingFilesError, match="the star could not be searched: there are no"):
        search([7], tmp_path, source_with("kepler"), tmp_path / "c.csv", quiet=True)
    assert list(tmp_path.iterdir()) == []


def test_the_documentation_lists_every_column_and_flag() -> None:
    page = (REPOSITORY / "docs/search.md").read_text(encoding="utf-8")
    for name, meaning in FLAGS.items():
        assert f"| {name} | {meaning} |" in page
    first_cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ")]
    named = [name.strip() for cell in first_cells for name in cell.split(",")]
    assert [name for name in named if name in (*COLUMNS, *SCORES)][: len(COLUMNS)] == COLUMNS
    assert {*COLUMNS, *SCORES, *STAR_COLUMNS} <= set(named)
