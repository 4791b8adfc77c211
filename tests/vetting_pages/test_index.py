"""Index of vetting pages in a browser: table, filters, marks, and untrusted text."""

import csv
import io
import json
import math
import time
from html.parser import HTMLParser

import pytest
from browser import CHROMIUM, NOT_FOUND, browsing
from jinja2 import Environment, FileSystemLoader
from samples import REPOSITORY

from astronet.vetting_pages.index import IndexRow, IndexSummary, table_id, write_index

SUMMARY = IndexSummary(
    title="Candidates of two stars",
    command="astronet vet pretrained --table candidates.csv --out vetting",
    versions={"astronet": "0.1.0"},
    checks=14,
    provenance={"Table": "candidates.csv"},
)
ROWS = (
    IndexRow(
        *("9-1.html", 9, 1, 3.5, 2.25, 812.4, 12.0, 0.91, 0.02, "accepted"),
        verdict="no check fails",
        label="PC",
    ),
    IndexRow(
        *("10-1.html", 10, 1, 7.0, 4.0, 15000.0, 30.0, 0.00002, 0.01, "rejected"),
        failed=("odd and even depths", "secondary"),
        warned=("shape",),
        verdict="2 of 14 checks fail: odd and even depths differ by 6.1 σ",
        label="AFP",
    ),
    IndexRow("10-2.html", 10, 2, 12.5, 4.0, 90.0, 8.0, 0.4, 0.2, "rejected", ("shape",)),
    IndexRow("", 11, 1, 1.5, 2.0, 100.0, math.nan, math.nan, reason="no cadence in transit"),
)
EVIL = "</script><img src=x onerror=alert(1)><b>\u2028{{ 7 * 7 }}"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip(NOT_FOUND)
    with browsing(tmp_path_factory.mktemp("profile")) as one:
        yield one


@pytest.fixture
def index(tmp_path):
    return write_index(tmp_path, ROWS, SUMMARY)


@pytest.fixture
def tab(browser, index):
    with browser.opened(index, 1400) as one:
        one.evaluate("localStorage.clear()")
        one.reload()
        yield one
        one.evaluate("localStorage.clear()")
        assert one.visit().messages == []
        assert one.visit().requests == []


def stars(tab):
    script = "[...document.querySelectorAll('tbody tr')].map((r) => r.cells[0].textContent + '.' +"
    return tab.evaluate(script + " r.cells[1].textContent)")


def column(tab, name):
    title = f"th[data-name={name}]"
    return tab.evaluate(
        f"[...document.querySelectorAll('tbody tr')].map((r) => "
        f"r.cells[document.querySelector('{title}').cellIndex].textContent)"
    )


def sort_by(tab, name):
    tab.evaluate(f"document.querySelector('th[data-name={name}] button').click()")
    return stars(tab)


def filter_by(tab, **values):
    for name, value in values.items():
        tab.evaluate(
            f"(() => {{ const field = document.getElementById('filters').elements.{name};"
            f" field.value = {json.dumps(value)};"
            f" field.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()"
        )
    return stars(tab)


def text_of(tab, selector):
    return tab.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")


def write_note(tab, note):
    tab.evaluate(
        f"(() => {{ const note = document.querySelector('#selected textarea');"
        f" note.value = {json.dumps(note)}; note.dispatchEvent(new Event('input')); }})()"
    )


def import_text(tab, text):
    return tab.evaluate(
        f"(async () => {{ const files = new DataTransfer(); const field = get('import');"
        f" files.items.add(new File([{json.dumps(text)}], 'marks.csv'));"
        f" document.getElementById('message').textContent = '';"
        f" field.files = files.files; field.dispatchEvent(new Event('change'));"
        f" while (!get('message').textContent) await new Promise((done) => setTimeout(done, 5));"
        f" return get('message').textContent; }})()".replace("get(", "document.getElementById(")
    )


