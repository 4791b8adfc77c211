"""Properties of a star that are known from a catalogue."""

import math
from dataclasses import dataclass

from astronet.errors import LightCurveError

EARTH_RADII = 109.08
"""Radius of the Sun [Earth radii] (IAU 2015 resolution B3: 6.957e8 m / 6.3781e6 m)."""


@dataclass(frozen=True)
class Stellar:
    """Radius, mass and mean density of a star; None if unknown.

    The density follows from the radius and the mass if it is not given.

    Attributes:
        radius: Radius [solar radii].
        mass: Mass [solar masses].
        density: Mean density [solar densities].

    Raises:
        LightCurveError: A value is not a positive number.

    Examples:
        >>> import astronet
        >>> astronet.Stellar(radius=2.0, mass=2.0).density
        0.25
    """

    radius: float | None = None
    mass: float | None = None
    density: float | None = None

    def __post_init__(self) -> None:
        for name in ("radius", "mass", "density"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise LightCurveError(
                    f"the star's {name} is {value}; give a positive number in solar units, or None"
                )
        if self.density is None and self.radius is not None and self.mass is not None:
            object.__setattr__(self, "density", self.mass / self.radius**3)
