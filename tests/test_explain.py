"""`astronet explain`: events of stars and of stores, error messages, and the page in a browser."""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import escape, unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser import Browser
from commands import command
from samples import Archive, SmallRun

import astronet
from astronet.config import load_config
from astronet.dataset.store import ViewStore
from astronet.errors import AstronetError, RunError
from astronet.explain import Explanation, Listed, explain_row, explain_star
from astronet.explanations.model import score_of, score_text
from astronet.explanations.page import Subject, write
from astronet.models import NETWORKS
from astronet.predict import predict_event
from astronet.runs import shipped
from astronet.train import train

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module", autouse=True)
def without_stacks(networks_alone: Path) -> Iterator[None]:
    """Use shipped weights without their trees, because only networks are explained.

    The warning that is given if there are trees is tested in tests/runs/test_stack_of_a_run.py.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shipped, "FOLDER", networks_alone)
        yield


@pytest.fixture(scope="module")
def explained(small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory) -> Explanation:
    out = tmp_path_factory.mktemp("explained") / "page"
    scorer, store = astronet.load(small_run.run), ViewStore.open(small_run.store)
    return explain_row(scorer, store, 3, out=out, quiet=True)


@pytest.fixture(scope="module")
def malicious(explained: Explanation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page with a script in every name, as a malicious table or file could contain."""
    found = explained.findings
    found = replace(found, event=replace(found.event, star=SCRIPT), networks=2)
    subject = Subject((SCRIPT,), SCRIPT, False, SCRIPT, SCRIPT, {SCRIPT: SCRIPT})
    return write(tmp_path_factory.mktemp("malicious"), found, subject, lambda steps: None)


