"""Explanations from the command's point of view: events, errors, and the page in a real browser."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, NOT_THERE, Browser, browsing
from commands import command
from samples import Archive, SmallRun

import astronet
from astronet.config import load_config
from astronet.dataset.store import ViewStore
from astronet.errors import AstronetError, RunError
from astronet.explain import Explanation, explain_row, explain_star
from astronet.explanations.judge import score_text
from astronet.explanations.page import Subject, write
from astronet.predict import predict_event
from astronet.train import train

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def explained(small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> Explanation:
    out = tmp_path_factory.mktemp("explained") / "page"
    scorer, store = astronet.load(small_run.run), ViewStore.open(small_run.store)
    return explain_row(scorer, store, 3, out=out, quiet=True)


@pytest.fixture(scope="module")
def evil(explained: Explanation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page whose names are scripts, should a table or a file ever bring such."""
    found = explained.findings
    found = replace(found, event=replace(found.event, star=EVIL), networks=2)
    subject = Subject((EVIL,), EVIL, False, EVIL, EVIL, {EVIL: EVIL})
    return write(tmp_path_factory.mktemp("evil"), found, subject, lambda steps: None)


def test_a_row_and_its_stars_files_are_explained_alike(
    explained: Explanation, small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    event = ViewStore.open(small_run.store).index.iloc[3]
    columns = ["period_days", "epoch_bkjd", "duration_days"]
    ephemeris, star = astronet.Ephemeris(*event[columns]), int(event["star"])
    scorer, folder = astronet.load(small_run.run), archive.light_curves
    found = explain_star(scorer, folder, star, ephemeris, out=tmp_path / "out", quiet=True)
    table = predict_event(scorer, folder, star, ephemeris).table
    assert found.score == pytest.approx(table["score"].iloc[0], abs=2e-3)  # that is bfloat16
    assert found.score == pytest.approx(explained.score, abs=1e-5)
    for one, other in zip(found.findings.removed, explained.findings.removed, strict=True):
        assert one.logit == pytest.approx(other.logit, abs=1e-3)


def test_every_figure_stands_on_the_page_and_beside_it(explained: Explanation) -> None:
    text = explained.page.read_text(encoding="utf-8")
    names = {path.stem for path in explained.page.parent.glob("*.png")}
    views = ("global", "local")
    kinds = ("attribution", "maps", "kernels", "fields")
    assert names == {"verdicts", "shifts", *(f"{k}-{v}" for k in kinds for v in views)}
    assert text.count('src="data:image/png;base64,') == len(names)
    for name in names:
        picture = (explained.page.parent / f"{name}.png").read_bytes()
        assert int.from_bytes(picture[16:20], "big") == 690  # pixels across
        assert len(picture) < 250_000
    assert f"scores {score_text(explained.findings.logit)}<" in text
    assert 'id="scalars"' not in text


def test_the_page_says_what_each_removal_does(explained: Explanation) -> None:
    text = " ".join(explained.page.read_text(encoding="utf-8").split())
    for removal in explained.findings.removed:
        score = score_text(removal.logit)
        assert re.search(rf"{re.escape(removal.what)}.*?<td>{score}</td>", text)


def test_the_command_prints_what_the_page_says(explained: Explanation) -> None:
    lines = explained.summary.splitlines()
    assert lines[0].endswith(" no. 1  as it is")
    assert lines[1].endswith("without the transit")
    assert [float(line.split()[0]) for line in lines[:2]] == pytest.approx(
        [explained.score, explained.findings.removed[0].score], abs=1e-4
    )


@pytest.mark.parametrize(
    ("logit", "text"), [(0, "0.5000"), (-11, "2e-05"), (20, "1.0000"), (None, "–")]
)
def test_how_scores_are_shown(logit: float | None, text: str) -> None:
    assert score_text(logit) == text


def test_a_script_in_a_name_is_text(evil: Path) -> None:
    text = evil.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "Why &lt;script&gt;alert(1)&lt;/script&gt; no. 1 scores" in text
    assert "of each build the first is shown" in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 8


def test_scalars_are_explained_where_they_are_read(small_run: SmallRun, tmp_path: Path) -> None:
    settings = [
        "network={kind: residual, columns: {global: {channels: [4]}, local: {channels: [4]}}, "
        "scalars: [log_period, log_snr]}",
        "training.epochs=1",
    ]
    run = train(load_config(small_run.config, settings), tmp_path / "run", quiet=True)
    scorer, store = astronet.load(run.path), ViewStore.open(small_run.store)
    found = explain_row(scorer, store, 0, out=tmp_path / "out", quiet=True)
    assert [scalar.name for scalar in found.findings.scalars] == ["log_period", "log_snr"]
    assert all(np.isfinite(scalar.value) for scalar in found.findings.scalars)
    assert (tmp_path / "out" / "scalars.png").exists()
    assert 'id="scalars"' in found.page.read_text(encoding="utf-8")


WHICH = "{} given; give either --star with --data, --period, --epoch and --duration, or --store"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, WHICH.format("no event is")),
        ({"star": 1, "row": 1}, WHICH.format("two events are")),
        ({"star": 1}, "--star requires --data; add it"),
        ({"row": 1}, "--row requires --store; add it"),
        (
            {"star": 1, "data": "."},
            "--star requires --period, --epoch and --duration (in days); add them",
        ),
    ],
)
def test_an_unclear_request_is_refused(small_run: SmallRun, given: dict, message: str) -> None:
    assert command("explain", small_run.run, **given).error.startswith(message)


