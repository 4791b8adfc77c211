"""Vetting in parts: interruptions, shards, clusters, and judgements that are saved."""

import json
import math
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from astronet.errors import ResumableInterrupt, RunError
from astronet.execution.parts import Parts
from astronet.execution.shards import Shard
from astronet.missions import kepler
from astronet.missions.settings import SOURCES
from astronet.runs.loading import load
from astronet.vet import vet_table
from astronet.vetting_pages.candidate import Candidate, Judgement, Similar, StarOfCandidates
from astronet.vetting_pages.judgements import JudgedStars, content_of

KEPLER = SOURCES["kepler"]()


@pytest.fixture(scope="module")
def table(archive, tmp_path_factory):
    """Table of one event of each of three stars, and of one without a light curve."""
    events = kepler.read_catalog(archive.catalog)
    events = events.drop_duplicates("star").iloc[:4].copy()
    events.iloc[-1, events.columns.get_loc("star")] = 123
    path = tmp_path_factory.mktemp("events") / "table.csv"
    events.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def scorer(small_run):
    return load(small_run.run)


@pytest.fixture(scope="module")
def whole(scorer, archive, table, tmp_path_factory):
    """Content of each file of an uninterrupted command."""
    out = tmp_path_factory.mktemp("whole") / "pages"
    vet_table(scorer, table, archive.light_curves, out, KEPLER, workers=1, quiet=True)
    return files_of(out)


def files_of(folder):
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def stop_at(monkeypatch, name, number):
    """Interrupt the command before it adds a part of one of its two folders of parts."""
    add = Parts.add

    def stop(parts, given, content):
        if parts.path.name == name and given == number:
            raise KeyboardInterrupt
        add(parts, given, content)

    monkeypatch.setattr(Parts, "add", stop)


@pytest.mark.parametrize(
    "stopped",
    [
        ("p.scores.parts", 2),
        ("p.parts", 0),
        pytest.param(("p.parts", 3), marks=pytest.mark.slow),
    ],
)
def test_resumed_pages_equal_uninterrupted_ones(
    stopped, scorer, archive, table, whole, tmp_path, monkeypatch
):
    given = (scorer, table, archive.light_curves, tmp_path / "p", KEPLER)
    with monkeypatch.context() as interrupted:
        stop_at(interrupted, *stopped)
        with pytest.raises((ResumableInterrupt, KeyboardInterrupt)):
            vet_table(*given, workers=1, quiet=True)
    assert not (tmp_path / "p/index.html").exists()
    found = vet_table(*given, workers=1, resume=True, quiet=True)
    assert files_of(tmp_path / "p") == whole
    assert [path.name for path in tmp_path.iterdir()] == ["p"]
    assert [row.page == "" for row in found.rows] == [False, False, False, True]
    assert math.isfinite(found.rows[0].score)


def test_shards_and_two_workers_write_the_same_pages(scorer, archive, table, whole, tmp_path):
    given = (scorer, table, archive.light_curves, tmp_path / "p", KEPLER)
    log = tmp_path / "log.jsonl"
    for index in (2, 1):
        shard = Shard(index, 2)
        assert vet_table(*given, workers=2, shard=shard, log=log, quiet=True) is None
    with pytest.raises(RunError, match="contains the finished parts of an interrupted command"):
        vet_table(*given, workers=1, quiet=True)
    vet_table(*given, workers=1, resume=True, quiet=True)
    assert files_of(tmp_path / "p") == whole
    events = [json.loads(line) for line in log.read_text().splitlines()]
    failed = [event for event in events if event["event"] == "failed"]
    assert [event["star"] for event in failed] == [123]


def test_shards_replace_existing_pages_only_if_they_may(archive, table, tmp_path):
    given = (None, table, archive.light_curves, tmp_path / "p", KEPLER)
    first = vet_table(*given, workers=1, quiet=True)
    before = first.index.stat().st_mtime_ns
    with pytest.raises(RunError, match="index.html already exists"):
        vet_table(*given, workers=1, shard=Shard(1, 2), quiet=True)
    for index in (1, 2):
        vet_table(*given, workers=1, shard=Shard(index, 2), overwrite=True, quiet=True)
    assert first.index.stat().st_mtime_ns == before
    found = vet_table(*given, workers=1, resume=True, quiet=True)
    assert found.index.stat().st_mtime_ns > before
    assert [row.page for row in found.rows] == [row.page for row in first.rows]


def test_table_without_any_page_is_an_error_and_leaves_no_parts(archive, tmp_path):
    table = tmp_path / "table.csv"
    columns = ["star", "number", "period_days", "epoch_bkjd", "duration_days"]
    pd.DataFrame([(5, 1, 3, 140, 0.1), (6, 1, 3, 140, 0.1)], columns=columns).to_csv(table)
    with pytest.raises(RunError, match="no candidate could be vetted .2 tried; reason for"):
        vet_table(None, table, archive.light_curves, tmp_path / "p", KEPLER, workers=1, quiet=True)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


PICTURE = np.linspace(-1, 0.1, 64, dtype=np.float32)
JUDGEMENT = Judgement(
    *("pretrained 0123", 0.1 + 0.2, 0.01, "recall 0.95", "", "a warning", "", True),
    influence="The score depends on the local view.",
    similar=(Similar(5, 1, "PC", True, "", 3.25, 0.7, PICTURE, PICTURE[::-1]),),
    local_view=PICTURE,
)


def star_of(rows):
    candidates = [Candidate(row, 1, None, "", "", "", "", "", (1.0, 0.1, math.nan)) for row in rows]
    return StarOfCandidates(1, tuple(candidates))


def test_judgements_are_saved_exactly(tmp_path):
    stars = [star_of([0, 2]), star_of([1])]
    with Parts.of(tmp_path / "s", {}, resume=False, overwrite=False) as parts:
        parts.add(0, content_of([(0, JUDGEMENT), (2, JUDGEMENT)]))
        parts.add(1, content_of([(1, JUDGEMENT)]))
        first, second = JudgedStars(stars, parts)
        for candidate in (*first.candidates, *second.candidates):
            found = candidate.judgement
            assert found.local_view.dtype == np.float32
            assert np.array_equal(found.local_view, PICTURE)
            assert np.array_equal(found.similar[0].global_view, PICTURE[::-1])
            assert found.global_view is None
            for field in fields(Judgement):
                if field.name not in ("similar", "local_view"):
                    assert getattr(found, field.name) == getattr(JUDGEMENT, field.name)
        parts.delete()


@pytest.mark.parametrize("change", [{"row": "x"}, {"similar": 3}, {"row": 5}, {"local_view": "a"}])
def test_corrupt_judgements_are_named(tmp_path, change):
    with Parts.of(tmp_path / "s", {}, resume=False, overwrite=False) as parts:
        (rows,) = content_of([(0, JUDGEMENT)])[0].values()
        parts.add(0, ({"judgements": [{**rows[0], **change}]}, {}))
        with pytest.raises(RunError, match="judgements.jsonl is missing or corrupt; delete the"):
            JudgedStars([star_of([0])], parts)[0]
        parts.delete()
