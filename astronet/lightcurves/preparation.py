"""From one star's raw light curve to the views of its events, alike for training and prediction."""

from collections.abc import Mapping, Sequence

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Views
from astronet.lightcurves.clock import other_clock, refuse_other_clock
from astronet.lightcurves.detrend import flatten
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import count_transits, without_transits
from astronet.lightcurves.settings import Preparation
from astronet.lightcurves.view_specs import ViewSpec
from astronet.lightcurves.views import make_views


def prepare_star(
    curve: LightCurve,
    events: Sequence[Ephemeris],
    views: Mapping[str, ViewSpec],
    preparation: Preparation,
) -> list[dict[str, Views] | LightCurveError]:
    """Views of each event of one star, or why it has none; the star is flattened once.

    Args:
        curve: The raw light curve.
        events: The star's events, on the curve's clock.
        views: The views to cut, by name.
        preparation: What to mask and remove.

    Raises:
        LightCurveError: The curve cannot be flattened, so none of the events has views.
    """
    flat = flatten(curve, events if preparation.mask_transits else ())
    prepared: list[dict[str, Views] | LightCurveError] = []
    for k, event in enumerate(events):
        try:
            refuse_other_clock(curve, event)
            others = (*events[:k], *events[k + 1 :]) if preparation.remove_other_transits else ()
            prepared.append(make_views(without_transits(flat, others), event, views))
        except LightCurveError as error:
            hint = other_clock(curve, event)
            known = not hint or hint in str(error)
            prepared.append(error if known else LightCurveError(f"{error}; {hint}"))
    return prepared


_LONGEST_TRANSIT = 2.5
"""Transits of planets last hours; the longest of DR24's planet candidates lasts 2.2 d."""


def thin_coverage(curve: LightCurve, ephemeris: Ephemeris) -> str:
    """A warning where a score means little; else "".

    The epoch may be on another clock, the duration in hours, the event rare.
    """
    if hint := other_clock(curve, ephemeris):
        return hint
    baseline = curve.time.max() - curve.time.min()
    if ephemeris.duration > _LONGEST_TRANSIT:
        return f"a transit of {ephemeris.duration:g} d is very long; are these hours?"
    if ephemeris.period > baseline:
        return f"the period, {ephemeris.period:g} d, is longer than the data, {baseline:.0f} d"
    if (seen := count_transits(curve, ephemeris)) < 2:
        return "a single transit in the data" if seen else "no transit in the data"
    return ""
