"""`astronet predict`: write a table of events with their scores, and a figure of their views."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.dataset.other_events import event_with_others
from astronet.dataset.recut import AnyView, views_of
from astronet.dataset.scalars import event_table
from astronet.dataset.store import ViewStore
from astronet.errors import (
    AstronetError,
    CatalogError,
    MissingFilesError,
    RunError,
    commonest,
)
from astronet.execution.processes import Processes
from astronet.figures.sheet import sheet
from astronet.files.atomic import replacing
from astronet.files.outputs import check_output
from astronet.files.tables import check_format, write_table
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.missions import MISSIONS
from astronet.missions.settings import Source
from astronet.missions.tables import read_catalog
from astronet.progress import progress_bar
from astronet.runs.prediction_files import figure_of
from astronet.runs.predictions import table_of
from astronet.runs.scorer import Scorer
from astronet.runs.stacked import ViewsOfEvents, unmeasured
from astronet.stars.views import PreparedEvent, first_event, prepare_stars, stars_in

_logger = logging.getLogger("astronet")

_ENOUGH_FOR_A_POOL = 16
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

    def save(self, out: Path, title: str, *, overwrite: bool = False) -> Path:
        """Write the table, and a figure of up to 20 events with the highest scores.

        The path of the figure is that of the table with the extension .png. If no event has a
        score, no figure is written, and an existing one is deleted if `overwrite` is True.

        Args:
            out: Path of the table; the suffix selects the format (see `astronet.files.tables`).
            title: Title of the figure.
            overwrite: Whether an existing table and an existing figure may be replaced.

        Returns:
            Path of the figure (PNG), even if the figure is not written.

        Raises:
            RunError: The suffix of the table is unknown, the table or the figure exists and
                `overwrite` is False, or it cannot be written.
            OSError: The table or the figure cannot be written.
        """
        figure = figure_of(out)
        check_format(out)
        for path in (out, figure):
            check_output(path, overwrite=overwrite)
        write_table(self.table, out)
        best = self.table[self.table["score"].notna()].head(20)
        figure.unlink(missing_ok=True)
        if len(best):
            shown = {
                name: np.asarray(view[best.index.to_numpy()]) for name, view in self.views.items()
            }
            with replacing(figure) as part:
                sheet(best, shown, title).savefig(part, format="png")
        return figure


def predict_event(
    scorer: Scorer,
    folder: Path,
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
    given = _views_of(prepared, scorer)
    scores = scorer.score_events(given, known, all_events=others is not None).of(np.array([0]))
    event.insert(1, "number", 1)
    table = table_of(scorer, event, scores, recipe.mission, reasons=[""], warnings=[found.warning])
    return Prediction(table, {name: view[:1] for name, view in given.views.items()})


def predict_table(
    scorer: Scorer,
    table: Path,
    folder: Path,
    *,
    source: Source | None = None,
    workers: int | None = None,
    quiet: bool = False,
) -> Prediction:
    """Score all events of a catalogue from light-curve files, and return the predictions.

    The score of an event that cannot be scored is NaN, and the column `reason` of the prediction's
    table gives the cause. If no event can be scored, the prediction's `failure` is an error.

    Args:
        scorer: One or several trained networks; their scores are averaged.
        table: Path of the catalogue, or its name (see `astronet.missions.tables.read_catalog`).
        folder: Folder of light curves or, for mission custom and a single star, the star's file.
        source: Mission and reader options of the files; None means those used in training.
        workers: Number of worker processes; None means one per CPU.
        quiet: Whether to hide the progress bar.

    Raises:
        CatalogError: The catalogue cannot be read, contains no events, or lists stars of another
            mission than that of the light curves.
        ArchiveError: `folder` does not exist, or is a file although a folder is required.
        WorkerError: A worker process terminated unexpectedly.
    """
    source = source or scorer.experiment.source
    events = read_catalog(table, mission=source.mission)
    if events.empty:
        raise CatalogError(f"{table} contains no events; give a table with at least one row")
    predicted = predict_events(scorer, folder, events, source=source, workers=workers, quiet=quiet)
    if isinstance(predicted.failure, MissingFilesError):
        download = MISSIONS[source.mission].SPEC.download_all(table, folder, source.reader)
        failure = MissingFilesError(str(predicted.failure), command=download)
        return replace(predicted, failure=failure)
    return predicted


def predict_store(scorer: Scorer, store: ViewStore) -> Prediction:
    """Score all events of a store, and return the predictions.

    Raises:
        StoreError: A view that the network reads has a different number of bins in the store, or is
            missing and cannot be rebinned from the global view.
        LightCurveError: The bins of a rebinned view are too wide for its phase window.
    """
    views = views_of(store, scorer.experiment.views)
    scores = scorer.scores_of_store(store)
    mission = store.mission or scorer.experiment.source.mission
    return Prediction(table_of(scorer, store.index, scores, mission), views)


def predict_events(
    scorer: Scorer,
    folder: Path,
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
    count = workers if len(stars) >= _ENOUGH_FOR_A_POOL else 1
    prepared: dict[int, PreparedEvent] = {}
    with progress_bar("scoring", "stars", len(stars), quiet=quiet) as advance:
        for star in prepare_stars(recipe, stars, Processes(count)):
            prepared |= {event.row: event for event in star.events}
            advance(1)
    in_order = [prepared[row] for row in range(len(events))]
    given = _views_of(in_order, scorer)
    scores = scorer.score_events(given, events)
    table = table_of(
        scorer,
        events,
        scores,
        recipe.mission,
        reasons=[event.reason for event in in_order],
        warnings=[event.views.warning if event.views else "" for event in in_order],
    )
    failure = None if given.usable.any() else _failure(in_order)
    return Prediction(table, given.views, failure, given)


def _views_of(events: Sequence[PreparedEvent], scorer: Scorer) -> ViewsOfEvents:
    """Return the views and the measured centroid statistics of prepared events [n]."""
    centroids = [event.centroid for event in events]
    return ViewsOfEvents.of(
        [event.views for event in events], scorer.experiment.view_bins, centroids
    )


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
