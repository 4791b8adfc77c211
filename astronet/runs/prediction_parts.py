"""Predictions computed part by part, so that they can be resumed and need little memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from astronet.errors import AstronetError, MissingFilesError, RunError, commonest
from astronet.evaluation.predictions import REPLACED, in_order
from astronet.execution.engine import Engine
from astronet.execution.part_log import PartLog
from astronet.execution.parts import Content, Parts
from astronet.execution.running import run_in_parts, waiting_stars
from astronet.files.checksums import sha256_of
from astronet.files.provenance import commit
from astronet.files.tables import plain
from astronet.lightcurves.arrays import Ints
from astronet.lightcurves.warming import compile_before_workers
from astronet.progress import progress_bar
from astronet.runs.prediction_files import described
from astronet.runs.predictions import table_of
from astronet.runs.scorer import Scorer
from astronet.runs.stacked import ViewsOfEvents
from astronet.stars.failures import failed_events
from astronet.stars.prepared import PreparedEvent, PreparedStar
from astronet.stars.views import Recipe, Star, prepare_events

EVENTS = "events"
"""Name of the table in each part, with one row per event."""

_COMPUTED = {*REPLACED, "warning", "centroid_statistic"}
_NUMBERS = ("score", "spread", "centroid_statistic")
_ROWS_AT_ONCE = 4096


def score_prepared(
    scorer: Scorer, events: pd.DataFrame, prepared: Sequence[PreparedEvent], mission: str
) -> tuple[pd.DataFrame, ViewsOfEvents]:
    """Return the table of predictions of prepared events [n], and their views.

    Args:
        scorer: Networks that compute the scores.
        events: Table of the events [n], with all events of their stars.
        prepared: Prepared events [n] in the same order.
        mission: Mission that observed the stars.
    """
    centroids = [event.centroid for event in prepared]
    bins = scorer.experiment.view_bins
    given = ViewsOfEvents.of([event.views for event in prepared], bins, centroids)
    table = table_of(
        scorer,
        events,
        scorer.score_events(given, events),
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
        events: Table of all events.
        mission: Mission that observed the stars.
        stars: Prepared stars of the part.
    """
    prepared = [event for star in stars for event in star.events]
    rows = [event.row for event in prepared]
    table, _ = score_prepared(scorer, events.iloc[rows], prepared, mission)
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
    quiet: bool = False,
) -> None:
    """Score the events of all parts that are not finished.

    Args:
        parts: Finished parts, to which the new ones are added.
        scorer: Networks that compute the scores.
        events: Table of all events.
        stars: Stars with these events.
        recipe: Settings for preparing views.
        engine: Engine that prepares the stars.
        log: Log of the finished parts and failures.
        quiet: Whether to hide the progress bar.

    Raises:
        KeyboardInterrupt: The command was interrupted. The finished parts are kept.
        WorkerError: A worker process terminated unexpectedly.
    """
    if waiting := waiting_stars(parts, len(stars)):
        compile_before_workers()
        done = len(stars) - waiting
        with progress_bar("scoring", "stars", len(stars), done=done, quiet=quiet) as advance:
            task = partial(prepare_events, recipe)
            content = partial(content_of, scorer, events, recipe.mission)
            run_in_parts(parts, task, stars, content, engine, advance, log)


def failures_in(events: pd.DataFrame, content: Content) -> Iterator[dict[str, Any]]:
    """Yield the events in the content of a part that have no score, and the reasons.

    Args:
        events: Table of all events.
        content: Content of the part.
    """
    return failed_events(events, content[0][EVENTS])


@dataclass(eq=False)
class Predicted:
    """Predictions of all events of a table, joined from parts.

    Attributes:
        events: Table of the events [n].
        computed: Computed columns [n], in the order of `events`.
        order: Rows of the events [n], sorted by decreasing score; those without a score are last.
        failure: Error with the cause and the remedy if no event has a score; otherwise None.
    """

    events: pd.DataFrame
    computed: pd.DataFrame
    order: Ints
    failure: AstronetError | None = None

    @classmethod
    def joined(cls, events: pd.DataFrame, parts: Parts) -> "Predicted":
        """Return the predictions in finished parts.

        Args:
            events: Table of the events from which the parts were computed.
            parts: Finished parts.

        Raises:
            RunError: A part is corrupt.
        """
        columns: dict[str, Any] = {}
        texts: dict[Any, Any] = {}  # equal texts share their memory
        without_files, arguments = set(), {}
        for number in parts.numbers:
            for record in parts.rows(number, EVENTS):
                row = record.pop("row")
                if record.pop("no_files", False):
                    without_files.add(record["reason"])
                if given := record.pop("arguments", ""):
                    arguments[record["reason"]] = given.split()
                for name, value in record.items():
                    if name not in columns:
                        kind = np.float64 if name in _NUMBERS else object
                        columns[name] = np.full(len(events), np.nan, kind)
                    value = np.nan if value is None and name in _NUMBERS else value
                    columns[name][row] = texts.setdefault(value, value)
        computed = pd.DataFrame(columns)
        score = computed["score"].to_numpy(np.float64)
        failure = None
        if not np.isfinite(score).any():
            failure = _failure(computed["reason"].tolist(), without_files, arguments)
        return cls(plain(events), computed, np.argsort(-score, kind="stable"), failure)

    def __len__(self) -> int:
        return len(self.order)

    @property
    def scored(self) -> int:
        """Number of events with a score."""
        return int(np.isfinite(self.computed["score"].to_numpy(np.float64)).sum())

    def rows(self, begin: int, end: int) -> pd.DataFrame:
        """Return some rows of the table of predictions; the index contains the rows in `events`.

        Args:
            begin: Position of the first row in the sorted table.
            end: Position after the last row.
        """
        chosen = self.order[begin:end]
        replaced = [name for name in self.events if name in {*REPLACED, *self.computed}]
        own = self.events.drop(columns=replaced)
        frame = pd.concat([own.iloc[chosen], self.computed.iloc[chosen]], axis=1)
        return frame[in_order(map(str, frame))]

    def pieces(self) -> Iterator[pd.DataFrame]:
        """Yield the table of predictions, some thousand rows at a time."""
        for begin in range(0, max(len(self), 1), _ROWS_AT_ONCE):
            yield self.rows(begin, begin + _ROWS_AT_ONCE)


def _failure(
    reasons: list[str], without_files: set[str], arguments: dict[str, list[str]]
) -> AstronetError:
    """Return the error if no event has a score; the message gives the most common reason."""
    reason, count = commonest(reasons)
    kind = MissingFilesError if reason in without_files else RunError
    what = (
        "the event could not be scored"
        if len(reasons) == 1
        else f"none of the {len(reasons)} events could be scored, {count} of them for this reason"
    )
    return kind(f"{what}: {reason}", arguments=arguments.get(reason, ()))
