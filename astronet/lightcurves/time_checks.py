"""Checks of times: placeholders for missing times, mixed time systems, and units."""

import logging

import numpy as np

from astronet.errors import LightCurveError, counted
from astronet.lightcurves.arrays import Bools, Floats

GAP_DAYS = 0.75
"""Length of a gap above which a new segment begins [d].

It is the value of `gap_width` in the public AstroNet code (S&V 2018, §3.2).
"""

_logger = logging.getLogger("astronet")

_PLACEHOLDERS = np.array(
    [0.0, -1.0, *(sign * (10.0**k - 1) for sign in (-1, 1) for k in range(1, 7))]
)
"""Numbers that often replace missing values: 0, −1, ±9, ±99 … ±999999."""

_ISOLATED = 100.0
"""Minimum distance of a placeholder from all other times [d]."""

_LONGEST = 20000.0
"""Maximum time span of a light curve, and maximum distance of a time from the median [d]."""

_FEWEST_OTHERS = 10
"""Minimum number of points with other times."""

_MOST_DISTINCT = 3
"""Maximum number of different times far from the median that are placeholders."""


def drop_placeholders(place: object, days: Floats, stated: Floats | None = None) -> Floats:
    """Return the times [n] with placeholders replaced by NaN; log a warning that counts them.

    A time is a placeholder if it is 0, −1 or a number such as −999 or 9999, and more than 100 d
    from all other times; or if it is more than 20,000 d from the median, and at most three
    different times are. At least ten points, and more than half, must have other times.

    Args:
        place: File or star, for the warning.
        days: Times [n] [d]; NaN if missing.
        stated: Times [n] as written in the file, in any unit and time system; by default `days`.
    """
    written = days if stated is None else stated
    if days.ndim != 1 or written.shape != days.shape:
        return days
    finite = np.isfinite(days)
    if finite.sum() <= _FEWEST_OTHERS:
        return days
    with np.errstate(over="ignore"):
        wrong = _far(days, finite) | _isolated(days, written, finite)
    if not wrong.any() or (finite & ~wrong).sum() < max(_FEWEST_OTHERS, wrong.sum() + 1):
        return days
    listed = ", ".join(f"{value:.12g}" for value in np.unique(written[wrong]))
    _logger.warning(
        "%s: dropped %s whose time is %s: far from all other times, so probably placeholders",
        place,
        counted(int(wrong.sum()), "point"),
        listed,
    )
    return np.where(wrong, np.nan, days)


def _far(days: Floats, finite: Bools) -> Bools:
    """Return whether each time [n] is one of at most three that are far from the median."""
    distance = np.abs(days - np.median(days[finite]))
    far = finite & (distance > _LONGEST)
    few = not far.any() or len(np.unique(days[far])) <= _MOST_DISTINCT
    return far if few else np.zeros_like(far)


def _isolated(days: Floats, written: Floats, finite: Bools) -> Bools:
    """Return whether each time [n] is a typical placeholder, and far from all other times."""
    found = np.zeros_like(finite)
    candidates = finite & np.isin(written, _PLACEHOLDERS)
    if not candidates.any():
        return found
    others = days[finite & ~candidates]
    for value in np.unique(written[candidates]):
        same = candidates & (written == value)
        here = days[same][0]
        if len(others) and np.abs(others - here).min() > _ISOLATED:
            found |= same
    return found


def check_span(star: int | str, days: Floats) -> None:
    """Raise an error if the times [n] span more than 20,000 d.

    Raises:
        LightCurveError: The span is too long, because the times are not in days, or because they
            mix time systems. The message names the more likely reason.
    """
    first, last = float(days.min()), float(days.max())
    if last - first <= _LONGEST:
        return
    check_steps(star, days)
    raise LightCurveError(
        f"star {star}: the times are from {first:.12g} d to {last:.12g} d, a span of more than "
        f"{_LONGEST:,.0f} d, so they mix time systems or contain placeholders; convert all times "
        "to the same time system (NaN for missing times)"
    )


def check_steps(star: int | str, days: Floats) -> None:
    """Raise an error if the median step between the times [n] is a gap.

    Raises:
        LightCurveError: The step is longer than 0.75 d, so the times are probably not in days.
    """
    step = float(np.median(np.abs(np.diff(days)))) if len(days) > 1 else 0.0
    if step > GAP_DAYS:
        raise LightCurveError(
            f"star {star}: the median step between the times is {step:.6g} d, which is a gap "
            f"(more than {GAP_DAYS} d), so the times are probably not in days; convert them to "
            "days, or exclude this star"
        )
