"""`astronet predict`: write a table of events with their scores, and a figure of their views."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.dataset.recut import views_of
from astronet.dataset.store import ViewStore
from astronet.errors import CatalogError, MissingFilesError
from astronet.execution.choosing import engine_of
from astronet.execution.part_log import PartLog
from astronet.execution.parts import Parts
from astronet.execution.processes import Processes
from astronet.execution.shards import Shard
from astronet.figures.sheet import sheet
from astronet.files.atomic import replacing
from astronet.files.journal import opened
from astronet.files.outputs import check_output
from astronet.files.remote import Location, local_only
from astronet.files.table_pieces import write_pieces
from astronet.files.tables import check_format, write_table
from astronet.lightcurves.arrays import Views
from astronet.missions import MISSIONS
from astronet.missions.settings import Source
from astronet.missions.tables import find_catalog, read_catalog
from astronet.runs.best_views import BestViews
from astronet.runs.joined_predictions import Predicted
from astronet.runs.prediction import ENOUGH_FOR_A_POOL, Prediction, predict_events
from astronet.runs.prediction import (
    predict_event as predict_event,
)
from astronet.runs.prediction_files import (
    PredictionFiles,
    check_prediction_files,
    figure_of,
    write_record,
)
from astronet.runs.prediction_parts import Scoring, failures_in, plan_of, predict_waiting
from astronet.runs.predictions import table_of
from astronet.runs.scorer import Scorer
from astronet.runs.stacked import unmeasured
from astronet.stars.views import (
    Recipe,
    Star,
    lost_events,
    prepare_stars,
    stars_in,
)

_DRAWN, _SHOWN = 20, 20
"""Maximum number of events in the figure, and of first rows in a result."""


def save(prediction: Prediction, out: Path, title: str, *, overwrite: bool = False) -> Path:
    """Write the table, and a figure of up to 20 events with the highest scores.

    The path of the figure is that of the table with the extension .png. If no event has a
    score, no figure is written, and an existing one is deleted if `overwrite` is True.

    Args:
        prediction: Scores of events, and the views from which they were computed.
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
    write_table(prediction.table, out)
    best = prediction.table[prediction.table["score"].notna()].head(_DRAWN)
    figure.unlink(missing_ok=True)
    if len(best):
        shown = {
            name: np.asarray(view[best.index.to_numpy()]) for name, view in prediction.views.items()
        }
        with replacing(figure) as part:
            sheet(best, shown, title).savefig(part, format="png")
    return figure


