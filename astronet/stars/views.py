"""One star from its files to the views of its events: the unit of work, with no state."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from astronet.errors import AstronetError, LightCurveError
from astronet.execution.engine import Engine, run_stars
from astronet.execution.processes import Processes
from astronet.files.provenance import SourceFile
from astronet.lightcurves.arrays import Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.preparation import prepare_star, thin_coverage
from astronet.lightcurves.settings import Preparation
from astronet.lightcurves.view_specs import ViewSpec
from astronet.missions import MISSIONS, ReaderOptions
from astronet.missions.files import StarData


@dataclass(frozen=True)
class Recipe:
    """What is the same for all stars: the files, how they are read, and how views are made."""

    mission: str
    folder: Path
    reader: ReaderOptions
    preparation: Preparation
    views: Mapping[str, ViewSpec]


@dataclass(frozen=True)
class Star:
    """One star's events: (row in the table, period, epoch, duration), in days."""

    star: int | str
    events: tuple[tuple[int, float, float, float], ...]


@dataclass(frozen=True)
class PreparedEvent:
    """What became of one event of a table.

    Attributes:
        row: Its position in the table.
        views: Its views by name, each float32 [bins]; None where there are none.
        reason: Why there are none.
        warning: Why a score of these views would mean little.
    """

    row: int
    views: dict[str, Views] | None
    reason: str = ""
    warning: str = ""


@dataclass(frozen=True)
class EventViews:
    """Views of one event.

    Attributes:
        views: The views by name, each float32 [bins].
        warning: Why a score of these views would mean little; "" if there is no reason.
    """

    views: dict[str, Views]
    warning: str = ""


@dataclass(frozen=True)
class PreparedStar:
    """What became of one star's events, and the files that it was read from."""

    star: int | str
    events: list[PreparedEvent]
    sources: tuple[SourceFile, ...]


def stars_in(table: pd.DataFrame) -> list[Star]:
    """The stars of an event table, in order of first appearance; rows by position."""
    columns = ("star", "period_days", "epoch_bkjd", "duration_days")
    events: dict[int | str, list[tuple[int, float, float, float]]] = {}
    for row, (star, *ephemeris) in enumerate(
        zip(*(table[column].tolist() for column in columns), strict=True)
    ):
        events.setdefault(star if isinstance(star, str) else int(star), []).append(
            (row, *ephemeris)
        )
    return [Star(star, tuple(rows)) for star, rows in events.items()]


def event_views(recipe: Recipe, star: int | str, ephemeris: Ephemeris) -> EventViews:
    """Read and detrend one star, and make the views of one event.

    Raises:
        ArchiveError: The star's files are missing, damaged or another star's.
        LightCurveError: The light curve has no usable points, or none at this ephemeris.
    """
    curve = _read(recipe, star).curve
    (outcome,) = prepare_star(curve, [ephemeris], recipe.views, recipe.preparation)
    if isinstance(outcome, LightCurveError):
        raise outcome
    return EventViews(outcome, thin_coverage(curve, ephemeris))


def prepare_events(recipe: Recipe, star: Star) -> PreparedStar:
    """Read and detrend one star once, and make the views of all its events.

    Nothing is raised for a star or an event that cannot be prepared: its reason is returned.
    """
    refused: dict[int, PreparedEvent] = {}
    rows: list[int] = []
    ephemerides: list[Ephemeris] = []
    sources: tuple[SourceFile, ...] = ()
    for row, period, epoch, duration in star.events:
        try:
            ephemerides.append(Ephemeris(period, epoch, duration))
            rows.append(row)
        except LightCurveError as error:
            refused[row] = PreparedEvent(row, None, reason=str(error))
    if rows:
        try:
            data = _read(recipe, star.star)
            curve, sources = data.curve, data.sources
            outcomes = prepare_star(curve, ephemerides, recipe.views, recipe.preparation)
        except AstronetError as error:
            sources = sources or error.sources
            refused |= {row: PreparedEvent(row, None, reason=str(error)) for row in rows}
        else:
            for row, ephemeris, outcome in zip(rows, ephemerides, outcomes, strict=True):
                warning = thin_coverage(curve, ephemeris)
                refused[row] = (
                    PreparedEvent(row, None, reason=str(outcome), warning=warning)
                    if isinstance(outcome, LightCurveError)
                    else PreparedEvent(row, outcome, warning=warning)
                )
    return PreparedStar(star.star, [refused[row] for row, *_ in star.events], sources)


def _read(recipe: Recipe, star: int | str) -> StarData:
    return MISSIONS[recipe.mission].read_star(recipe.folder, star, recipe.reader)


def prepare_stars(
    recipe: Recipe, stars: Iterable[Star], where: Engine = Processes()
) -> Iterator[PreparedStar]:
    """Yield the prepared stars in the order of the stars.

    Args:
        recipe: The settings that all stars share.
        stars: The stars with their events.
        where: The engine that runs `prepare_events`.

    Raises:
        WorkerError: A worker died.
    """
    return run_stars(partial(prepare_events, recipe), stars, where)
