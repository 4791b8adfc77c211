"""Search of one star for transits, from its light-curve files to its candidates.

The functions are stateless, so they can run in worker processes.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from astronet.detection.candidate import Candidate
from astronet.detection.search import find_transits
from astronet.detection.settings import SearchSettings
from astronet.detection.warming import compile_search_kernels
from astronet.errors import AstronetError, LightCurveError, MissingFilesError, unexpected
from astronet.files.remote import Location
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.kernels import announce, cache_folder
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.preparation import EventViews, prepare_star
from astronet.lightcurves.warming import compile_kernels
from astronet.missions import ReaderOptions
from astronet.missions.other_missions import read_star
from astronet.stars.centroids import measured_centroids, reading_centroids
from astronet.stars.views import PreparedEvent, Recipe, Star

_logger = logging.getLogger("astronet")


@dataclass(frozen=True)
class SearchRecipe:
    """Settings of a search, the same for all stars.

    Attributes:
        mission: Name of the mission.
        folder: Folder of light curves or, for mission custom and a single star, the star's file.
        reader: Options of the mission's reader.
        settings: Settings of the search.
        scoring: Settings for preparing the views that networks read; None if the candidates are
            not scored.
        centroids: Whether to measure the centroid statistics of the candidates that are scored.
    """

    mission: str
    folder: Location
    reader: ReaderOptions
    settings: SearchSettings
    scoring: Recipe | None = None
    centroids: bool = False


@dataclass(frozen=True, eq=False)
class SearchedStar:
    """Candidates of one star, or the reason why it could not be searched.

    Attributes:
        star: Number or name of the star.
        candidates: Candidates in the order of detection, the strongest first.
        views: Views of each candidate, or the reason why there are none; empty if the candidates
            are not scored.
        known: Number of known events that were masked.
        points: Number of points of the light curve.
        begin: Time of the first point [d, BKJD]; NaN if there is none.
        span: Time between the first and the last point [d]; NaN if there is none.
        reason: Reason why the star could not be searched; "" if it was searched.
        no_files: Whether it could not be searched because it has no light-curve files.
        arguments: Names of the settings to change so that it can be searched.
    """

    star: int | str
    candidates: tuple[Candidate, ...] = ()
    views: tuple[PreparedEvent, ...] = ()
    known: int = 0
    points: int = 0
    begin: float = np.nan
    span: float = np.nan
    reason: str = ""
    no_files: bool = False
    arguments: tuple[str, ...] = ()


def search_star(
    recipe: SearchRecipe, star: Star, progress: Callable[[], None] = lambda: None
) -> SearchedStar:
    """Read a star's light curve once, and return its candidates and their views.

    If the star cannot be searched, no error is raised; the `reason` states the cause.

    Args:
        recipe: Settings of the search.
        star: Star with its known events, which are masked.
        progress: Function that is called when the light curve, and each null light curve, has been
            searched.
    """
    curve, reason, no_files = None, "", False
    arguments: tuple[str, ...] = ()
    candidates: list[Candidate] = []
    views: list[PreparedEvent] = []
    try:
        reader = reading_centroids(recipe.reader) if recipe.centroids else recipe.reader
        curve = read_star(recipe.mission, recipe.folder, star.star, reader).curve
        known = [Ephemeris(*ephemeris) for _, *ephemeris in star.events]
        candidates = find_transits(curve, recipe.settings, known, progress)
        if recipe.scoring is not None and candidates:
            views = _views_of(curve, candidates, recipe.scoring, centroids=recipe.centroids)
    except AstronetError as error:
        reason = str(error).removeprefix(f"star {star.star}: ")
        no_files = isinstance(error, MissingFilesError)
        arguments = error.arguments
    except Exception as error:  # one star must not end the search of all others
        _logger.debug("star %s", star.star, exc_info=True)
        reason = unexpected(error)
    if reason:
        candidates, views = [], []
    return SearchedStar(
        star.star,
        tuple(candidates),
        tuple(views),
        known=len(star.events),
        points=0 if curve is None else len(curve),
        begin=np.nan if curve is None else float(curve.time.min()),
        span=np.nan if curve is None else float(np.ptp(curve.time)),
        reason=reason,
        no_files=no_files,
        arguments=arguments,
    )


def lost_star(star: Star, reason: str) -> SearchedStar:
    """Return the result of a star that no worker could search."""
    return SearchedStar(star.star, known=len(star.events), reason=reason)


def _views_of(
    curve: LightCurve, candidates: Iterable[Candidate], recipe: Recipe, *, centroids: bool
) -> list[PreparedEvent]:
    """Return the views of each candidate of a star, as `prepare_events` returns those of events."""
    ephemerides = [candidate.ephemeris for candidate in candidates]
    rows = range(len(ephemerides))
    try:
        outcomes = prepare_star(curve, ephemerides, recipe.views, recipe.preparation)
    except LightCurveError as error:
        return [PreparedEvent.of(row, error) for row in rows]
    wanted = [row for row in rows if centroids and isinstance(outcomes[row], EventViews)]
    measured = measured_centroids(curve, ephemerides, wanted)
    return list(map(PreparedEvent.of, rows, outcomes, measured))


def compile_before_search() -> None:
    """Compile all kernels of a search in this process, so that workers load the compiled code.

    If no folder for compiled code is writable, nothing can be shared, and the kernels are not
    compiled here.
    """
    if cache_folder() is None:
        announce()
        return
    compile_kernels()
    compile_search_kernels()
