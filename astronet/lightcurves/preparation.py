"""Preparation of the views of a star's events, identical for training and prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Views
from astronet.lightcurves.detrend import flatten
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.epochs import check_clock, check_epoch, other_clock
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import (
    at_other_periods,
    without_other_transits,
    without_transits,
)
from astronet.lightcurves.reliability import reliability_warning
from astronet.lightcurves.sentinels import drop_sentinels
from astronet.lightcurves.settings import Preparation
from astronet.lightcurves.view_specs import ViewSpec
from astronet.lightcurves.views import FoldedCurve

_WIDE = 2.0
"""Width of the intervals around the transits of other planets that are ignored by the warnings
[durations]; their times can vary."""


@dataclass(frozen=True, eq=False)
class EventViews:
    """Views of one event, with a warning if a score of the event is likely to be unreliable.

    Attributes:
        views: Views by name, each float32 [bins].
        measured: Whether each bin of the view "global" contains points [bins]; None if there is no
            view of this name, or if it is not binned from the points.
        warning: Reason why a score of the event is likely to be unreliable; "" if there is none.
    """

    views: dict[str, Views]
    measured: Bools | None = None
    warning: str = ""


def prepare_star(
    curve: LightCurve,
    events: Sequence[Ephemeris],
    views: Mapping[str, ViewSpec],
    preparation: Preparation,
) -> list[EventViews | LightCurveError]:
    """Return the views of each event of a star, or the error if they cannot be computed.

    The light curve is detrended only once. Placeholders for missing fluxes, such as 0 or 9999, are
    dropped with a warning if the reader has not dropped them.

    Args:
        curve: Raw light curve.
        events: Ephemerides of the events, in the time system of the light curve.
        views: Specifications of the views by name.
        preparation: Settings: whether to mask transits in the spline fit, and whether to remove the
            transits of the other events before folding.

    Returns:
        One item per event, in the order of `events`: the views, or the error.

    Raises:
        LightCurveError: The light curve cannot be detrended, so no event has views.
    """
    curve = _measured(curve)
    flat = flatten(curve, events if preparation.mask_transits else ())
    prepared: list[EventViews | LightCurveError] = []
    for k, event in enumerate(events):
        try:
            others = (*events[:k], *events[k + 1 :])
            removed = _removed(flat, event, others, preparation)
            folded = FoldedCurve.of(without_transits(flat, removed), event)
            alone = _alone(flat, event, others) if others else folded
            prepared.append(_event_views(curve, folded, alone, views))
        except LightCurveError as error:
            hint = other_clock(curve, event)
            known = not hint or hint in str(error)
            prepared.append(error if known else LightCurveError(f"{error}; {hint}"))
    return prepared


def _removed(
    curve: LightCurve, event: Ephemeris, others: Sequence[Ephemeris], preparation: Preparation
) -> Sequence[Ephemeris]:
    """Return the other events of a star whose transits are removed before an event is folded."""
    if preparation.remove_other_transits == "other_periods":
        return at_other_periods(curve, event, others)
    return others if preparation.remove_other_transits else ()


def _alone(curve: LightCurve, event: Ephemeris, others: Sequence[Ephemeris]) -> FoldedCurve:
    """Return the folded light curve in which other planets of the star cause no warning."""
    planets = at_other_periods(curve, event, others)
    return FoldedCurve.of(without_other_transits(curve, event, planets, _WIDE), event)


def _measured(curve: LightCurve) -> LightCurve:
    """Return the light curve without points whose flux is a placeholder for a missing value."""
    keep = np.isfinite(drop_sentinels(f"star {curve.star}", curve.flux))
    return curve if keep.all() else curve.where(keep)


def _event_views(
    curve: LightCurve, folded: FoldedCurve, alone: FoldedCurve, views: Mapping[str, ViewSpec]
) -> EventViews:
    """Return the views of an event, and the warning about its score.

    Args:
        curve: Raw light curve.
        folded: Detrended and folded light curve, from which the views are computed.
        alone: The same light curve without the transits of the star's other planets.
        views: Specifications of the views by name.

    Raises:
        LightCurveError: A view cannot be computed, or the epoch is in another time system.
    """
    check_epoch(curve, folded.ephemeris)
    made = folded.views(views)
    check_clock(curve, folded)
    measured = folded.measured_bins(views.get("global"))
    return EventViews(
        made, measured, reliability_warning(curve, folded, measured, made.get("global"), alone)
    )
