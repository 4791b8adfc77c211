"""Index of vetting pages in a browser: table, filters, keys, and untrusted text."""

import json
import math
from html.parser import HTMLParser

import pytest
from vetting_index import SUMMARY, column, filter_by, sort_by, stars, text_of

from astronet.vetting_pages.index import IndexRow, IndexSummary, table_id, write_index

EVIL = "</script><img src=x onerror=alert(1)><b>\u2028{{ 7 * 7 }}"


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
