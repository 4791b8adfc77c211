"""Predictions computed part by part, so that they can be resumed and need little memory."""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from astronet.dataset.scalars import remark_on
from astronet.errors import RunError
from astronet.evaluation.predictions import REPLACED
from astronet.execution.engine import Engine
from astronet.execution.part_log import PartLog
from astronet.execution.parts import Content, Parts
from astronet.execution.running import InWorkers, run_in_parts, waiting_stars
from astronet.execution.shared import Shared, made_of
from astronet.files.checksums import sha256_of
from astronet.files.provenance import commit
from astronet.lightcurves.features.warming import compile_feature_kernels
from astronet.lightcurves.warming import compile_before_workers
from astronet.models.forest import compile_forest_kernel
from astronet.progress import progress_bar
from astronet.runs.batches import one_thread_on
from astronet.runs.best_views import BestViews
from astronet.runs.packed_scorer import PackedScorer, can_be_packed
from astronet.runs.prediction_files import described
from astronet.runs.predictions import table_of
from astronet.runs.scorer import Scorer
from astronet.runs.stacked import ViewsOfEvents
from astronet.stars.failures import failed_events
from astronet.stars.prepared import PreparedEvent, PreparedStar
from astronet.stars.views import Recipe, Star, prepare_events

_logger = logging.getLogger("astronet")

EVENTS = "events"
"""Name of the table in each part, with one row per event."""

_COMPUTED = {*REPLACED, "warning", "centroid_statistic"}

SMALLEST_PART = 8
"""Minimum number of stars per part. A network scores the events of one part at a time, which takes
several times as long per event if there are only a few."""

_WORKERS_SERVED, _STARS_LOADING = 8, 1000
"""Limits of the placement of scoring; see `scores_in_workers`."""

Scoring = Literal["main", "workers"]
"""Processes that compute scores: the main process, or the workers that prepare the stars."""


def score_prepared(
    scorer: Scorer,
    events: pd.DataFrame,
    prepared: Sequence[PreparedEvent],
    mission: str,
    *,
    quiet: bool = False,
) -> tuple[pd.DataFrame, ViewsOfEvents]:
    """Return the table of predictions of prepared events [n], and their views.

    Args:
        scorer: Networks that compute the scores.
        events: Table of the events [n], with all events of their stars.
        prepared: Prepared events [n] in the same order.
        mission: Mission that observed the stars.
        quiet: Whether to log no warning about unknown scalars.
    """
    centroids = [event.centroid for event in prepared]
    bins = scorer.experiment.view_bins
    given = ViewsOfEvents.of([event.views for event in prepared], bins, centroids)
    table = table_of(
        scorer,
        events,
        scorer.score_events(given, events, quiet=quiet),
        mission,
        reasons=[event.reason for event in prepared],
        warnings=[event.views.warning if event.views else "" for event in prepared],
    )
    return table, given


def content_of(
    scorer: Scorer, events: pd.DataFrame, mission: str, stars: Sequence[PreparedStar]
) -> Content:
    """Return the content of a part: the scores of the events of some stars, without their views.

    Args:
        scorer: Networks that compute the scores.
        events: Table of the events of these stars, in the order of the stars.
        mission: Mission that observed the stars.
        stars: Prepared stars of the part.
    """
    prepared = [event for star in stars for event in star.events]
    with one_thread_on(scorer.device):
        table, _ = score_prepared(scorer, events, prepared, mission, quiet=True)
    table = table.sort_index()
    computed = table[[name for name in table if name not in events or name in _COMPUTED]]
    records: list[dict[str, Any]] = computed.to_dict("records")  # type: ignore[assignment]
    for record, event in zip(records, prepared, strict=True):
        record["row"] = event.row
        if event.no_files:
            record["no_files"] = True
        if event.arguments:
            record["arguments"] = " ".join(event.arguments)
    return {EVENTS: records}, {}


def content_in_worker(
    key: str, events: pd.DataFrame, mission: str, stars: Sequence[PreparedStar]
) -> Content:
    """Return the content of a part, computed in a worker on its CPU; see `content_of`.

    Args:
        key: Name of the `PackedScorer` that the worker has received.
        events: Table of the events of these stars, in the order of the stars.
        mission: Mission that observed the stars.
        stars: Prepared stars of the part.
    """
    return content_of(made_of(key, PackedScorer.unpacked), events, mission, stars)