@pytest.mark.parametrize("row", [-1, 40])
def test_a_row_that_is_not_there_is_refused(small_run: SmallRun, row: int) -> None:
    with pytest.raises(AstronetError) as error:
        explain_row(astronet.load(small_run.run), ViewStore.open(small_run.store), row)
    expected = f"the store {small_run.store} has no row {row}; choose one of 0 to 39"
    assert str(error.value) == expected


def test_a_star_without_files_is_refused(small_run: SmallRun, archive: Archive) -> None:
    with pytest.raises(AstronetError, match="no long-cadence files of KIC 123456789"):
        explain_star(
            astronet.load(small_run.run),
            archive.light_curves,
            123456789,
            astronet.Ephemeris(10.0, 140.0, 0.2),
        )


def test_a_row_without_an_ephemeris_is_refused(small_run: SmallRun, tmp_path: Path) -> None:
    store = ViewStore.open(small_run.store)
    bare = ViewStore.create(
        tmp_path / "bare",
        store.index.assign(period_days=np.nan)[["star", "number", "period_days"]],
        [{name: np.asarray(view) for name, view in store.views.items()}],
        store.specs,
        {},
    )
    with pytest.raises(AstronetError, match="row 0 of the store .* has no period and duration, by"):
        explain_row(astronet.load(small_run.run), bare, 0)


def test_a_run_without_convolutions_is_refused(small_run: SmallRun, tmp_path: Path) -> None:
    settings = ["network={kind: linear}", "training.epochs=1"]
    run = train(load_config(small_run.config, settings), tmp_path / "linear", quiet=True)
    with pytest.raises(RunError) as error:
        explain_row(astronet.load(run.path), ViewStore.open(small_run.store), 0)
    assert str(error.value) == (
        f"{run.path} is of kind linear, which has no convolutions to explain; give a run of kind "
        "astronet or residual, or pretrained"
    )


def test_a_page_that_cannot_be_written_is_refused(small_run: SmallRun, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    given = {"store": small_run.store, "row": 0, "out": tmp_path / "file"}
    assert command("explain", small_run.run, **given).error == (
        f"{tmp_path}/file cannot be made a folder (File exists); choose another path (--out)"
    )


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory):
    if CHROMIUM is None:
        pytest.skip(NOT_THERE)
    with browsing(tmp_path_factory.mktemp("profile")) as one:
        yield one


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("name", ["explained", "evil"])
def test_a_browser_shows_the_page_without_complaint_or_request(
    browser: Browser, request: pytest.FixtureRequest, name: str, width: int
) -> None:
    given = request.getfixturevalue(name)
    visit = browser.visit(given.page if isinstance(given, Explanation) else given, width)
    assert visit.complaints == []
    assert visit.requests == []
    assert 0.9 * width < visit.width <= width
    assert visit.height > 2000
    assert visit.picture.startswith(b"\x89PNG")


def test_the_browser_would_notice(browser: Browser, tmp_path: Path) -> None:
    """The same checks see a request, an error and an overflow where there are some."""
    page = tmp_path / "bad.html"
    page.write_text(
        '<div style="width: 900px">wide</div><img src="http://127.0.0.1:9/picture.png">'
        "<script>console.error('alas'); nowhere();</script>"
    )
    visit = browser.visit(page, 400)
    assert visit.requests == ["http://127.0.0.1:9/picture.png"]
    assert "['alas']" in visit.complaints
    assert any("Uncaught" in complaint for complaint in visit.complaints)
    assert visit.width > 900
