"""Times and fluxes of a light curve as float64 arrays."""

import numpy as np
from numpy.typing import ArrayLike

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.flux_units import linear_flux
from astronet.lightcurves.time_units import unit_named


def fluxes(star: int | str, flux: ArrayLike) -> Floats:
    """Return the fluxes as a float64 array; magnitudes become relative fluxes."""
    has_unit = getattr(flux, "unit", None) is not None
    return floats(star, "flux", linear_flux(f"star {star}", flux) if has_unit else flux)


def floats(star: int | str, name: str, values: ArrayLike) -> Floats:
    """Return the values as a float64 array; masked values become NaN.

    Raises:
        LightCurveError: The values are not real numbers, or the times have a unit other than days.
    """
    unit = str(getattr(values, "unit", None) or "")
    if name == "time" and unit_named(unit) not in ("", "d"):
        raise LightCurveError(f"star {star}: the times are in {unit}; convert them to days")
    masked = np.ma.asanyarray(values) if np.ma.isMaskedArray(values) else None
    try:
        array = np.asarray(values if masked is None else masked.filled(0))
        if array.dtype.kind not in "iuf":
            raise TypeError
        plain = array.astype(np.float64)
    except (TypeError, ValueError):
        raise LightCurveError(
            f"star {star}: the {name} contains values that are not real numbers; give numbers "
            "only (NaN for missing values)"
        ) from None
    if masked is not None:
        plain[np.ma.getmaskarray(masked)] = np.nan
    return plain