def exported(browser, tab, folder):
    """Export the marks and return the text of the downloaded file."""
    folder.mkdir()
    browser.download_to(folder)
    tab.evaluate("document.getElementById('export').click()")
    for _ in range(500):
        if (folder / "marks.csv").exists():
            return (folder / "marks.csv").read_bytes().decode("utf-8")
        time.sleep(0.02)
    raise AssertionError("nothing was downloaded")


def test_table_is_shown_in_its_order_with_formatted_numbers(tab):
    assert stars(tab) == ["9.1", "10.1", "10.2", "11.1"]
    assert column(tab, "score") == ["0.9100", "2e-5", "0.4000", ""]
    assert column(tab, "depth") == ["812", "15000", "90", "100"]
    assert column(tab, "failed") == ["0", "2", "1", ""]
    assert "No page: no cadence in transit" in column(tab, "verdict")[3]
    assert text_of(tab, "#count") == "4 of 4 candidates shown, 0 marked"


def test_first_click_sorts_second_reverses_third_restores_the_order(tab):
    assert sort_by(tab, "star") == ["9.1", "10.1", "10.2", "11.1"]
    assert tab.evaluate("document.querySelector('[data-name=star]').ariaSort") == "ascending"
    assert sort_by(tab, "star") == ["11.1", "10.1", "10.2", "9.1"]
    assert tab.evaluate("document.querySelector('[data-name=star]').ariaSort") == "descending"
    assert sort_by(tab, "star") == ["9.1", "10.1", "10.2", "11.1"]
    assert tab.evaluate("document.querySelector('[data-name=star]').ariaSort") == "none"


def test_unknown_values_are_last_in_both_directions(tab):
    assert sort_by(tab, "score") == ["9.1", "10.2", "10.1", "11.1"]
    assert sort_by(tab, "score") == ["10.1", "10.2", "9.1", "11.1"]


def test_every_column_can_be_sorted(tab):
    names = tab.evaluate("[...document.querySelectorAll('th')].map((th) => th.dataset.name)")
    assert len(names) == 14
    for name in names:
        assert sorted(sort_by(tab, name)) == ["10.1", "10.2", "11.1", "9.1"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"decision": "=rejected"}, ["10.1", "10.2"]),
        ({"decision": "="}, ["11.1"]),
        ({"failedFrom": "1"}, ["10.1", "10.2"]),
        ({"failedFrom": "1", "failedTo": "1"}, ["10.2"]),
        ({"failedTo": "0"}, ["9.1"]),
        ({"check": "failed:shape"}, ["10.2"]),
        ({"check": "warned:shape"}, ["10.1"]),
        ({"scoreFrom": "0.4"}, ["9.1", "10.2"]),
        ({"scoreTo": "0.5"}, ["10.1", "10.2"]),
        ({"page": "no"}, ["11.1"]),
        ({"mark": "unmarked"}, ["9.1", "10.1", "10.2", "11.1"]),
        ({"mark": "planet"}, []),
        ({"search": "DIFFER σ"}, ["10.1"]),
        ({"search": "11"}, ["11.1"]),
        ({"search": "10", "decision": "=accepted"}, []),
    ],
)
def test_filters(tab, values, expected):
    assert filter_by(tab, **values) == expected
    assert text_of(tab, "#count").startswith(f"{len(expected)} of 4 ")


def test_reset_shows_all_candidates(tab):
    filter_by(tab, search="nothing of this kind")
    assert text_of(tab, "#range") == "No candidate passes the filters"
    tab.evaluate("document.querySelector('[type=reset]').click()")
    tab.evaluate("new Promise((done) => setTimeout(done, 20))")
    assert len(stars(tab)) == 4