def predict_table(
    scorer: Scorer,
    table: Path,
    folder: Location,
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
    events = _events_of(table, source)
    predicted = predict_events(scorer, folder, events, source=source, workers=workers, quiet=quiet)
    if isinstance(predicted.failure, MissingFilesError):
        return replace(predicted, failure=_without_files(predicted.failure, table, folder, source))
    return predicted


def _events_of(table: Path, source: Source) -> pd.DataFrame:
    """Return the events of a catalogue, which must not be empty."""
    events = read_catalog(table, mission=source.mission)
    if events.empty:
        raise CatalogError(f"{table} contains no events; give a table with at least one row")
    return events


def _without_files(
    failure: MissingFilesError, table: Path, folder: Location, source: Source
) -> MissingFilesError:
    """Return the failure with the command that downloads the light curves."""
    download = MISSIONS[source.mission].SPEC.download_all(table, folder, source.reader)
    return MissingFilesError(str(failure), command=download)


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


def predict_to_file(
    scorer: Scorer,
    table: Path,
    folder: Location,
    out: Path,
    *,
    source: Source | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    scoring: Scoring | None = None,
    resume: bool = False,
    log: Path | None = None,
    shard: Shard | None = None,
    overwrite: bool = False,
    command: str = "",
    quiet: bool = False,
) -> PredictionFiles | None:
    """Score all events of a catalogue, and write the table, a figure and a record.

    The scores are those of `predict_table`, but only the views of one part are in memory. They are
    saved in parts in the folder `<out>.parts`, which is deleted at the end. The files of a resumed
    run equal those of an uninterrupted one.

    Args:
        scorer: One or several trained networks; their scores are averaged.
        table: Path of the catalogue, or its name (see `astronet.missions.tables.read_catalog`).
        folder: Folder of light curves or, for mission custom and a single star, the star's file.
        out: Path of the table of predictions; the suffix selects the format (see
            `astronet.files.tables`).
        source: Mission and reader options of the files; None means those used in training.
        workers: Number of worker processes; None means one per CPU.
        cluster: Dask cluster that prepares the stars instead of worker processes; see
            `astronet.execution.cluster.Cluster`.
        scoring: Processes that compute the scores, "main" or "workers", which does not change them;
            None means the faster ones (see `astronet.runs.prediction_parts.scores_in_workers`).
        resume: Whether to continue an interrupted run with the same table, networks, reader options
            and version of astronet, if there is one.
        log: Path of a log file (JSON Lines) to append to; None means no log.
        shard: Subset of the parts to compute; a run without a shard that resumes them writes the
            files. None means all parts.
        overwrite: Whether to replace existing files and, without `resume`, the parts of an
            interrupted run.
        command: Command line, for the record.
        quiet: Whether to hide the progress bar.

    Returns:
        The written files; None for a shard.

    Raises:
        CatalogError: The catalogue cannot be read, contains no events, or lists stars of another
            mission than that of the light curves.
        ArchiveError: `folder` does not exist, or is a file although a folder is required.
        RunError: A file exists and `overwrite` is False, a file cannot be written, an interrupted
            run cannot be resumed, or the workers cannot compute the scores as `scoring` demands.
        ResumableInterrupt: The run was interrupted (Ctrl-C) and can be resumed.
        WorkerError: A worker process terminated unexpectedly.
    """
    source = source or scorer.experiment.source
    inputs = [find_catalog(table), *(path for path in local_only(folder) if path.is_file())]
    check_prediction_files(out, scorer, inputs, overwrite=True)
    events = _events_of(table, source)
    stars = stars_in(events, unmeasured(scorer.stacks, events))
    recipe = scorer.recipe(folder, source, stars=len(stars))
    plan = plan_of(scorer, find_catalog(table), recipe)
    few = cluster is None and len(stars) < ENOUGH_FOR_A_POOL
    engine = engine_of(1 if few else workers, cluster, lost=lost_events)
    with (
        opened(log) as journal,
        Parts.of(out, plan, resume=resume, overwrite=overwrite, shard=shard) as parts,
    ):
        check_prediction_files(out, scorer, inputs, overwrite=parts.may_replace)
        part_log = PartLog(journal, partial(failures_in, events))
        given, drawn = (parts, scorer, events, stars, recipe, engine, part_log), BestViews(_DRAWN)
        predict_waiting(*given, scoring=scoring, best=drawn, quiet=quiet)
        if shard is not None:
            return None
        predicted = Predicted.joined(events, parts)
        parts.allow_replacing()
        write_pieces(predicted.pieces(), out)
        figure = _write_figure(predicted, drawn.views, stars, recipe, out, scorer.name)
        record = write_record(out, scorer, command, overwrite=True)
        parts.delete()
    failure = predicted.failure
    if isinstance(failure, MissingFilesError):
        failure = _without_files(failure, table, folder, source)
    best = predicted.rows(0, _SHOWN)
    return PredictionFiles(out, figure, record, len(predicted), predicted.scored, best, failure)


def _write_figure(
    predicted: Predicted,
    known: dict[int, Mapping[str, Views]],
    stars: Sequence[Star],
    recipe: Recipe,
    out: Path,
    title: str,
) -> Path | None:
    """Draw the views of the events with the highest scores; return None if there are no scores.

    Views that are not known, because workers or an interrupted run computed the scores, are
    prepared again in this process: starting workers for so few stars would take longer.
    """
    figure = figure_of(out)
    figure.unlink(missing_ok=True)
    best = predicted.rows(0, _DRAWN)
    best = best[best["score"].notna()]
    if best.empty:
        return None
    wanted = set(best.index.tolist()) - known.keys()
    chosen = [
        replace(star, centroids=frozenset())
        for star in stars
        if any(row in wanted for row, *_ in star.events)
    ]
    again = (e for star in prepare_stars(recipe, chosen, Processes(1)) for e in star.events)
    views = known | {e.row: e.views.views for e in again if e.views is not None}
    shown = {name: np.stack([views[row][name] for row in best.index]) for name in recipe.views}
    with replacing(figure) as part:
        sheet(best, shown, title).savefig(part, format="png")
    return figure
