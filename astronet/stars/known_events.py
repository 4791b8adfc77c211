"""Known events of stars, which a search masks."""

import logging
from collections.abc import Sequence
from pathlib import Path

from astronet.errors import CatalogError, EmptyTableError, counted
from astronet.lightcurves.ephemeris import is_valid
from astronet.missions.tables import read_catalog
from astronet.stars.views import Star, stars_in

_logger = logging.getLogger("astronet")


def with_known_events(stars: Sequence[int | str], known: Path | None, mission: str) -> list[Star]:
    """Return the stars with their known events.

    A warning is logged if the table has no rows or lists none of the stars, or if an event has no
    valid ephemeris.

    Args:
        stars: Numbers or names of the stars.
        known: Path or name of a table of events; None means that there are none.
        mission: Mission that observed the stars.

    Raises:
        CatalogError: The table cannot be read, or lists stars of another mission.
    """
    if known is None:
        return [Star(star, ()) for star in stars]
    try:
        table = read_catalog(known, mission=mission)
    except EmptyTableError:  # such as the table of a search without candidates
        _logger.warning("%s has no rows, so no events are masked", known)
        return [Star(star, ()) for star in stars]
    except CatalogError as error:
        error.arguments = error.arguments or ("known",)
        raise
    events = {str(one.star): one.events for one in stars_in(table)}
    found, invalid = [], 0
    for star in stars:
        valid = tuple(event for event in events.get(str(star), ()) if is_valid(*event[1:]))
        invalid += len(events.get(str(star), ())) - len(valid)
        found.append(Star(star, valid))
    if invalid:
        _logger.warning(
            "%s: %s without a valid period, epoch and duration, so not masked; correct the table",
            known,
            counted(invalid, "event is", "events are"),
        )
    if not any(star.events for star in found):
        _logger.warning("%s lists no event of the searched stars; check the table", known)
    return found
