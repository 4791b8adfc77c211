"""Warnings about an ephemeris or a segment that contradicts the rest of the light curve."""

import numpy as np

from astronet.errors import counted
from astronet.lightcurves.dips import Dip
from astronet.lightcurves.profile import Profile
from astronet.lightcurves.views import FoldedCurve

_VISIBLE = 7.0
"""Minimum significance of a dip, or of a difference between segments, that is reported [sigma]."""

_BETTER, _MUCH_BETTER = 1.15, 3.0
"""Minimum ratio and minimum difference [sigma] of the significance of the best box to that of the
expected box, above which the best box is preferred.

For the 23 simulated and real planets on which this was tested, the ratio is at most 1.07, except
for one whose transit times vary by several durations (KIC 1161345, ratio 1.28).
"""

_REACH, _DRIFT_REACH = 1.5, 10.0
"""Maximum distances from the expected mid-transit at which a dip is searched for [durations]."""

_DRIFTS, _OFF = 0.5, 0.2
"""Minimum drift, relative to the width of the box, and minimum offset, relative to the width of the
dip or the duration (whichever is longer), that are reported."""

_AS_DEEP = 0.7
"""Minimum depth of another dip that counts as equally deep, as a fraction of the transit depth."""

_MOST_DIPS = 10
"""Maximum number of other dips that are examined."""

_FACTOR, _SHARE = 3.0, 0.2
"""Minimum ratio of the depth in the reference segment to that in a shallow segment, and minimum
fraction of the in-transit points that are in contradicting segments. Detrending can remove
individual transits at the edges of segments."""


def ephemeris_warning(folded: FoldedCurve, dip: Dip) -> str:
    """Return a message if the dip in the light curve contradicts the ephemeris, otherwise "".

    The transits drift from the first to the last quarter of the transits (wrong period), the dip
    has another centre or width than expected (wrong epoch or duration), or an equally deep dip
    occurs at another phase (multiple of the period).

    Args:
        folded: Detrended light curve, folded with the ephemeris of the event.
        dip: Dip at the expected transits.
    """
    period, duration = folded.ephemeris.period, folded.ephemeris.duration
    if not dip.scatter > 0:
        return ""
    profile = Profile.of(folded, dip.level, dip.scatter)
    expected = profile.at(duration)
    widths = duration * 2.0 ** np.arange(-2.0, 5.01, 0.5)
    best = profile.best(widths[widths <= max(duration, period / 4)], _REACH * duration)
    better = best.significance > max(_BETTER * expected.significance, _VISIBLE)
    if better and best.significance - expected.significance > _MUCH_BETTER:
        # A wide dip around the expected mid-transit is not smeared by drift.
        width = best.width if abs(best.offset) < best.width / 4 else duration
        if abs(drift := _drift(folded, dip, width)) > _DRIFTS * width:
            return (
                f"the transits drift by {abs(drift):.2g} d between the first and the last quarter "
                "of the data; check the period"
            )
        if abs(best.offset) > _OFF * max(duration, best.width):
            side = "after" if best.offset > 0 else "before"
            return (
                f"the dip is centred {abs(best.offset):.2g} d {side} the expected mid-transit; "
                "check the epoch"
            )
        if best.width != duration:
            return (
                f"the dip lasts about {best.width:.2g} d, not {duration:.2g} d; check the duration"
            )
    return _repetition(folded, profile, dip, expected.significance)


def segment_warning(folded: FoldedCurve, dip: Dip) -> str:
    """Return a message if the transits in some segments contradict those in the others, else "".

    The flux rises in these segments while it drops in others, or the transits are less than a third
    as deep as in others. The cause is often a segment in another time system, unit or level.

    Args:
        folded: Detrended light curve, folded with the ephemeris of the event.
        dip: Dip at the expected transits.
    """
    inside = np.abs(folded.phase) <= folded.ephemeris.duration / 2
    segment, flux, time = folded.segment[inside], folded.flux[inside], folded.time[inside]
    level, scatter = dip.level, dip.scatter
    if not len(flux) or segment.min() == segment.max() or not scatter > 0:
        return ""
    counts = np.bincount(segment)
    depths = np.bincount(segment, level - flux) / np.maximum(counts, 1)
    errors = scatter / np.sqrt(np.maximum(counts, 1))
    known = np.flatnonzero(counts >= 3)
    if len(known) < 2:
        return ""
    deepest = known[np.argmax(depths[known] / errors[known])]
    error = np.hypot(errors, errors[deepest])
    others = known[known != deepest]
    rises = others[depths[others] < -_VISIBLE * errors[others]]
    shallow = others[
        (depths[others] < depths[deepest] / _FACTOR)
        & (depths[deepest] - depths[others] > _VISIBLE * error[others])
    ]
    for contrary, what in (
        (rises, "the flux rises during the transits"),
        (shallow, "the transits are less than a third as deep as others"),
    ):
        if counts[contrary].sum() >= _SHARE * len(flux):
            chosen = time[np.isin(segment, contrary)]
            return (
                f"{what} in {counted(len(contrary), 'segment')} from {chosen.min():.0f} to "
                f"{chosen.max():.0f} d; check the time system, the unit and the level of the flux"
            )
    return ""