def test_row_and_files_of_its_star_give_the_same_explanation(
    explained: Explanation, small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    event = ViewStore.open(small_run.store).index.iloc[3]
    columns = ["period_days", "epoch_bkjd", "duration_days"]
    ephemeris, star = astronet.Ephemeris(*event[columns]), int(event["star"])
    scorer, folder = astronet.load(small_run.run), archive.light_curves
    found = explain_star(scorer, folder, star, ephemeris, out=tmp_path / "out", quiet=True)
    table = predict_event(scorer, folder, star, ephemeris).table
    assert found.score == pytest.approx(table["score"].iloc[0], rel=1e-9)
    assert found.score == pytest.approx(explained.score, abs=1e-5)
    for one, other in zip(found.findings.removals, explained.findings.removals, strict=True):
        assert one.logit == pytest.approx(other.logit, abs=1e-3)


def test_the_other_events_of_a_star_are_taken_into_account(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    index = ViewStore.open(small_run.store).index
    event = index[index["star"].duplicated(keep=False)].iloc[0]
    columns = ["period_days", "epoch_bkjd", "duration_days"]
    ephemeris, star = astronet.Ephemeris(*event[columns]), int(event["star"])
    scorer, folder = astronet.load(small_run.run), archive.light_curves
    rest = tmp_path / "rest.csv"
    index.drop(event.name)[["star", *columns]].to_csv(rest, index=False)
    given = {"out": tmp_path / "out", "quiet": True, "others": rest}
    found = explain_star(scorer, folder, star, ephemeris, **given)
    table = predict_event(scorer, folder, star, ephemeris, others=rest).table
    assert found.score == pytest.approx(table["score"].iloc[0], rel=1e-9)
    options = {"star": star, "data": folder, "table": archive.catalog, "others": rest}
    error = command("explain", small_run.run, **options).error
    assert error.startswith("--others requires --star without --table; ")


def test_every_figure_is_interactive_and_the_folder_has_a_summary(
    explained: Explanation,
) -> None:
    text = explained.page.read_text(encoding="utf-8")
    kinds = ("attribution-", "maps-1-", "fields-1-", "kernels-1-")
    names = {
        "removal",
        "shifts",
        "epoch",
        *(f"{kind}{place}" for kind in kinds for place in (0, 1)),
    }
    found = re.findall('class="plot" data-figure="([^"]+)"', text)
    assert len(found) == len(set(found))
    assert names == {name for name in found if not name.endswith("-later")}
    assert f"<h1>Score {score_text(explained.findings.logit)} of star" in text
    assert 'id="scalars"' not in text
    assert "image/png" not in text
    assert len(text) < 1_500_000
    assert {path.name for path in explained.page.parent.iterdir()} == {
        "explain.html",
        "explain.png",
    }
    picture = (explained.page.parent / "explain.png").read_bytes()
    assert int.from_bytes(picture[16:20], "big") == 1380  # width in pixels
    assert len(picture) < 400_000


def test_the_same_command_gives_the_same_page(
    explained: Explanation, small_run: SmallRun, tmp_path: Path
) -> None:
    scorer, store = astronet.load(small_run.run), ViewStore.open(small_run.store)
    again = explain_row(scorer, store, 3, out=tmp_path / "out", quiet=True)
    assert again.page.read_bytes() == explained.page.read_bytes()
    pictures = [one.page.with_suffix(".png").read_bytes() for one in (again, explained)]
    assert pictures[0] == pictures[1]


def test_page_and_command_contain_the_conclusion(
    explained: Explanation, small_run: SmallRun, tmp_path: Path
) -> None:
    text = " ".join(explained.page.read_text(encoding="utf-8").split())
    given = {"store": small_run.store, "row": 3, "out": tmp_path / "out"}
    lines = command("explain", small_run.run, **given).out.splitlines()
    assert [one.topic for one in explained.conclusion][:2] == ["Largest influence", "Noise"]
    for statement in explained.conclusion:
        assert f"<dt>{statement.topic}</dt><dd>{escape(statement.text)}</dd>" in text
        assert f"{statement.topic}: {statement.text}" in lines


@pytest.mark.parametrize("by_table", [True, False])
def test_page_contains_commands_that_vet_the_event(
    small_run: SmallRun, archive: Archive, tmp_path: Path, by_table: bool
) -> None:
    event = ViewStore.open(small_run.store).index.iloc[3]
    given = {"star": event["star"], "data": archive.light_curves, "out": tmp_path / "out"}
    if by_table:
        given |= {"table": archive.catalog, "number": event["number"]}
    else:
        given |= {"period": 3.5, "epoch": 140.25, "duration": 0.125}
    assert command("explain", small_run.run, **given).status == 0
    text = unescape((tmp_path / "out" / "explain.html").read_text(encoding="utf-8"))
    vet = f"astronet vet {small_run.run} --data {archive.light_curves} --table "
    if by_table:
        assert f"<pre>{vet}{archive.catalog}</pre>" in text
        return
    names = "star,number,period_days,epoch_bkjd,duration_days"
    row = f"{event['star']},1,3.5,140.25,0.125"
    assert f"<pre>printf '%s\\n' {names} {row} > event.csv\n{vet}event.csv</pre>" in text


def test_other_events_of_the_star_are_known(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    index = ViewStore.open(small_run.store).index
    row = int(np.flatnonzero(index["star"].duplicated(keep=False))[0])
    event = index.iloc[row]
    rest = index[(index["star"] == event["star"]) & (index["number"] != event["number"])]
    scorer = astronet.load(small_run.run)
    of_row = explain_row(
        scorer, ViewStore.open(small_run.store), row, out=tmp_path / "row", quiet=True
    )
    listed = Listed(archive.catalog, int(event["number"]))
    of_table = explain_star(
        scorer, archive.light_curves, int(event["star"]), listed, out=tmp_path / "t", quiet=True
    )
    for found in (of_row, of_table):
        assert [sibling.number for sibling in found.siblings] == rest["number"].tolist()
        periods = [sibling.ephemeris.period for sibling in found.siblings]
        assert periods == pytest.approx(rest["period_days"].tolist(), rel=1e-5)


def test_page_contains_the_score_of_each_removal(explained: Explanation) -> None:
    text = " ".join(explained.page.read_text(encoding="utf-8").split())
    for removal in explained.findings.removals:
        score = score_text(removal.logit)
        assert re.search(rf"{re.escape(removal.part)}.*?<td>{score}</td>", text)


def test_summary_contains_the_scores_of_the_page(explained: Explanation) -> None:
    lines = explained.summary.splitlines()
    assert lines[0].endswith(", event 1, unmodified")
    assert lines[1].endswith("without the transit")
    assert [float(line.split()[0]) for line in lines[:2]] == pytest.approx(
        [explained.score, score_of(explained.findings.removals[0].logit)], abs=1e-4
    )


@pytest.mark.parametrize(
    ("logit", "text"), [(0, "0.5000"), (-11, "2e-05"), (20, "1.0000"), (None, "–")]
)
def test_scores_as_text(logit: float | None, text: str) -> None:
    assert score_text(logit) == text


def test_scripts_in_names_are_escaped(malicious: Path) -> None:
    text = malicious.read_text(encoding="utf-8")
    assert SCRIPT not in text
    assert "of star &lt;script&gt;alert(1)&lt;/script&gt;, event 1</h1>" in text
    assert "Of networks with the same architecture, only the first is shown" in text
    assert " bins) of network 1 of 2</h3>" in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 8


def test_scalar_inputs_are_explained(small_run: SmallRun, tmp_path: Path) -> None:
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
    text = found.page.read_text(encoding="utf-8")
    assert 'id="scalars"' in text
    assert 'data-figure="scalars"' in text


@pytest.fixture(scope="module")
def networks(
    small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[str | Path, ...]]:
    """Runs and shipped weights by name: single, averaged, calibrated, with scalars."""
    settings = [
        "network={kind: residual, columns: {global: {channels: [4]}, local: {channels: [4]}}, "
        "scalars: [log_period, log_snr]}",
        "training.epochs=1",
    ]
    folder = tmp_path_factory.mktemp("residual") / "run"
    residual = train(load_config(small_run.config, settings), folder, quiet=True).path
    return {
        "one run": (small_run.run,),
        "three runs": (residual, residual, small_run.run),
        "calibrated": ("pretrained",),
        "calibrated with scalars": ("pretrained-scalars",),
        "calibrated and averaged": ("pretrained", "pretrained-scalars"),
    }


ROW = 5


@pytest.fixture(scope="module")
def explanation_of(
    networks: dict, small_run: SmallRun, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Explanation]:
    """Function that explains one row with networks given by name, only once for all tests."""
    store, folder = ViewStore.open(small_run.store), tmp_path_factory.mktemp("explanations")

    @functools.cache
    def explained(name: str) -> Explanation:
        scorer = astronet.load(*networks[name])
        return explain_row(scorer, store, ROW, out=folder / name, quiet=True)

    return explained


NETWORKS_TESTED = (
    "one run",
    "calibrated with scalars",
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in ("three runs", "calibrated", "calibrated and averaged")
    ),
)


@pytest.mark.parametrize("name", NETWORKS_TESTED)
def test_explain_and_predict_give_the_same_score(
    networks: dict,
    explanation_of: Callable[[str], Explanation],
    name: str,
    small_run: SmallRun,
    archive: Archive,
    tmp_path: Path,
) -> None:
    event = ViewStore.open(small_run.store).index.iloc[ROW]
    star = {"star": event["star"], "data": archive.light_curves, "period": event["period_days"]}
    star |= {"epoch": event["epoch_bkjd"], "duration": event["duration_days"]}
    runs = networks[name]
    explained = command("explain", *runs, **star, out=tmp_path / "star").out.split()[0]
    assert explained == command("predict", *runs, **star, out=tmp_path / "s.csv").out.split()[0]
    command("predict", *runs, store=small_run.store, out=tmp_path / "store.csv")
    table = pd.read_csv(tmp_path / "store.csv", dtype={"score": float})
    (predicted,) = table[(table["star"] == event["star"]) & (table["number"] == event["number"])][
        "score"
    ]
    found = explanation_of(name)
    assert found.score == pytest.approx(predicted, abs=6e-7)  # six decimal places in the table
    assert score_text(found.findings.logit) in found.page.read_text(encoding="utf-8")


def test_page_describes_averaged_networks(explanation_of: Callable[[str], Explanation]) -> None:
    def page_of(name: str) -> str:
        return " ".join(explanation_of(name).page.read_text(encoding="utf-8").split())

    one = page_of("one run")
    assert "<dt>Network</dt> <dd>run (astronet)</dd>" in one
    assert "bins)</h3>" in one and "of network" not in one
    three = page_of("three runs")
    assert "<dt>Networks (scores averaged)</dt> <dd>run, run, run (astronet and residual)" in three
    assert "The score is the mean of the scores of: run, run, run." in three
    assert "only the first is shown" in three and "networks 1, 3 of 3" in three
    assert "bins) of network 3 of 3</h3>" in three
    assert "network 2 of" not in three
    calibrated = page_of("calibrated")
    assert "<dt>Networks (scores averaged)</dt> <dd>pretrained (2 networks)" in calibrated
    assert "The logit is that of the mean score of 2 networks. It is calibrated" in calibrated
    both = page_of("calibrated and averaged")
    assert "mean of the scores of: pretrained (2 networks, calibrated), pretrained-" in both
    assert "It is calibrated, which" not in both


def test_page_contains_the_epoch(explained: Explanation, malicious: Path) -> None:
    epoch = explained.findings.event.ephemeris.epoch
    text = " ".join(explained.page.read_text(encoding="utf-8").split())
    assert f"<dt>Epoch</dt><dd>{epoch:.7g} d (BKJD)</dd>" in text
    assert "<dt>Epoch</dt><dd>unknown</dd>" in " ".join(malicious.read_text("utf-8").split())


WHICH = "{}; give either --star with --data, --period, --epoch and --duration, or --store"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, WHICH.format("no event is given")),
        ({"star": 1, "row": 1}, WHICH.format("options for a star and for a store are mixed")),
        ({"star": 1}, "--star requires --data; add it"),
        ({"row": 1}, "--row requires --store; add it"),
        (
            {"star": 1, "data": "."},
            "--star requires --period, --epoch and --duration (in days); add them",
        ),
    ],
)
def test_incomplete_options_are_rejected(small_run: SmallRun, given: dict, message: str) -> None:
    assert command("explain", small_run.run, **given).error.startswith(message)


