"""Shape of a transit on the time grid."""

import numpy as np

from astronet.lightcurves.arrays import Floats

IMPACT_PARAMETER = 0.3
LIMB_DARKENING = (0.40, 0.26)
"""Quadratic limb darkening of the Sun in the Kepler band (Claret & Bloemen 2011)."""

_SAMPLES = 21
"""Number of samples over which the template is averaged in each cell."""

_DAYS_PER_HALF_PERIOD = 0.0758
"""Duration of a central transit of a star like the Sun with a period of 1 d [d].

From a/R = 4.2083 (Winn 2010, equation 30): the duration is P/π · arcsin(R/a) ≈ P / (π · 4.2083).
"""


def central_duration(period: float, density: float) -> float:
    """Return the duration of a transit with impact parameter 0 in a circular orbit [d].

    It is 0.0758 d · (P / 1 d)^(1/3) · (ρ/ρ☉)^(−1/3) for a small planet (Winn 2010, equations 14
    and 30).

    Args:
        period: Orbital period [d].
        density: Mean density of the star [solar densities].
    """
    return float(_DAYS_PER_HALF_PERIOD * (period / density) ** (1 / 3))


def transit_template(duration: float, step: float) -> Floats:
    """Return the flux change of a transit with depth 1 at mid-transit [2 h + 1], averaged in cells.

    The planet is small and its impact parameter is 0.3, so that the template is the intensity of
    the star along the chord, for quadratic limb darkening like that of the Sun. The middle of the
    transit is in the middle of cell h.

    Args:
        duration: Duration of the transit [d].
        step: Width of a cell [d].
    """
    half = int(np.ceil((duration / step + 1) / 2))
    offsets = (np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5
    cells = np.arange(-half, half + 1)[:, None] + offsets
    position = cells * step / (duration / 2)
    squared_radius = IMPACT_PARAMETER**2 + (1 - IMPACT_PARAMETER**2) * position**2
    middle = _intensity(np.array(IMPACT_PARAMETER**2))
    profile = np.where(squared_radius < 1, _intensity(np.minimum(squared_radius, 1)), 0) / middle
    return np.asarray(-profile.mean(1), np.float64)


def _intensity(squared_radius: Floats) -> Floats:
    """Return the brightness of the star at a squared distance from its centre, centre: 1."""
    darkening = 1 - np.sqrt(1 - squared_radius)
    first, second = LIMB_DARKENING
    return np.asarray(1 - first * darkening - second * darkening**2, np.float64)
