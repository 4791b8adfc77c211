"""Simulated centroids: motion of the image, noise, and the shift by eclipses of another star."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from astronet.lightcurves.arrays import Floats
from astronet.simulation import noise
from astronet.simulation.calendar import Calendar

ARCSEC_PER_PIXEL = 3.98
"""Size of a pixel of Kepler [arcsec]."""

BACKGROUND_FRACTION = 0.7
"""Fraction of the blended binaries that are background stars; the others are unresolved."""

_NEAREST, _FARTHEST = 1.0, 12.0  # distances of background stars [arcsec]
_PROFILE = 0.8  # radius of a star's image; noise of the centroid per relative noise of the flux
_CORNER = (1.0, 1.0)  # column and row of the first pixel of the image, as in the header


@dataclass(frozen=True, eq=False)
class Centroids:
    """Centroids of a star at all n cadences of a calendar.

    Attributes:
        centroid: Column and row of the centroid [n, 2] [pixel].
        position: Offset of the image [n, 2] [pixel] that the motion of the telescope causes.
    """

    centroid: Floats
    position: Floats


def draw_source(generator: Generator) -> tuple[float, float]:
    """Draw the position of a blended binary, toward east and north of the centroid [arcsec]."""
    if generator.random() > BACKGROUND_FRACTION:
        return 0.0, 0.0
    distance = float(np.exp(generator.uniform(np.log(_NEAREST), np.log(_FARTHEST))))
    angle = float(generator.uniform(0, 2 * np.pi))
    return distance * float(np.sin(angle)), distance * float(np.cos(angle))


def centroid_shift(change: Floats, source: tuple[float, float]) -> Floats:
    """Return the displacement of the centroid [n, 2] toward east and north [arcsec].

    Args:
        change: Relative change of the flux [n] (negative in transit).
        source: Position of the star whose flux changes, relative to the centroid [arcsec].
    """
    return np.outer(change / (1 + change), source)


def orientation(quarter: int) -> Floats:
    """Return the matrix [2, 2] [arcsec/pixel] from column and row to east and north.

    Kepler rolls by 90° at the end of each quarter.
    """
    angle = np.deg2rad(33.0 + 90.0 * (quarter % 4) + 0.01 * quarter)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(ARCSEC_PER_PIXEL * np.array([[-1.0], [1.0]]) * turn, np.float64)


def orientation_cards(quarter: int) -> dict[str, float]:
    """Return the header values of the aperture image that contain the `orientation`."""
    scale = ARCSEC_PER_PIXEL / 3600
    matrix = orientation(quarter) / ARCSEC_PER_PIXEL * np.array([[-1.0], [1.0]])
    cards = {f"PC{i + 1}_{j + 1}": float(matrix[i, j]) for i in range(2) for j in range(2)}
    return cards | {"CDELT1": -scale, "CDELT2": scale}


def draw_centroids(
    generator: Generator, calendar: Calendar, shift: Floats, scatter: float
) -> Centroids:
    """Draw the centroids of a star that moves with the image of the sky.

    The image drifts by differential velocity aberration, settles after each gap, and jitters. The
    centroid follows it almost completely, and to a small extent quadratically.

    Args:
        generator: Random number generator.
        calendar: Observing calendar.
        shift: Displacement of the centroid by signals [n, 2] [arcsec]; see `centroid_shift`.
        scatter: Standard deviation of the white noise, relative to the flux.
    """
    position = np.stack([_motion(generator, calendar) for _ in range(2)], axis=1)
    centroid = np.full(position.shape, np.nan)
    for quarter, _, _ in calendar.quarters:
        rows = calendar.rows(quarter)
        follow = np.eye(2) * generator.uniform(0.85, 1.05) + generator.normal(0, 0.02, (2, 2))
        moved = position[rows]
        bent = moved**2 @ generator.normal(0, 0.05, (2, 2))
        signal = shift[rows] @ np.linalg.inv(orientation(quarter)).T
        middle = generator.uniform(2.5, 3.5, 2) + _CORNER
        centroid[rows] = middle + moved @ follow.T + bent + signal
    sigma = _PROFILE * scatter
    count = len(calendar)
    red = np.stack([noise.correlated(generator, count, 12.0) for _ in range(2)], axis=1)
    centroid += sigma * (generator.standard_normal((count, 2)) + 0.3 * red)
    measured = position + 1e-4 * generator.standard_normal((count, 2))
    return Centroids(centroid, measured)


def _motion(generator: Generator, calendar: Calendar) -> Floats:
    """Draw the motion of the image along one axis [n] [pixel]."""
    jitter = 1e-3 * noise.correlated(generator, len(calendar), 30.0)
    return np.asarray(
        0.1 * noise.drift(generator, calendar)
        + 0.01 * noise.settling(generator, calendar)
        + jitter,
        np.float64,
    )
