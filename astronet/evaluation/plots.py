"""Pictures of a result: pure functions from numbers to matplotlib figures.

They keep no global state (no pyplot), so that they draw the same in a notebook, a test and a
report.
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
from astronet.evaluation.intervals import precision_band, roc_band
from astronet.evaluation.metrics import (
    CALIBRATION_BINS,
    Floats,
    calibration_bins,
    calibration_error,
    checked,
)
from astronet.figures.style import FAINT, INK, OTHER, PLANET, panel, styled

_UNIT = (-0.02, 1.02)


@styled
def roc_curve(
    scores: ArrayLike,
    targets: ArrayLike,
    stars: ArrayLike | None = None,
    interval: tuple[float, float] | None = None,
) -> Figure:
    """True-positive against false-positive rate; with stars, their bootstrap's 95 % band.

    Args:
        scores: Scores [n], between 0 and 1.
        targets: 1 for planets, 0 for the rest [n].
        stars: The star [n] of each event.
        interval: Of the area under the curve, for the legend.

    Raises:
        RunError: As for `measure`, or the events are all of one kind.
    """
    p, y = _of_both_kinds(scores, targets)
    fpr, tpr, _ = sk.roc_curve(y, p)
    area = sk.roc_auc_score(y, p)
    figure, axes = panel("ROC curve", "false-positive rate", "true-positive rate (recall)")
    grid = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, 300)])
    band = None if stars is None else roc_band(p, y, stars, grid)
    corner = axes.inset_axes((0.4, 0.3, 0.56, 0.46)) if area > 0.9 else None
    for part in filter(None, (axes, corner)):
        if band is not None:
            part.fill_between(grid, *band, color=PLANET, alpha=0.2, linewidth=0)
        part.plot(fpr, tpr, color=PLANET, label=f"area {area:.3f}{_between(interval)}")
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
    """Precision against recall, the point at the threshold, and the share of planets.

    Args:
        scores: Scores [n], between 0 and 1.
        targets: 1 for planets, 0 for the rest [n].
        stars: The star [n] of each event; given, the bootstrap's 95 % band is drawn.
        interval: Of the average precision, for the legend.
        threshold: Above it an event is called a planet.

    Raises:
        RunError: As for `measure`, or the events are all of one kind.
    """
    p, y = _of_both_kinds(scores, targets)
    precision, recall, _ = sk.precision_recall_curve(y, p)
    area = sk.average_precision_score(y, p)
    figure, axes = panel("Precision and recall", "recall", "precision")
    if stars is not None:
        grid = np.linspace(0, 1, 300)
        band = precision_band(p, y, stars, grid)
        axes.fill_between(grid, *band, color=PLANET, alpha=0.2, linewidth=0)
    label = f"average precision {area:.3f}{_between(interval)}"
    axes.plot(recall, precision, color=PLANET, drawstyle="steps-post", label=label)
    if (p > threshold).any():
        at = (y[p > threshold].sum() / y.sum(), y[p > threshold].mean())
        axes.plot(*at, "o", color=INK, markersize=5, label=f"score > {threshold:g}")
    axes.axhline(y.mean(), color=FAINT, linestyle=":", label=f"share of planets {y.mean():.2f}")
    axes.set(xlim=_UNIT, ylim=_UNIT)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, min(y.mean() + 0.02, 0.5)))
    return figure


@styled
def score_histogram(scores: ArrayLike, targets: ArrayLike, threshold: float = 0.5) -> Figure:
    """How many planets and false positives have which score, on a logarithmic scale.

    Raises:
        RunError: As for `measure`.
    """
    p, y = checked(scores, targets)
    figure, axes = panel("Scores", "score", "events")
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
    """The four counts tp, fp, tn and fn, and the share of each among events of its label."""
    table = np.array([[counts["tp"], counts["fn"]], [counts["fp"], counts["tn"]]])
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure, axes = panel("Confusion matrix", f"called (score > {threshold:g})", "label")
    axes.grid(False)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    for row, column in np.ndindex(2, 2):
        colour = "white" if share[row, column] > 0.6 else INK
        count, part = f"{table[row, column]:,}", f"{share[row, column]:.1%}"
        large = axes.text(column, row - 0.08, count, color=colour, ha="center", va="center")
        large.set(size=17, weight="bold")
        axes.text(column, row + 0.16, part, color=colour, ha="center", va="center")
    axes.set_xticks([0, 1], ["planet", "false positive"])
    axes.set_yticks([0, 1], ["planet", "false\npositive"])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


@styled
def calibration(scores: ArrayLike, targets: ArrayLike) -> Figure:
    """The share of planets in bins of the score: a reliability diagram.

    Bars are one standard error of a share of so many events.

    Raises:
        RunError: As for `measure`.
    """
    p, y = checked(scores, targets)
    bins = calibration_bins(p)
    n = np.bincount(bins, minlength=CALIBRATION_BINS)
    held = n > 0
    score = np.bincount(bins, p, CALIBRATION_BINS)[held] / n[held]
    share = np.bincount(bins, y, CALIBRATION_BINS)[held] / n[held]
    error = np.sqrt(share * (1 - share) / n[held])
    figure, axes = panel("Calibration", "mean score in the bin", "share of planets in the bin")
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", label="calibrated")
    axes.errorbar(score, share, error, color=PLANET, linewidth=1.2, elinewidth=1)
    axes.scatter(score, share, s=12 + 90 * n[held] / n.max(), color=PLANET, zorder=3)
    axes.plot([], [], "o-", color=PLANET, label=f"expected error {calibration_error(p, y):.3f}")
    axes.set(xlim=_UNIT, ylim=_UNIT)
    axes.legend(loc="upper left")
    return figure


@styled
def loss_curves(history: pd.DataFrame, kept_epoch: int | None = None) -> Figure:
    """Losses and the validation's average precision, epoch by epoch, and the epoch kept.

    Args:
        history: Columns epoch, and any of train_loss, val_loss, val_average_precision.
        kept_epoch: The epoch whose weights were kept.

    Raises:
        RunError: The history has no epochs.
    """
    if "epoch" not in history or len(history) == 0:
        raise RunError("the training history holds no epochs; train for one at least")
    figure, axes = panel("Training", "epoch", "loss")
    lines = [("train_loss", "training loss", FAINT, "-"), ("val_loss", "validation loss", INK, "-")]
    right = axes
    if "val_average_precision" in history:
        right = axes.twinx()
        right.grid(False)
        right.spines["right"].set_visible(True)
        right.set_ylabel("average precision", color=PLANET)
        right.tick_params(axis="y", colors=PLANET)
        lines.append(("val_average_precision", "validation AP (right)", PLANET, "--"))
    handles: list[Line2D] = []
    for name, label, colour, dashes in lines:
        if name in history:
            where = history[["epoch", name]].dropna()
            part = axes if name.endswith("loss") else right
            handles += part.plot(where["epoch"], where[name], dashes, color=colour, label=label)
            handles[-1].set_marker("o" if len(where) == 1 else "")
    if kept_epoch is not None:
        handles.append(axes.axvline(kept_epoch, color=INK, linestyle=":"))
        handles[-1].set_label(f"epoch kept ({kept_epoch})")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    right.legend(handles=handles, loc="center right")
    return figure


def _between(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f" ({interval[0]:.3f} – {interval[1]:.3f})"


def _of_both_kinds(scores: ArrayLike, targets: ArrayLike) -> tuple[Floats, Floats]:
    p, y = checked(scores, targets)
    if not 0 < y.sum() < len(y):
        raise RunError(
            f"these {len(y)} events are all of one kind; a curve needs planets and false positives"
        )
    return p, y