def test_keys_select_mark_search_and_show_help(tab):
    tab.press("j", "ArrowDown", "p")
    assert column(tab, "mark") == ["", "planet", "", ""]
    tab.press("k", "n", "ArrowUp", "k")  # the first row stays selected
    assert text_of(tab, "#selected strong") == "9 no. 1"
    assert column(tab, "mark") == ["not planet", "planet", "", ""]
    tab.press("x", "j", "u")
    assert column(tab, "mark") == ["", "unsure", "", ""]
    assert filter_by(tab, mark="unsure") == ["10.1"]
    filter_by(tab, mark="")
    tab.press("/", "p", "1", "1")
    assert tab.evaluate("document.activeElement.value") == "p11"
    tab.press("Escape")
    assert column(tab, "mark") == []
    tab.press("?")
    assert tab.evaluate("document.getElementById('help').open") is True
    tab.press("Escape")
    assert tab.evaluate("document.getElementById('help').open") is False


def test_buttons_of_the_selected_candidate_set_and_remove_its_mark(tab):
    tab.evaluate("document.querySelectorAll('tbody tr')[2].click()")
    button = "document.querySelector('#selected [data-mark=\"not planet\"]')"
    tab.evaluate(f"{button}.click()")
    assert column(tab, "mark") == ["", "", "not planet", ""]
    assert tab.evaluate(f"{button}.ariaPressed") == "true"
    tab.evaluate(f"{button}.click()")
    assert column(tab, "mark") == ["", "", "", ""]


def test_marks_and_view_survive_a_reload(tab):
    sort_by(tab, "period")
    tab.press("j", "u")
    write_note(tab, "check the centroid")
    filter_by(tab, page="no")
    tab.reload()
    assert stars(tab) == ["11.1"]
    assert column(tab, "mark") == ["unsure"]
    assert "Note: check the centroid" in column(tab, "verdict")[0]
    assert tab.evaluate("document.querySelector('#selected textarea').value") == (
        "check the centroid"
    )


NOTE = 'a "quoted" note, with a comma\nand a second line; σ'


@pytest.mark.parametrize("note", [NOTE, "=HYPERLINK(1)", "+1", "-1", "@x", "'=1", "'quoted'", ""])
def test_csv_round_trip(browser, tab, tmp_path, note):
    tab.press("j", "j", "p")
    write_note(tab, note)
    text = exported(browser, tab, tmp_path / "downloads")
    (record,) = csv.DictReader(io.StringIO(text, newline=""))
    assert record["note"].lstrip("'") == note.lstrip("'")
    assert record.pop("note")[:1] not in ("=", "+", "-", "@")
    assert record == {"star": "10", "number": "1", "period_days": "7", "mark": "planet"}
    tab.evaluate("localStorage.clear()")
    tab.reload()
    assert column(tab, "mark") == ["", "", "", ""]
    assert import_text(tab, text) == "Imported marks and notes of 1 candidate."
    assert column(tab, "mark") == ["", "planet", "", ""]
    assert tab.evaluate("candidateTable.rows[1].note") == note


def test_import_reports_rows_that_it_ignores_and_marks_that_it_replaces(tab):
    tab.press("j", "p")
    lines = [
        "star,number,period_days,mark,note",
        "9,1,3.5,unsure,",
        "99,1,3.5,planet,unknown star",
        "10,1,3.5,planet,other period",
        "10,2,12.5,perhaps,",
    ]
    message = import_text(tab, "\ufeff" + "\n".join(lines))
    assert message == (
        "Imported marks and notes of 1 candidate. Replaced different marks or notes of 1. "
        "Ignored 2 rows not in this table (star, number and period are compared). "
        "Ignored 1 row with an unknown mark."
    )
    assert column(tab, "mark") == ["unsure", "", "", ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 'The file has no column "star"'),
        ("star;number;mark\n9;1;planet", 'The file has no column "star"'),
        ('star,number,mark\n9,1,"planet', "row 2 is quoted wrongly"),
        ('star,number,mark\n9,"1"x,planet', "row 2 is quoted wrongly"),
    ],
)
def test_import_of_other_files_is_rejected(tab, text, expected):
    message = import_text(tab, text)
    assert message.startswith("Nothing was imported: ")
    assert expected in message