def _drift(folded: FoldedCurve, dip: Dip, width: float) -> float:
    """Return the drift of the dip from the first to the last quarter of the transits [d].

    It is 0 if there are fewer than four transits, or if the dip is not visible in both quarters.

    Args:
        folded: Detrended and folded light curve.
        dip: Dip at the expected transits.
        width: Width of the box used to search for the dip [d].
    """
    period, epoch, duration = (
        folded.ephemeris.period,
        folded.ephemeris.epoch,
        folded.ephemeris.duration,
    )
    number = np.round((folded.time - epoch) / period)
    seen = np.unique(number[np.abs(folded.phase) < min(period / 4, 5 * duration)])
    quarter = len(seen) // 4
    if not quarter:
        return 0.0
    reach = min(period / 4, _DRIFT_REACH * duration)
    first, last = (
        Profile.of(folded, dip.level, dip.scatter, points).best(np.array([width]), reach)
        for points in (number <= seen[quarter - 1], number >= seen[-quarter])
    )
    visible = min(first.significance, last.significance) > _VISIBLE
    return last.offset - first.offset if visible else 0.0


def _repetition(folded: FoldedCurve, profile: Profile, dip: Dip, significance: float) -> str:
    """Return a message if another dip is as deep as the transit, otherwise "".

    Args:
        folded: Detrended and folded light curve.
        profile: Its profile.
        dip: Dip at the expected transits.
        significance: Significance of the box at the expected transits [sigma].
    """
    duration = folded.ephemeris.duration
    depth, found = profile.boxes(duration)
    phase = (np.arange(len(depth)) + 0.5) / len(depth) - 0.5
    away = np.abs(phase) * profile.period > 2 * duration
    if significance < _VISIBLE or not away.any():
        return ""
    least = _AS_DEEP * float(depth[len(depth) // 2])
    for _ in range(_MOST_DIPS):
        place = int(np.argmax(np.where(away, found, -np.inf)))
        if found[place] < _VISIBLE or depth[place] < least:
            return ""
        offset = float(phase[place]) * profile.period
        if _recurs(folded, dip, offset, least):
            return (
                f"an equally deep dip occurs {abs(offset):.3g} d from the transit; the period may "
                "be a multiple of the true one, the star may be an eclipsing binary, or the dip "
                "may be the transit of another planet"
            )
        away &= np.abs(phase - phase[place]) * profile.period > duration
        if not away.any():
            return ""
    return ""


def _recurs(folded: FoldedCurve, dip: Dip, offset: float, least: float) -> bool:
    """Return whether a dip is also deep without the cycle in which it is deepest.

    A single transit of another planet can be so deep that it dominates the mean of all cycles.

    Args:
        folded: Detrended and folded light curve.
        dip: Dip at the expected transits, which defines the level.
        offset: Time of the other dip relative to the expected mid-transit [d].
        least: Minimum depth, in the unit of the flux.
    """
    period, epoch = folded.ephemeris.period, folded.ephemeris.epoch
    distance = (folded.phase - offset + period / 2) % period - period / 2
    inside = np.abs(distance) <= folded.ephemeris.duration / 2
    number = np.round((folded.time[inside] - epoch - offset) / period)
    cycle = np.unique(number, return_inverse=True)[1]
    points = np.bincount(cycle)
    missing = np.bincount(cycle, dip.level - folded.flux[inside])
    rest = np.arange(len(points)) != np.argmax(missing)
    return bool(rest.any() and missing[rest].sum() >= least * points[rest].sum())
