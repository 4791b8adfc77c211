"""Light curves without transits, made from a star's own light curve, to count false alarms.

Inversion turns dips into brightenings but keeps the noise, as in the inverted light curves of DR25
(Coughlin 2017, KSCI-19114); scrambling the order of the pieces of the light curve keeps each dip,
but makes dips with periods longer than a piece aperiodic. All functions take and return light
curves that are not detrended.
"""

import logging
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from astronet.errors import LightCurveError, counted
from astronet.lightcurves.arrays import Floats, Ints
from astronet.lightcurves.lightcurve import LightCurve

PIECES = 8
"""Minimum number of pieces that are permuted; longer segments are divided."""

_FEW = 20
"""Number of null light curves below which the smallest false-alarm probability is not small."""

_logger = logging.getLogger("astronet")


def warn_about_few(count: int) -> None:
    """Log a warning if false-alarm probabilities from `count` null light curves cannot be small."""
    if 0 < count < _FEW:
        _logger.warning(
            "with %s, no false-alarm probability is below %.2g; use at least %d",
            counted(count, "null light curve"),
            1 / (1 + count),
            _FEW,
        )


def inverted(curve: LightCurve) -> LightCurve:
    """Return the light curve reflected about the median of each segment.

    The reflected flux is twice the median minus the flux, so that transits become brightenings, the
    level of each segment is kept, and a second inversion returns the light curve.

    Args:
        curve: Light curve that is not detrended.
    """
    starts, middle = _starts(curve.segment), np.empty(len(curve))
    for begin, end in pairwise(starts):
        middle[begin:end] = np.median(curve.flux[begin:end])
    return LightCurve(curve.star, curve.time, 2 * middle - curve.flux, curve.segment)


def scrambled(curve: LightCurve, generator: Generator) -> LightCurve:
    """Return the light curve with its pieces in a random order.

    The pieces are the segments; segments with more than an eighth of the points are divided. A
    piece keeps its fluxes, their order and the times between them, so that gaps remain where they
    were in the flux and no jumps are created at them. The gaps between the pieces stay in their
    order, and the length of the light curve does not change. Otherwise, this corresponds to the
    scrambled light curves of DR25 (Coughlin 2017, KSCI-19114). Each piece is normalised to the
    median of the whole light curve.

    Args:
        curve: Light curve that is not detrended, from which the transits of known planets should
            have been removed: within a piece, transits with short periods remain periodic.
        generator: Random number generator.

    Raises:
        LightCurveError: The median flux of a piece is not positive.
    """
    starts = _piece_starts(curve)
    pieces = [np.arange(begin, end) for begin, end in pairwise(starts)]
    pieces.sort(key=lambda rows: curve.time[rows[0]])
    first = np.array([curve.time[rows[0]] for rows in pieces])
    last = np.array([curve.time[rows[-1]] for rows in pieces])
    gaps = np.append(np.maximum(first[1:] - last[:-1], 0.0), 0.0)
    order = generator.permutation(len(pieces))
    while len(order) > 1 and (order == np.arange(len(order))).all():
        order = generator.permutation(len(pieces))
    level = float(np.median(curve.flux))
    lengths = (last - first)[order] + gaps
    moves = first[0] + np.append(0.0, np.cumsum(lengths[:-1])) - first[order]
    time = [curve.time[pieces[k]] + move for k, move in zip(order, moves, strict=True)]
    flux = [_normalised(curve, pieces[k]) * level for k in order]
    piece = np.repeat(np.arange(len(order)), [len(pieces[k]) for k in order])
    return LightCurve(curve.star, np.concatenate(time), np.concatenate(flux), piece)


def null_curve(curve: LightCurve, index: int, seed: int = 0) -> LightCurve:
    """Return one light curve without transits, made from the light curve of a star.

    Number 0 is the inverted light curve; odd numbers are scrambled, and the other even numbers are
    scrambled and inverted.

    Args:
        curve: Light curve that is not detrended, without the transits of known planets.
        index: Number of the null light curve; the result does not depend on how many are made.
        seed: Random seed of the scrambled light curves.

    Raises:
        LightCurveError: The median flux of a piece is not positive.
    """
    if index == 0:
        return inverted(curve)
    moved = scrambled(curve, np.random.default_rng([seed, index]))
    return moved if index % 2 else inverted(moved)


def null_curves(curve: LightCurve, count: int, seed: int = 0) -> Iterator[LightCurve]:
    """Return the first `count` null light curves of a star, one at a time; see `null_curve`.

    Args:
        curve: Light curve that is not detrended, without the transits of known planets.
        count: Number of null light curves.
        seed: Random seed of the scrambled light curves.

    Raises:
        LightCurveError: The median flux of a piece is not positive.

    Examples:
        >>> import numpy as np
        >>> from astronet import LightCurve
        >>> from astronet.detection.nulls import null_curves
        >>> curve = LightCurve("star", np.arange(0, 90, 0.02), 1 + 0.01 * np.sin(np.arange(4500)))
        >>> [len(null) for null in null_curves(curve, 3)]
        [4500, 4500, 4500]
    """
    return (null_curve(curve, index, seed) for index in range(count))


def _starts(label: Ints) -> Ints:
    """Return the index of the first point of each run of equal labels, and the number of points."""
    return np.concatenate([[0], np.flatnonzero(np.diff(label)) + 1, [len(label)]])


def _piece_starts(curve: LightCurve) -> Ints:
    """Return the index of the first point of each piece, and the number of points."""
    longest = max(len(curve) // PIECES, 1)
    segments = _starts(curve.segment)
    starts = [
        np.linspace(begin, end, -(-(end - begin) // longest), endpoint=False).astype(np.int64)
        for begin, end in pairwise(segments)
    ]
    return np.concatenate([*starts, [len(curve)]])


def _normalised(curve: LightCurve, rows: Ints) -> Floats:
    """Return the flux of a piece divided by its median.

    Raises:
        LightCurveError: The median is not positive.
    """
    flux = curve.flux[rows]
    middle = float(np.median(flux))
    if middle <= 0:
        raise LightCurveError(
            f"star {curve.star}: the median flux is {middle:g} from {curve.time[rows[0]]:.2f} d to "
            f"{curve.time[rows[-1]]:.2f} d, so levels cannot be compared; give positive fluxes, or "
            "exclude this star"
        )
    return flux / middle
