"""Page of one candidate: checks, figures, score and similar labelled events."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from astronet.figures.embedding import Embedded
from astronet.figures.pages import render, write_page
from astronet.files.atomic import write_text
from astronet.lightcurves.arrays import Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.vetting.checks import Check
from astronet.vetting.vetting import Vetting
from astronet.vetting_pages.candidate import Candidate
from astronet.vetting_pages.charts import charts_of
from astronet.vetting_pages.picture import write_picture

INDEX = "../index.html"
"""Path of the index relative to a page."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Candidate with its vetting, for a page.

    Attributes:
        star: Number or name of the star.
        candidate: Candidate.
        curve: Light curve of the star, not detrended.
        vetting: Vetting of the candidate.
        others: Ephemerides of the star's other events.
        table: Identity of the table, under which marks are stored.
        provenance: Origin of the page by name.
    """

    star: int | str
    candidate: Candidate
    curve: LightCurve
    vetting: Vetting
    others: Sequence[Ephemeris]
    table: str
    provenance: Mapping[str, str]


def write_candidate(folder: Path, subject: Subject) -> Path:
    """Write the page of a candidate (HTML), its figure (PNG) and its statistics (JSON).

    Args:
        folder: Folder of the index; the page is written to the candidate's path in it.
        subject: Candidate with its vetting.

    Returns:
        Path of the page.

    Raises:
        RunError: A file cannot be written.
    """
    page = folder / subject.candidate.page
    write_page(page, page_of(subject))
    write_picture(page.with_suffix(".png"), subject.star, subject.candidate, subject.vetting)
    text = json.dumps(statistics_of(subject), indent=1, ensure_ascii=False, allow_nan=False)
    write_text(page.with_suffix(".json"), text + "\n")
    return page


def page_of(subject: Subject) -> str:
    """Return the content of a candidate's page."""
    charts = charts_of(subject.curve, subject.vetting, subject.others)
    marks = (files("astronet") / "vetting_pages" / "marks.js").read_text("utf-8")
    start = 'candidateMarks.startPage(document.getElementById("marks"));'
    content = {
        "subject": subject,
        "candidate": subject.candidate,
        "judgement": subject.candidate.judgement,
        "vetting": subject.vetting,
        "checks": sorted(subject.vetting.checks, key=lambda check: _ORDER[check.outcome]),
        "counts": _counts(subject.vetting),
        "disagreement": _disagreement(subject),
        "figures": Embedded(charts, [f"{marks}\n{start}"]),
        "names": [chart.name for chart in charts],
        "index": INDEX,
        "neighbours": [
            _beside(path) for path in (subject.candidate.previous, subject.candidate.next)
        ],
    }
    filters: Mapping[str, Callable[[Any], str]] = {
        "score": _score,
        "quantity": _quantity,
        "sketch": _sketch,
        "sentence": _sentence,
    }
    return render("vetting_pages/candidate.html", content, filters)


def statistics_of(subject: Subject) -> dict[str, Any]:
    """Return all statistics and checks of a candidate as JSON values."""
    candidate, vetting = subject.candidate, subject.vetting
    judgement = candidate.judgement
    scored = (
        {}
        if judgement is None
        else {
            "score": _known(judgement.score),
            "spread": _known(judgement.spread),
            "decision": judgement.decision,
            "seen_in_training": judgement.seen,
            "influence": judgement.influence,
            "model": judgement.model,
        }
    )
    return {
        "star": subject.star,
        "number": candidate.number,
        "period_days": vetting.ephemeris.period,
        "epoch_bkjd": vetting.ephemeris.epoch,
        "duration_days": vetting.ephemeris.duration,
        "label": candidate.label,
        **scored,
        "verdict": vetting.verdict,
        "statistics": vetting.as_row(),
        "checks": [
            {
                "name": check.name,
                "outcome": check.outcome,
                "value": _known(check.value),
                "error": _known(check.error),
                "unit": check.unit,
                "severity": _known(check.severity),
                "statement": check.statement,
                "limits": check.limits,
                "source": check.source,
            }
            for check in vetting.checks
        ],
        "provenance": dict(subject.provenance),
    }


_ORDER = {"fail": 0, "warn": 1, "pass": 2, "unknown": 3}


def _counts(vetting: Vetting) -> dict[str, int]:
    outcomes = [check.outcome for check in vetting.checks]
    return {name: outcomes.count(name) for name in _ORDER}  # type: ignore[arg-type]


def _disagreement(subject: Subject) -> str:
    """Return a sentence if the networks and the checks disagree; otherwise ""."""
    judgement, failed = subject.candidate.judgement, subject.vetting.failed
    if judgement is None or not judgement.decision:
        return ""
    rejected = judgement.decision == "rejected"
    if rejected and not failed:
        return (
            "The networks reject this candidate, although no check fails; see the warnings and the "
            "similar events below."
        )
    if failed and not rejected:
        return "The networks accept this candidate, although checks fail."
    return ""


def _beside(path: str) -> str:
    """Return the path of another page relative to a page in the same folder."""
    return path.rpartition("/")[2]


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _score(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _quantity(check: Check) -> str:
    """Return the value of a check with its error and unit; "–" if it is unknown."""
    if not math.isfinite(check.value):
        return "–"
    text = f"{check.value:,.4g}" if abs(check.value) < 1000 else f"{check.value:,.0f}"
    if math.isfinite(check.error) and check.error > 0:
        decimals = max(0, 1 - math.floor(math.log10(check.error)))
        text = f"{check.value:,.{decimals}f} ± {check.error:,.{decimals}f}"
    return f"{text} {check.unit}".strip().replace("-", "−")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sketch(view: Views | None) -> Markup:
    """Return a small picture of a view [bins] as SVG."""
    if view is None:
        return Markup("")
    values = np.clip(np.nan_to_num(np.asarray(view, np.float64)), -1.1, 0.6)
    x = np.linspace(1, 119, len(values))
    y = 4 + (0.6 - values) / 1.7 * 52
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return Markup(
        '<svg viewBox="0 0 120 60" class="sketch" role="img" aria-label="view">'
        '<polyline points="{}"/></svg>'
    ).format(points)
