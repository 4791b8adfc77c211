"""Pages of candidates: complete, self-contained, reproducible, and safe with hostile tables."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import command

from astronet.errors import RunError
from astronet.lightcurves import Ephemeris
from astronet.missions import kepler
from astronet.missions.kepler import KeplerReader
from astronet.missions.settings import SOURCES
from astronet.vet import vet_table
from astronet.vetting.vetting import vet_signal
from astronet.vetting_pages.table import page_names

EVIL = "a</script><img src=x onerror=alert(1)>"
KEPLER = SOURCES["kepler"]()


@pytest.fixture(scope="module")
def table(archive, tmp_path_factory):
    """Table of the first two stars, with one event that has no light curve."""
    events = kepler.read_catalog(archive.catalog)
    stars = events["star"].unique()[:2]
    some = events[events["star"].isin(stars)]
    missing = some.iloc[[0]].assign(star=99999999)
    path = tmp_path_factory.mktemp("table") / "candidates.csv"
    pd.concat([some, missing]).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def vetted(archive, table, tmp_path_factory):
    out = tmp_path_factory.mktemp("vetting")
    return vet_table(None, table, archive.light_curves, out, KEPLER, workers=1, quiet=True)


def test_each_event_of_the_table_has_a_row_and_a_page(vetted, table):
    folder = vetted.index.parent
    assert len(vetted.rows) == len(pd.read_csv(table))
    for row in vetted.rows[:-1]:
        for suffix in (".html", ".png", ".json"):
            assert (folder / row.page).with_suffix(suffix).stat().st_size > 1000
        assert row.verdict
        assert not row.reason
    last = vetted.rows[-1]
    assert last.page == ""
    assert "no light-curve files" in last.reason or "99999999" in last.reason


def test_the_statistics_are_those_of_the_library(vetted, table, archive):
    row = vetted.rows[0]
    events = pd.read_csv(table)
    own = events[events["star"] == row.star]
    values = own[["period_days", "epoch_bkjd", "duration_days"]].to_numpy()
    ephemerides = [Ephemeris(*each) for each in values]
    reader = KeplerReader(centroid="moments")
    curve = kepler.read_light_curve(archive.light_curves, row.star, reader)
    vetting = vet_signal(curve, ephemerides[0], ephemerides[1:])
    found = json.loads((vetted.index.parent / row.page).with_suffix(".json").read_text())
    assert found["star"] == row.star
    for name, value in vetting.as_row().items():
        assert found["statistics"][name] == pytest.approx(value)
    assert {one["name"] for one in found["checks"]} == {c.name for c in vetting.checks}


def test_pages_link_to_their_neighbours_and_to_the_index(vetted):
    folder = vetted.index.parent
    text = (folder / vetted.rows[1].page).read_text()
    for target in (vetted.rows[0].page, vetted.rows[2].page):
        assert f'href="{target.split("/")[1]}"' in text
    assert 'href="../index.html"' in text


def test_pages_request_nothing_and_contain_no_reference_to_a_host(vetted):
    text = (vetted.index.parent / vetted.rows[0].page).read_text()
    outside = re.sub(r'<script type="text/plain" id="bokeh">.*?</script>', "", text, flags=re.S)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', outside)
    assert "default-src 'none'" in text


def test_the_same_command_gives_the_same_files(vetted, archive, table, tmp_path):
    again = vet_table(None, table, archive.light_curves, tmp_path, KEPLER, workers=1, quiet=True)
    for path in sorted(vetted.index.parent.rglob("*")):
        if path.is_file():
            copy = tmp_path / path.relative_to(vetted.index.parent)
            assert copy.read_bytes() == path.read_bytes(), path.name
    assert again.rows[0].verdict == vetted.rows[0].verdict


def test_existing_pages_are_kept(vetted, archive, table):
    with pytest.raises(RunError, match="already exists"):
        vet_table(
            None, table, archive.light_curves, vetted.index.parent, KEPLER, workers=1, quiet=True
        )


@pytest.mark.parametrize("width", [400, 1400])
def test_page_is_drawn_by_a_browser(vetted, browser, width):
    visit = browser.visit(vetted.index.parent / vetted.rows[0].page, width)
    assert (visit.messages, visit.requests) == ([], [])
    assert visit.width <= width


def own_curve(folder: Path, name: str) -> Path:
    time = np.arange(2000, 2060, 0.02)
    flux = 1 + 3e-4 * np.random.default_rng(0).standard_normal(len(time))
    flux[np.abs((time - 2001 + 1.5) % 3 - 1.5) < 0.06] -= 0.004
    path = folder / f"{name}.csv"
    pd.DataFrame({"time": time, "flux": flux}).to_csv(path, index=False)
    return path


def test_text_in_a_table_is_escaped_and_pages_stay_in_their_folder(tmp_path):
    folder, out = tmp_path / "curves", tmp_path / "out"
    folder.mkdir()
    own_curve(folder, "1")
    rows = [(1, 1, 3.0, 2001.0, 0.12, EVIL), (2, 1, 3.0, 2001.0, 0.12, EVIL)]
    columns = ["star", "number", "period_days", "epoch_bkjd", "duration_days", "label"]
    table = tmp_path / "table.csv"
    pd.DataFrame(rows, columns=columns).to_csv(table, index=False)
    source = SOURCES["custom"].model_validate({"mission": "custom", "reader": {"clock": "bkjd"}})
    vetted = vet_table(None, table, folder, out, source, workers=1, quiet=True)
    assert [bool(row.page) for row in vetted.rows] == [True, False]
    assert {path.parent for path in tmp_path.rglob("*.html")} == {out, out / "pages"}
    for page in (out / vetted.rows[0].page, out / "index.html"):
        assert "<img src=x" not in page.read_text()
    assert "&lt;img src=x" in (out / vetted.rows[0].page).read_text()


@pytest.mark.parametrize("name", ["../../up", "a/b", "..", "", "name with spaces", "é" * 300])
def test_paths_of_pages_cannot_leave_their_folder(name):
    events = pd.DataFrame({"star": [name, name], "number": [1, 1]})
    first, second = page_names(events)
    assert first != second
    for path in (first, second):
        assert path.startswith("pages/")
        assert "/" not in path.removeprefix("pages/")
        assert len(path.encode()) < 255


def test_command_prints_the_outcome_and_the_path_of_the_index(archive, table, tmp_path):
    line = f"vet --table {shlex.quote(str(table))} --data {archive.light_curves} --workers 1"
    done = command("", *shlex.split(line), "--out", str(tmp_path / "v"))
    assert done.status == 3  # one event has no light curve
    assert re.search(
        r"\d+ candidates: \d+ without a failed check, \d+ with failed checks, 1", done.out
    )
    assert f"open {tmp_path / 'v' / 'index.html'} in a browser" in done.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("vet --data .", "--table is missing; add it, for example --table candidates.csv"),
        ("vet --table t.csv", "--data is missing; add it"),
        ("vet --table no.csv --data .", "no.csv does not exist"),
        (
            "vet nothing --table no.csv --data .",
            "'nothing' is neither a run folder nor the name of shipped weights",
        ),
    ],
)
def test_mistakes_give_one_clear_line(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = command("", *words.split())
    assert done.status != 0
    assert message in done.err
    assert done.err.count("error:") == 1


def test_nothing_vetted_is_a_failure(archive, table, tmp_path):
    events = pd.read_csv(table)
    path = tmp_path / "missing.csv"
    events.iloc[[-1]].to_csv(path, index=False)
    words = ("vet", "--table", path, "--data", archive.light_curves, "--workers", 1)
    done = command("", *map(str, words), "--out", str(tmp_path / "v"))
    assert done.status == 1
    assert "no candidate could be vetted" in done.err


def test_scores_and_similar_events_are_on_the_page(archive, table, tmp_path):
    events = pd.read_csv(table)
    path = tmp_path / "one.csv"
    events.iloc[[0]].to_csv(path, index=False)
    words = ("vet", "pretrained-star", "--table", path, "--data", archive.light_curves)
    done = command("", *map(str, words), "--out", str(tmp_path / "v"))
    assert done.status == 0, done.err
    (page,) = (tmp_path / "v/pages").glob("*.html")
    text = page.read_text()
    assert "Most similar labelled events" in text
    assert "The score" in text
    statistics = json.loads(page.with_suffix(".json").read_text())
    assert 0 <= statistics["score"] <= 1
    assert statistics["model"].startswith("pretrained-star")
