"""Marks of candidates in a browser: storage, export and import, and candidates' pages."""

import csv
import io
import json
import time

import pytest
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from samples import REPOSITORY
from vetting_index import ROWS, column, filter_by, sort_by, stars, text_of, write_note

from astronet.figures.pages import script_sources
from astronet.vetting_pages.index import table_id


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


CANDIDATE = """{% extends "figures/page.html" %}
{% import "vetting_pages/marks.html" as marks %}
{% block policy %}{{ super() }}; script-src {{ sources }}{% endblock %}
{% block title %}{{ star }}{% endblock %}
{% block style %}{{ marks.style() }}{% endblock %}
{% block main %}<h1>{{ star }}</h1>
{{ marks.panel(table, star, number, page, "index.html", previous, next) }}
<script>{{ script }}</script>{% endblock %}
"""


def write_candidates(folder):
    """Write the pages of the candidates, linked in the order of the table."""
    loader = FileSystemLoader(str(REPOSITORY / "astronet"))
    marks = (REPOSITORY / "astronet/vetting_pages/marks.js").read_text("utf-8")
    script = f'{marks}\ncandidateMarks.startPage(document.getElementById("marks"));'
    allowed = {"script": Markup(script), "sources": script_sources(script)}
    template = Environment(loader=loader, autoescape=True).from_string(CANDIDATE)
    table = table_id((row.star, row.number, row.period_days) for row in ROWS)
    pages = ["", *(row.page for row in ROWS if row.page), ""]
    for row, previous, following in zip(ROWS, pages, pages[2:], strict=False):
        content = {"table": table, "star": row.star, "number": row.number, "page": row.page}
        content |= {"previous": previous, "next": following, **allowed}
        (folder / row.page).write_text(template.render(content), encoding="utf-8")


def place(tab):
    return tab.evaluate("location.pathname").rsplit("/", 1)[1]


def links(tab):
    """Return the previous and the next page of a candidate's page; "" if there is none."""
    read = "[...document.querySelectorAll('[data-link=previous], [data-link=next]')]"
    found = tab.evaluate(f"{read}.map((link) => [link.dataset.link, link.href.split('#')[0]])")
    return [dict(found)[name].rsplit("/", 1)[-1] for name in ("previous", "next")]


def eventually(read, expected):
    """Return whether a value becomes the expected one within five seconds.

    A page that was opened without a connection to its storage is reloaded.
    """
    for _ in range(250):
        if read() == expected:
            return True
        time.sleep(0.02)
    return read() == expected


def follow(tab, key):
    tab.follow(key)
    return place(tab)


def open_two(tab):
    """Open the first two candidates in the order of the score, and mark the first as a planet."""
    sort_by(tab, "score")  # 9.1, 10.2, 10.1
    tab.press("j")
    assert follow(tab, "Enter") == "9-1.html"
    assert eventually(lambda: links(tab), ["", "10-2.html"])
    tab.press("p")
    assert tab.evaluate("document.querySelector('[data-mark=planet]').ariaPressed") == "true"
    assert follow(tab, "j") == "10-2.html"
    assert eventually(lambda: links(tab), ["9-1.html", "10-1.html"])


def test_candidates_share_marks_and_order_with_the_index(tab, index):
    write_candidates(index.parent)
    open_two(tab)
    assert follow(tab, "j") == "10-1.html"
    assert eventually(lambda: links(tab), ["10-2.html", ""])
    assert follow(tab, "k") == "10-2.html"
    assert eventually(lambda: links(tab), ["9-1.html", "10-1.html"])
    tab.press("u")
    assert text_of(tab, ".marks-warning") == ""
    assert follow(tab, "i") == "index.html"
    assert eventually(lambda: column(tab, "mark"), ["planet", "unsure", "", ""])
    assert text_of(tab, "#selected strong") == "9 no. 1"


DISCONNECTED = """
if (location.hash === "#linked" && LOSES) {
  const entries = new Map();
  const lost = {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, text) => entries.set(key, text),
    removeItem: (key) => entries.delete(key),
  };
  Object.defineProperty(window, "localStorage", { value: lost });
}
"""
"""Script that gives a page an empty storage whose entries are lost, until it is reloaded."""


@pytest.mark.parametrize("loses", ["true", "location.pathname.endsWith('index.html')"])
def test_pages_without_connection_to_their_storage_are_reloaded(browser, index, loses):
    """Chromium opens a page without a connection about once in 100 times on a busy machine."""
    write_candidates(index.parent)
    with browser.opened(index, 1400, script=DISCONNECTED.replace("LOSES", loses)) as tab:
        open_two(tab)
        tab.press("u")
        assert text_of(tab, ".marks-warning") == ""
        assert follow(tab, "i") == "index.html"
        assert eventually(lambda: column(tab, "mark"), ["planet", "unsure", "", ""])
        tab.evaluate("localStorage.clear()")
        assert tab.visit().messages == []


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
        tab.load((index.parent / "10-1.html").as_uri() + "#linked")
        warned = "document.querySelector('.marks-warning').textContent.includes('separately')"
        assert eventually(lambda: tab.evaluate(warned), True)
        assert follow(tab, "j") == "10-2.html"  # the warning remains on pages that follow
        assert "local file separately" in text_of(tab, ".marks-warning")
