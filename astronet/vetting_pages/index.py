"""Index of the pages of all candidates: a table to sort, filter, search and mark."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from astronet.figures.pages import render, script_sources, write_page

_SCRIPTS = ("marks.js", "csv.js", "columns.js", "index.js", "actions.js")
"""Scripts of the index; each uses the preceding ones."""


@dataclass(frozen=True)
class IndexRow:
    """One candidate of the index.

    Attributes:
        page: Path of the candidate's page relative to the index; "" if it has no page.
        star: Catalogue ID or name of the star.
        number: Number of the event of this star.
        period_days: Period [d].
        duration_hours: Transit duration [h].
        depth_ppm: Transit depth [ppm].
        snr: Signal-to-noise ratio; NaN if unknown.
        score: Score; NaN if unknown.
        spread: Disagreement of the networks (same unit as the score); NaN if unknown.
        decision: Decision about the candidate, such as "accepted"; "" if there is none.
        failed: Names of the checks that fail.
        warned: Names of the checks with a warning.
        verdict: Result of the checks in words.
        label: Label in the table; "" if there is none.
        reason: Reason why the candidate has no page; "" if it has one.
    """

    page: str
    star: int | str
    number: int
    period_days: float
    duration_hours: float
    depth_ppm: float
    snr: float = math.nan
    score: float = math.nan
    spread: float = math.nan
    decision: str = ""
    failed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    verdict: str = ""
    label: str = ""
    reason: str = ""


@dataclass(frozen=True)
class IndexSummary:
    """Heading and origin of the index.

    Attributes:
        title: Title of the page.
        command: Command line that wrote the page.
        versions: Version of each package by name.
        checks: Number of checks of each candidate.
        provenance: Further facts about the origin of the table by name, without dates.
    """

    title: str
    command: str
    versions: Mapping[str, str] = field(default_factory=dict)
    checks: int = 0
    provenance: Mapping[str, str] = field(default_factory=dict)


def write_index(folder: Path, rows: Sequence[IndexRow], summary: IndexSummary) -> Path:
    """Write `index.html` to a folder, and return its path.

    Raises:
        ValueError: The path of a page is not relative.
        RunError: The file cannot be written.
    """
    scripts = files("astronet") / "vetting_pages"
    script = Markup("\n".join((scripts / name).read_text("utf-8") for name in _SCRIPTS))
    content = {
        "summary": summary,
        "facts": _facts(rows, summary),
        "table": _table(rows),
        "script": script,
        "sources": script_sources(script),
    }
    return write_page(folder / "index.html", render("vetting_pages/index.html", content, {}))


def table_id(events: Iterable[tuple[int | str, int, float]]) -> str:
    """Return the identity of a table of events, under which a browser stores the marks.

    It does not depend on the order of the rows, nor on results such as scores.

    Args:
        events: Star, number and period [d] of each event.
    """
    names = sorted(f"{star}/{number}/{period:.6g}" for star, number, period in events)
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:16]


def _facts(rows: Sequence[IndexRow], summary: IndexSummary) -> dict[str, str]:
    """Return the numbers in the heading of the page by name."""
    decisions = Counter(row.decision for row in rows if row.decision)
    facts = {
        "Candidates": f"{len(rows):,}",
        "Checks per candidate": str(summary.checks),
        "Candidates that pass all checks": f"{sum(_passes(row) for row in rows):,}",
        "Candidates without a page": f"{sum(not row.page for row in rows):,}",
    }
    if decisions:
        counts = (f"{decision}: {count:,}" for decision, count in decisions.most_common())
        facts["Decisions"] = ", ".join(counts)
    return facts


def _passes(row: IndexRow) -> bool:
    return bool(row.page) and not row.failed


def _table(rows: Sequence[IndexRow]) -> dict[str, Any]:
    """Return the rows as JSON values; the order of the columns is that of `index.js`."""
    checks = sorted({name for row in rows for name in (*row.failed, *row.warned)})
    place = {name: k for k, name in enumerate(checks)}
    return {
        "id": table_id((row.star, row.number, row.period_days) for row in rows),
        "checks": checks,
        "rows": [_values(row, place) for row in rows],
    }


def _values(row: IndexRow, place: Mapping[str, int]) -> list[Any]:
    if row.page.startswith("/"):
        raise ValueError(f"the path of the page is not relative: {row.page}")
    numbers = (row.period_days, row.duration_hours, row.depth_ppm, row.snr, row.score, row.spread)
    return [
        quote(row.page),
        str(row.star),  # numbers of JavaScript have 53 bits, fewer than the IDs of Gaia
        int(row.number),
        *(float(number) if math.isfinite(number) else None for number in numbers),
        row.decision,
        [place[name] for name in row.failed],
        [place[name] for name in row.warned],
        row.verdict,
        row.label,
        row.reason,
    ]
