"""`astronet evaluate`: how good a run is, with intervals, a table and a report."""

import json
import logging
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
from astronet.evaluation.intervals import as_json
from astronet.evaluation.predictions import predictions_table, write_predictions
from astronet.evaluation.report import Report, write_report
from astronet.files.atomic import write_text
from astronet.lightcurves.arrays import Bools, Floats, Views
from astronet.runs.run import Run
from astronet.runs.scorer import Scorer, load

Metrics = dict[str, Any]
"""The content of metrics.json."""

_logger = logging.getLogger("astronet")

HEADLINE = ("average_precision", "roc_auc", "recall_at_precision_95", "accuracy")
"""The figures of the summary."""


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found and where it wrote it.

    Attributes:
        metrics: The content of metrics.json.
        folder: Where metrics.json, predictions.csv and report.html lie.
    """

    metrics: Metrics
    folder: Path

    @property
    def report(self) -> Path:
        """The report's page."""
        return self.folder / "report.html"

    @property
    def summary(self) -> str:
        """The headline figures with their 95 % intervals, a line each."""
        m = self.metrics
        lines = [
            f"split {m['split']}, labels {m['labels']}: "
            f"{counted(m['n'], 'event')} of {counted(m['n_stars'], 'star')}, "
            f"{counted(m['n_positive'], 'planet')}"
        ]
        lines += [f"{name}: {sentence}" for name, sentence in m.get("trained_on", {}).items()]
        lines += _figures(m, "")
        if clean := m.get("star_clean"):
            lines += [f"of these, {clean['n']} events whose star is not in training:"]
            lines += _figures(clean, "  ")
        for name, baseline in m["baselines"].items():
            lines += _figures(baseline, f"baseline {name}: ", ("average_precision",))
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class _Judged:
    """The events that are judged, and their scores."""

    scorer: Scorer
    data: Examples
    split: str
    threshold: float
    events: pd.DataFrame
    targets: Floats
    views: dict[str, Views]
    scores: Floats

    @property
    def split_name(self) -> str:
        return f"{self.split} ({self.scorer.experiment.data.split.kind})"

    def measure(self, scores: Floats, where: Bools | None = None, suffix: str = "") -> Metrics:
        """Metrics with intervals of some scores of these events, or of a part of them."""
        part = np.ones(len(scores), np.bool_) if where is None else where
        return as_json(
            scores[part],
            self.targets[part],
            self.events["star"][part],
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
) -> Evaluation:
    """Judges runs, their scores averaged, on the labelled events of one part of a store.

    Args:
        runs: Run folders, or names of shipped weights.
        split: train, val, test, or all.
        store: Another store than the one that the run was trained on; shipped weights have none.
        out: The folder to write; by default evaluate-<split> in the run, or beside several; of
            shipped weights in runs/<name>.
        threshold: Scores above it count as planets.

    Raises:
        RunError: A run is missing or incomplete, the runs do not fit together, or shipped weights
            are to be judged without a store.
        StoreError: The store lacks a view or has no labelled event in that part.
    """
    if split not in (*SPLITS, "all"):
        raise RunError(f"there is no split '{split}'; choose train, val, test or all")
    scorer = load(*runs)
    if store is None and scorer.shipped:
        raise RunError(
            f"{scorer.shipped[0].name} comes without the store that it was trained on; "
            "give the store to evaluate it on",
            arguments=("store",),
        )
    opened = ViewStore.open(store or scorer.experiment.store)
    if store is None:
        _warn_if_changed(scorer, opened)
    judged = _judge(scorer, opened, split, threshold)
    metrics = judged.measure(judged.scores)
    if clean := _star_clean(judged):
        metrics["star_clean"] = clean
    if scorer.shipped:
        metrics["trained_on"] = {
            str(shipped): shipped.description.trained_on.sentence for shipped in scorer.shipped
        }
    metrics["baselines"] = _baselines(judged)
    folder = out or _default_folder(scorer, split)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "metrics.json", json.dumps(metrics, indent=2) + "\n")
    table = predictions_table(judged.events.assign(target=judged.targets), judged.scores)
    write_predictions(table, folder / "predictions.csv")
    write_report(folder, _report(judged, metrics, table))
    return Evaluation(metrics, folder)


