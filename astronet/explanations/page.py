"""HTML page of an explanation, and its summary as a PNG file."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astronet.explanations.axes import phase_text, words
from astronet.explanations.charts import attributions, removal, scalars, shifts
from astronet.explanations.conclusion import conclusion
from astronet.explanations.findings import Findings, fraction_inside
from astronet.explanations.folder import PAGE
from astronet.explanations.layer_charts import LAYERS, layer_charts
from astronet.explanations.model import score_text
from astronet.explanations.picture import write_picture
from astronet.explanations.removal import WIDTH
from astronet.explanations.secondary import Sibling, secondary_remark
from astronet.explanations.shifts import MAX_SHIFT
from astronet.figures.embedding import Embedded
from astronet.figures.interactive import Chart
from astronet.figures.pages import render, write_page

PICTURE = "explain.png"

STEPS = 2
"""Number of times that `write` calls `advance`."""

_TOLERANCE = 0.02
"""Maximum difference between a view and the same view rebinned from the global view [transit
depths]. The views of the published DR24 set are rounded and differ by up to 0.004."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Description of the network and the event, for the page.

    Attributes:
        networks: Names of the runs or shipped weights, with their number of networks if there are
            several.
        kind: Kind of the network, for example "astronet"; several kinds are joined by "and".
        calibrated: Whether the logit of the score is calibrated as a whole, which it is for one set
            of shipped weights.
        label: Label of the event; "" if it has none.
        warning: Reason why the score is unreliable; "" if it is reliable.
        provenance: Sources of the network and the event, and versions of libraries, by name.
        epoch: Epoch of the event [d, BKJD]; None if it is unknown.
        precision: Precision in which scores are computed, "float32" or "bfloat16".
        siblings: Other events of the star; empty if they are unknown.
        check: Commands that compute the statistics of the event; "" if they are unknown.
    """

    networks: tuple[str, ...]
    kind: str
    calibrated: bool
    label: str
    warning: str
    provenance: Mapping[str, str]
    epoch: float | None = None
    precision: str = "float32"
    siblings: Sequence[Sibling] = ()
    check: str = ""


def write(folder: Path, found: Findings, subject: Subject, advance: Callable[[int], None]) -> Path:
    """Write explain.html and explain.png, and return the path of the page.

    The page contains its figures, scripts and style sheet, and does not load other files.

    Args:
        folder: Output folder; it is created if it does not exist.
        found: Results that explain the score.
        subject: Description of the network and the event.
        advance: Callback that is called with 1 after each step.

    Raises:
        RunError: The page cannot be written.
        OSError: The PNG file cannot be written.
    """
    text = render("explanations/page.html", _content(found, subject), _FILTERS)
    advance(1)
    page = write_page(folder / PAGE, text)
    write_picture(folder / PICTURE, found)
    advance(1)
    return page


def charts_of(found: Findings) -> dict[str, list[Chart]]:
    """Return the figures of a page by section."""
    sections = {
        "removal": [removal(found)],
        "attribution": list(attributions(found)),
        "shifts": list(shifts(found)),
        "scalars": [scalars(found)] if found.scalars else [],
    }
    return sections | {name: list(layer_charts(found, name)) for name in LAYERS}


def _content(found: Findings, subject: Subject) -> dict[str, Any]:
    event, logits = found.event, found.noise.logits
    sections = charts_of(found)
    return {
        "figures": Embedded(chart for charts in sections.values() for chart in charts),
        "sections": {name: [chart.name for chart in charts] for name, charts in sections.items()},
        "conclusion": conclusion(found, subject.siblings),
        "remark": secondary_remark(event, subject.siblings),
        "found": found,
        "subject": subject,
        "event": event,
        "networks": found.networks,
        "shown": [columns.number for columns in found.columns],
        "deviates": found.deviation > _TOLERANCE,
        "width": WIDTH,
        "max_shift": MAX_SHIFT,
        "phase": None if event.secondary is None else event.secondary / event.ephemeris.period,
        "noise": None if len(logits) == 0 else sorted(logits.tolist()),
        "views": [_of_view(found, name) for name in event.views],
    }


def _of_view(found: Findings, name: str) -> dict[str, Any]:
    """Return one view's row in the tables of attributions and shifts, as template variables."""
    event, last = found.event, found.last_layer(name)
    centre = event.centre_phase(name)
    inside = event.inside(name, centre or 0.0, WIDTH * event.ephemeris.duration)
    return {
        "name": name,
        "centre": event.specs[name].centre,
        "added": float(found.gradients.views[name].sum()),
        "gradients": fraction_inside(found.gradients.views[name], inside),
        "occlusion": fraction_inside(found.occlusions[name].drops, inside),
        "bins": float(inside.mean()),
        "step": last.jump,
        "field": last.field,
        "half": found.view_shifts[name].within(max(1, last.jump // 2)),
        "most": found.view_shifts[name].within(MAX_SHIFT),
    }


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    return (f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}").replace("-", "−")


def _signed(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:+.2f}".replace("-", "−")


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.{0 if value >= 0.1 else 1}f} %"


_FILTERS: Mapping[str, Callable[[Any], str]] = {
    "number": _number,
    "phase": phase_text,
    "percent": _percent,
    "score": score_text,
    "signed": _signed,
    "words": words,
}
