import base64
import re
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from astronet.errors import RunError
from astronet.evaluation.comparison import differences
from astronet.evaluation.event_pages import EventPages
from astronet.evaluation.intervals import as_json
from astronet.evaluation.metrics import confusion, measure
from astronet.evaluation.report import Report, page_of
from astronet.figures.pages import write_page

EVIL = "<script>alert(1)</script>"


def write_report(folder, report):
    return write_page(folder / "report.html", page_of(report))


def example(n=40, **changes):
    """Return a report on n events, of which the last is unlabelled and the one before unscored."""
    generator = np.random.default_rng(3)
    targets = (np.arange(n) % 3 == 0).astype(float)
    scores = 0.3 * targets + 0.7 * generator.random(n)
    predictions = pd.DataFrame(
        {
            "star": [EVIL if k == 0 else f"star {k}" for k in range(n)],
            "number": 1,
            "period_days": 4.25,
            "score": scores,
            "label": np.where(targets == 1, "PC", "AFP"),
            "target": targets,
            "snr": generator.uniform(7, 50, n),
        }
    )
    predictions.loc[n - 1, "target"] = np.nan
    predictions.loc[n - 2, "score"] = np.nan
    known = slice(0, n - 2)
    stars = predictions["star"]
    metrics = as_json(
        scores[known], targets[known], stars[known], split="star", labels="dr24", resamples=20
    )
    content = {
        "title": f"Report {EVIL}",
        "runs": ["runs/a", EVIL],
        "split": "star, test",
        "labels": "dr24_autovetter",
        "metrics": metrics,
        "predictions": predictions,
        "views": {"global": np.zeros((n, 201)), "local": np.zeros((n, 61))},
        "history": pd.DataFrame({"epoch": [1, 2], "train_loss": [0.6, 0.5]}),
        "baselines": [("base rate", measure(np.full(38, 0.3), targets[known]))],
        "provenance": {"store": {"sha256": EVIL}, "config": "network:\n  kind: astronet"},
    }
    return Report(**(content | changes))


def page(tmp_path, **changes):
    return write_report(tmp_path / "deep" / "folder", example(**changes)).read_text("utf-8")


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return page(tmp_path_factory.mktemp("report"))


