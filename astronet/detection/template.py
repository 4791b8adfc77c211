"""Shape of a transit on the time grid."""

import functools
from typing import NamedTuple

import numpy as np
from exoplanet_core import quad_limbdark_light_curve

from astronet.lightcurves.arrays import Floats

LIMB_DARKENING = (0.40, 0.26)
"""Quadratic limb darkening of the Sun in the Kepler band (Claret & Bloemen 2011)."""

_PROFILE_POINTS, _SAMPLES = 401, 31
"""Number of points of the profile, and of samples in each cell."""


class Shape(NamedTuple):
    """Shape of a transit: radius ratio and impact parameter of the planet."""

    radius_ratio: float
    impact_parameter: float


SMALL_PLANET = Shape(0.03, 0.3)
"""Shape of the templates of the search."""

_DURATION_AT_ONE_DAY = 0.0758
"""Duration of a central transit of a star like the Sun with a period of 1 d [d].

From a/R = 4.2 (Winn 2010, equation 30): the duration is P/π · arcsin(R/a) ≈ P / (4.2 π).
"""


def central_duration(period: float, density: float) -> float:
    """Return the duration of a transit with impact parameter 0 in a circular orbit [d].

    It is 0.0758 d · (P / 1 d)^(1/3) · (ρ/ρ☉)^(−1/3) for a small planet (Winn 2010, equations 14
    and 30).

    Args:
        period: Orbital period [d].
        density: Mean density of the star [solar densities].

    Examples:
        The Earth's transits of the Sun last 13 hours:

        >>> from astronet.detection.template import central_duration
        >>> round(24 * central_duration(365.25, 1.0), 1)
        13.0
    """
    return float(_DURATION_AT_ONE_DAY * (period / density) ** (1 / 3))


def transit_template(
    duration: float, step: float, shape: Shape = SMALL_PLANET, shift: float = 0.0
) -> Floats:
    """Return the flux change of a transit with depth 1 at mid-transit [2 h + 1], averaged in cells.

    The star has quadratic limb darkening like that of the Sun (Agol, Luger & Foreman-Mackey 2020).
    The middle of the transit is `shift` cells after the middle of cell h.

    Args:
        duration: Duration from first to last contact [d].
        step: Width of a cell [d].
        shape: Shape of the transit.
        shift: Time from the middle of cell h to mid-transit [cells], from 0 to 1.
    """
    [template] = transit_templates(duration, step, shape, np.array([shift]))
    return np.asarray(template, np.float64)


def transit_templates(duration: float, step: float, shape: Shape, shifts: Floats) -> Floats:
    """Return the templates of `transit_template` for several shifts [shifts, 2 h + 1].

    Args:
        duration: Duration from first to last contact [d].
        step: Width of a cell [d].
        shape: Shape of the transit.
        shifts: Times from the middle of cell h to mid-transit [cells], from 0 to 1.
    """
    half = int(np.ceil((duration / step + 1) / 2 + shifts.max()))
    places, profile = _profile(shape)
    offsets = ((np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5) * step
    time = (np.arange(-half, half + 1)[:, None] - shifts[:, None, None]) * step + offsets
    cells = np.interp(np.abs(time) / (duration / 2), places, profile, right=0.0).mean(2)
    middle = np.interp(np.abs(offsets) / (duration / 2), places, profile, right=0.0).mean()
    return np.asarray(-cells / middle, np.float64)


@functools.cache
def _profile(shape: Shape) -> tuple[Floats, Floats]:
    """Return times since mid-transit [points], in half durations, and flux deficits [points]."""
    ratio, impact = shape
    places = np.linspace(0, 1, _PROFILE_POINTS)
    distance = np.sqrt(impact**2 + ((1 + ratio) ** 2 - impact**2) * places**2)
    change = quad_limbdark_light_curve(*LIMB_DARKENING, distance, np.array(ratio))
    return places, np.asarray(-change, np.float64)
