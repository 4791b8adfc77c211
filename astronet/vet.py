"""`astronet vet`: pages with everything to check before a candidate is believed, and an index."""

from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.dataset.centroid_statistics import CENTROID_COLUMNS
from astronet.dataset.measured import unpacked
from astronet.dataset.thumbnails import as_views, global_thumbnails, local_thumbnails
from astronet.errors import CatalogError, MissingFilesError, RunError
from astronet.execution.engine import run_stars
from astronet.execution.processes import Processes
from astronet.explanations.event import Event
from astronet.explanations.influences import Influence, influence_sentence, without_secondary
from astronet.files.outputs import check_outputs, exists_already
from astronet.lightcurves.arrays import Floats, Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.warming import compile_before_workers
from astronet.missions.settings import Source
from astronet.missions.tables import read_catalog
from astronet.progress import progress_bar
from astronet.runs.neighbours import NeighbourFinder, SimilarEvents
from astronet.runs.prediction import Prediction, predict_events
from astronet.runs.scorer import Scorer
from astronet.runs.stacked import ViewsOfEvents
from astronet.stars.views import check_folder
from astronet.vetting_pages.candidate import Judgement, Similar, text_of
from astronet.vetting_pages.index import IndexRow, IndexSummary, table_id, write_index
from astronet.vetting_pages.star_pages import PageRecipe, write_star
from astronet.vetting_pages.table import candidates_of

_CHECKS = 21

_LOCAL = ("local", "rebinned_local")
"""Names of views near the transit, of which the first one that exists is shown."""

_CATALOGUE = ("depth_ppm", "snr", "impact", "radius_earth", "star_teff_k", "star_logg")
"""Columns of a catalogue that scores can depend on."""


@dataclass(frozen=True, eq=False)
class Vetted:
    """Result of vetting a table.

    Attributes:
        index: Path of the index page.
        rows: Rows of the index, in the order of the table.
    """

    index: Path
    rows: tuple[IndexRow, ...]


def vet_table(
    scorer: Scorer | None,
    table: Path,
    folder: Path,
    out: Path,
    source: Source,
    *,
    command: str = "",
    workers: int | None = None,
    overwrite: bool = False,
    quiet: bool = False,
) -> Vetted:
    """Vet all events of a table: write an index, and a page, a figure and a JSON file per event.

    Args:
        scorer: Networks that score the events; None means that they are not scored.
        table: Path of an event table, or its name (see `astronet.missions.tables.read_catalog`).
        folder: Folder of light curves or, for mission custom and a single star, the star's file.
        out: Folder of the index.
        source: Mission and reader options of the files.
        command: Command line, for the index.
        workers: Number of worker processes; None means one per CPU.
        overwrite: Whether existing pages are replaced.
        quiet: Whether to hide the progress bars.

    Raises:
        CatalogError: The table cannot be read, contains no events, or lists stars of another
            mission than that of the light curves.
        ArchiveError: `folder` does not exist, or is a file although a folder is required.
        RunError: Pages exist and `overwrite` is False, a page cannot be written, or no candidate
            can be vetted.
        WorkerError: A worker process terminated unexpectedly.
    """
    events = read_catalog(table, mission=source.mission)
    if events.empty:
        raise CatalogError(f"{table} contains no events; give a table with at least one row")
    check_folder(folder, source.mission, events["star"].nunique())
    check_outputs(out, ["index.html"], overwrite=overwrite)
    if not overwrite and any((out / "pages").glob("*")):
        raise exists_already(out / "pages", "already contains pages")
    judgements: list[Judgement] | None = None
    if scorer is not None:
        predicted = predict_events(
            scorer, folder, events, source=source, workers=workers, quiet=quiet
        )
        if isinstance(predicted.failure, MissingFilesError):
            raise predicted.failure
        judgements = _judged(scorer, predicted, events, source.mission)
    stars = candidates_of(events, judgements)
    provenance = {"table": str(table), "mission": source.mission, "astronet": version("astronet")}
    identity = table_id(
        zip(events["star"], events["number"].astype(int), events["period_days"], strict=True)
    )
    recipe = PageRecipe(source.mission, folder, source.reader, out, identity, provenance)
    compile_before_workers()
    found: dict[int, IndexRow] = {}
    with progress_bar("vetting", "stars", len(stars), quiet=quiet) as advance:
        results = run_stars(partial(write_star, recipe), stars, Processes(workers))
        for star, rows in zip(stars, results, strict=True):
            found |= {each.row: row for each, row in zip(star.candidates, rows, strict=True)}
            advance(1)
    in_order = tuple(found[row] for row in range(len(events)))
    if not any(row.page for row in in_order):
        reason = in_order[0].reason
        arguments = ("mission",) if "set mission" in reason else ()
        raise RunError(f"no candidate could be vetted: {reason}", arguments=arguments)
    title = f"Vetting of {table.name}"
    summary = IndexSummary(title, command, _versions(), _CHECKS, provenance)
    return Vetted(write_index(out, in_order, summary), in_order)


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("astronet", "numpy", "scipy", "bokeh")}