@pytest.mark.parametrize("row", [-1, 40])
def test_missing_row_is_rejected(small_run: SmallRun, row: int) -> None:
    with pytest.raises(AstronetError) as error:
        explain_row(astronet.load(small_run.run), ViewStore.open(small_run.store), row)
    expected = f"{small_run.store}: the store has no row {row}; choose a row from 0 to 39"
    assert str(error.value) == expected


def test_star_without_files_is_rejected(small_run: SmallRun, archive: Archive) -> None:
    with pytest.raises(AstronetError, match="no long-cadence files of KIC 123456789"):
        explain_star(
            astronet.load(small_run.run),
            archive.light_curves,
            123456789,
            astronet.Ephemeris(10.0, 140.0, 0.2),
        )


def test_row_without_an_ephemeris_is_rejected(small_run: SmallRun, tmp_path: Path) -> None:
    store = ViewStore.open(small_run.store)
    bare = ViewStore.create(
        tmp_path / "bare",
        store.index.assign(period_days=np.nan)[["star", "number", "period_days"]],
        [{name: np.asarray(view) for name, view in store.views.items()}],
        store.specs,
        {},
    )
    with pytest.raises(AstronetError, match="row 0 has no valid period and duration, so its"):
        explain_row(astronet.load(small_run.run), bare, 0)


