"""`astronet evaluate`: metrics with 95 % intervals, a table of predictions and a report."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.catalogs.labels import POLICIES
from astronet.dataset.examples import Examples
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import SPLITS
from astronet.dataset.store import ViewStore
from astronet.errors import RunError, StoreError
from astronet.evaluation.baselines import baseline_scores
from astronet.evaluation.event_pages import EventPages
from astronet.evaluation.folder import check_evaluation, writing_evaluation
from astronet.evaluation.report import Report, page_of
from astronet.evaluation.scored import Metrics, ScoredEvents
from astronet.evaluation.summary import summary
from astronet.explanations.folder import default_page
from astronet.figures.pages import write_page
from astronet.files.atomic import write_text
from astronet.files.tables import write_table
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.runs.batches import Scores
from astronet.runs.evaluated import (
    default_folder,
    inputs_of,
    warn_about_training_stars,
    warn_if_changed,
)
from astronet.runs.loading import load
from astronet.runs.predictions import table_of
from astronet.runs.run import Run
from astronet.runs.scorer import Scorer
from astronet.runs.shipped import Shipped, shipped_in

ENSEMBLE = "ensemble (mean score)"
"""Name of the average of several runs in comparisons and in curves.csv."""


@dataclass(frozen=True)
class Evaluation:
    """Metrics of an evaluation, and the folder that contains its files.

    Attributes:
        metrics: Content of metrics.json.
        folder: Folder that contains metrics.json, curves.csv, predictions.csv and report.html.
    """

    metrics: Metrics
    folder: Path

    @property
    def report(self) -> Path:
        """Path of the HTML report."""
        return self.folder / "report.html"

    @property
    def summary(self) -> str:
        """Text summary for the terminal; see `astronet.evaluation.summary`."""
        return summary(self.metrics)


def evaluate(
    runs: Sequence[Path],
    *,
    split: str = "test",
    store: Path | None = None,
    out: Path | None = None,
    threshold: float = 0.5,
    labels: str | None = None,
    overwrite: bool = False,
    vet: Path | None = None,
    explain_command: Callable[[Path, int], str] | None = None,
) -> Evaluation:
    """Evaluate one or more runs on one split of a store, and return the results.

    The metrics are those of the average score of all runs; several runs are also compared with each
    other and with their average. If stars of the split have training events, the metrics of the
    other stars come first. Only labelled events are used. The results are written to metrics.json,
    curves.csv, predictions.csv and report.html.

    Args:
        runs: Run folders or names of shipped weights.
        split: Name of the split: train, val, test, or all for all labelled events.
        store: Path of the store of views; None means the store used in training. It must be given
            for shipped weights, which do not include a store.
        out: Output folder. None means the subfolder evaluate-<split> of the run folder, or of
            runs/<name of the weights> for shipped weights; it is called evaluate-<split>-<labels>
            if `labels` is given. For several runs, the subfolder is
            created in a folder that is next to the first run and named after all of them
            (run1+run2).
        threshold: Score above which an event is classified as a planet.
        labels: Label policy; None means that of the training.
        overwrite: Whether to replace the results of another evaluation; those of the same one are
            always replaced.
        vet: Folder of vetting pages, to which the report links its incorrectly classified events;
            None means that there are none.
        explain_command: Function that returns the command that explains the score of an event, from
            the path of the store and the row in it; the report prints it for these events.

    Raises:
        RunError: The split is unknown, the folder of vetting pages does not exist, a run is
            missing, incomplete or given twice, the runs cannot be averaged, a score is not finite,
            no store is given for shipped weights, or the folder contains the results of another
            evaluation and `overwrite` is False.
        StoreError: The store is missing or unsuitable for the config of the runs, or the split
            contains no labelled events.
        CatalogError: A label is unknown to the label policy, or its column is missing.
        ConfigError: The config of a run is invalid.
        LightCurveError: The bins of a rebinned view do not fit into the window of an event.
    """
    if split not in (*SPLITS, "all"):
        raise RunError(
            f"unknown split '{split}'; choose train, val, test or all", arguments=("split",)
        )
    if labels is not None and labels not in POLICIES:
        raise RunError(
            f"unknown label policy '{labels}'; choose one of {', '.join(POLICIES)}",
            arguments=("labels",),
        )
    scorer = load(*runs)
    _check_distinct(scorer)
    if store is None and (shipped := shipped_in(scorer.trained)):
        raise RunError(
            f"{shipped[0].name}: shipped weights contain no store; give the store to evaluate them "
            "on",
            arguments=("store",),
        )
    opened = ViewStore.open(store or scorer.experiment.store)
    if store is None:
        warn_if_changed(scorer, opened)
    data = Examples(opened, _settings(scorer, labels), views=scorer.experiment.views)
    rows = _rows(data, split)
    if store is not None:
        warn_about_training_stars(scorer, data)
    folder = out or default_folder(scorer, f"{split}-{labels}" if labels else split)
    inputs = inputs_of(scorer, opened, split, threshold, data.settings)
    command = None if explain_command is None else partial(explain_command, opened.path)
    pages = _pages(scorer, folder, vet, command)
    check_evaluation(folder, inputs, overwrite=overwrite)
    views = {name: view[rows] for name, view in data.views.items()}
    events = opened.index.iloc[rows].reset_index(drop=True)
    together, models = _scores(scorer, opened, rows)
    scored = ScoredEvents(
        split=f"{split} ({data.settings.split.kind})",
        labels=data.settings.labels,
        threshold=threshold,
        stars=events["star"],
        targets=data.targets[rows],
        models=models,
        baselines=_baselines(data, events),
        seen=_seen(scorer, data, rows),
        trained=np.isin(rows, data.rows("train")),
    )
    metrics = scored.metrics()
    if shipped := shipped_in(scorer.trained):
        metrics["trained_on"] = {str(one): one.description.trained_on.sentence for one in shipped}
    mission = opened.mission or scorer.experiment.source.mission
    labelled = events.assign(target=scored.targets)
    table = table_of(scorer, labelled, together, mission, seen=scored.seen)
    report = _report(scorer, opened, scored, metrics, table)
    report = replace(
        report,
        views={name: view[table.index] for name, view in views.items()},
        models={n: scores[table.index] for n, scores in models.items()} if len(models) > 1 else {},
        pages=replace(pages, rows=rows[table.index]),
    )
    page = page_of(report)
    curves = scored.curves()
    with writing_evaluation(folder, inputs):
        write_text(folder / "metrics.json", json.dumps(metrics, indent=2) + "\n")
        write_table(table, folder / "predictions.csv")
        write_table(curves, folder / "curves.csv")
        write_page(folder / "report.html", page)
    return Evaluation(metrics, folder)


def _settings(scorer: Scorer, labels: str | None) -> DataSettings:
    """Return the data settings of the runs, with another label policy if one is given."""
    settings = scorer.experiment.data
    return settings if labels is None else settings.model_copy(update={"labels": labels})


def _rows(data: Examples, split: str) -> Ints:
    """Return the row numbers [n] of the labelled events in a split.

    Raises:
        StoreError: The split contains no labelled events.
    """
    rows = np.flatnonzero(np.isfinite(data.targets)) if split == "all" else data.rows(split)
    if not len(rows):
        counts = ", ".join(f"{name} {len(data.rows(name))}" for name in SPLITS)
        labelled = np.isfinite(data.targets).sum()
        raise StoreError(
            f"{data.store.path} has no labelled events in the split {split} (labelled events: "
            f"{counts}, all {labelled}); score unlabelled events with `astronet predict`, or "
            "choose another split",
            arguments=("split",),
        )
    return rows


def _check_distinct(scorer: Scorer) -> None:
    """Raise an error if a run is given twice, also by two different paths.

    Raises:
        RunError: A run is given twice.
    """
    files = [one.files[0].resolve() for one in scorer.trained]
    for one, file in zip(scorer.trained, files, strict=True):
        if files.count(file) > 1:
            raise RunError(f"{one} is given twice; give each run once")


def _scores(scorer: Scorer, store: ViewStore, rows: Ints) -> tuple[Scores, dict[str, Floats]]:
    """Return the scores of all runs together, and the scores [n] by name.

    The scores by name are those of each run and, if there are several, of their average.
    """
    names = [one.name for one in scorer.trained]
    if len(set(names)) < len(names):
        names = [str(one) for one in scorer.trained]
    together = scorer.scores_of_store(store, rows)
    if len(names) == 1:
        return together, {names[0]: together.score}
    single = {}
    for name, one in zip(names, scorer.trained, strict=True):
        single[name] = Scorer([one], device=scorer.device).score_store(store, rows)
    return together, single | {ENSEMBLE: together.score}


def _seen(scorer: Scorer, data: Examples, rows: Ints) -> Bools:
    """Return whether the star of each event [n] is in a training set.

    These are the training set of the store and those of the networks, as far as they are known.
    """
    mission = data.store.mission or scorer.experiment.source.mission
    stars = data.store.index["star"].iloc[rows].tolist()
    trained = [one is True for one in scorer.seen_in_training(stars, mission)]
    return ~data.without_training_events(rows) | np.array(trained, np.bool_)


def _baselines(data: Examples, events: pd.DataFrame) -> dict[str, Floats]:
    """Return the scores [n] of baselines fitted to the training events, by name of the baseline.

    The result is empty if no training event is labelled.
    """
    rows = data.rows("train")
    if not len(rows):
        return {}
    return dict(baseline_scores(data.store.index.iloc[rows], data.targets[rows], events))


def _pages(
    scorer: Scorer, report: Path, vet: Path | None, command: Callable[[int], str] | None
) -> EventPages:
    """Return where other pages about an event are, and the command that explains its score.

    Raises:
        RunError: The folder of vetting pages does not exist.
    """
    explained = all(one.experiment.network.convolutional for one in scorer.trained)
    page = partial(default_page, scorer.name)
    return EventPages(report, vet, page, command if explained else None)


def _report(
    scorer: Scorer, store: ViewStore, scored: ScoredEvents, metrics: Metrics, table: pd.DataFrame
) -> Report:
    """Return the content of report.html, except for the views."""
    first = scorer.trained[0]
    single = first if len(scorer.trained) == 1 and isinstance(first, Run) else None
    return Report(
        title=f"Evaluation of {scorer.name}",
        runs=[str(one) if isinstance(one, Shipped) else one.name for one in scorer.trained],
        training=[f"{name}: {text}" for name, text in metrics.get("trained_on", {}).items()],
        split=scored.split,
        labels=scored.labels,
        metrics=metrics,
        predictions=table,
        views={},
        history=single.history if single else None,
        kept_epoch=single.record["kept_epoch"] if single else None,
        baselines=list(metrics.get("star_clean", metrics)["baselines"].items()),
        provenance={
            "runs": {one.name: one.record for one in scorer.trained},
            "store": {"path": str(store.path), "sha256": store.digest},
            "config": scorer.experiment.as_yaml(),
        },
        seen=scored.seen[table.index],
    )
