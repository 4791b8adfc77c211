"""Warnings about events of a light curve that cannot be scored, or whose scores are unreliable."""

import warnings
from collections.abc import Sequence

from astronet.errors import LightCurveError
from astronet.lightcurves.preparation import EventViews


def check_outcomes(
    star: int | str, outcomes: Sequence[EventViews | LightCurveError], *, single: bool
) -> None:
    """Warn about the events of a star without views, and about unreliable views.

    Args:
        star: Number or name of the star.
        outcomes: Views of each event, or the error that prevented their computation.
        single: Whether there is one event, whose error is raised.

    Raises:
        LightCurveError: `single` is True, and the event has no views.
    """
    for row, found in enumerate(outcomes):
        if isinstance(found, LightCurveError) and single:
            raise found
        if remark := found.warning if isinstance(found, EventViews) else f"no score: {found}":
            which = "" if single else f", event {row + 1}"
            warnings.warn(f"star {star}{which}: {remark}", stacklevel=3)
