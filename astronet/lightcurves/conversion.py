"""Conversion of the light curves of other packages."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.clock import bkjd_of
from astronet.lightcurves.flux_units import linear_flux
from astronet.lightcurves.lightcurve import LightCurve

_STAR_KEYS = ("TARGETID", "TICID", "KEPLERID", "TARGETNAME", "OBJECT", "LABEL")
"""Keys of the metadata that identify the star, in the order in which they are tried."""


def light_curve_of(curve: Any) -> LightCurve:
    """Return the light curve in an object with times and fluxes, with the times in BKJD [d].

    Magnitudes become relative fluxes.

    Args:
        curve: A `LightCurve`, which is returned unchanged, or any object with `time` and `flux` as
            attributes or columns whose times are an astropy `Time`, for example a
            `lightkurve.LightCurve` or an astropy `TimeSeries`. The star is read from its metadata.

    Raises:
        LightCurveError: There are no times or fluxes, the times do not state their time system or
            are not barycentric (TDB), the fluxes have a unit that is neither linear nor mag, or the
            arrays are not valid (see `LightCurve`).
    """
    if isinstance(curve, LightCurve):
        return curve
    kind, star = type(curve).__name__, _star_of(curve)
    time, flux = (_column(curve, name) for name in ("time", "flux"))
    if time is None or flux is None:
        raise LightCurveError(
            f"{kind} is not a light curve (it has no {'time' if time is None else 'flux'}); give "
            "an astronet.LightCurve, a lightkurve.LightCurve or an astropy TimeSeries"
        )
    if not hasattr(time, "scale"):
        raise LightCurveError(
            f"the times of this {kind} do not state their time system; use "
            "astronet.LightCurve.from_arrays with the argument clock"
        )
    return LightCurve(star, bkjd_of(f"star {star}", time), linear_flux(f"star {star}", flux))


def _column(curve: Any, name: str) -> Any:
    """Return an attribute or a column of an object, or None if there is none."""
    found = getattr(curve, name, None)
    if found is None and name in (getattr(curve, "colnames", None) or ()):
        found = curve[name]
    return found


def _star_of(curve: Any) -> int | str:
    """Return the number or name of the star in the metadata, or "light curve" if it is unknown."""
    meta = getattr(curve, "meta", None)
    known = {str(key).upper(): meta[key] for key in meta} if isinstance(meta, Mapping) else {}
    for key in _STAR_KEYS:
        value = known.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, int | np.integer) and not isinstance(value, bool):
            return int(value)
    return "light curve"
