"""HTML pages: values are escaped, only the package's scripts run, and nothing is requested."""

import ast
import re
from pathlib import Path

import pytest
from hostile import NAMES
from samples import REPOSITORY

from astronet.figures.pages import environment, script_sources
from astronet.vetting_pages.index import IndexRow, IndexSummary, write_index

PACKAGE = REPOSITORY / "astronet"
TEMPLATES = sorted(PACKAGE.rglob("*.html"))

INSERT = """
    const script = document.createElement("script");
    script.textContent = "window.inserted = true";
    document.body.append(script);
    document.body.setAttribute("onclick", "window.inserted = true");
    document.body.click();
    window.inserted ?? false
"""
"""JavaScript that tries what a page could contain after a mistake in the escaping of a text."""


def index_of(folder: Path) -> Path:
    """Write an index of vetting pages in which every text is hostile."""
    rows = [
        IndexRow(name, name, k, 3.5, 2.0, 90.0, 8.0, 0.4, 0.2, name, (name,), (name,), name, name)
        for k, name in enumerate(NAMES)
    ]
    text = "".join(NAMES)
    return write_index(folder, rows, IndexSummary(text, text, {text: text}, 1, {text: text}))


def test_all_templates_are_rendered_with_escaping() -> None:
    assert environment().autoescape is True
    made = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Environment"
    ]
    assert made == ["figures/pages.py"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_escape_all_variables(path: Path) -> None:
    """Only constants are marked as safe, and no template turns escaping off."""
    text = path.read_text("utf-8")
    assert "autoescape" not in text
    assert len(re.findall(r"\|\s*safe\b", text)) == len(re.findall(r"'[^'{}]*'\|safe\b", text))
    unquoted = r"<[a-z][^<>]*?\s[a-z-]+=\{\{"  # a value without quotes could contain attributes
    assert not re.search(unquoted, text)


def test_figures_contain_no_html_and_no_code() -> None:
    """Bokeh escapes the values of tooltips, unless their format is `safe`."""
    code = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    assert code.count("HoverTool(") == 1
    assert not re.findall(r"\{safe\}|CustomJS|HTMLTemplateFormatter|\bDiv\(", code)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_names_a_host(path: Path) -> None:
    assert not re.search(r"(src|href|action)=[\"']?(https?:)?//", path.read_text("utf-8"))


def test_every_page_has_a_policy_that_allows_no_other_scripts_and_no_requests() -> None:
    """A page is a template with a body; it extends page.html, whose policy it can only add to."""
    base = (PACKAGE / "figures/page.html").read_text("utf-8")
    policy = re.search(r'Content-Security-Policy"\s+content="[^>]*?(default-src[^{]+)', base)[1]
    assert policy == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'"
    )
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        if "<body" in text:
            assert path.name == "page.html"
        if "\n{% block main" in text and path.name != "page.html":
            assert re.search(r'extends "figures/(page|interactive)\.html"', text)
        for block in re.findall(r"block policy %}(.*?){% endblock", text):
            rest = block.removeprefix("{{ super() }}; script-src ")
            assert block == policy or rest in ("{{ sources }}", "{{ figures.sources }}")


def test_scripts_are_allowed_by_their_hash() -> None:
    assert script_sources("1") == "'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"


def test_hostile_names_in_the_index_are_text(browser, tmp_path) -> None:
    with browser.opened(index_of(tmp_path), 1400) as tab:
        shown = tab.evaluate("candidateTable.rows.map((row) => row.star)")
        assert shown == list(NAMES)
        assert tab.evaluate("document.querySelectorAll('script').length") == 2
        links = "[...document.querySelectorAll('td a')].map((one) => one.protocol)"
        assert set(tab.evaluate(links)) == {"file:"}
        visit = tab.visit()
    assert visit.messages == []
    assert visit.requests == []


def test_a_script_that_is_inserted_into_the_index_does_not_run(browser, tmp_path) -> None:
    with browser.opened(index_of(tmp_path), 1400) as tab:
        assert tab.evaluate(INSERT) is False
        assert any("Content Security Policy" in text for text in tab.visit().messages)
