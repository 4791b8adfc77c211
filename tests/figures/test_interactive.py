import re
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest

from astronet.figures.embedding import Embedded
from astronet.figures.interactive import DARK, Chart, add_hover, plot
from astronet.figures.pages import environment
from astronet.figures.style import OTHER, PLANET

EVIL = "</script><script>alert(1)</script><!-- $$x$$"

LAYOUT = """
{% extends "figures/interactive.html" %}
{% from "figures/charts.html" import chart, without_figures %}
{% block title %}Example{% endblock %}
{% block main %}
{{ without_figures() }}
<div class="figures">{% for name in figures.charts %}{{ chart(figures, name) }}{% endfor %}</div>
{% endblock %}
"""


def example(**changes):
    drawn = plot("Time [h]", "Flux [ppm]")
    x = np.linspace(-1, 1, 50)
    line = drawn.line(x, x**2, color=PLANET)
    points = drawn.scatter("x", "y", color=OTHER, name="points", source={"x": x, "y": -x})
    add_hover(drawn, [points], [(EVIL, "@x{0.00} h")])
    legend = [(EVIL, [line]), ("points", [points])]
    logarithmic = plot("Period [d]", "Count", x_scale="log", x_range=(1, 100), y_range=["a", "b"])
    charts = [
        Chart("one", f"Title {EVIL}", drawn, EVIL, legend),
        Chart("two", "", logarithmic, "Text"),
    ]
    return Embedded(charts, **changes)


def page_of(figures):
    return environment().from_string(LAYOUT).render({"figures": figures})


def written(folder, **changes):
    path = folder / "page.html"
    path.write_text(page_of(example(**changes)))
    return path


def test_the_same_figures_give_the_same_page():
    assert page_of(example()) == page_of(example())


def test_bokeh_is_embedded_once_and_scripts_are_allowed_by_their_hashes():
    page = page_of(example(scripts=["figures.ready;"]))
    assert page.count('id="bokeh"') == 1
    assert len(page) < 600_000
    policy = re.search(r'content="(default-src[^"]+)"', page)[1]
    assert policy.count("'sha256-") == 3  # Bokeh, the script of all pages and that of this page
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'; ")
    assert "unsafe" not in policy.partition("script-src")[2]
    assert all(len(b64decode(code)) == 32 for code in re.findall(r"sha256-([^']+)'", policy))


def test_texts_are_escaped_and_describe_the_figure():
    page = page_of(example(data={"names": [EVIL]}))
    assert "<script>alert" not in page
    assert "<!--" not in page
    assert re.search(r'role="img" aria-label="Title &lt;/script&gt;[^"]+"', page)
    assert 'aria-label="Text"' in page


def test_legends_are_part_of_the_page():
    page = page_of(example())
    assert page.count('aria-pressed="true"') == 2
    assert f"--light: {OTHER}; --dark: {DARK[OTHER]}" in page
    line, points = example()["one"].key
    assert (line.shape, line.colour, line.dash) == ("line", PLANET, "")
    assert points.shape == "point"


def test_names_of_figures_are_unique():
    with pytest.raises(ValueError, match="two charts are named a; give each another name"):
        Embedded([Chart("a", "", plot("", "")), Chart("a", "", plot("", ""))])


def test_pages_without_figures_allow_no_scripts():
    template = Path(__file__).parents[2] / "astronet/figures/page.html"
    assert "script-src" not in template.read_text()


COLOUR = "figures.model('points').glyph.properties.fill_color.get_value().value"


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("dark", [False, True])
def test_figures_are_drawn_by_a_browser(browser, tmp_path, width, dark):
    path = written(tmp_path, data={"names": [EVIL]}, scripts=["let found = figures.data('names')"])
    with browser.opened(path, width, dark=dark) as tab:
        assert tab.evaluate("found") == [EVIL]
        assert tab.evaluate(COLOUR) == (DARK[OTHER] if dark else OTHER)
        plots = "[...document.querySelectorAll('.plot > *')]"
        assert tab.evaluate(f"{plots}.map((one) => one.offsetWidth > 300)") == [True, True]
        assert tab.print().startswith(b"%PDF")
        visit = tab.visit()
    assert visit.messages == []
    assert visit.requests == []
    assert 0.9 * width < visit.width <= width


def test_an_entry_of_the_legend_hides_its_data(browser, tmp_path):
    with browser.opened(written(tmp_path), 400) as tab:
        for shown in (False, True):
            tab.evaluate("document.querySelector('[data-entry=\"one:1\"]').click()")
            assert tab.evaluate("figures.model('points').visible") is shown


def test_a_printed_page_is_light(browser, tmp_path):
    with browser.opened(written(tmp_path), 1400, dark=True) as tab:
        tab.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert tab.evaluate(COLOUR) == OTHER
        tab.evaluate("dispatchEvent(new Event('afterprint'))")
        assert tab.evaluate(COLOUR) == DARK[OTHER]


def test_a_finger_scrolls_the_page_until_a_tool_is_selected(browser, tmp_path):
    touch = """
        const real = matchMedia;
        window.matchMedia = (query) =>
          query === "(pointer: coarse)" ? { matches: true } : real(query);
    """
    zoom = "[...Bokeh.documents[0].all_models].filter((m) => m.type === 'BoxZoomTool')"
    for script, active in ((touch, False), ("", True)):
        with browser.opened(written(tmp_path), 400, script=script) as tab:
            assert tab.evaluate(f"{zoom}.map((tool) => tool.active)") == [active, active]
            assert tab.visit().messages == []


def test_an_old_browser_shows_why_there_are_no_figures(browser, tmp_path):
    shown = "getComputedStyle(document.querySelector('.outdated')).display"
    old = "delete window.DecompressionStream;"
    for script, display in ((old, "block"), ("", "none")):
        with browser.opened(written(tmp_path), 400, script=script) as tab:
            assert tab.evaluate(shown) == display


def test_other_scripts_are_blocked(browser, tmp_path):
    insert = """
        const script = document.createElement("script");
        script.textContent = "window.inserted = true";
        document.body.append(script);
        window.inserted ?? false
    """
    with browser.opened(written(tmp_path), 400) as tab:
        assert tab.evaluate(insert) is False
        assert any("Content Security Policy" in text for text in tab.visit().messages)
