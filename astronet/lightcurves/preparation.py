"""Preparation of the views of a star's events, identical for training and prediction."""

from collections.abc import Mapping, Sequence

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Views
from astronet.lightcurves.detrend import flatten
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.epochs import check_clock, other_clock
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import count_transits, without_transits
from astronet.lightcurves.sentinels import drop_sentinels
from astronet.lightcurves.settings import Preparation
from astronet.lightcurves.view_specs import ViewSpec
from astronet.lightcurves.views import make_views


def prepare_star(
    curve: LightCurve,
    events: Sequence[Ephemeris],
    views: Mapping[str, ViewSpec],
    preparation: Preparation,
) -> list[dict[str, Views] | LightCurveError]:
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
        One item per event, in the order of `events`: the views [bins] by name, or the error.

    Raises:
        LightCurveError: The light curve cannot be detrended, so no event has views.
    """
    curve = _measured(curve)
    flat = flatten(curve, events if preparation.mask_transits else ())
    prepared: list[dict[str, Views] | LightCurveError] = []
    for k, event in enumerate(events):
        try:
            check_clock(curve, event)
            others = (*events[:k], *events[k + 1 :]) if preparation.remove_other_transits else ()
            prepared.append(make_views(without_transits(flat, others), event, views))
        except LightCurveError as error:
            hint = other_clock(curve, event)
            known = not hint or hint in str(error)
            prepared.append(error if known else LightCurveError(f"{error}; {hint}"))
    return prepared


def _measured(curve: LightCurve) -> LightCurve:
    """Return the light curve without points whose flux is a placeholder for a missing value."""
    keep = np.isfinite(drop_sentinels(f"star {curve.star}", curve.flux))
    return curve if keep.all() else curve.where(keep)


_LONGEST_TRANSIT = 2.5
"""Maximum plausible transit duration [d]; DR24 planet candidates reach 2.2 d."""


def thin_coverage(curve: LightCurve, ephemeris: Ephemeris) -> str:
    """Return a warning if the score of an event is likely to be unreliable, otherwise "".

    There is a warning if the epoch is probably in another time system, the duration is longer than
    2.5 d (probably in hours), the period is longer than the time span of the data, or the data
    contain fewer than two transits.
    """
    if hint := other_clock(curve, ephemeris):
        return hint
    baseline = curve.time.max() - curve.time.min()
    if ephemeris.duration > _LONGEST_TRANSIT:
        return (
            f"the transit duration, {ephemeris.duration:g} d, is very long; check that it is in "
            "days, not hours"
        )
    if ephemeris.period > baseline:
        return (
            f"the period, {ephemeris.period:g} d, is longer than the time span of the data, "
            f"{baseline:.0f} d"
        )
    if (seen := count_transits(curve, ephemeris)) < 2:
        return "data during only one transit" if seen else "no data during any transit"
    return ""
