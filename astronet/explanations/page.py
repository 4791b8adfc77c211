"""The page of one explanation: an HTML file with everything in it, and its pictures beside it."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from astronet.explanations import figures, layer_figures
from astronet.explanations.event import Event
from astronet.explanations.findings import Columns, Findings, inside_share
from astronet.explanations.judge import score_text
from astronet.explanations.removal import WIDTH
from astronet.figures.pages import inline, png, render, write_page
from astronet.files.atomic import write_bytes

PAGE = "explain.html"


@dataclass(frozen=True, eq=False)
class Subject:
    """What the page says of the network and the event besides the findings.

    Attributes:
        networks: What the runs or weights are called.
        kind: The kind of network.
        calibrated: Whether its logits are calibrated.
        label: The event's label, if it has one.
        warning: Why its score means little, or "".
        provenance: Where network and event come from, by name.
    """

    networks: tuple[str, ...]
    kind: str
    calibrated: bool
    label: str
    warning: str
    provenance: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure of the page: its section, its file's name without ending, and what it shows."""

    section: str
    name: str
    caption: str
    figure: Figure


def pictures(found: Findings) -> Iterator[Picture]:
    """Draws every figure, in the order of the page."""
    event = found.event
    caption = (
        "The score as it is and without a part; each point of noise is one stretch as wide as the "
        "transit’s."
    )
    drawn = figures.verdicts(found.logit, found.removed, found.noise, found.backwards)
    yield Picture("removal", "verdicts", caption, drawn)
    for name in event.views:
        caption = f"{_words(name)} view: blue raises the logit, vermilion lowers it."
        drawn = figures.attribution(event, name, found.gradients, found.occluded[name])
        yield Picture("attribution", f"attribution-{name}", caption, drawn)
    drawn = figures.shifts(found.alone, found.together, found.durations)
    yield Picture("shifts", "shifts", "Where a curve is flat, the shift does not matter.", drawn)
    if found.scalars:
        caption = "Bars to the right: knowing it raises the logit."
        yield Picture("scalars", "scalars", caption, figures.scalars(found.logit, found.scalars))
    for section, draw, caption in _LAYERS:
        for place, columns in enumerate(found.columns, 1):
            which, end = ("", "") if place == 1 else (f"Network {place}, ", f"-{place}")
            for name in columns.maps:
                text = f"{which}{_words(name)} view: {caption}"
                yield Picture(section, f"{section}-{name}{end}", text, draw(event, columns, name))


def write(folder: Path, found: Findings, subject: Subject, advance: Callable[[int], None]) -> Path:
    """Writes explain.html (no script, nothing from the network) and a PNG of every figure.

    Args:
        folder: Is made where it does not exist.
        found: What to show.
        subject: What it is about.
        advance: Is called with 1 after each figure.

    Raises:
        RunError: A file cannot be written.
    """
    shown: dict[str, list[tuple[str, str]]] = {}
    drawn: dict[str, bytes] = {}
    for picture in pictures(found):
        content = drawn[f"{_file_name(picture.name)}.png"] = png(picture.figure)
        shown.setdefault(picture.section, []).append((picture.caption, inline(content)))
        advance(1)
    text = render(
        "explanations/page.html", _content(found, subject) | {"pictures": shown}, _FILTERS
    )
    path = write_page(folder / PAGE, text)
    for name, content in drawn.items():
        write_bytes(folder / name, content)
    return path


def _content(found: Findings, subject: Subject) -> dict[str, Any]:
    event, logits = found.event, found.noise.logits
    return {
        "found": found,
        "subject": subject,
        "event": event,
        "networks": found.networks,
        "width": WIDTH,
        "phase": None if event.secondary is None else event.secondary / event.ephemeris.period,
        "noise": None if len(logits) == 0 else sorted(logits.tolist()),
        "views": [_of_view(found, name) for name in event.views],
    }


def _of_view(found: Findings, name: str) -> dict[str, Any]:
    """One row of the tables: what a view adds, and how far it may be shifted."""
    event, last = found.event, found.last_layer(name)
    middle = event.middle(name)
    inside = event.inside(name, middle or 0.0, WIDTH * event.ephemeris.duration)
    return {
        "name": name,
        "centre": event.specs[name].centre,
        "added": float(found.gradients.views[name].sum()),
        "share": inside_share(found.gradients.views[name], inside),
        "occluded": inside_share(found.occluded[name].drops, inside),
        "covers": float(inside.mean()),
        "step": last.jump,
        "field": last.field,
        "half": found.alone[name].within(max(1, last.jump // 2)),
        "most": found.alone[name].within(32),
    }


_LAYERS: tuple[tuple[str, Callable[[Event, Columns, str], Figure], str], ...] = (
    (
        "maps",
        lambda event, of, name: layer_figures.feature_map(event, name, of.maps[name]),
        "channels × points of each block, dark where it answers most (its largest value is given).",
    ),
    (
        "fields",
        lambda event, of, name: layer_figures.receptive_fields(event, name, of.layers[name]),
        "what the middle point of each layer sees; ticks are the layer’s points.",
    ),
    (
        "kernels",
        lambda _, of, name: layer_figures.kernels(name, of.kernels[name]),
        "convolution by convolution, channels out × channels in × width.",
    ),
)


def _file_name(name: str) -> str:
    """A name without anything that means something in a path."""
    return re.sub(r"[^\w-]", "_", name)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    return (f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}").replace("-", "−")


def _signed(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:+.2f}".replace("-", "−")


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.{0 if value >= 0.1 else 1}f} %"


_FILTERS: Mapping[str, Callable[[Any], str]] = {
    "number": _number,
    "place": lambda phase: f"{phase:+.3f}".replace("-", "−"),
    "share": _share,
    "score": score_text,
    "signed": _signed,
    "words": _words,
}
