"""`astronet predict`: scores of new events, with a picture of the views that were judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.asked import asked_ephemeris, asked_source, asked_star
from astronet.dataset.recut import AnyView, views_of
from astronet.dataset.store import ViewStore
from astronet.errors import ArchiveError, CatalogError, RunError
from astronet.evaluation.predictions import predictions_table, write_predictions
from astronet.figures.sheet import sheet
from astronet.lightcurves.arrays import Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.missions import MISSIONS
from astronet.missions.settings import Source
from astronet.progress import console, progress_bar
from astronet.runs.scorer import Scorer, load
from astronet.stars.views import PreparedEvent, Recipe, prepare_stars, stars_in

_ENOUGH_FOR_A_POOL = 16
"""Stars for which starting worker processes pays."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Scores and what they were made from.

    Attributes:
        table: Predictions, best first; its index holds the events' positions in `views`.
        views: The views judged, by name, each [n, bins]; NaN where an event has none.
    """

    table: pd.DataFrame
    views: Mapping[str, AnyView]

    def save(self, out: Path, title: str) -> Path:
        """Writes the table, and beside it a picture of the best events; returns the picture."""
        write_predictions(self.table, out)
        best = self.table[self.table["score"].notna()].head(20)
        picture = out.with_suffix(".png")
        picture.unlink(missing_ok=True)
        if len(best):
            shown = {
                name: np.asarray(view[best.index.to_numpy()]) for name, view in self.views.items()
            }
            sheet(best, shown, title).savefig(picture)
        return picture


def predict_event(
    scorer: Scorer,
    folder: Path,
    star: int | str,
    ephemeris: Ephemeris,
    source: Source | None = None,
) -> Prediction:
    """Scores one event of one star from its files.

    Args:
        scorer: The runs.
        folder: The star's light curves; one of your own may be a file.
        star: Its number, or the name of one of your own.
        ephemeris: The event, its epoch in BKJD.
        source: Whose files they are and how they are read; by default as in training.

    Raises:
        ArchiveError: The star's files are missing, damaged or another star's.
        LightCurveError: There is nothing to see in them at that ephemeris.
    """
    row = [star, 1, ephemeris.period, ephemeris.epoch, ephemeris.duration]
    columns = ["star", "number", "period_days", "epoch_bkjd", "duration_days"]
    event = pd.DataFrame([row], columns=columns)
    prediction = predict_events(scorer, folder, event, source=source, numbered=False, quiet=True)
    if reason := prediction.table["reason"].iloc[0]:
        raise ArchiveError(reason)
    return prediction


def predict_table(
    scorer: Scorer,
    table: Path,
    folder: Path,
    *,
    source: Source | None = None,
    workers: int | None = None,
    quiet: bool = False,
) -> Prediction:
    """Scores every event of a catalogue from its stars' files.

    An event that cannot be scored gets an empty score and a reason.

    Raises:
        CatalogError: The table cannot be read or is empty.
        ArchiveError: The folder is missing.
    """
    source = source or scorer.experiment.source
    events = MISSIONS[source.mission].read_catalog(table)
    if events.empty:
        raise CatalogError(f"{table} holds no event; give a table with at least one row")
    return predict_events(scorer, folder, events, source=source, workers=workers, quiet=quiet)


def predict_store(scorer: Scorer, store: ViewStore) -> Prediction:
    """Scores every event of a store.

    Raises:
        StoreError: The store lacks a view that the network wants, and what to cut it from.
    """
    scores = scorer.score_store(store)
    views = views_of(store, scorer.experiment.views)
    return Prediction(predictions_table(store.index, scores), views)


def predict_events(
    scorer: Scorer,
    folder: Path,
    events: pd.DataFrame,
    *,
    source: Source | None = None,
    numbered: bool = True,
    workers: int | None = None,
    quiet: bool = False,
) -> Prediction:
    """Scores events [n] (star, number, period_days, epoch_bkjd, duration_days) from files.

    A network that reads scalars takes them from the events' further columns, and from their numbers
    if they are numbered as a catalogue does, strongest first.
    """
    experiment, stars = scorer.experiment, stars_in(events)
    source = source or experiment.source
    if folder.is_file() and (not MISSIONS[source.mission].SPEC.single_file or len(stars) > 1):
        raise ArchiveError(
            f"{folder} is a file; give --data the folder of your light curves, or score one star "
            "with --mission custom --reader clock=bkjd (or btjd, bjd)"
        )
    if not folder.exists():
        raise ArchiveError(
            f"there is no folder {folder}; give --data the folder of your light curves"
        )
    recipe = Recipe(
        source.mission,
        folder,
        source.reader,
        experiment.preparation,
        experiment.views,
    )
    count = workers if len(stars) >= _ENOUGH_FOR_A_POOL else 1
    prepared: dict[int, PreparedEvent] = {}
    with progress_bar("scoring", "stars", len(stars), quiet=quiet) as advance:
        for star in prepare_stars(recipe, stars, count):
            prepared |= {event.row: event for event in star.events}
            advance(1)
    in_order = [prepared[row] for row in range(len(events))]
    views = _stack(in_order, experiment.view_bins)
    seen = np.array([event.views is not None for event in in_order])
    scores = np.full(len(events), np.nan)
    if seen.any():
        known = events if numbered else events.drop(columns="number")
        scalars = scorer.scalars_of(known[seen])
        judged = {name: view[seen] for name, view in views.items()}
        scores[seen] = scorer.score_views(judged, scalars)
    table = predictions_table(
        events,
        scores,
        reasons=[event.reason for event in in_order],
        warnings=[event.warning for event in in_order],
    )
    return Prediction(table, views)


def _check_writable(out: Path, inputs: Sequence[Path]) -> None:
    """Refuses a table that could not be written or would harm an input, before the work."""
    if out.suffix in (".png", ".fits"):
        raise RunError(f"{out}: --out is a table; end it in .csv (its picture gets .png)")
    place = out.resolve()
    for path in inputs:
        if path.resolve() in (place, *place.parents):
            raise RunError(f"{out} would overwrite what is in {path}; give --out another path")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("a"):
            pass
        if out.stat().st_size == 0:
            out.unlink()
    except OSError as error:
        raise RunError(
            f"{out} cannot be written ({error.strerror}); give --out another path"
        ) from None


def _stack(events: list[PreparedEvent], bins: Mapping[str, int]) -> dict[str, Views]:
    """Views [n, bins] by name; NaN where an event has none."""
    views = {name: np.full((len(events), n), np.nan, np.float32) for name, n in bins.items()}
    for row, event in enumerate(events):
        for name, view in (event.views or {}).items():
            views[name][row] = view
    return views


def choose(
    runs: Sequence[Path],
    *,
    star: int | str | None,
    data: Path | None,
    ephemeris: tuple[float | None, float | None, float | None],
    table: Path | None,
    store: Path | None,
    out: Path,
    mission: str | None = None,
    reader: Sequence[str] = (),
    workers: int | None = None,
) -> tuple[Prediction, Path]:
    """Scores what the command line asks for, and writes the table and its picture.

    Args:
        runs: Run folders or names of shipped weights, averaged.
        star: One star, with `data` and `ephemeris`.
        data: Folder of light curves, or one light curve of your own.
        ephemeris: Period, epoch and duration of the star's event [d].
        table: A catalogue of events, with `data`.
        store: A store of views, alone.
        out: The table to write.
        mission: Whose light curves these are, where not those of the run's mission.
        reader: Options of that mission's reader, each as `key=value`.
        workers: Processes.

    Raises:
        RunError: Not exactly one of star, table and store is asked for, or part of it is missing.
    """
    given = [
        name
        for name, value in (("star", star), ("table", table), ("store", store))
        if value is not None
    ]
    if len(given) != 1:
        asked = " and ".join(f"--{name}" for name in given) or "nothing"
        raise RunError(
            f"{asked} given; give one of --star (with --data --period --epoch --duration), "
            "--table (with --data) or --store"
        )
    if store is None and data is None:
        raise RunError(f"--{given[0]} needs --data, the folder of light curves; add it")
    curve = data if data is not None and data.is_file() else None
    scorer = load(*runs)
    files = [file for trained in scorer.trained for file in trained.files]
    files += [path for path in (table, store, curve) if path is not None]
    _check_writable(out, files)
    for shipped in scorer.shipped:
        console.print(f"weights: {shipped}", highlight=False)
    source = asked_source(scorer, mission, reader)
    if store is not None:
        prediction = predict_store(scorer, ViewStore.open(store))
    elif table is not None and data is not None:
        prediction = predict_table(scorer, table, data, source=source, workers=workers)
    elif star is not None and data is not None:
        event = asked_ephemeris(ephemeris)
        prediction = predict_event(scorer, data, asked_star(star, source), event, source)
    picture = prediction.save(out, scorer.name)
    return prediction, picture
