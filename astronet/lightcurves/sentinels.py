"""Placeholders for missing fluxes (sentinels), such as 0, −999, 9999 or 1e20.

Most missions' files contain NaN for missing fluxes, but some pipelines and tables contain a number
instead. Measured fluxes differ from each other by their noise, and measured fluxes far from the
level of a light curve occur in eclipses or flares, together with other fluxes.
"""

import logging
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from astronet.errors import LightCurveError, counted
from astronet.lightcurves.arrays import Bools, Floats

_logger = logging.getLogger("astronet")

_REPEATS = 3
"""Minimum number of points with the same flux, unless it is exactly 0 or impossible."""

_IMPOSSIBLE = 100.0
"""Minimum size of an impossible flux, relative to the level of the light curve."""

_FAR = 10.0
"""Minimum distance from the level of the light curve [standard deviations of the white noise]."""

_ISOLATED = 0.25
"""Maximum number of other points within `_FAR` standard deviations, relative to the repeats."""

_FEWEST_OTHERS = 20
"""Minimum number of points with other fluxes, from which the level and the noise are computed."""

_RESOLVED = 3.0
"""Minimum white noise [smallest difference between fluxes] for which fluxes rarely repeat."""

_DEEP = 0.1
"""Maximum flux of a sentinel whose points are adjacent, relative to the level."""

_DARK = 0.002
"""Maximum flux that is too low for the minimum of an eclipse, relative to the level."""

_COARSE = 0.05
"""Maximum of the smallest difference between fluxes, relative to the level, for which 0 can be a
sentinel."""

_ABOVE = 10.0
"""Minimum flux of a sentinel above the level, relative to the level, if the noise is unresolved;
if most points have this flux, relative to the highest other flux."""

_MOST = 8
"""Maximum number of fluxes that are examined, for each of three reasons."""

_MOST_SENTINELS = 100
"""Maximum number of different sentinels in a light curve; files have one or two."""

_SAMPLE = 8192
"""Number of differences from which the noise is first estimated."""

DIFFERENCE_TO_SIGMA = 1.48 / np.sqrt(2)
"""Ratio of the standard deviation of white noise to its median absolute difference."""


class Sentinel(NamedTuple):
    """Flux that replaces missing values, and the number of points that have it."""

    flux: float
    points: int


def drop_sentinels(place: object, flux: NDArray[Any]) -> NDArray[Any]:
    """Return the fluxes [n] with sentinels replaced by NaN; log a warning that counts them.

    Args:
        place: File or star, for the warning.
        flux: Fluxes [n] in the order of the points; NaN if missing.

    Raises:
        LightCurveError: There are more than 100 different sentinels.
    """
    try:
        found = find_sentinels(flux)
    except LightCurveError as error:
        raise error.at(place) from None
    if not found:
        return flux
    listed = " and ".join(
        f"{counted(one.points, 'point')} whose flux is exactly {one.flux:.12g}" for one in found
    )
    _logger.warning(
        "%s: dropped %s: far from almost all other fluxes, so probably placeholders",
        place,
        listed,
    )
    values = flux if flux.dtype.kind == "f" else flux.astype(np.float64)
    return np.where(np.isin(values, [one.flux for one in found]), values.dtype.type(np.nan), values)


def find_sentinels(flux: NDArray[Any]) -> list[Sentinel]:
    """Return the fluxes that replace missing values in a light curve.

    A flux is a sentinel if all of the following are true. The level is the median of all other
    fluxes, and σ is their white noise, from the differences between adjacent points.

    - At least 20 points have other fluxes, and their level is above zero.
    - At least 3 points have exactly this flux, or it is exactly 0, or its absolute value is at
      least 100 times the level.
    - It is more than 10 σ from the level, and the number of other points within 10 σ of it is less
      than a quarter of the number of points that have it.
    - It is negative; or it is above the level; or it is at most a tenth of the level; or its points
      are mostly not adjacent, so they are not an eclipse.
    - If most points have it, it is at most 0 or more than ten times the highest other flux.

    If σ is less than three times the smallest difference between two fluxes (light curves without
    noise, or rounded to few digits), fluxes repeat by chance. Then, only three kinds of fluxes are
    sentinels: negative ones, those of more than ten times the level, and 0. For 0, the smallest
    difference must be at most a twentieth of the level (not counts of a few photons), and if σ is
    0, the points must mostly not be adjacent. For positive fluxes below the level, σ is reduced in
    proportion to the flux, except if the flux is at most a five-hundredth of the level, or at most
    a tenth and its points are mostly not adjacent.

    Args:
        flux: Fluxes [n] in the order of the points; values that are not finite are ignored.

    Returns:
        Sentinels in the order in which they were found.

    Raises:
        LightCurveError: There are more than 100 different sentinels.
    """
    values = np.asarray(flux, np.float64)
    values = values[np.isfinite(values)]
    found: list[Sentinel] = []
    with np.errstate(over="ignore"):  # differences of fluxes such as 1e308
        while (sentinel := _next_sentinel(values)) is not None:
            found.append(sentinel)
            if len(found) > _MOST_SENTINELS:
                raise LightCurveError(
                    f"more than {_MOST_SENTINELS} different fluxes, such as {sentinel.flux:.6g}, "
                    "are far from all others, so the data are damaged or are not those of a star; "
                    "download the file again, or correct it"
                )
            values = values[values != sentinel.flux]
    return found


