"""Computation of the views of events, star by star, from light-curve files.

The functions are stateless, so they can run in worker processes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from astronet.errors import (
    ArchiveError,
    AstronetError,
    LightCurveError,
    MissingFilesError,
    RunError,
)
from astronet.execution.engine import Engine, run_stars
from astronet.execution.processes import Processes
from astronet.files.provenance import SourceFile
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.preparation import EventViews, prepare_star
from astronet.lightcurves.settings import Preparation
from astronet.lightcurves.view_specs import ViewSpec
from astronet.lightcurves.warming import compile_before_workers
from astronet.missions import MISSIONS, ReaderOptions
from astronet.missions.files import StarData
from astronet.missions.other_missions import read_star

if TYPE_CHECKING:
    import pandas as pd  # slow to import; every worker process imports this module

    from astronet.missions.settings import Source


@dataclass(frozen=True)
class Recipe:
    """Settings for preparing views, the same for all stars.

    Attributes:
        mission: Name of the mission.
        folder: Folder of light curves.
        reader: Options of the mission's reader.
        preparation: Settings for masking and removing transits.
        views: Specifications of the views by name.
    """

    mission: str
    folder: Path
    reader: ReaderOptions
    preparation: Preparation
    views: Mapping[str, ViewSpec]

    @classmethod
    def of(
        cls,
        source: "Source",
        preparation: Preparation,
        views: Mapping[str, ViewSpec],
        folder: Path | None = None,
    ) -> Self:
        """Return the settings for preparing views from the light curves of a source.

        Args:
            source: Mission and reader options of the files, and their default folder.
            preparation: Settings for masking and removing transits.
            views: Specifications of the views by name.
            folder: Folder of light curves; None means the default folder of `source`.
        """
        folder = source.light_curves if folder is None else folder
        return cls(source.mission, folder, source.reader, preparation, views)


@dataclass(frozen=True)
class Star:
    """Star, with the ephemerides of its events.

    Attributes:
        star: Number or name of the star.
        events: For each event, its row in the event table (counted from 0), period [d], epoch in
            BKJD [d] and duration [d].
    """

    star: int | str
    events: tuple[tuple[int, float, float, float], ...]


@dataclass(frozen=True)
class PreparedEvent:
    """Views of one event in an event table, or the reason why they could not be computed.

    Attributes:
        row: Row of the event in the table, counted from 0.
        views: Views of the event; None if they could not be computed.
        reason: Reason why there are no views; "" if there are views.
        no_files: Whether there are no views because the star has no light-curve files.
        arguments: Names of the settings to change so that they can be computed.
    """

    row: int
    views: EventViews | None
    reason: str = ""
    no_files: bool = False
    arguments: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: int, outcome: EventViews | LightCurveError) -> Self:
        """Return the views of an event, or the reason why there are none.

        Args:
            row: Row of the event in the table, counted from 0.
            outcome: Item of the result of `prepare_star`.
        """
        if isinstance(outcome, LightCurveError):
            return cls(row, None, reason=str(outcome))
        return cls(row, outcome)


@dataclass(frozen=True)
class PreparedStar:
    """Prepared events of one star, with the provenance of its files.

    Attributes:
        star: Number or name of the star.
        events: Prepared events, in the order of `Star.events`.
        sources: Provenance of the files that were read.
    """

    star: int | str
    events: list[PreparedEvent]
    sources: tuple[SourceFile, ...]


def stars_in(table: "pd.DataFrame") -> list[Star]:
    """Return the stars in an event table with their events, in order of first appearance.

    Args:
        table: One row per event, with the columns star, period_days, epoch_bkjd and duration_days.
    """
    columns = ("star", "period_days", "epoch_bkjd", "duration_days")
    events: dict[int | str, list[tuple[int, float, float, float]]] = {}
    for row, (star, *ephemeris) in enumerate(
        zip(*(table[column].tolist() for column in columns), strict=True)
    ):
        events.setdefault(star if isinstance(star, str) else int(star), []).append(
            (row, *ephemeris)
        )
    return [Star(star, tuple(rows)) for star, rows in events.items()]


def check_folder(folder: Path, mission: str, stars: int = 1) -> None:
    """Raise an error unless a path can contain the light curves of some stars.

    Args:
        folder: Folder of light curves or, for mission custom and a single star, the star's file.
        mission: Name of the mission.
        stars: Number of stars.

    Raises:
        ArchiveError: `folder` does not exist, or is a file although the mission requires a folder
            or there are several stars.
    """
    if folder.is_file() and (stars > 1 or not MISSIONS[mission].SPEC.single_file):
        raise ArchiveError(
            f"{folder} is a file, not a folder; give the folder of the light curves, or, for a "
            "single light curve of your own, set mission to custom and the reader option clock to "
            "bkjd, btjd or bjd",
            arguments=("data", "mission", "reader"),
        )
    if not folder.exists():
        raise ArchiveError(
            f"{folder} does not exist; give the folder of the light curves, or, if the mission is "
            "custom, the path of a single light curve",
            arguments=("data",),
        )


def event_views(recipe: Recipe, star: int | str, ephemeris: Ephemeris) -> EventViews:
    """Read and detrend a star's light curve, and return the views of one event.

    Transits of other events of the star are neither masked nor removed.

    Args:
        recipe: Settings for preparing views.
        star: Number or name of the star.
        ephemeris: Ephemeris of the event; its epoch is in BKJD.

    Raises:
        ArchiveError: A file is missing, corrupt or belongs to another star.
        LightCurveError: The light curve cannot be detrended, or a view cannot be computed; for
            example, there are no points near a transit.
    """
    curve = _read(recipe, star).curve
    (outcome,) = prepare_star(curve, [ephemeris], recipe.views, recipe.preparation)
    if isinstance(outcome, LightCurveError):
        raise outcome
    return outcome


def prepare_events(recipe: Recipe, star: Star) -> PreparedStar:
    """Read and detrend a star's light curve once, and return the views of all events of the star.

    If an event cannot be prepared, no error is raised; the event's `reason` states the cause.
    """
    prepared: dict[int, PreparedEvent] = {}
    rows: list[int] = []
    ephemerides: list[Ephemeris] = []
    sources: tuple[SourceFile, ...] = ()
    for row, period, epoch, duration in star.events:
        try:
            ephemerides.append(Ephemeris(period, epoch, duration))
            rows.append(row)
        except LightCurveError as error:
            prepared[row] = PreparedEvent(row, None, reason=str(error))
    if rows:
        try:
            data = _read(recipe, star.star)
            curve, sources = data.curve, data.sources
            outcomes = prepare_star(curve, ephemerides, recipe.views, recipe.preparation)
        except AstronetError as error:
            sources = sources or error.sources
            no_files = isinstance(error, MissingFilesError)
            prepared |= {
                row: PreparedEvent(row, None, str(error), no_files, error.arguments) for row in rows
            }
        else:
            for row, outcome in zip(rows, outcomes, strict=True):
                prepared[row] = PreparedEvent.of(row, outcome)
    return PreparedStar(star.star, [prepared[row] for row, *_ in star.events], sources)


def one_of(star: PreparedStar, place: int) -> EventViews:
    """Return the views of one of a star's events.

    Args:
        star: Prepared events of the star.
        place: Index of the event in `star.events`.

    Raises:
        RunError: The views could not be computed.
    """
    event = star.events[place]
    if event.views is None:
        raise RunError(
            f"the event could not be prepared: {event.reason}", arguments=event.arguments
        )
    return event.views


def _read(recipe: Recipe, star: int | str) -> StarData:
    return read_star(recipe.mission, recipe.folder, star, recipe.reader)


def prepare_stars(
    recipe: Recipe, stars: Iterable[Star], where: Engine = Processes()
) -> Iterator[PreparedStar]:
    """Yield the prepared stars in the order of `stars`.

    Args:
        recipe: Settings for preparing views, the same for all stars.
        stars: Stars with their events.
        where: Engine that runs `prepare_events`; by default, one process per processor.

    Raises:
        WorkerError: A worker process terminated unexpectedly.
    """
    compile_before_workers()
    return run_stars(partial(prepare_events, recipe), stars, where)
