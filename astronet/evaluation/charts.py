"""Interactive ROC and precision–recall curves of one or more models on the same events."""

from collections.abc import Mapping, Sequence

import numpy as np
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from astronet.evaluation.intervals import precision_band, roc_band
from astronet.evaluation.models import Model, Scored, at_threshold, operating_points
from astronet.figures.interactive import Chart, Drawn, add_hover, plot
from astronet.figures.style import FAINT, INK, PLANET
from astronet.lightcurves.arrays import Floats

UNIT = (-0.02, 1.02)
"""Limits of an axis of values between 0 and 1."""

BAND = "The band is the 95 % bootstrap confidence interval (stars resampled)."
"""Explanation of the shaded area around a curve."""

_COUNTS = (
    ("model", "@model"),
    ("planet if", "@rule"),
    ("precision, recall", "@precision{0.000}, @recall{0.000}"),
    ("false-positive rate", "@false_positive_rate{0.0000}"),
    ("true positives (TP)", "@tp{0,0}"),
    ("false positives (FP)", "@fp{0,0}"),
    ("false negatives (FN)", "@fn{0,0}"),
    ("true negatives (TN)", "@tn{0,0}"),
)


def curves(
    scored: Scored,
    areas: Mapping[str, str],
    precisions: Mapping[str, str],
    suffix: str = "",
    *,
    marked: bool = True,
) -> list[Chart]:
    """Return the ROC and the precision–recall curves; none if all events are of one class.

    Each point shows the counts at its threshold under the pointer.

    Args:
        scored: Events and models. The bands are the 95 % intervals of the first model.
        areas: Text of the area under the ROC curve in the legend, by name of the model.
        precisions: Text of the average precision in the legend, by name of the model.
        suffix: Ending of the names of the figures.
        marked: Whether points mark the classification threshold. Their data are named mark-0,
            mark-1, …, in the order of the models, so that a script can move them.
    """
    if not scored.both_classes:
        return []
    points = [ColumnDataSource(operating_points(one, scored.targets)) for one in scored.models]
    marks = []
    if marked:
        for k, one in enumerate(scored.models):
            marks.append(ColumnDataSource(at_threshold(one, scored), name=f"mark-{k}"))
    return [
        _roc(scored, areas, points, marks, suffix),
        _precision_recall(scored, precisions, points, marks, suffix),
    ]


def _roc(
    scored: Scored,
    areas: Mapping[str, str],
    points: Sequence[ColumnDataSource],
    marks: Sequence[ColumnDataSource],
    suffix: str,
) -> Chart:
    drawn = plot("False-positive rate", "Recall (true-positive rate)", x_range=UNIT, y_range=UNIT)
    grid = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, 300)])
    band(drawn, grid, roc_band(scored.first.scores, scored.targets, scored.stars, grid))
    chance = drawn.line([0, 1], [0, 1], color=FAINT, line_dash="dotted")
    entries: list[tuple[str, list[Drawn]]] = []
    for model, source in reversed(list(zip(scored.models, points, strict=True))):
        line = curve(drawn, model, "false_positive_rate", "recall", source)
        wide = _hover(drawn, "false_positive_rate", "recall", source)
        entries.append((f"{model.name}: area {areas[model.name]}", [line, wide]))
    _mark(drawn, scored, marks, "false_positive_rate", "recall")
    legend = [*entries[::-1], ("chance", [chance])]
    caption = "Fraction of planets recovered against fraction of false positives accepted. "
    return Chart(f"roc{suffix}", "ROC curve", drawn, caption + BAND, legend)


def _precision_recall(
    scored: Scored,
    precisions: Mapping[str, str],
    points: Sequence[ColumnDataSource],
    marks: Sequence[ColumnDataSource],
    suffix: str,
) -> Chart:
    drawn = plot("Recall", "Precision", x_range=UNIT, y_range=UNIT)
    grid = np.linspace(0, 1, 300)
    band(drawn, grid, precision_band(scored.first.scores, scored.targets, scored.stars, grid))
    fraction = float(scored.targets.mean())
    level = drawn.line([0, 1], [fraction, fraction], color=FAINT, line_dash="dotted")
    entries: list[tuple[str, list[Drawn]]] = []
    for model, source in reversed(list(zip(scored.models, points, strict=True))):
        width = 2.5 if model.first else 1.5
        step = drawn.step("recall", "precision", source=source, mode="before", line_width=width,
                          line_color=model.colour, line_dash=model.dash)  # fmt: skip
        wide = _hover(drawn, "recall", "precision", source)
        text = f"{model.name}: average precision {precisions[model.name]}"
        entries.append((text, [step, wide]))
    _mark(drawn, scored, marks, "recall", "precision")
    legend = [*entries[::-1], (f"fraction of planets {fraction:.2f}", [level])]
    caption = "Precision (purity) of a list of candidates against its completeness. "
    return Chart(
        f"precision-recall{suffix}", "Precision–recall curve", drawn, caption + BAND, legend
    )


def curve(drawn: figure, model: Model, x: str, y: str, source: ColumnDataSource) -> Drawn:
    """Draw a curve of a model from two columns, and return it."""
    width = 2.5 if model.first else 1.5
    return drawn.line(
        x, y, source=source, line_color=model.colour, line_dash=model.dash, line_width=width
    )


def band(drawn: figure, x: Floats, bounds: tuple[Floats, Floats]) -> None:
    """Shade the area between the lower and the upper bounds [k] of the first model."""
    drawn.varea(x, *bounds, fill_color=PLANET, fill_alpha=0.18)


def _hover(drawn: figure, x: str, y: str, source: ColumnDataSource) -> Drawn:
    """Show the counts at the point of a curve that is nearest to the pointer, if it is close.

    Return the invisible wide line that the pointer has to meet.
    """
    wide = drawn.line(x, y, source=source, line_alpha=0, line_width=16)
    add_hover(drawn, [wide], _COUNTS).line_policy = "nearest"
    return wide


def _mark(drawn: figure, scored: Scored, marks: Sequence[ColumnDataSource], x: str, y: str) -> None:
    for model, source in reversed(list(zip(scored.models, marks, strict=False))):
        size = 12 if model.first else 9
        drawn.scatter(x, y, source=source, size=size, color=model.colour, line_color=INK)
