"""Plots of an evaluation, returned as matplotlib figures.

The functions do not use pyplot, so they open no window and do not change the current figure.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from astronet.errors import RunError
from astronet.evaluation.abstention import RiskCoverage, risk_band
from astronet.evaluation.intervals import calibration_band, precision_band, roc_band
from astronet.evaluation.metrics import (
    CALIBRATION_BINS,
    calibration_bins,
    calibration_error,
    checked,
)
from astronet.figures.style import FAINT, INK, OTHER, PLANET, panel, styled
from astronet.lightcurves.arrays import Floats

_UNIT = (-0.02, 1.02)


@styled
def roc_curve(
    scores: ArrayLike,
    targets: ArrayLike,
    stars: ArrayLike | None = None,
    interval: tuple[float, float] | None = None,
) -> Figure:
    """Plot the ROC curve, with its 95 % interval if stars are given.

    An inset enlarges the upper left corner if the area under the curve exceeds 0.9.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n], for the bootstrap; None means that no interval is drawn.
        interval: 95 % interval of the area under the curve, for the legend.

    Raises:
        RunError: The input is invalid (see `measure`), or all events have the same target.
    """
    p, y = _of_both_classes(scores, targets)
    fpr, tpr, _ = sk.roc_curve(y, p)
    area = sk.roc_auc_score(y, p)
    figure, axes = panel("ROC curve", "False-positive rate", "True-positive rate (recall)")
    grid = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, 300)])
    band = None if stars is None else roc_band(p, y, stars, grid)
    corner = axes.inset_axes((0.4, 0.3, 0.56, 0.46)) if area > 0.9 else None
    for panel_axes in filter(None, (axes, corner)):
        if band is not None:
            panel_axes.fill_between(grid, *band, color=PLANET, alpha=0.2, linewidth=0)
        panel_axes.plot(fpr, tpr, color=PLANET, label=f"area {area:.3f}{_between(interval)}")
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", label="chance")
    axes.set(xlim=_UNIT, ylim=_UNIT)
    if corner is not None:
        corner.set(xlim=(0, 0.1), ylim=(0.7, 1.005))
        corner.tick_params(labelsize=8)
        axes.indicate_inset_zoom(corner, edgecolor=FAINT, alpha=0.6)
    axes.legend(loc="lower right")
    return figure


@styled
def precision_recall(
    scores: ArrayLike,
    targets: ArrayLike,
    stars: ArrayLike | None = None,
    interval: tuple[float, float] | None = None,
    threshold: float = 0.5,
) -> Figure:
    """Plot precision against recall, with the 95 % interval of precision if stars are given.

    A dot marks the precision and recall at the classification threshold, unless no score exceeds
    the threshold. A dotted line marks the fraction of planets.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n], for the bootstrap; None means that no interval is drawn.
        interval: 95 % interval of the average precision, for the legend.
        threshold: Score above which an event is classified as a planet.

    Raises:
        RunError: The input is invalid (see `measure`), or all events have the same target.
    """
    p, y = _of_both_classes(scores, targets)
    precision, recall, _ = sk.precision_recall_curve(y, p)
    area = sk.average_precision_score(y, p)
    figure, axes = panel("Precision–recall curve", "Recall", "Precision")
    if stars is not None:
        grid = np.linspace(0, 1, 300)
        band = precision_band(p, y, stars, grid)
        axes.fill_between(grid, *band, color=PLANET, alpha=0.2, linewidth=0)
    label = f"average precision {area:.3f}{_between(interval)}"
    axes.plot(recall, precision, color=PLANET, drawstyle="steps-post", label=label)
    if (p > threshold).any():
        at = (y[p > threshold].sum() / y.sum(), y[p > threshold].mean())
        axes.plot(*at, "o", color=INK, markersize=5, label=f"score > {threshold:g}")
    axes.axhline(y.mean(), color=FAINT, linestyle=":", label=f"fraction of planets {y.mean():.2f}")
    axes.set(xlim=_UNIT, ylim=_UNIT)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, min(y.mean() + 0.02, 0.5)))
    return figure


@styled
def score_histogram(scores: ArrayLike, targets: ArrayLike, threshold: float = 0.5) -> Figure:
    """Plot histograms of the scores of planets and of false positives (logarithmic counts).

    A dotted line marks the classification threshold.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        threshold: Score above which an event is classified as a planet.

    Raises:
        RunError: The input is invalid; see `measure`.
    """
    p, y = checked(scores, targets)
    figure, axes = panel("Distribution of scores", "Score", "Number of events")
    edges = np.linspace(0, 1, 26)
    for target, colour, name in ((0, OTHER, "false positives"), (1, PLANET, "planets")):
        counts, _ = np.histogram(p[y == target], edges)
        axes.stairs(counts, edges, fill=True, color=colour, alpha=0.25)
        axes.stairs(counts, edges, color=colour, linewidth=1.5, label=f"{name} ({counts.sum()})")
    axes.axvline(threshold, color=FAINT, linestyle=":", label=f"threshold {threshold:g}")
    axes.set(xlim=_UNIT, yscale="log", ylim=(0.7, None))
    axes.legend(loc="upper center")
    return figure


@styled
def confusion_matrix(counts: Mapping[str, int], threshold: float = 0.5) -> Figure:
    """Plot the confusion matrix as counts and as fractions of the events with the same label.

    Args:
        counts: Numbers of events by name: tp, fp, tn and fn.
        threshold: Score above which an event is classified as a planet.
    """
    table = np.array([[counts["tp"], counts["fn"]], [counts["fp"], counts["tn"]]])
    fractions = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    label = f"Classification (planet: score > {threshold:g})"
    figure, axes = panel("Confusion matrix", label, "Label")
    axes.grid(False)
    axes.imshow(fractions, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    for row, column in np.ndindex(2, 2):
        colour = "white" if fractions[row, column] > 0.6 else INK
        count, fraction = f"{table[row, column]:,}", f"{fractions[row, column]:.1%}"
        large = axes.text(column, row - 0.08, count, color=colour, ha="center", va="center")
        large.set(size=17, weight="bold")
        axes.text(column, row + 0.16, fraction, color=colour, ha="center", va="center")
    axes.set_xticks([0, 1], ["planet", "false positive"])
    axes.set_yticks([0, 1], ["planet", "false\npositive"])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


@styled
def calibration(scores: ArrayLike, targets: ArrayLike, stars: ArrayLike | None = None) -> Figure:
    """Plot a reliability diagram: the fraction of planets against the mean score, per score bin.

    Empty bins are omitted. The area of a point increases with the number of events in the bin.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n], for error bars that are 95 % intervals (bootstrap over
            stars); None means that error bars are binomial standard errors.

    Raises:
        RunError: The input is invalid; see `measure`.
    """
    p, y = checked(scores, targets)
    bins = calibration_bins(p)
    n = np.bincount(bins, minlength=CALIBRATION_BINS)
    filled = n > 0
    score = np.bincount(bins, p, CALIBRATION_BINS)[filled] / n[filled]
    fraction = np.bincount(bins, y, CALIBRATION_BINS)[filled] / n[filled]
    error = np.tile(np.sqrt(fraction * (1 - fraction) / n[filled]), (2, 1))
    if stars is not None:
        low, high = (bound[filled] for bound in calibration_band(p, y, stars))
        error = np.maximum([fraction - low, high - fraction], 0)
    figure, axes = panel("Calibration", "Mean score per bin", "Fraction of planets per bin")
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", label="perfect calibration")
    axes.errorbar(score, fraction, error, color=PLANET, linewidth=1.2, elinewidth=1)
    axes.scatter(score, fraction, s=12 + 90 * n[filled] / n.max(), color=PLANET, zorder=3)
    label = f"expected calibration error {calibration_error(p, y):.3f}"
    axes.plot([], [], "o-", color=PLANET, label=label)
    axes.set(xlim=_UNIT, ylim=_UNIT)
    axes.legend(loc="upper left")
    return figure


@styled
def risk_coverage(
    scores: ArrayLike,
    targets: ArrayLike,
    stars: ArrayLike | None = None,
    threshold: float = 0.5,
) -> Figure:
    """Plot the fraction of errors among the most certain events against their fraction.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n], for the bootstrap; None means that no interval is drawn.
        threshold: Score above which an event is classified as a planet.

    Raises:
        RunError: The input is invalid; see `measure`.
    """
    p, y = checked(scores, targets)
    order = RiskCoverage(p, y, threshold)
    coverages, risks = order.curve()
    figure, axes = panel("Risk and coverage", "Fraction of events classified", "Fraction of errors")
    if stars is not None:
        grid = np.linspace(0.02, 1, 200)
        axes.fill_between(
            grid, *risk_band(p, y, stars, grid, threshold), color=PLANET, alpha=0.2, linewidth=0
        )
    axes.plot(coverages, risks, color=PLANET, label=f"area {order.area():.4f}")
    limit = f"all events {risks[-1]:.3f}"
    axes.axhline(risks[-1], color=FAINT, linestyle=":", label=limit)
    axes.set(xlim=_UNIT, ylim=(0, None))
    axes.legend(loc="upper left")
    return figure


@styled
def loss_curves(history: pd.DataFrame, kept_epoch: int | None = None) -> Figure:
    """Plot the training and validation losses and the validation average precision per epoch.

    Args:
        history: Table with the column epoch and any of train_loss, val_loss and
            val_average_precision.
        kept_epoch: Epoch whose weights were kept, marked by a dotted line; None means no line.

    Raises:
        RunError: The history has no column epoch or no rows.
    """
    if "epoch" not in history or len(history) == 0:
        raise RunError("the training history contains no epochs; train for at least one epoch")
    figure, axes = panel("Training history", "Epoch", "Loss")
    lines = [("train_loss", "training loss", FAINT, "-"), ("val_loss", "validation loss", INK, "-")]
    right = axes
    if "val_average_precision" in history:
        right = axes.twinx()
        right.grid(False)
        right.spines["right"].set_visible(True)
        right.set_ylabel("Average precision", color=PLANET)
        right.tick_params(axis="y", colors=PLANET)
        lines.append(("val_average_precision", "validation AP (right axis)", PLANET, "--"))
    handles: list[Line2D] = []
    for name, label, colour, dashes in lines:
        if name in history:
            values = history[["epoch", name]].dropna()
            own = axes if name.endswith("loss") else right
            handles += own.plot(values["epoch"], values[name], dashes, color=colour, label=label)
            handles[-1].set_marker("o" if len(values) == 1 else "")
    if kept_epoch is not None:
        handles.append(axes.axvline(kept_epoch, color=INK, linestyle=":"))
        handles[-1].set_label(f"kept epoch ({kept_epoch})")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    right.legend(handles=handles, loc="center right")
    return figure


def _between(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f" ({interval[0]:.3f} – {interval[1]:.3f})"


def _of_both_classes(scores: ArrayLike, targets: ArrayLike) -> tuple[Floats, Floats]:
    p, y = checked(scores, targets)
    if not 0 < y.sum() < len(y):
        raise RunError(
            f"the {len(y)} events are all of one class; give both planets and false positives to "
            "plot a curve"
        )
    return p, y
