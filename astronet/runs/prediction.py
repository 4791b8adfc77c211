"""Predictions of events that are kept in memory with their views."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.dataset.other_events import event_with_others
from astronet.dataset.recut import AnyView
from astronet.dataset.scalars import event_table
from astronet.errors import AstronetError, MissingFilesError, RunError, commonest
from astronet.execution.processes import Processes
from astronet.files.remote import Location
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.missions.settings import Source
from astronet.progress import progress_bar
from astronet.runs.prediction_parts import score_prepared
from astronet.runs.predictions import table_of
from astronet.runs.scorer import Scorer
from astronet.runs.stacked import ViewsOfEvents, unmeasured
from astronet.stars.views import PreparedEvent, first_event, prepare_stars, stars_in

_logger = logging.getLogger("astronet")

ENOUGH_FOR_A_POOL = 16
"""Minimum number of stars for which several worker processes are faster than one process."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Scores of events, and the views from which they were computed.

    Attributes:
        table: Table of events and scores, sorted by decreasing score, with events without a score
            at the end. The index of the table contains the position of each event in `views`.
        views: Views [n, bins] by name; NaN for events whose views cannot be computed.
        failure: Error with the cause and the remedy if no event has a score; otherwise None.
        given: Everything that was computed from the light curves; None if a store was scored.
    """

    table: pd.DataFrame
    views: Mapping[str, AnyView]
    failure: AstronetError | None = None
    given: ViewsOfEvents | None = None

    def check(self) -> None:
        """Raise an error if no event has a score; its message gives the most common reason.

        Raises:
            AstronetError: No event has a score.
        """
        if self.failure is not None:
            raise self.failure


def predict_event(
    scorer: Scorer,
    folder: Location,
    star: int | str,
    ephemeris: Ephemeris,
    source: Source | None = None,
    others: Path | None = None,
) -> Prediction:
    """Score one event from its star's light-curve files, and return the prediction.

    Without `others`, the other events of the star are unknown: their transits are neither masked
    nor removed, and a stack does not use their scores. If the network reads scalars, only those
    computed from the period, the duration and the other events are known.

    Args:
        scorer: One or several trained networks; their scores are averaged.
        folder: Folder of light curves or, for mission custom, the path of the star's file.
        star: Catalogue ID of the star, or its name for mission custom.
        ephemeris: Ephemeris of the event; the epoch is in BKJD.
        source: Mission and reader options of the files; None means those used in training.
        others: Path or name of an event table with all other events of the star, and possibly of
            other stars; None means that they are unknown.

    Raises:
        ArchiveError: `folder` does not exist, or is a file although a folder is required, or the
            star's files are missing, corrupt or belong to another star.
        LightCurveError: The light curve cannot be detrended, or has no usable points at this
            ephemeris, for example because the epoch is in another time system.
        CatalogError: The table of the other events cannot be read, or does not list the star.
    """
    recipe, event = scorer.recipe(folder, source), event_table(ephemeris)
    event.insert(0, "star", star)
    known = event
    if others is not None:
        known = event_with_others(star, ephemeris, others, recipe.mission)
    alone = np.arange(len(known)) == 0
    (listed,) = stars_in(known, unmeasured(scorer.stacks, known) & alone)
    prepared, found = first_event(recipe, replace(listed, star=star))
    _warn_about_siblings(prepared, known, others)
    bins = scorer.experiment.view_bins
    given = ViewsOfEvents.of(
        [event.views for event in prepared], bins, [event.centroid for event in prepared]
    )
    scores = scorer.score_events(given, known, all_events=others is not None).of(np.array([0]))
    event.insert(1, "number", 1)
    table = table_of(scorer, event, scores, recipe.mission, reasons=[""], warnings=[found.warning])
    return Prediction(table, {name: view[:1] for name, view in given.views.items()})


def predict_events(
    scorer: Scorer,
    folder: Location,
    events: pd.DataFrame,
    *,
    source: Source | None = None,
    workers: int | None = None,
    quiet: bool = False,
) -> Prediction:
    """Score events from the light-curve files of their stars, and return the predictions.

    If the network reads scalars, they are computed from the columns of `events`. The column
    `number` must follow the order of detection, as in a TCE catalogue: the strongest event of a
    star has number 1. The score of an event that cannot be scored is NaN, and the column `reason`
    of the prediction's table gives the cause.

    Args:
        scorer: One or several trained networks; their scores are averaged.
        folder: Folder of light curves or, for mission custom and a single star, the star's file.
        events: Table of events [n] with the columns star, number, period_days, epoch_bkjd and
            duration_days, and optionally the columns from which scalars are computed.
        source: Mission and reader options of the files; None means those used in training.
        workers: Number of worker processes; None means one per CPU.
        quiet: Whether to hide the progress bar.

    Raises:
        ArchiveError: `folder` does not exist, or is a file although a folder is required.
        WorkerError: A worker process terminated unexpectedly.
    """
    stars = stars_in(events, unmeasured(scorer.stacks, events))
    recipe = scorer.recipe(folder, source, stars=len(stars))
    count = workers if len(stars) >= ENOUGH_FOR_A_POOL else 1
    prepared: dict[int, PreparedEvent] = {}
    with progress_bar("scoring", "stars", len(stars), quiet=quiet) as advance:
        for star in prepare_stars(recipe, stars, Processes(count)):
            prepared |= {event.row: event for event in star.events}
            advance(1)
    in_order = [prepared[row] for row in range(len(events))]
    predicted, given = score_prepared(scorer, events, in_order, recipe.mission)
    failure = None if given.usable.any() else _failure(in_order)
    return Prediction(predicted, given.views, failure, given)


def _warn_about_siblings(
    prepared: Sequence[PreparedEvent], known: pd.DataFrame, others: Path | None
) -> None:
    """Log a warning for each other event of a star that has no views, and therefore no score."""
    for event in prepared[1:]:
        if event.views is None:
            _logger.warning(
                "%s: event %d has no views, so its score is unknown: %s",
                others,
                known["number"].iloc[event.row],
                event.reason,
            )


def _failure(events: list[PreparedEvent]) -> AstronetError:
    """Return the error if no event has a score; the message gives the most common reason."""
    reason, count = commonest([event.reason for event in events])
    example = next(event for event in events if event.reason == reason)
    kind = MissingFilesError if example.no_files else RunError
    what = (
        "the event could not be scored"
        if len(events) == 1
        else f"none of the {len(events)} events could be scored, {count} of them for this reason"
    )
    return kind(f"{what}: {reason}", arguments=example.arguments)