class Tags(HTMLParser):
    """Check that tags are closed, and collect tags and the sources of images."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.sources = [], [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.sources += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img", "input", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_sections_are_complete_and_in_order(text):
    ids = ["headline", "baselines", "plots", "slices", "cases", "provenance", "meaning"]
    assert re.findall(r'<section id="(\w+)">', text) == ids


def test_runs_split_labels_and_counts_are_given(text):
    assert "runs/a" in text
    assert "star, test" in text
    assert "dr24_autovetter" in text
    assert "38 events of 38 stars" in text
    assert "13 planets, 25 false positives" in text


def test_scripts_in_names_are_escaped(text):
    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4


def test_page_is_well_formed_and_self_contained(text):
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert not {"link", "iframe"} & set(tags.seen)
    assert tags.sources
    assert all(source.startswith("data:image/png;base64,") for source in tags.sources)


def test_images_have_high_resolution_and_moderate_size(text):
    for image in re.findall(r"data:image/png;base64,([^\"]+)", text):
        content = base64.b64decode(image, validate=True)
        assert content.startswith(b"\x89PNG")
        assert int.from_bytes(content[16:20], "big") == 690
        assert len(content) < 150_000


def test_metrics_are_given_with_intervals(text):
    report = example()
    for name in ("average_precision", "log_loss", "accuracy"):
        low, high = report.metrics["intervals"][name]
        assert f"{report.metrics[name]:.3f}" in text
        assert f"{low:.3f} – {high:.3f}" in text


def test_excluded_events_are_counted(text):
    text = " ".join(text.split())
    assert "Excluded: 1 unlabelled, 1 unscored" in text


def test_limits_of_accuracy_and_of_scores_are_explained(text):
    text = " ".join(text.split())
    assert "finds no planet but has an accuracy of 0.658 on these events" in text
    assert "A score is not the probability that an event is a planet." in text


def test_missed_planets_with_the_lowest_scores_are_shown(text):
    evaluated = example().predictions[:-2]
    planets = evaluated[evaluated["target"] == 1]
    missed = planets[planets["score"] <= 0.5].sort_values("score")
    shown = re.findall(r"<b>(.+?)</b>", text.split("Planets classified as false positives")[1])
    assert len(missed) > 1
    assert list(map(unescape, shown)) == missed["star"].tolist()[:6]


def test_views_follow_the_order_of_a_sorted_table(tmp_path):
    # One planet alone has a view with a dip, which is shown with that planet in either order.
    report = example()
    views = np.zeros((40, 201))
    views[3] = -1.0
    ordered = report.predictions.sort_values("score", ascending=False)
    before = page(tmp_path / "a", views={"global": views})
    after = page(tmp_path / "b", predictions=ordered, views={"global": views[ordered.index]})
    cases = [
        text[text.index('id="cases"') : text.index('id="provenance"')] for text in (before, after)
    ]
    assert cases[0] == cases[1]


def test_report_on_one_class_has_no_curves(tmp_path):
    predictions = example().predictions[:5].assign(target=0.0, score=0.2)
    metrics = as_json(
        predictions["score"], predictions["target"], predictions["star"], split="", labels=""
    )
    text = page(tmp_path, predictions=predictions, metrics=metrics, views={}, history=None)
    assert "Fraction of planets recovered against" not in text
    assert "No events in this category at this threshold." in text
    text = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"\bnan\b", re.sub(r"base64,[^\"]+", "", text), re.IGNORECASE)


def test_report_without_baselines_states_the_reason(tmp_path):
    text = page(tmp_path, baselines=[])
    assert "No baselines: the evaluated events include the training set" in text


def test_report_is_reproducible(tmp_path):
    assert page(tmp_path / "a") == page(tmp_path / "b")


def test_invalid_reports_are_rejected(tmp_path):
    predictions = example().predictions
    with pytest.raises(RunError) as error:
        example(predictions=predictions.drop(columns="target"))
    assert str(error.value) == "the predictions lack the column target; add it for the report"
    with pytest.raises(RunError) as error:
        example(views={"local": np.zeros((3, 61))})
    assert str(error.value) == (
        "found 3 local views for 40 predictions; give one view per event, in the same order"
    )
    with pytest.raises(RunError) as error:
        page(tmp_path, predictions=predictions.assign(target=np.nan))
    assert str(error.value) == (
        "no event has both a label and a score; choose a split with labelled events"
    )
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError) as error:
        write_report(tmp_path / "file", example())
    assert str(error.value) == (
        f"{tmp_path}/file/report.html cannot be written (File exists); choose another folder"
    )


def leaking(with_comparison=True):
    """Return a report on 40 events, of which those in odd rows are of stars in training."""
    report = example()
    seen = np.arange(40) % 2 == 1
    known = report.evaluated
    table = report.predictions

    def measured(rows):
        chosen = table[rows]
        values = as_json(
            chosen["score"], chosen["target"], chosen["star"], split="", labels="", resamples=20
        )
        if with_comparison:
            models = [{"name": name} | values for name in ("first", EVIL, "ensemble")]
            scores = {model["name"]: chosen["score"] for model in models}
            pairs = differences(scores, chosen["target"], chosen["star"], resamples=20)
            values["comparison"] = {"models": models, "differences": pairs}
        return values

    metrics = measured(known) | {"n_star_in_training": 19, "star_clean": measured(known & ~seen)}
    return example(metrics=metrics, seen=seen)


def test_events_of_stars_without_training_events_come_first(tmp_path):
    report = leaking(with_comparison=False)
    text = " ".join(write_report(tmp_path, report).read_text("utf-8").split())
    ids = ["headline", "baselines", "plots", "slices", "cases", "all-events", "provenance"]
    assert re.findall(r'<section id="([\w-]+)">', text) == [*ids, "meaning"]
    assert "19 events of 19 stars without training events" in text
    assert "The split leaks:</strong> 19 of its 38 events belong to stars that also have" in text
    first, last = text.split('id="all-events"')
    clean, every = report.metrics["star_clean"], report.metrics
    assert f'<td class="value">{clean["average_precision"]:.3f}</td>' in first
    assert f'<td class="value">{every["average_precision"]:.3f}</td>' in last
    assert f'<td class="value">{every["log_loss"]:.3f}</td>' not in first
    shown = re.findall(r"<b>(?:star )?(\d+)</b>", first)
    assert shown and all(int(star) % 2 == 0 for star in shown)  # examples as well
    assert re.findall(r'data-figure="([\w-]+)"', last) == ["roc-all", "precision-recall-all"]


def test_leak_without_a_subset_is_a_warning_at_the_top(tmp_path):
    report = example()
    metrics = dict(report.metrics) | {"n_star_in_training": 38}
    text = " ".join(page(tmp_path, metrics=metrics, seen=np.ones(40, bool)).split())
    assert "Warning:</strong> 38 of the 38 events belong to stars that also have training" in text
    assert 'id="all-events"' not in text


def test_runs_are_compared(tmp_path):
    report = leaking()
    text = " ".join(write_report(tmp_path, report).read_text("utf-8").split())
    assert "<script>alert" not in text
    first = text.split('id="all-events"')[0]
    comparison = first.split('id="comparison"')[1].split('id="baselines"')[0]
    names = re.findall(r'<th scope="row">([^< ]+)', comparison)
    evil = "&lt;script&gt;alert(1)&lt;/script&gt;"
    assert names == ["first", evil, "ensemble", evil, "ensemble", "ensemble"]
    assert "ensemble <span>− first</span>" in comparison
    assert "<td>+0.000<small>+0.000 to +0.000</small></td>" in comparison
    value = report.metrics["star_clean"]["average_precision"]
    assert f"<td>{value:.3f}<small>" in comparison


def test_thresholds_follow_the_recalls(text):
    text = " ".join(text.split())
    rows = re.findall(r'<th scope="row">([^<]+)<small>', text)[:6]
    assert rows == [
        *("Average precision", "Recall at precision 0.95", "Threshold at precision 0.95"),
        *("Recall at precision 0.99", "Threshold at precision 0.99", "ROC AUC"),
    ]


@pytest.mark.parametrize("width", [400, 1400])
def test_page_fits_into_the_window_of_a_browser(browser, tmp_path, width):
    visit = browser.visit(write_report(tmp_path, leaking()), width)
    assert visit.messages == []
    assert visit.requests == []
    assert 0.9 * width < visit.width <= width


def with_two_models():
    """Return a report on the average of two runs, of which one has a hostile name."""
    report = example()
    scores = report.predictions["score"].to_numpy()
    others = np.clip(scores + np.random.default_rng(4).normal(0, 0.2, 40), 0, 1)
    return example(models={EVIL: others, "second": 1 - others, "average": scores})


def cells(tab):
    """Return the numbers of the confusion matrices that a tab shows, one dictionary per model."""
    return tab.evaluate("""
        [...document.querySelectorAll(".models tr[data-model]")].map((row) =>
          Object.fromEntries([...row.querySelectorAll("[data-value]")].map(
            (one) => [one.dataset.value, Number(one.textContent)])))
    """)


SET = """
    document.getElementById("threshold-number").value = "{0}";
    document.getElementById("threshold-number").dispatchEvent(new Event("input"));
