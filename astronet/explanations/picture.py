"""Summary of an explanation as a PNG file: scores without parts, and attributions."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from astronet.explanations.axes import phase_axis, score_axis, view_title
from astronet.explanations.findings import Findings
from astronet.explanations.model import score_text
from astronet.explanations.removal_rows import logit_range, removal_rows
from astronet.figures.pages import png
from astronet.figures.style import FAINT, OTHER, PLANET, styled
from astronet.figures.views import draw_view
from astronet.files.atomic import write_bytes

_WIDTH, _PANEL, _ROW = 9.2, 2.5, 0.27  # figure width, height of a view, height of a row [inches]


def write_picture(path: Path, found: Findings) -> Path:
    """Write the summary, and return its path.

    Raises:
        OSError: The file cannot be written.
    """
    write_bytes(path, png(picture(found)))
    return path


@styled
def picture(found: Findings) -> Figure:
    """Return the summary as a matplotlib figure."""
    names = list(found.event.views)
    rows = int(np.ceil(len(names) / 2))
    first = 0.9 + _ROW * len(removal_rows(found))
    figure = Figure(figsize=(_WIDTH, first + _PANEL * rows), layout="constrained")
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=[first, _PANEL * rows]))
    _removal(upper.add_subplot(), found)
    grid = lower.add_gridspec(2 * rows, min(len(names), 2), height_ratios=[1.2, 1] * rows)
    for place, name in enumerate(names):
        row, column = divmod(place, 2)
        view = lower.add_subplot(grid[2 * row, column])
        _attribution(view, lower.add_subplot(grid[2 * row + 1, column]), found, name)
    figure.suptitle(
        f"Score {score_text(found.logit)} of {found.event.name}", x=0.01, ha="left", weight="bold"
    )
    return figure


def _removal(axes: Axes, found: Findings) -> None:
    rows = removal_rows(found)
    for place, row in enumerate(rows):
        colour = PLANET if not len(row.logits) or np.mean(row.logits) > 0 else OTHER
        if len(row.logits) == 1:
            axes.plot([found.logit, row.logits[0]], [place] * 2, color=colour, alpha=0.5)
        axes.scatter(row.logits, [place] * len(row.logits), color=colour, s=28, linewidths=0)
    axes.axvline(found.logit, color=FAINT, linestyle=":", zorder=0)
    scale = score_axis(*logit_range(rows))
    axes.set_xlim(scale.low, scale.high)
    axes.set_xticks(list(scale.ticks), list(scale.ticks.values()))
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel="score (logit scale)")
    axes.grid(axis="y", visible=False)


def _attribution(view: Axes, lower: Axes, found: Findings, name: str) -> None:
    event, axis = found.event, phase_axis(found.event, name)
    draw_view(view, event.views[name])
    view.set_title(view_title(event, name))
    values = found.gradients.views[name]
    edges = np.append(axis.places - axis.step / 2, axis.limits[1])
    for part, colour in ((np.maximum(values, 0), PLANET), (np.minimum(values, 0), OTHER)):
        lower.stairs(part, edges, fill=True, color=colour, linewidth=0.6, edgecolor=colour)
    lower.set(xlim=axis.limits, xlabel=axis.label, ylabel="gradients")
    view.set(xlim=(-0.5, len(values) - 0.5), ylabel="flux")
