"""HTML page of an explanation, and PNG files of its figures."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from astronet.explanations import figures, layer_figures
from astronet.explanations.event import Event
from astronet.explanations.findings import Columns, Findings, fraction_inside
from astronet.explanations.folder import PAGE
from astronet.explanations.model import score_text
from astronet.explanations.removal import WIDTH
from astronet.explanations.shifts import MAX_SHIFT
from astronet.figures.pages import inline, png, render, write_page
from astronet.files.atomic import write_bytes

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
    """

    networks: tuple[str, ...]
    kind: str
    calibrated: bool
    label: str
    warning: str
    provenance: Mapping[str, str]
    epoch: float | None = None
    precision: str = "float32"


@dataclass(frozen=True, eq=False)
class Picture:
    """Figure on the page.

    Attributes:
        section: Identifier of the section that contains the figure.
        name: Name of the figure, from which the name of the PNG file is derived.
        caption: Text below the figure.
        figure: Matplotlib figure.
    """

    section: str
    name: str
    caption: str
    figure: Figure


def pictures(found: Findings) -> Iterator[Picture]:
    """Draw and yield the figures of the page, in order."""
    event = found.event
    caption = (
        "Score of the unmodified event, and its score without each part. Each point in the noise "
        "row is the score without one interval of noise that is as wide as the removed transit. "
        "Blue: score above 0.5; vermilion: below 0.5. The noise row has the colour of its mean "
        "logit."
    )
    drawn = figures.removal(found.logit, found.removals, found.noise, found.time_reversed)
    yield Picture("removal", "removal", caption, drawn)
    for name in event.views:
        caption = (
            f"Attribution in the {_words(name)} view. Blue bins raise the logit and vermilion bins "
            "lower it; the band is one transit duration wide. A triangle marks a bin outside the "
            "plotted range."
        )
        drawn = figures.attribution(event, name, found.gradients, found.occlusions[name])
        yield Picture("attribution", f"attribution-{name}", caption, drawn)
    drawn = figures.shifts(found.view_shifts, found.epoch_shifts, found.durations)
    caption = "Score against shift. A flat curve means that the score does not depend on the shift."
    yield Picture("shifts", "shifts", caption, drawn)
    if found.scalars:
        caption = (
            "Logit minus the logit without the scalar input. Blue: the value raises the logit; "
            "vermilion: it lowers the logit."
        )
        yield Picture("scalars", "scalars", caption, figures.scalars(found.logit, found.scalars))
    for section, draw, caption in _LAYERS:
        for place, columns in enumerate(found.columns, 1):
            several = found.networks > 1
            which = f" of network {columns.number} of {found.networks}" if several else ""
            end = "" if place == 1 else f"-{place}"
            for name in columns.maps:
                text = caption.format(view=f"{_words(name)} view{which}")
                yield Picture(section, f"{section}-{name}{end}", text, draw(event, columns, name))


def write(folder: Path, found: Findings, subject: Subject, advance: Callable[[int], None]) -> Path:
    """Write explain.html and a PNG file of each figure, and return the path of the page.

    The page embeds its figures and style sheet. It contains no scripts and does not load other
    files.

    Args:
        folder: Output folder; it is created if it does not exist.
        found: Results that explain the score.
        subject: Description of the network and the event.
        advance: Callback that is called with 1 after each figure.

    Raises:
        RunError: The page cannot be written.
        OSError: A PNG file cannot be written.
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
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in drawn.items():
        write_bytes(folder / name, content)
    return write_page(folder / PAGE, text)


def _content(found: Findings, subject: Subject) -> dict[str, Any]:
    event, logits = found.event, found.noise.logits
    return {
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


_LAYERS: tuple[tuple[str, Callable[[Event, Columns, str], Figure], str], ...] = (
    (
        "maps",
        lambda event, of, name: layer_figures.feature_map(event, name, of.maps[name]),
        "Feature maps for the {view}: channels × positions of each block. Darker is stronger, on "
        "the scale of each block (maximum given).",
    ),
    (
        "fields",
        lambda event, of, name: layer_figures.receptive_fields(event, name, of.layers[name]),
        "Receptive field of the central output of each layer for the {view}. Ticks mark the "
        "positions of the outputs.",
    ),
    (
        "kernels",
        lambda _, of, name: layer_figures.kernels(name, of.kernels[name]),
        "Kernels of each convolution for the {view}: output channels × input channels × width.",
    ),
)


def _file_name(name: str) -> str:
    """Return the name with every character other than letters, digits, _ and - replaced by _."""
    return re.sub(r"[^\w-]", "_", name)


def _words(name: str) -> str:
    return name.replace("_", " ")


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
    "phase": lambda phase: f"{phase:+.3f}".replace("-", "−"),
    "percent": _percent,
    "score": score_text,
    "signed": _signed,
    "words": _words,
}
