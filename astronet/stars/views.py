"""Computation of the views of events, star by star, from light-curve files.

The functions are stateless, so they can run in worker processes.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np

from astronet.errors import (
    ArchiveError,
    AstronetError,
    LightCurveError,
    MissingFilesError,
    unexpected,
)
from astronet.execution.engine import Engine, run_stars
from astronet.execution.processes import Processes
from astronet.files.provenance import SourceFile
from astronet.files.remote import Location
from astronet.lightcurves.arrays import Bools
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.preparation import EventViews, prepare_star
from astronet.lightcurves.settings import Preparation
from astronet.lightcurves.view_specs import ViewSpec
from astronet.lightcurves.warming import compile_before_workers
from astronet.missions import MISSIONS, ReaderOptions
from astronet.missions.files import StarData
from astronet.missions.other_missions import read_star
from astronet.stars.centroids import measured_centroids, reading_centroids
from astronet.stars.prepared import PreparedEvent as PreparedEvent
from astronet.stars.prepared import PreparedStar as PreparedStar

_logger = logging.getLogger("astronet")

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
    folder: Location
    reader: ReaderOptions
    preparation: Preparation
    views: Mapping[str, ViewSpec]

    @classmethod
    def of(
        cls,
        source: "Source",
        preparation: Preparation,
        views: Mapping[str, ViewSpec],
        folder: Location | None = None,
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
        centroids: Rows of the events whose centroid statistic is measured.
    """

    star: int | str
    events: tuple[tuple[int, float, float, float], ...]
    centroids: frozenset[int] = frozenset()


def stars_in(table: "pd.DataFrame", centroids: Bools | None = None) -> list[Star]:
    """Return the stars in an event table with their events, in order of first appearance.

    Args:
        table: One row per event, with the columns star, period_days, epoch_bkjd and duration_days.
        centroids: Mask [n] of the events whose centroid statistic is measured; None means none.
    """
    columns = ("star", "period_days", "epoch_bkjd", "duration_days")
    events: dict[int | str, list[tuple[int, float, float, float]]] = {}
    for row, (star, *ephemeris) in enumerate(
        zip(*(table[column].tolist() for column in columns), strict=True)
    ):
        events.setdefault(star if isinstance(star, str) else int(star), []).append(
            (row, *ephemeris)
        )
    chosen = set() if centroids is None else set(np.flatnonzero(centroids).tolist())
    return [
        Star(star, tuple(rows), frozenset(row for row, *_ in rows) & chosen)
        for star, rows in events.items()
    ]


def check_folder(folder: Location, mission: str, stars: int = 1) -> None:
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


def event_views(
    recipe: Recipe, star: int | str, ephemeris: Ephemeris, others: Sequence[Ephemeris] = ()
) -> EventViews:
    """Read and detrend a star's light curve, and return the views of one event.

    Args:
        recipe: Settings for preparing views.
        star: Number or name of the star.
        ephemeris: Ephemeris of the event; its epoch is in BKJD.
        others: Ephemerides of the star's other events, whose transits are masked and removed as
            for events in a table.

    Raises:
        ArchiveError: A file is missing, corrupt or belongs to another star.
        LightCurveError: The light curve cannot be detrended, or a view cannot be computed; for
            example, there are no points near a transit.
    """
    events = [(row, e.period, e.epoch, e.duration) for row, e in enumerate((ephemeris, *others))]
    return first_event(recipe, Star(star, tuple(events)))[1]


def first_event(recipe: Recipe, star: Star) -> tuple[list[PreparedEvent], EventViews]:
    """Return the prepared events of a star, of which the first must have views, and these views.

    Args:
        recipe: Settings for preparing views.
        star: Star with events whose ephemerides are valid.

    Raises:
        ArchiveError: A file is missing, corrupt or belongs to another star.
        LightCurveError: The light curve cannot be detrended, or a view of the first event cannot be
            computed.
    """
    events = [Ephemeris(*ephemeris) for _, *ephemeris in star.events]
    outcomes, centroids = _outcomes(recipe, star, _read(recipe, star).curve, events)
    if isinstance(outcomes[0], LightCurveError):
        raise outcomes[0]
    rows = [row for row, *_ in star.events]
    return list(map(PreparedEvent.of, rows, outcomes, centroids)), outcomes[0]


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
            data = _read(recipe, star)
            sources = data.sources
            valid = replace(star, events=tuple(e for e in star.events if e[0] in rows))
            outcomes, centroids = _outcomes(recipe, valid, data.curve, ephemerides)
        except AstronetError as error:
            sources = sources or error.sources
            no_files = isinstance(error, MissingFilesError)
            prepared |= {
                row: PreparedEvent(row, None, str(error), no_files, error.arguments) for row in rows
            }
        except Exception as error:  # one star must not end the preparation of all others
            _logger.debug("star %s", star.star, exc_info=True)
            prepared |= {row: PreparedEvent(row, None, unexpected(error)) for row in rows}
        else:
            prepared |= dict(
                zip(rows, map(PreparedEvent.of, rows, outcomes, centroids), strict=True)
            )
    return PreparedStar(star.star, [prepared[row] for row, *_ in star.events], sources)


def lost_events(star: Star, reason: str) -> PreparedStar:
    """Return the result of a star that no worker could prepare."""
    events = [PreparedEvent(row, None, reason=reason) for row, *_ in star.events]
    return PreparedStar(star.star, events, ())


def _outcomes(
    recipe: Recipe, star: Star, curve: LightCurve, events: Sequence[Ephemeris]
) -> tuple[list[EventViews | LightCurveError], list[float]]:
    """Return the views, or the error, and the centroid statistic of each event [n] of a star.

    Args:
        recipe: Settings for preparing views.
        star: Star with the same events.
        curve: Light curve of the star.
        events: Ephemerides of the events [n].
    """
    outcomes = prepare_star(curve, events, recipe.views, recipe.preparation)
    wanted = [
        k
        for k, (row, *_) in enumerate(star.events)
        if row in star.centroids and isinstance(outcomes[k], EventViews)
    ]
    return outcomes, measured_centroids(curve, events, wanted)


def _read(recipe: Recipe, star: Star) -> StarData:
    """Read a star's light curve, with centroids if a statistic is to be measured."""
    reader = reading_centroids(recipe.reader) if star.centroids else recipe.reader
    return read_star(recipe.mission, recipe.folder, star.star, reader)


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