def _judged(
    scorer: Scorer, predicted: Prediction, events: pd.DataFrame, mission: str
) -> list[Judgement]:
    """Return what the networks say about each event [n]."""
    given = predicted.given
    assert given is not None
    table = predicted.table.sort_index()
    finder = NeighbourFinder.of(scorer.trained)
    similar = finder.find(given, events, mission)
    sentences = _influences(scorer, given, events, table["score"].to_numpy(np.float64))
    pictures = _thumbnails(given, events)
    return [
        Judgement(
            str(row["model"]),
            float(row["score"]),
            float(row["spread"]),
            text_of(row["decision"]),
            text_of(row["unsure"]),
            text_of(row.get("warning")),
            text_of(row.get("reason")),
            None if pd.isna(row["seen_in_training"]) else bool(row["seen_in_training"]),
            sentences[k],
            similar[k].summary,
            _neighbours(similar[k]),
            *pictures[k],
        )
        for k, row in enumerate(table.to_dict("records"))
    ]


def _neighbours(similar: SimilarEvents) -> tuple[Similar, ...]:
    return tuple(
        Similar(
            one.star,
            one.number,
            one.label,
            one.planet,
            one.today,
            one.period_days,
            one.distance,
            one.local_view,
            one.global_view,
        )
        for one in similar.neighbours
    )


def _thumbnails(
    given: ViewsOfEvents, events: pd.DataFrame
) -> list[tuple[Views | None, Views | None]]:
    """Return small pictures of the local and the global view of each event [n]; None if unknown."""
    usable = given.usable
    pictures: list[tuple[Views | None, Views | None]] = [(None, None)] * len(events)
    near = next((name for name in _LOCAL if name in given.views), None)
    if near is None or "global" not in given.views:
        return pictures
    for row in np.flatnonzero(usable).tolist():
        local, whole = (
            np.asarray(given.views[name][np.array([row])], np.float32) for name in (near, "global")
        )
        pictures[row] = (
            as_views(local_thumbnails(local))[0],
            as_views(global_thumbnails(whole))[0],
        )
    return pictures


def _influences(
    scorer: Scorer, given: ViewsOfEvents, events: pd.DataFrame, scores: Floats
) -> list[str]:
    """Return which input changes the score of each event [n] most, as a sentence."""
    changed: dict[str, Floats] = {}
    without = _without_secondaries(scorer, given, events)
    changed["the deepest dip away from the transit"] = scorer.score_events(without, events).score
    if any(scorer.stacks):
        if events["star"].duplicated().any():
            alone = scorer.score_events(given, events, all_events=False).score
            several = events["star"].duplicated(keep=False).to_numpy()
            changed["the other events of the star"] = np.where(several, alone, np.nan)
        unknown = replace(given, centroids=np.full(len(events), np.nan))
        plain = events.drop(columns=[c for c in CENTROID_COLUMNS if c in events])
        if given.centroids is not None or len(plain.columns) < len(events.columns):
            moved = scorer.score_events(unknown, plain).score
            changed["the centroid statistic"] = np.where(moved == scores, np.nan, moved)
    if columns := [column for column in _CATALOGUE if column in events]:
        bare = events.assign(**dict.fromkeys(columns, np.nan))
        listed = scorer.score_events(given, bare).score
        changed["the catalogue's depth, SNR and stellar values"] = np.where(
            listed == scores, np.nan, listed
        )
    return [
        influence_sentence(
            float(scores[k]), [Influence(part, float(of[k])) for part, of in changed.items()]
        )
        for k in range(len(events))
    ]


def _without_secondaries(
    scorer: Scorer, given: ViewsOfEvents, events: pd.DataFrame
) -> ViewsOfEvents:
    """Return the views of all events without their deepest dips out of transit."""
    specs = scorer.experiment.views
    views = {name: np.array(view, np.float32) for name, view in given.views.items()}
    bins = scorer.experiment.view_bins
    masks = None if given.packed is None else unpacked(given.packed, bins["global"])
    nothing = np.zeros(0, np.float32)
    columns = ("period_days", "epoch_bkjd", "duration_days")
    ephemerides = events[list(columns)].to_numpy(np.float64)
    for row in np.flatnonzero(given.usable).tolist():
        own = {name: view[row] for name, view in views.items()}
        mask = None if masks is None else masks[row]
        event = Event("", None, Ephemeris(*ephemerides[row]), specs, own, nothing, mask)
        if (changed := without_secondary(event)) is not None:
            for name, view in changed.items():
                views[name][row] = view
    return replace(given, views=views)