def test_page_without_storage_says_so_and_exports_marks(browser, index, tmp_path):
    broken = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"
    with browser.opened(index, 1400, script=broken) as tab:
        assert "does not store marks" in text_of(tab, "#message")
        tab.press("j", "p")
        assert column(tab, "mark") == ["planet", "", "", ""]
        assert "9,1,3.5,planet," in exported(browser, tab, tmp_path / "downloads")
        assert tab.visit().messages == []


class Scripts(HTMLParser):
    """Collect the tags of a page and the content of its table."""

    def __init__(self):
        super().__init__()
        self.tags, self.table, self._inside = [], "", False

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._inside = ("id", "table") in attributes

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, data):
        self.table += data if self._inside else ""


def hostile(tmp_path):
    row = IndexRow(
        *("javascript:alert(1)", EVIL, 1, 3.5, 2.0, 90.0, 8.0, 0.4, 0.2, EVIL, (EVIL,), (EVIL,)),
        *(EVIL, EVIL, EVIL),
    )
    summary = IndexSummary(EVIL, EVIL, {EVIL: EVIL}, 1, {EVIL: EVIL})
    return write_index(tmp_path, [row, IndexRow("", "=1+1", 1, math.inf, 1.0, 1.0)], summary)


def test_untrusted_text_does_not_leave_the_table(tmp_path):
    scripts = Scripts()
    scripts.feed(hostile(tmp_path).read_text("utf-8"))
    assert scripts.tags.count("script") == 2  # rows and code
    assert "img" not in scripts.tags
    table = json.loads(scripts.table, parse_constant=lambda name: pytest.fail(name))
    assert table["rows"][0][1] == EVIL


@pytest.mark.parametrize("width", [400, 1400])
def test_untrusted_text_is_shown_as_text(browser, tmp_path, width):
    with browser.opened(hostile(tmp_path), width) as tab:
        assert stars(tab) == [f"{EVIL}.1", "=1+1.1"]
        assert tab.evaluate("document.querySelectorAll('img, td b').length") == 0
        assert tab.evaluate("document.querySelector('td a').protocol") == "file:"
        filter_by(tab, check=f"failed:{EVIL}", decision=f"={EVIL}", search="</script>")
        assert stars(tab) == [f"{EVIL}.1"]
        tab.press("j")
        visit = tab.visit()
        assert visit.width <= width
        assert visit.messages == visit.requests == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1200, 1280, 1400])
def test_page_fits_into_the_window(browser, index, width, dark):
    with browser.opened(index, width, dark=dark) as tab:
        tab.press("j")
        visit = tab.visit()
        assert visit.messages == visit.requests == []
        assert 0.9 * width < visit.width <= width


def test_ten_thousand_rows(browser, tmp_path):
    rows = [
        IndexRow(
            *(f"{k}.html", k, 1, 1 + k / 7, 2.0, 90.0, 8.0, k / 10000, 0.2, "rejected"),
            failed=("shape",) if k % 3 == 0 else (),
            verdict=f"verdict {k}",
        )
        for k in range(10000)
    ]
    with browser.opened(write_index(tmp_path, rows, SUMMARY), 1400) as tab:
        assert text_of(tab, "#range") == "Rows 1–50 of 10,000"
        assert sort_by(tab, "score")[:2] == ["9999.1", "9998.1"]
        assert filter_by(tab, failedFrom="1")[:2] == ["9999.1", "9996.1"]
        assert filter_by(tab, search="verdict 999")[:2] == ["9999.1", "9996.1"]
        filter_by(tab, search="", failedFrom="")
        tab.evaluate("document.getElementById('later').click()")
        assert stars(tab)[0] == "9949.1"
        tab.press("j", "k")  # the selection continues on the previous 50 rows
        assert text_of(tab, "#selected strong") == "9950 no. 1"
        assert text_of(tab, "#range") == "Rows 1–50 of 10,000"
        tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert len(stars(tab)) == 10000
        tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert len(stars(tab)) == 50