def _judge(scorer: Scorer, store: ViewStore, split: str, threshold: float) -> _Judged:
    """Scores the labelled events of a part of a store."""
    data = Examples(store, scorer.experiment.data, views=scorer.experiment.views)
    rows = np.flatnonzero(np.isfinite(data.targets)) if split == "all" else data.rows(split)
    if not len(rows):
        held = ", ".join(f"{name} {len(data.rows(name))}" for name in SPLITS)
        raise StoreError(
            f"{store.path} has no labelled event in the split {split} ({held}); choose "
            "another split, or score unlabelled events with `astronet predict`",
            arguments=("split",),
        )
    views = {name: view[rows] for name, view in data.views.items()}
    events = store.index.iloc[rows].reset_index(drop=True)
    return _Judged(
        scorer,
        data,
        split,
        threshold,
        events,
        data.targets[rows],
        views,
        scorer.score_views(views, scorer.scalars_of(events)),
    )


def _star_clean(judged: _Judged) -> Metrics | None:
    """Metrics of the events whose star is not in training, where some stars are in both."""
    if judged.split not in ("val", "test"):
        return None
    data = judged.data
    trained = set(data.store.index["star"].iloc[data.rows("train")])
    clean = ~judged.events["star"].isin(trained).to_numpy(np.bool_)
    if clean.all() or len(set(judged.targets[clean])) < 2:
        return None
    return judged.measure(judged.scores, clean, ", star not in training")


def _baselines(judged: _Judged) -> dict[str, Metrics]:
    """Metrics of the baselines, fitted on the training events."""
    data, rows = judged.data, judged.data.rows("train")
    if judged.split in ("train", "all") or not len(rows):
        return {}
    scored = baseline_scores(data.store.index.iloc[rows], data.targets[rows], judged.events)
    return {name: judged.measure(scores) for name, scores in scored}


def _report(judged: _Judged, metrics: Metrics, table: pd.DataFrame) -> Report:
    """What report.html shows."""
    scorer, store = judged.scorer, judged.data.store
    first = scorer.trained[0]
    single = first if len(scorer.trained) == 1 and isinstance(first, Run) else None
    told = metrics.get("trained_on", {})
    return Report(
        title=scorer.name,
        runs=[
            f"{one}, {told[str(one)]}" if str(one) in told else one.name for one in scorer.trained
        ],
        split=judged.split_name,
        labels=scorer.experiment.data.labels,
        metrics=metrics,
        predictions=table,
        views={name: view[table.index] for name, view in judged.views.items()},
        history=single.history if single else None,
        kept_epoch=single.record["kept_epoch"] if single else None,
        baselines=list(metrics["baselines"].items()),
        provenance={
            "runs": {one.name: one.record for one in scorer.trained},
            "store": {"path": str(store.path), "sha256": store.digest},
            "config": scorer.experiment.as_yaml(),
        },
    )


def _warn_if_changed(scorer: Scorer, store: ViewStore) -> None:
    for run in scorer.trained:
        if run.record["store"]["sha256"] != store.digest:
            _logger.warning(
                "%s has changed since %s was trained on it; its splits may contain other events",
                store.path,
                run,
            )


def _default_folder(scorer: Scorer, split: str) -> Path:
    first = scorer.trained[0].results
    if len(scorer.trained) == 1:
        return first / f"evaluate-{split}"
    joined = "+".join(one.name for one in scorer.trained)
    return first.parent / joined[:100] / f"evaluate-{split}"


def _figures(metrics: Metrics, before: str, names: Sequence[str] = HEADLINE) -> list[str]:
    lines = []
    for name in names:
        value, (low, high) = metrics[name], metrics["intervals"][name]
        shown = "undefined" if value is None else f"{value:.4f}"
        between = "" if low is None else f"   95 % interval {low:.4f} to {high:.4f}"
        lines.append(f"{before}{name.replace('_', ' ')} {shown}{between}")
    return lines
