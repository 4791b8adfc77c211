"""`astronet evaluate`: metrics with 95 % intervals, a table of predictions and a report."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from astronet.dataset.examples import Examples
from astronet.dataset.splits import SPLITS
from astronet.dataset.store import ViewStore
from astronet.errors import RunError, StoreError, counted
from astronet.evaluation.baselines import baseline_scores
from astronet.evaluation.folder import begin_evaluation
from astronet.evaluation.intervals import as_json
from astronet.evaluation.metrics import TITLES
from astronet.evaluation.predictions import predictions_table
from astronet.evaluation.report import Report, write_report
from astronet.files.atomic import write_text
from astronet.files.tables import write_table
from astronet.lightcurves.arrays import Bools, Floats, Ints, Views
from astronet.runs.evaluated import default_folder, inputs_of, warn_if_changed
from astronet.runs.run import Run
from astronet.runs.scorer import Scorer, load
from astronet.runs.shipped import Shipped

Metrics = dict[str, Any]
"""Content of metrics.json."""

HEADLINE = ("average_precision", "roc_auc", "recall_at_precision_95", "accuracy")
"""Names of the metrics in the summary."""


@dataclass(frozen=True)
class Evaluation:
    """Metrics of an evaluation, and the folder that contains its files.

    Attributes:
        metrics: Content of metrics.json.
        folder: Folder that contains metrics.json, predictions.csv and report.html.
    """

    metrics: Metrics
    folder: Path

    @property
    def report(self) -> Path:
        """Path of the HTML report."""
        return self.folder / "report.html"

    @property
    def summary(self) -> str:
        """Text summary: split, labels and numbers of events, then the metrics in HEADLINE.

        If available, it also contains the training data of shipped weights, the metrics of events
        whose stars have no training events, and the average precision of the baselines. Metrics are
        followed by their 95 % confidence intervals, if these are defined.
        """
        m = self.metrics
        lines = [
            f"split {m['split']}, labels {m['labels']}: "
            f"{counted(m['n'], 'event')} of {counted(m['n_stars'], 'star')}, "
            f"{counted(m['n_positive'], 'planet')}"
        ]
        lines += [f"{name}: {sentence}" for name, sentence in m.get("trained_on", {}).items()]
        lines += _lines(m, "")
        if clean := m.get("star_clean"):
            lines += [f"{counted(clean['n'], 'event')} of stars without training events:"]
            lines += _lines(clean, "  ")
        for name, baseline in m["baselines"].items():
            lines += _lines(baseline, f"baseline {name}: ", ("average_precision",))
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class _Scored:
    """Labelled events of the evaluated split, with their targets, views and scores."""

    scorer: Scorer
    data: Examples
    split: str
    threshold: float
    rows: Ints
    events: pd.DataFrame
    targets: Floats
    views: dict[str, Views]
    scores: Floats

    @property
    def split_name(self) -> str:
        return f"{self.split} ({self.scorer.experiment.data.split.kind})"

    def measure(self, scores: Floats, where: Bools | None = None, suffix: str = "") -> Metrics:
        """Return the metrics of scores [n], with confidence intervals.

        Args:
            scores: Scores [n] of the events.
            where: Mask [n] of the events to include; None includes all events.
            suffix: Text that is appended to the name of the split in the metrics.
        """
        chosen = np.ones(len(scores), np.bool_) if where is None else where
        return as_json(
            scores[chosen],
            self.targets[chosen],
            self.events["star"][chosen],
            split=self.split_name + suffix,
            labels=self.scorer.experiment.data.labels,
            threshold=self.threshold,
        )


def evaluate(
    runs: Sequence[Path],
    *,
    split: str = "test",
    store: Path | None = None,
    out: Path | None = None,
    threshold: float = 0.5,
    overwrite: bool = False,
) -> Evaluation:
    """Evaluate one or more runs on one split of a store, and return the results.

    The scores of several runs are averaged. Only labelled events are used. The results are written
    to metrics.json, predictions.csv and report.html.

    Args:
        runs: Run folders or names of shipped weights.
        split: Name of the split: train, val, test, or all for all labelled events.
        store: Path of the store of views; None means the store used in training. It must be given
            for shipped weights, which do not include a store.
        out: Output folder. None means the subfolder evaluate-<split> of the run folder, or of
            runs/<name of the weights> for shipped weights. For several runs, the subfolder is
            created in a folder that is next to the first run and named after all of them
            (run1+run2).
        threshold: Score above which an event is classified as a planet.
        overwrite: Whether to replace the results of another evaluation; those of the same one are
            always replaced.

    Raises:
        RunError: The split is unknown, a run is missing or incomplete, the runs cannot be averaged,
            a score is not finite, no store is given for shipped weights, or the folder contains the
            results of another evaluation and `overwrite` is False.
        StoreError: The store is missing or unsuitable for the config of the runs, or the split
            contains no labelled events.
        CatalogError: A label is unknown to the label policy.
        ConfigError: The config of a run is invalid.
        LightCurveError: The bins of a rebinned view do not fit into the window of an event.
    """
    if split not in (*SPLITS, "all"):
        raise RunError(
            f"unknown split '{split}'; choose train, val, test or all", arguments=("split",)
        )
    scorer = load(*runs)
    if store is None and scorer.shipped:
        raise RunError(
            f"{scorer.shipped[0].name}: shipped weights contain no store; give the store to "
            "evaluate them on",
            arguments=("store",),
        )
    opened = ViewStore.open(store or scorer.experiment.store)
    if store is None:
        warn_if_changed(scorer, opened)
    folder = out or default_folder(scorer, split)
    begin_evaluation(folder, inputs_of(scorer, opened, split, threshold), overwrite=overwrite)
    scored = _score(scorer, opened, split, threshold)
    metrics = scored.measure(scored.scores)
    if clean := _star_clean(scored):
        metrics["star_clean"] = clean
    if scorer.shipped:
        metrics["trained_on"] = {
            str(shipped): shipped.description.trained_on.sentence for shipped in scorer.shipped
        }
    metrics["baselines"] = _baselines(scored)
    write_text(folder / "metrics.json", json.dumps(metrics, indent=2) + "\n")
    table = predictions_table(scored.events.assign(target=scored.targets), scored.scores)
    write_table(table, folder / "predictions.csv")
    write_report(folder, _report(scored, metrics, table))
    return Evaluation(metrics, folder)


def _score(scorer: Scorer, store: ViewStore, split: str, threshold: float) -> _Scored:
    """Score the labelled events of a split, and return the events with their scores.

    Raises:
        StoreError: The store is unsuitable, or the split contains no labelled events.
    """
    data = Examples(store, scorer.experiment.data, views=scorer.experiment.views)
    rows = np.flatnonzero(np.isfinite(data.targets)) if split == "all" else data.rows(split)
    if not len(rows):
        counts = ", ".join(f"{name} {len(data.rows(name))}" for name in SPLITS)
        labelled = np.isfinite(data.targets).sum()
        raise StoreError(
            f"{store.path} has no labelled events in the split {split} (labelled events: "
            f"{counts}, all {labelled}); score unlabelled events with `astronet predict`, or "
            "choose another split",
            arguments=("split",),
        )
    views = {name: view[rows] for name, view in data.views.items()}
    events = store.index.iloc[rows].reset_index(drop=True)
    return _Scored(
        scorer,
        data,
        split,
        threshold,
        rows,
        events,
        data.targets[rows],
        views,
        scorer.score_views(views, scorer.scalars_of(events)),
    )


def _star_clean(scored: _Scored) -> Metrics | None:
    """Return the metrics of the events whose stars have no labelled training events.

    The result is None for the splits train and all, if these events are all events of the split, or
    if they do not include both classes.
    """
    if scored.split not in ("val", "test"):
        return None
    clean = scored.data.without_training_events(scored.rows)
    if clean.all() or len(set(scored.targets[clean])) < 2:
        return None
    return scored.measure(scored.scores, clean, ", star not in training")


def _baselines(scored: _Scored) -> dict[str, Metrics]:
    """Return the metrics of baselines fitted to the training events, by name of the baseline.

    The result is empty for the splits train and all, or if no training event is labelled.
    """
    data, rows = scored.data, scored.data.rows("train")
    if scored.split in ("train", "all") or not len(rows):
        return {}
    baselines = baseline_scores(data.store.index.iloc[rows], data.targets[rows], scored.events)
    return {name: scored.measure(scores) for name, scores in baselines}


def _report(scored: _Scored, metrics: Metrics, table: pd.DataFrame) -> Report:
    """Return the content of report.html."""
    scorer, store = scored.scorer, scored.data.store
    first = scorer.trained[0]
    single = first if len(scorer.trained) == 1 and isinstance(first, Run) else None
    return Report(
        title=f"Evaluation of {scorer.name}",
        runs=[str(one) if isinstance(one, Shipped) else one.name for one in scorer.trained],
        training=[f"{name}: {text}" for name, text in metrics.get("trained_on", {}).items()],
        split=scored.split_name,
        labels=scorer.experiment.data.labels,
        metrics=metrics,
        predictions=table,
        views={name: view[table.index] for name, view in scored.views.items()},
        history=single.history if single else None,
        kept_epoch=single.record["kept_epoch"] if single else None,
        baselines=list(metrics["baselines"].items()),
        provenance={
            "runs": {one.name: one.record for one in scorer.trained},
            "store": {"path": str(store.path), "sha256": store.digest},
            "config": scorer.experiment.as_yaml(),
        },
    )


def _lines(metrics: Metrics, prefix: str, names: Sequence[str] = HEADLINE) -> list[str]:
    lines, width = [], max(len(TITLES[name]) for name in names)
    for name in names:
        value, (low, high) = metrics[name], metrics["intervals"][name]
        shown = "undefined" if value is None else f"{value:.4f}"
        interval = "" if low is None else f"   95 % confidence interval {low:.4f} to {high:.4f}"
        lines.append(f"{prefix}{TITLES[name]:<{width}} {shown}{interval}")
    return lines