def test_network_without_convolutions_is_rejected(small_run: SmallRun, tmp_path: Path) -> None:
    settings = ["network={kind: linear}", "training.epochs=1"]
    run = train(load_config(small_run.config, settings), tmp_path / "linear", quiet=True)
    with pytest.raises(RunError) as error:
        explain_row(astronet.load(run.path), ViewStore.open(small_run.store), 0)
    *others, last = (kind for kind, spec in NETWORKS.items() if spec.convolutional)
    assert str(error.value) == (
        f"{run.path}: a network of kind linear has no convolutions to explain; use a run with a "
        f"network of kind {', '.join(others)} or {last}, or the shipped weights `pretrained`"
    )


def test_unusable_output_folder_is_rejected(small_run: SmallRun, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    given = {"store": small_run.store, "row": 0, "out": tmp_path / "file"}
    assert command("explain", small_run.run, **given).error == (
        f"{tmp_path}/file: the folder cannot be created (File exists); choose another path (--out)"
    )


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("name", ["explained", "malicious"])
def test_page_loads_in_a_browser_without_messages_or_requests(
    browser: Browser, request: pytest.FixtureRequest, name: str, width: int
) -> None:
    given = request.getfixturevalue(name)
    visit = browser.visit(given.page if isinstance(given, Explanation) else given, width)
    assert visit.messages == []
    assert visit.requests == []
    assert 0.9 * width < visit.width <= width
    assert visit.height > 2000
    assert visit.screenshot.startswith(b"\x89PNG")


def test_browser_detects_requests_errors_and_overflow(browser: Browser, tmp_path: Path) -> None:
    """Check the browser itself on a page with a request, two errors and an overflow."""
    page = tmp_path / "bad.html"
    page.write_text(
        '<div style="width: 900px">wide</div><img src="http://127.0.0.1:9/picture.png">'
        "<script>console.error('failed'); nowhere();</script>"
    )
    visit = browser.visit(page, 400)
    assert visit.requests == ["http://127.0.0.1:9/picture.png"]
    assert "['failed']" in visit.messages
    assert any("ReferenceError" in message for message in visit.messages)
    assert visit.width > 900