def _next_sentinel(values: Floats) -> Sentinel | None:
    for value in _candidates(values):
        same = values == value
        if _is_sentinel(float(value), same, values[~same]):
            return Sentinel(float(value), int(same.sum()))
    return None


def _candidates(values: Floats) -> Floats:
    """Return the fluxes that may be sentinels: 0, and repeated fluxes far from the level.

    At most 24 fluxes are returned, because each is examined in a time proportional to the number of
    points: the most frequent, the lowest and the highest.
    """
    if len(values) <= _FEWEST_OTHERS:
        return np.empty(0)
    ordered = np.sort(values)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    points = np.diff(starts, append=len(ordered))
    distinct = ordered[starts]
    level = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    impossible = np.abs(distinct) >= _IMPOSSIBLE * max(level, 0.0)
    chosen = (points >= _REPEATS) | (distinct == 0) | impossible
    distinct, points = distinct[chosen], points[chosen]
    if not len(distinct):
        return np.empty(0)
    differences = np.abs(np.diff(values))
    noise = float(np.median(differences[:: 1 + len(differences) // _SAMPLE]))
    # A smaller distance than `_FAR`, because the noise of a sample is less exact. Many repeats
    # affect the level and the noise.
    reach = 0.8 * _FAR * noise * DIFFERENCE_TO_SIGMA
    near = np.searchsorted(ordered, distinct + reach, "right") - points
    near -= np.searchsorted(ordered, distinct - reach, "left")
    isolated = (np.abs(distinct - level) > reach) & (near < _ISOLATED * points)
    far = isolated | (points > 0.05 * len(values))
    distinct, points = distinct[far], points[far]
    by_points = distinct[np.argsort(-points, kind="stable")]
    some = np.concatenate([by_points[:_MOST], distinct[:_MOST], distinct[-_MOST:]])
    return np.array(list(dict.fromkeys(some.tolist())))


def _level_and_noise(values: Floats) -> tuple[float, float]:
    """Return the median of the fluxes [n] and the standard deviation of their white noise."""
    noise = float(np.median(np.abs(np.diff(values)))) * DIFFERENCE_TO_SIGMA
    return float(np.median(values)), noise


def _is_sentinel(value: float, same: Bools, others: Floats) -> bool:
    """Return whether a flux is a sentinel; see `find_sentinels`.

    Args:
        value: Flux to examine.
        same: Whether each point [n] has this flux.
        others: Fluxes of the other points.
    """
    if len(others) < _FEWEST_OTHERS:
        return False
    points, (level, noise) = int(np.count_nonzero(same)), _level_and_noise(others)
    enough = points >= _REPEATS or value == 0 or abs(value) >= _IMPOSSIBLE * level
    near = np.count_nonzero(np.abs(others - value) <= _FAR * noise)
    isolated = abs(value - level) > _FAR * noise and near < _ISOLATED * points
    if level <= 0 or not enough or not isolated:
        return False
    if value < 0:
        return True
    steps = np.diff(np.unique(others))
    step = float(steps.min()) if len(steps) else np.inf
    resolved = noise > _RESOLVED * step
    if value > level:
        return _is_above(value, others, level, points, resolved=resolved)
    if value == 0 and not resolved:
        return step <= _COARSE * level and (noise > 0 or not _mostly_adjacent(same))
    # The noise in an eclipse may be as small as that of the remaining flux.
    dark = value <= _DARK * level
    resolved_there = resolved if dark else noise * value / level > _RESOLVED * step
    if value <= _DEEP * level:
        return resolved_there or (resolved and not _mostly_adjacent(same))
    return resolved_there and not _mostly_adjacent(same)


def _is_above(value: float, others: Floats, level: float, points: int, *, resolved: bool) -> bool:
    """Return whether a flux above the level is a sentinel; see `find_sentinels`."""
    if points > len(others):
        return resolved and value > _ABOVE * float(others.max())
    return resolved or value > _ABOVE * level


def _mostly_adjacent(same: Bools) -> bool:
    """Return whether most of the points for which `same` [n] is True are next to another one."""
    beside = np.zeros(len(same), np.bool_)
    pairs = same[1:] & same[:-1]
    beside[1:] |= pairs
    beside[:-1] |= pairs
    return bool(beside.sum() > 0.5 * same.sum())