def scores_in_workers(scorer: Scorer, engine: Engine, stars: int) -> bool:
    """Return whether workers should compute the scores, and not only the views.

    Scores are computed by this process on a GPU, and if there are at most `_WORKERS_SERVED`
    workers, because scoring a star takes a small fraction of the time of preparing it. Workers that
    compute scores must first import torch and load the networks, which needs time and memory
    (docs/performance.md). This is worthwhile if there are at least `_STARS_LOADING` stars.

    Args:
        scorer: Networks that compute the scores.
        engine: Engine that prepares the stars.
        stars: Number of stars whose scores are missing.
    """
    if scorer.device.type != "cpu" or not can_be_packed(scorer):
        return False
    many = engine.size is None or engine.size > _WORKERS_SERVED
    return many and stars >= _STARS_LOADING


def plan_of(scorer: Scorer, table: Path, recipe: Recipe) -> dict[str, Any]:
    """Return the settings, inputs and versions that determine the predictions.

    Args:
        scorer: Networks that compute the scores.
        table: Path of the table of events.
        recipe: Settings for preparing views.
    """
    return {
        "astronet": {"version": version("astronet"), "commit": commit()},
        "mission": recipe.mission,
        "reader": recipe.reader.model_dump(mode="json"),
        "data": str(recipe.folder.resolve()),
        "table": sha256_of(table),
        "networks": described(scorer),
    }


def predict_waiting(
    parts: Parts,
    scorer: Scorer,
    events: pd.DataFrame,
    stars: Sequence[Star],
    recipe: Recipe,
    engine: Engine,
    log: PartLog,
    *,
    scoring: Scoring | None = None,
    best: BestViews | None = None,
    quiet: bool = False,
) -> None:
    """Score the events of all parts that are not finished.

    The scores of a part are the same wherever they are computed: in one process, on one thread and,
    unless this process has a GPU, on the CPU.

    Args:
        parts: Finished parts, to which the new ones are added.
        scorer: Networks that compute the scores.
        events: Table of all events.
        stars: Stars with these events.
        recipe: Settings for preparing views.
        engine: Engine that prepares the stars.
        log: Log of the finished parts and failures.
        scoring: Processes that compute the scores; None means that `scores_in_workers` decides.
        best: Views of the events with the highest scores, to which those of events that are scored
            in this process are added; None means that they are not needed.
        quiet: Whether to hide the progress bar.

    Raises:
        KeyboardInterrupt: The command was interrupted. The finished parts are kept.
        RunError: The workers should compute the scores, but this process has loaded the networks
            on a GPU, or from a folder without a name.
        WorkerError: A worker process terminated unexpectedly.
    """
    if not (waiting := waiting_stars(parts, len(stars), SMALLEST_PART)):
        return
    if scoring is None:
        scoring = "workers" if scores_in_workers(scorer, engine, waiting) else "main"
    compile_before_workers()
    if remark := remark_on(events, scorer.experiment.scalars):
        _logger.warning(remark)

    def content(found: Sequence[PreparedStar]) -> Content:
        rows = [event.row for star in found for event in star.events]
        computed = content_of(scorer, events.iloc[rows], recipe.mission, found)
        if best is not None:
            best.add(computed[0][EVENTS], found)
        return computed

    in_workers = _in_workers(scorer, events, recipe.mission) if scoring == "workers" else None
    done = len(stars) - waiting
    with progress_bar("scoring", "stars", len(stars), done=done, quiet=quiet) as advance:
        run_in_parts(
            parts,
            partial(prepare_events, recipe),
            stars,
            content,
            engine,
            advance,
            log,
            smallest=SMALLEST_PART,
            in_workers=in_workers,
        )


def _in_workers(scorer: Scorer, events: pd.DataFrame, mission: str) -> InWorkers:
    """Return the computation of parts by workers; see `content_in_worker`."""
    if scorer.device.type != "cpu" or not can_be_packed(scorer):
        raise RunError(
            "the workers cannot compute the scores: they have no GPU, and need the names of the "
            "run folders; load the networks on the CPU, from folders with names",
            arguments=("scoring",),
        )
    compile_feature_kernels()
    compile_forest_kernel()
    shared = Shared(PackedScorer.of(scorer))

    def finish_of(stars: Sequence[Star]) -> Callable[[list[PreparedStar]], Content]:
        rows = [row for star in stars for row, *_ in star.events]
        return partial(content_in_worker, shared.key, events.iloc[rows], mission)

    return InWorkers(finish_of, shared)


def failures_in(events: pd.DataFrame, content: Content) -> Iterator[dict[str, Any]]:
    """Yield the events in the content of a part that have no score, and the reasons.

    Args:
        events: Table of all events.
        content: Content of the part.
    """
    return failed_events(events, content[0][EVENTS])
