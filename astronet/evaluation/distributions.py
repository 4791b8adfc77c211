"""Interactive figures of scores: distribution, calibration, risk and training history."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, LinearAxis, Range1d
from bokeh.models.annotations import Span

from astronet.errors import RunError
from astronet.evaluation.abstention import RiskCoverage, risk_band
from astronet.evaluation.charts import BAND, UNIT, band, curve
from astronet.evaluation.curves import RISK_POINTS
from astronet.evaluation.intervals import calibration_band
from astronet.evaluation.metrics import CALIBRATION_BINS, calibration_bins
from astronet.evaluation.models import Model, Scored
from astronet.figures.interactive import Chart, Drawn, add_hover, axis_style, plot
from astronet.figures.style import FAINT, INK, OTHER, PLANET

_LOWEST = 0.7
"""Lower limit of logarithmic counts: a count of 1 is visible."""


def score_histogram(scored: Scored) -> Chart:
    """Return histograms of the first model's scores of planets and of false positives.

    A vertical line, whose Bokeh object is named "threshold", marks the classification threshold.
    """
    drawn = plot("Score", "Number of events", x_range=UNIT, y_scale="log")
    edges = np.linspace(0, 1, 26)
    highest = 1
    entries: list[tuple[str, list[Drawn]]] = []
    for target, colour, name in ((0, OTHER, "false positives"), (1, PLANET, "planets")):
        counts, _ = np.histogram(scored.first.scores[scored.targets == target], edges)
        highest = max(highest, int(counts.max()))
        bins = {
            "left": edges[:-1],
            "right": edges[1:],
            "n": counts,
            "top": np.maximum(counts, _LOWEST),
            "name": [name] * len(counts),
        }
        bars = drawn.quad(
            left="left", right="right", bottom=_LOWEST, top="top", source=ColumnDataSource(bins),
            fill_color=colour, fill_alpha=0.3, line_color=colour, line_width=1.2,
        )  # fmt: skip
        rows = [("scores", "@left{0.00} – @right{0.00}"), ("@name", "@n{0,0}")]
        add_hover(drawn, [bars], rows, mode="vline")
        entries.append((f"{name} ({counts.sum():,})", [bars]))
    drawn.y_range = Range1d(start=_LOWEST, end=1.4 * highest)
    line = Span(location=scored.threshold, dimension="height", name="threshold")
    line.update(line_color=INK, line_dash="dotted", line_width=1.5)
    drawn.add_layout(line)
    caption = (
        f"Scores of planets and of false positives ({scored.first.name}); the counts are on a "
        "logarithmic scale. The dotted line is the classification threshold."
    )
    return Chart("scores", "Distribution of scores", drawn, caption, entries)


def reliability(scored: Scored, errors: Mapping[str, float]) -> Chart:
    """Return the reliability diagram: fraction of planets against mean score, per score bin.

    Empty bins are omitted. The error bars are those of the first model.

    Args:
        scored: Events and models.
        errors: Expected calibration error by name of the model.
    """
    drawn = plot("Mean score per bin", "Fraction of planets per bin", x_range=UNIT, y_range=UNIT)
    perfect = drawn.line([0, 1], [0, 1], color=FAINT, line_dash="dotted")
    entries: list[tuple[str, list[Drawn]]] = []
    points: list[Drawn] = []
    for model in reversed(scored.models):
        source = ColumnDataSource(_bins(model, scored))
        line = curve(drawn, model, "score", "fraction", source)
        dots = drawn.scatter(
            "score", "fraction", size="size", source=source, color=model.colour, fill_alpha=0.85
        )
        points.append(dots)
        parts: list[Drawn] = [line, dots]
        if model.first:
            bars = drawn.segment("score", "low", "score", "high", source=source, line_width=1.5)
            bars.glyph.line_color = model.colour
            parts.append(bars)
        entries.append((f"{model.name}: calibration error {errors[model.name]:.3f}", parts))
    rows = [
        ("model", "@model"),
        ("scores", "@bin"),
        ("mean score", "@score{0.000}"),
        ("fraction of planets", "@fraction{0.000} (@low{0.000} – @high{0.000})"),
        ("planets, events", "@planets{0,0}, @n{0,0}"),
    ]
    add_hover(drawn, points, rows)
    legend = [*entries[::-1], ("perfect calibration", [perfect])]
    caption = (
        "Fraction of planets in bins of the score. The area of a point increases with the number "
        "of events; error bars are 95 % bootstrap confidence intervals (stars resampled)."
    )
    return Chart("calibration", "Reliability diagram", drawn, caption, legend)


def _bins(model: Model, scored: Scored) -> dict[str, Any]:
    """Return the columns of the reliability diagram, with one row per bin that has events."""
    p, y = model.scores, scored.targets
    bins = calibration_bins(p)
    n = np.bincount(bins, minlength=CALIBRATION_BINS)
    filled = np.flatnonzero(n)
    planets = np.bincount(bins, y, CALIBRATION_BINS)[filled]
    low, high = (bound[filled] for bound in calibration_band(p, y, scored.stars))
    n = n[filled]
    width = 1 / CALIBRATION_BINS
    return {
        "model": [model.name] * len(filled),
        "bin": [f"{k * width:.3f} – {(k + 1) * width:.3f}" for k in filled],
        "score": np.bincount(bins, p, CALIBRATION_BINS)[filled] / n,
        "fraction": planets / n,
        "low": low,
        "high": high,
        "n": n,
        "planets": planets,
        "size": 5 + 13 * np.sqrt(n / n.max()),
    }


def risk_coverage(scored: Scored) -> Chart:
    """Return the fraction of errors among the most certain events against their fraction."""
    p, y, threshold = scored.first.scores, scored.targets, scored.threshold
    drawn = plot("Fraction of events classified", "Fraction of errors", x_range=UNIT)
    grid = np.linspace(0.02, 1, 200)
    band(drawn, grid, risk_band(p, y, scored.stars, grid, threshold))
    lines: list[Drawn] = []
    entries: list[tuple[str, list[Drawn]]] = []
    for model in reversed(scored.models):
        order = RiskCoverage(model.scores, y, threshold)
        x, risk = order.curve()
        wanted = np.linspace(1 / RISK_POINTS, 1, RISK_POINTS)
        places = np.unique(np.searchsorted(x, wanted - 1e-12).clip(max=len(x) - 1))
        columns = {"x": x[places], "risk": risk[places], "n": np.round(x[places] * len(y))}
        source = ColumnDataSource(columns | {"model": [model.name] * len(places)})
        lines.append(curve(drawn, model, "x", "risk", source))
        entries.append((f"{model.name}: area {order.area():.4f}", lines[-1:]))
    rows = [
        ("model", "@model"),
        ("classified", "@n{0,0} events (@x{0.0 %})"),
        ("fraction of errors", "@risk{0.0000}"),
    ]
    add_hover(drawn, lines, rows, mode="vline").line_policy = "nearest"
    entries.reverse()
    caption = (
        "Fraction of errors if only the events with the most certain scores are classified, and "
        f"the others are left undecided, at the threshold {threshold:g}. {BAND}"
    )
    return Chart("risk-coverage", "Risk and coverage", drawn, caption, entries)


def loss_curves(history: pd.DataFrame, kept_epoch: int | None = None) -> Chart:
    """Return the training and validation losses and the validation average precision per epoch.

    Args:
        history: Table with the column epoch and any of train_loss, val_loss and
            val_average_precision.
        kept_epoch: Epoch whose weights were kept, marked by a dotted line; None means no line.

    Raises:
        RunError: The history has no column epoch or no rows.
    """
    if "epoch" not in history or len(history) == 0:
        raise RunError("the training history contains no epochs; train for at least one epoch")
    drawn = plot("Epoch", "Loss")
    kept = "" if kept_epoch is None else f" The weights of epoch {kept_epoch} were kept."
    lines = [("train_loss", "training loss", FAINT, "solid")]
    lines += [("val_loss", "validation loss", INK, "solid")]
    if "val_average_precision" in history:
        lines.append(("val_average_precision", "validation AP (right axis)", PLANET, "dashed"))
        drawn.extra_y_ranges = {"precision": Range1d(start=0.0, end=1.02)}
        label = "Validation average precision"
        drawn.add_layout(LinearAxis(y_range_name="precision", axis_label=label), "right")
        axis_style(drawn.yaxis[-1])
    entries: list[tuple[str, list[Drawn]]] = []
    for name, label, colour, dash in lines:
        if name not in history:
            continue
        values = history[["epoch", name]].dropna().rename(columns={name: "value"})
        source = ColumnDataSource({one: values[one].to_numpy() for one in ("epoch", "value")})
        axis: dict[str, Any] = {} if name.endswith("loss") else {"y_range_name": "precision"}
        line = drawn.line("epoch", "value", source=source, line_color=colour, line_dash=dash,
                          line_width=2, **axis)  # fmt: skip
        dots = drawn.scatter("epoch", "value", source=source, color=colour, size=4, **axis)
        add_hover(drawn, [dots], [("epoch", "@epoch"), (label, "@value{0.0000}")], mode="vline")
        entries.append((label, [line, dots]))
    if kept_epoch is not None:
        drawn.add_layout(
            Span(location=kept_epoch, dimension="height", line_color=INK, line_dash="dotted")
        )
    caption = f"Loss and average precision by epoch.{kept}"
    return Chart("history", "Training history", drawn, caption, entries)
