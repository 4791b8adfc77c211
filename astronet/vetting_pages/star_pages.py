"""Vetting of all candidates of one star, from its files to its pages.

The functions are stateless, so they can run in worker processes.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from astronet.errors import AstronetError, RunError, unexpected
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions import ReaderOptions
from astronet.missions.other_missions import read_star
from astronet.stars.centroids import reading_centroids
from astronet.vetting.vetting import Vetting, vet_signal
from astronet.vetting_pages.candidate import Candidate, StarOfCandidates
from astronet.vetting_pages.index import IndexRow
from astronet.vetting_pages.page import Subject, write_candidate

_logger = logging.getLogger("astronet")


@dataclass(frozen=True)
class PageRecipe:
    """Settings of all pages, the same for all stars.

    Attributes:
        mission: Name of the mission.
        folder: Folder of light curves.
        reader: Options of the mission's reader.
        out: Folder of the index.
        table: Identity of the table, under which marks are stored.
        provenance: Origin of the pages by name.
    """

    mission: str
    folder: Path
    reader: ReaderOptions
    out: Path
    table: str
    provenance: Mapping[str, str]


def write_star(recipe: PageRecipe, star: StarOfCandidates) -> list[IndexRow]:
    """Read a star's light curve, vet all its candidates, write their pages and return their rows.

    A candidate that cannot be vetted has no page; its row contains the reason. An unexpected error
    is a reason, too, because one star must not end the vetting of all others.

    Args:
        recipe: Settings of all pages.
        star: Star with all its candidates.

    Raises:
        RunError: A page cannot be written.
    """
    try:
        reader = reading_centroids(recipe.reader)
        data = read_star(recipe.mission, recipe.folder, star.star, reader)
    except Exception as error:
        reason = _reason(star.star, error)
        return [_row(star.star, candidate, None, reason) for candidate in star.candidates]
    rows = []
    for candidate in star.candidates:
        try:
            vetting = _vetted(data.curve, candidate, star)
            others = _others(candidate, star.candidates)
            files = ", ".join(source.path for source in data.sources)
            provenance = {**recipe.provenance, "light curves": files}
            subject = Subject(
                star.star, candidate, data.curve, vetting, others, recipe.table, provenance
            )
            write_candidate(recipe.out, subject)
            rows.append(_row(star.star, candidate, vetting))
        except RunError:  # the page cannot be written
            raise
        except Exception as error:
            rows.append(_row(star.star, candidate, None, _reason(star.star, error)))
    return rows


def _reason(star: int | str, error: Exception) -> str:
    """Return the reason why there are no pages after an error."""
    if isinstance(error, AstronetError):
        return str(error)
    _logger.debug("star %s", star, exc_info=True)
    return unexpected(error)


def _vetted(curve: LightCurve, candidate: Candidate, star: StarOfCandidates) -> Vetting:
    if candidate.ephemeris is None:
        raise AstronetError(candidate.invalid)
    others = _others(candidate, star.candidates)
    return vet_signal(curve, candidate.ephemeris, others, star.stellar)


def _others(candidate: Candidate, every: Sequence[Candidate]) -> list[Ephemeris]:
    return [
        other.ephemeris for other in every if other is not candidate and other.ephemeris is not None
    ]


def _row(
    star: int | str, candidate: Candidate, vetting: Vetting | None, reason: str = ""
) -> IndexRow:
    """Return the row of a candidate in the index."""
    judgement = candidate.judgement
    period, duration, depth = candidate.listed
    failed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    snr, verdict = math.nan, ""
    if vetting is not None:
        shape = vetting.measured.shape
        duration, depth = shape.duration.value, 1e6 * shape.depth.value
        snr = vetting.measured.transits.multiple_event
        failed = tuple(check.name for check in vetting.failed)
        warned = tuple(check.name for check in vetting.warned)
        verdict = vetting.verdict
    return IndexRow(
        page="" if vetting is None else candidate.page,
        star=star,
        number=candidate.number,
        period_days=period,
        duration_hours=24 * duration,
        depth_ppm=depth,
        snr=snr,
        score=math.nan if judgement is None else judgement.score,
        spread=math.nan if judgement is None else judgement.spread,
        decision="" if judgement is None else judgement.decision,
        failed=failed,
        warned=warned,
        verdict=verdict,
        label=candidate.label,
        reason=reason,
    )
