"""A small index of vetting pages, and functions that read and operate it in a browser."""

import json
import math

from astronet.vetting_pages.index import IndexRow, IndexSummary

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