"""


def test_confusion_matrix_follows_the_threshold(browser, tmp_path):
    report = with_two_models()
    known, targets = report.evaluated, report.predictions["target"]
    average, *others = [report.models[name][known] for name in ("average", EVIL, "second")]
    with browser.opened(write_report(tmp_path, report), 1400) as tab:
        shown = cells(tab)[0]
        assert {name: shown[name] for name in ("tp", "fp", "fn", "tn")} == (
            report.metrics["confusion"]
        )
        for name in ("precision", "recall", "accuracy"):
            assert shown[name] == pytest.approx(report.metrics[name], abs=6e-4)
        for threshold in (0.0, average[3], 0.1234567, 0.85, 1.0):
            tab.evaluate(SET.format(threshold))
            for found, scores in zip(cells(tab), (average, *others), strict=True):
                expected = confusion(scores, targets[known], threshold)
                assert {name: found[name] for name in expected} == expected
            first = cells(tab)[0]
            matrix = tab.evaluate("document.querySelector('.confusion').innerText")
            assert str(first["tp"]) in matrix and f"{threshold:g}"[:6] in matrix
            mark = tab.evaluate("Array.from(figures.model('mark-0').data.recall)")
            assert mark == [first["tp"] / (first["tp"] + first["fn"])]
        tab.evaluate("document.getElementById('threshold-reset').click()")
        assert cells(tab)[0] == shown
        tab.evaluate(SET.format("2"))  # no threshold: ignored
        assert cells(tab)[0] == shown
        assert tab.visit().messages == []


def test_slider_moves_the_threshold(browser, tmp_path):
    move = """
        document.getElementById("threshold-slider").value = 0.73049;
        document.getElementById("threshold-slider").dispatchEvent(new Event("input"));
        [document.getElementById("threshold-number").value, figures.model("threshold").location]
    """
    with browser.opened(write_report(tmp_path, example()), 400) as tab:
        assert tab.evaluate(move) == ["0.73", 0.73]


def test_curves_of_several_runs_are_in_the_same_figures(browser, tmp_path):
    path = write_report(tmp_path, with_two_models())
    text = path.read_text("utf-8")
    for name in ("roc", "precision-recall", "calibration", "risk-coverage"):
        legend = text.split(f'data-figure="{name}"')[1].split("</ul>")[0]
        names = re.findall(r"</svg>(.+?):? ", legend)[:3]
        assert names[0].startswith("average") and "&lt;script&gt;" in names[1], name
    visible = "[...Bokeh.documents[0].all_models].filter((m) => m.tags.includes('roc:1'))"
    with browser.opened(path, 1400, dark=True) as tab:
        tab.evaluate("document.querySelector('[data-entry=\"roc:1\"]').click()")
        assert tab.evaluate(f"{visible}.map((m) => m.visible)") == [False, False]
        visit = tab.visit()
    assert visit.messages == []
    assert visit.requests == []


def test_wrong_classifications_are_linked_to_other_pages(tmp_path):
    report = example()
    order = report.predictions[report.evaluated].sort_values("score")
    worst = order[order["target"] == 1].iloc[0]
    vetting, explained = tmp_path / "vet's & <pages>", tmp_path / "runs"
    (vetting / "pages").mkdir(parents=True)
    assert worst["star"] == EVIL
    (vetting / "pages/_script_alert_1___script_-1.html").write_text("")
    explained.mkdir()
    pages = EventPages(
        report=tmp_path / "deep" / "folder",
        vetting=vetting,
        explanation=lambda star, number: explained,
        command=lambda row: f"explain '{EVIL}' {row}",
        rows=np.arange(100, 140),
    )
    text = page(tmp_path, pages=pages)
    planets = text.split("Planets classified as false positives")[1]
    address = "../../vet%27s%20%26%20%3Cpages%3E/pages/_script_alert_1___script_-1.html"
    assert f'<a href="{address}">vetting page</a>' in planets
    assert "<span>&#39;&lt;script&gt;alert(1)&lt;/script&gt;&#39;</span>" in planets
    assert f"<span>{100 + worst.name}</span>" in planets
    right = text.split("Planets classified as planets")[1]
    assert "explain" not in right.split("False positives classified as planets")[0]
    assert "explanation</a>" not in text  # a folder is no page
    (tmp_path / "explain.html").write_text("")
    pages = EventPages(
        tmp_path / "deep", explanation=lambda star, number: tmp_path / "explain.html"
    )
    assert pages.links("a", 1) == [("explanation", "../explain.html")]
    with pytest.raises(RunError) as error:
        EventPages(tmp_path, vetting=tmp_path / "missing")
    assert str(error.value) == (
        f"{tmp_path}/missing is not a folder of vetting pages; give the output folder of "
        "`astronet vet`"
    )


def test_report_of_several_runs_is_printable(browser, tmp_path):
    with browser.opened(write_report(tmp_path, with_two_models()), 1400, dark=True) as tab:
        assert tab.print().startswith(b"%PDF")
        assert tab.visit().messages == []
