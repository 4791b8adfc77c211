"""Page of the best candidates of a search: their folded light curves."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from astronet.errors import RunError, counted
from astronet.figures.numbers import depth_text, period_text, score_text
from astronet.figures.style import FAINT, GRID, INK, PLANET, styled

ROWS = 12
"""Maximum number of candidates on a page."""

# Sizes in inches.
_ROW = 1.35
_HEAD = 0.65
_FOOT = 0.35
_TEXT = 2.35
_PANEL = 3.4

_LINE = 38
"""Number of characters of a line of flags."""

_MOST_LINES = 3
"""Maximum number of lines of flags; the table lists all."""

_HEADINGS = ("flux [ppm] against time from mid-transit [h]", "flux [ppm] against phase")

Lines = Sequence[NDArray[np.floating]]
"""Fold of a candidate: points near the transit (hours, ppm), bins near the transit (hours, ppm) and
bins over the whole period (phase, ppm)."""


@styled
def candidates_page(
    candidates: pd.DataFrame, folds: Sequence[Lines | None], title: str = ""
) -> Figure:
    """Draw up to 12 candidates, one row per candidate: the transit and the whole period.

    Args:
        candidates: Table of candidates [n] with the columns of candidates.csv, and optionally
            score; only the first 12 are drawn.
        folds: Fold of each candidate [n]; None is replaced by the text "no data".
        title: Title of the page.

    Raises:
        RunError: There are no candidates.
    """
    if len(candidates) == 0:
        raise RunError("no candidates to draw; give at least one")
    shown = min(len(candidates), ROWS)
    height, width = _HEAD + _ROW * shown + _FOOT, _TEXT + 2 * _PANEL
    figure = Figure(figsize=(width, height))
    panels = figure.subplots(shown, 2, squeeze=False)
    figure.subplots_adjust(
        left=(_TEXT + 0.55) / width,
        right=1 - 0.1 / width,
        top=1 - _HEAD / height,
        bottom=_FOOT / height,
        hspace=0.42,
        wspace=0.27,
    )
    limit = "" if shown == len(candidates) else f" (first {shown} of {len(candidates)})"
    figure.text(0.1 / width, 1 - 0.2 / height, title + limit, weight="bold", color=INK, va="center")
    for column, heading in enumerate(_HEADINGS):
        panels[0, column].set_title(heading, fontsize=9, weight="normal", color=FAINT)
    for row in range(shown):
        _draw_fold(panels[row], folds[row], float(candidates["depth_ppm"].iloc[row]))
        place = panels[row, 0].get_position()
        _describe(figure, 0.1 / width, place.y1, height, candidates.iloc[row])
    return figure


def _draw_fold(panels: Any, fold: Lines | None, depth: float) -> None:
    """Draw the transit and the whole period in two panels.

    Args:
        panels: Both axes.
        fold: Fold of the candidate; None if there is none.
        depth: Depth of the transit [ppm].
    """
    if fold is None:
        for axes in panels:
            axes.set_axis_off()
            axes.text(0.5, 0.5, "no data", color=FAINT, transform=axes.transAxes, ha="center")
        return
    hours, ppm, near_hours, near_ppm, phase, whole_ppm = fold
    panels[0].scatter(hours, ppm, s=2, color=FAINT, alpha=0.3, linewidths=0)
    _draw(panels[0], near_hours, near_ppm, depth, 14)
    _draw(panels[1], phase, whole_ppm, depth, 5)


def _draw(
    axes: Any, x: NDArray[np.floating], ppm: NDArray[np.floating], depth: float, size: float
) -> None:
    """Plot medians in bins; the range includes the transit, and as much above the median as below.

    Args:
        axes: Axes to draw on.
        x: Centres of the bins [n].
        ppm: Median fluxes in the bins [n]; NaN if empty.
        depth: Depth of the transit [ppm].
        size: Area of a marker [points²].
    """
    known = ppm[np.isfinite(ppm)]
    scatter = 1.4826 * float(np.median(np.abs(known - np.median(known)))) if len(known) else 0.0
    lowest = min(float(known.min(initial=0.0)), -depth)
    highest = min(float(known.max(initial=0.0)), -lowest)
    reach = max(3 * scatter, 1.1 * highest, 0.25 * -lowest, 1e-9)
    axes.set_ylim(1.15 * lowest - 0.2 * reach, reach)
    axes.grid(False)
    axes.axhline(0, color=GRID, linewidth=0.8, zorder=0)
    axes.axhline(-depth, color=GRID, linewidth=0.8, linestyle="--", zorder=0)
    axes.scatter(x, ppm, s=size, color=PLANET, linewidths=0, zorder=3)
    if len(x):
        axes.set_xlim(1.02 * x[0], 1.02 * x[-1])
    axes.tick_params(labelsize=8, length=2)


def _describe(figure: Figure, x: float, top: float, height: float, row: pd.Series) -> None:
    """Draw the star and number in large type, and the properties of the candidate below them.

    Args:
        figure: Figure to modify.
        x: Left edge of the text [figure widths].
        top: Upper edge of the text [figure heights].
        height: Height of the figure [inches].
        row: Row of the table of candidates.
    """
    star, candidate = str(row["star"]), f"candidate {row['number']}"
    heading = figure.text(x, top, f"{star}, {candidate}", fontsize=10.5, color=INK, va="top")
    heading.set(weight="bold")
    rest = [] if _fits(figure, heading) else [candidate]
    if rest:
        _shorten(figure, heading, star)
    lines = [
        *rest,
        f"period {period_text(row['period_days'], row['transits'])}",
        f"depth {depth_text(row['depth_ppm'])} ppm, duration {24 * row['duration_days']:.3g} h",
        f"SNR {row['snr']:.1f}, {counted(row['transits'], 'transit')}",
    ]
    if not pd.isna(score := row.get("score", np.nan)):
        lines.append(f"score {score_text(score)}")
    flags = str(row["flags"]).replace(";", ", ").replace("_", " ")
    lines += wrap(flags, _LINE, max_lines=_MOST_LINES, placeholder=" …")
    text = figure.text(x, top - 0.22 / height, "\n".join(lines), color=INK, va="top")
    text.set(fontsize=8, linespacing=1.3)


def _fits(figure: Figure, text: Text) -> bool:
    """Return whether a text fits beside the panels."""
    return bool(text.get_window_extent().width <= _TEXT * figure.dpi)


def _shorten(figure: Figure, text: Text, star: str) -> None:
    """Set a text to the name of a star, without its middle if it is too long for the space.

    The names of files often differ only in their endings.
    """
    text.set_text(star)
    for kept in range(len(star) - 1, 0, -1):
        if _fits(figure, text):
            return
        text.set_text(f"{star[: kept - kept // 2]}…{star[len(star) - kept // 2 :]}")