CANDIDATE = """{% extends "figures/page.html" %}
{% import "vetting_pages/marks.html" as marks %}
{% block policy %}{{ super() }}{{ marks.policy() }}{% endblock %}
{% block title %}{{ star }}{% endblock %}
{% block style %}{{ marks.style() }}{% endblock %}
{% block main %}<h1>{{ star }}</h1>
{{ marks.panel(table, star, number, page, "index.html", previous, next) }}
{{ marks.script() }}{% endblock %}
"""


def write_candidates(folder):
    """Write the pages of the candidates, linked in the order of the table."""
    loader = FileSystemLoader(str(REPOSITORY / "astronet"))
    template = Environment(loader=loader, autoescape=True).from_string(CANDIDATE)
    table = table_id((row.star, row.number, row.period_days) for row in ROWS)
    pages = ["", *(row.page for row in ROWS if row.page), ""]
    for row, previous, following in zip(ROWS, pages, pages[2:], strict=False):
        content = {"table": table, "star": row.star, "number": row.number, "page": row.page}
        content |= {"previous": previous, "next": following}
        (folder / row.page).write_text(template.render(content), encoding="utf-8")


def place(tab):
    return tab.evaluate("location.pathname").rsplit("/", 1)[1]


def follow(tab, key):
    tab.follow(key)
    return place(tab)


def test_candidates_share_marks_and_order_with_the_index(tab, index):
    write_candidates(index.parent)
    sort_by(tab, "score")  # 9.1, 10.2, 10.1
    tab.press("j")
    assert follow(tab, "Enter") == "9-1.html"
    tab.press("p")
    assert tab.evaluate("document.querySelector('[data-mark=planet]').ariaPressed") == "true"
    assert tab.evaluate("document.querySelector('[data-link=previous]').href") == ""
    assert follow(tab, "j") == "10-2.html"
    assert follow(tab, "j") == "10-1.html"
    assert follow(tab, "k") == "10-2.html"
    tab.press("u")
    assert text_of(tab, ".marks-warning") == ""
    assert follow(tab, "i") == "index.html"
    assert column(tab, "mark") == ["planet", "unsure", "", ""]
    assert text_of(tab, "#selected strong") == "9 no. 1"


def test_candidates_without_storage_follow_the_order_of_the_table(browser, index):
    write_candidates(index.parent)
    broken = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"
    with browser.opened(index.parent / "9-1.html", 400, script=broken) as tab:
        assert "does not store marks" in text_of(tab, ".marks-warning")
        assert follow(tab, "j") == "10-1.html"
        visit = tab.visit()
        assert visit.width <= 400
        assert visit.messages == []


def test_candidate_warns_if_the_browser_separates_local_files(browser, index):
    """Firefox stores the data of each local file separately; here the storage is empty."""
    write_candidates(index.parent)
    with browser.opened(index.parent / "9-1.html", 1400, script="localStorage.clear()") as tab:
        tab.load((index.parent / "10-1.html").as_uri() + "#from-index")
        assert "local file separately" in text_of(tab, ".marks-warning")


def test_identity_of_a_table_depends_on_its_events_only():
    events = [(9, 1, 3.5), (10, 1, 7.0)]
    assert table_id(events) == table_id(reversed(events)) == table_id([("9", 1, 3.5), events[1]])
    assert table_id(events) != table_id([(9, 1, 3.5), (10, 1, 7.1)])
    assert table_id(events) != table_id(events[:1])


def test_path_of_a_page_is_relative(tmp_path):
    with pytest.raises(ValueError, match="not relative: //host/a.html"):
        write_index(tmp_path, [IndexRow("//host/a.html", 1, 1, 1.0, 1.0, 1.0)], SUMMARY)


def test_empty_table(browser, tmp_path):
    with browser.opened(write_index(tmp_path, [], SUMMARY), 1400) as tab:
        tab.press("j", "p", "Enter")
        tab.evaluate("document.getElementById('export').click()")
        assert text_of(tab, "#message") == "There are no marks to export."
        assert tab.visit().messages == []
