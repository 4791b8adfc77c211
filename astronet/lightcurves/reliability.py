"""Reasons why the score of an event is likely to be unreliable."""

import numpy as np

from astronet.errors import counted
from astronet.lightcurves.arrays import Bools, Views
from astronet.lightcurves.dips import Dip
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.mismatch import ephemeris_warning, segment_warning
from astronet.lightcurves.phase import count_transits
from astronet.lightcurves.views import FoldedCurve

_LONGEST_TRANSIT = 2.5
"""Maximum plausible transit duration [d]; DR24 planet candidates reach 2.2 d."""

_LONGEST_FRACTION = 0.25
"""Maximum plausible ratio of transit duration to period.

It corresponds to a central transit with `a_over_rstar` = 1.41 (Winn 2010, eq. 14); the planet
candidates of DR24 reach 0.13.
"""

_SOLAR_DURATION = 13 / 24 / 365.25 ** (1 / 3)
"""Duration of a central transit of a star with the Sun's density at a period of 1 d [d].

It scales with the cube root of the period (Winn 2010, eq. 19).
"""

_LONGEST_RATIO = 6.0
"""Maximum plausible ratio of the transit duration to that of a star with the Sun's density.

It corresponds to 1/216 of the Sun's density. Two of the 3,240 planet candidates of DR24 exceed this
ratio; if their durations in hours are misread as days, 99 % of them do.
"""

_FEWEST_POINTS = 10
"""Number of points during the transits below which the shape of the transit is not resolved."""

_FEWEST_BINS = 0.5
"""Fraction of bins of the global view with points below which the light curve is sparse.

A light curve of one TESS sector at a cadence of 30 minutes is sparse at all periods above a day.
"""

_MOST_REPEATED = 0.2
"""Fraction of points with the same time as the point before, above which times may be rounded."""

_HIGHEST = 3.0
"""Highest plausible bin of a global view [transit depths]; 99.9 % of the planet candidates of DR24
have no bin above 2.4."""

_RISE = 7.0
"""Significance of a rise in flux during the transits above which it is not noise [sigma]."""

_DIP = 3.0
"""Significance of the dip below which the ephemeris is probably wrong [sigma]."""

_V_SHAPE = 0.5
"""Ratio of the mean depth in the outer half of the transit to that in the inner half, below which
the transit is V-shaped. The ratio is 1/3 for a triangle and 1 for a box. It is 0.41 for TrES-2 b,
a nearly grazing planet, and 0.60 or more for the other planets in the Kepler examples."""

_SHAPE_KNOWN = 3.0
"""Minimum difference between this ratio and its limit [standard errors]."""


def reliability_warning(
    curve: LightCurve,
    folded: FoldedCurve,
    measured: Bools | None = None,
    whole: Views | None = None,
    alone: FoldedCurve | None = None,
) -> str:
    """Return the reasons why a score of an event is likely to be unreliable, otherwise "".

    There is a warning if

    - the duration is implausibly long (probably in hours);
    - the period is longer than the time span of the data, or the data contain fewer than two
      transits or fewer than ten points during the transits;
    - the times are rounded to a large fraction of the duration;
    - most bins of the global view are empty, or one is far above the level;
    - the flux rises during the transits (for example because it is in magnitudes) or does not
      drop, or the transits in some segments differ from those in the others;
    - the dip contradicts the ephemeris (see `astronet.lightcurves.mismatch`);
    - the transit is V-shaped (grazing).

    The warnings are joined by "; ".

    Args:
        curve: Raw light curve.
        folded: Detrended light curve, folded with the ephemeris of the event.
        measured: Whether each bin of the global view contains points [bins]; None if unknown.
        whole: Global view [bins]; None if there is none.
        alone: Folded light curve without the transits of the star's other planets, which must not
            be taken for transits of the event; None means `folded`.
    """
    dip = Dip.of(folded)
    own = folded if alone is None else alone
    ephemeris = folded.ephemeris
    long = _long_transit(ephemeris)
    found = (
        long,
        _few_transits(curve, ephemeris, dip) or _sparse(measured),
        _rounded(curve, ephemeris),
        _outlier(whole),
        _shape(own, dip if own is folded else Dip.of(own), judged=not long),
    )
    return "; ".join(reason for reason in found if reason)


def _shape(folded: FoldedCurve, dip: Dip, *, judged: bool) -> str:
    """Return the first reason that is found in the flux during the transits."""
    if dip.significance < -_RISE:
        return (
            "the flux rises during the transits; check the ephemeris, and that the light curve "
            "contains fluxes, not magnitudes"
        )
    mismatch = ephemeris_warning(folded, dip) if judged else ""
    if found := mismatch or segment_warning(folded, dip):
        return found
    if sum(dip.points) and dip.significance < _DIP:
        return "the flux does not drop during the expected transits; check the ephemeris"
    if judged and dip.is_v_shaped(_V_SHAPE, _SHAPE_KNOWN):
        return (
            "the transit is V-shaped, like that of an eclipsing binary or a grazing planet; "
            "grazing planets can have low scores"
        )
    return ""


def _long_transit(ephemeris: Ephemeris) -> str:
    period, duration = ephemeris.period, ephemeris.duration
    limit = min(
        _LONGEST_TRANSIT,
        _LONGEST_FRACTION * period,
        _LONGEST_RATIO * _SOLAR_DURATION * period ** (1 / 3),
    )
    if duration <= limit:
        return ""
    return (
        f"the transit duration, {duration:g} d ({duration / period:.0%} of the period), is longer "
        "than that of planets; check that it is in days, not hours"
    )


def _few_transits(curve: LightCurve, ephemeris: Ephemeris, dip: Dip) -> str:
    baseline = curve.time.max() - curve.time.min()
    if ephemeris.period > baseline:
        return (
            f"the period, {ephemeris.period:g} d, is longer than the time span of the data, "
            f"{baseline:.0f} d"
        )
    if (seen := count_transits(curve, ephemeris)) < 2:
        return "data during only one transit" if seen else "no data during any transit"
    if (points := sum(dip.points)) < _FEWEST_POINTS:
        return f"only {counted(points, 'point')} during the transits"
    return ""


def _sparse(measured: Bools | None) -> str:
    if measured is None or np.mean(measured) >= _FEWEST_BINS:
        return ""
    return f"the light curve is sparse: {1 - np.mean(measured):.0%} of the global view is empty"


def _rounded(curve: LightCurve, ephemeris: Ephemeris) -> str:
    steps = np.diff(curve.time)
    repeated = np.count_nonzero(steps == 0) / max(len(steps), 1)
    if repeated < _MOST_REPEATED or not (steps > 0).any():
        return ""
    step = float(np.median(steps[steps > 0]))
    if step < ephemeris.duration / 5:
        return ""
    return (
        f"{repeated:.0%} of the points have the same time as the point before, so the times are "
        f"rounded to about {step:.2g} d, which is long compared with the transit"
    )


def _outlier(whole: Views | None) -> str:
    if whole is None or (highest := float(whole.max())) <= _HIGHEST:
        return ""
    return (
        f"a bin of the global view is {highest:.2g} transit depths above the level; remove "
        "outliers or flares"
    )
