"""Patterns that are applied to entries of files need linear time, also if nothing matches."""

import re
import time
from collections.abc import Callable

import pandas as pd
import pytest

from astronet.archives.mast import _Links
from astronet.catalogs import layouts
from astronet.catalogs.table import _robovetter_columns
from astronet.errors import commonest, printable
from astronet.lightcurves import flux_units, time_units
from astronet.missions import entries
from astronet.missions.star_lists import star_of

LENGTH = 100_000
"""Length of an entry; with a quadratic pattern, it would take minutes."""

REPEATED = ("1", " ", "a", "1 ", "a1", "jd", "mag ", "- ", ".1", "(_ -", "\t", "1:", "<a ", ",")
ENDS = ("", "x", "\n!", "\n\n1x")


def patterns(module: object) -> list[re.Pattern[str]]:
    return [value for value in vars(module).values() if isinstance(value, re.Pattern)]


def column(function: Callable[[pd.Series], object]) -> Callable[[str], object]:
    return lambda text: function(pd.Series([text]))


PATTERNS = [one for module in (entries, flux_units, time_units) for one in patterns(module)]
FUNCTIONS: dict[str, Callable[[str], object]] = {
    "robovetter": lambda text: _robovetter_columns(f"#1:{text}"),
    "digits": column(layouts.digits),
    "last_digits": column(layouts.last_digits),
    "star_catalogs": column(layouts.star_catalogs),
    "star_of": lambda text: star_of(f"KIC {text}x", "kepler"),
    "links": lambda text: _Links(f"<a href=x>{text}").found,
    "printable": printable,
    "commonest": lambda text: commonest([text, text]),
}


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.pattern[:20])
def test_patterns_are_linear(pattern: re.Pattern[str]) -> None:
    started = time.process_time()
    for part in REPEATED:
        for end in ENDS:
            text = part * (LENGTH // len(part)) + end
            pattern.fullmatch(text)
            pattern.search(text)
    assert time.process_time() - started < 20


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_linear(name: str) -> None:
    started = time.process_time()
    for part in REPEATED:
        for end in ENDS:
            FUNCTIONS[name](part * (LENGTH // len(part)) + end)
    assert time.process_time() - started < 20
