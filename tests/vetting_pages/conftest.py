"""Fixtures: a browser, and a tab with a small index."""

import pytest
from vetting_index import ROWS, SUMMARY

from astronet.vetting_pages.index import write_index


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
