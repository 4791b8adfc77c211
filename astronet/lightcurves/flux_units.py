"""Units of fluxes: conversion of magnitudes, and rejection of units that are not a linear flux."""

import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import plain_values
from astronet.lightcurves.sentinels import drop_sentinels

_LINEAR = frozenset({"", "e-/s", "electron / s", "electron/s", "ct / s", "adu", "dimensionless"})
"""Frequent units of linear fluxes, for which astropy is not imported."""

_NO_FLUX = frozenset({"time", "length", "angle", "temperature", "mass", "speed", "frequency"})
"""Physical types whose units cannot be those of a flux."""

_MAGNITUDE = re.compile(
    r"(?i)(?:(?:ab|st|vega|kepler|kep|tess|gaia|delta|differential|instrumental|relative|[a-ln-z])"
    r"[ _-]?)?mag(?:s|nitudes?)?"
)
"""Pattern of names of magnitudes that astropy does not know, for example ABmag; not of mmags."""

_NOT_LINEAR = re.compile(
    r"(?i)mag(?!i|e)|\b(?:db|dex|ln)|log(?:10)?\b|\blog|\b(?:days?|jd)\b|b[kt]?jd"
)
"""Pattern of units that astropy does not know and that are probably not those of a linear flux."""


def linear_flux(place: object, flux: ArrayLike, unit: Any = None) -> NDArray[Any]:
    """Return fluxes [n] without their unit; magnitudes become relative fluxes.

    A magnitude m becomes 10^(−0.4 (m − m₀)), with m₀ the median magnitude, so the level of the
    light curve is 1. Placeholders for missing magnitudes, and masked values, become NaN.

    Args:
        place: File or star, for messages.
        flux: Fluxes [n], which may have a unit (astropy's `Quantity`, `Column` or `Magnitude`).
        unit: Unit of fluxes that are a plain array: a unit of astropy or a text.

    Raises:
        LightCurveError: The unit is not that of a linear flux or a magnitude, for example dB or d.
    """
    unit = getattr(flux, "unit", unit)
    if str(unit or "") in _LINEAR:
        return plain_values(flux)
    per_unit = _log10_flux_per_unit(place, unit)
    values = plain_values(flux)
    if per_unit is None or values.dtype.kind not in "iuf":  # the light curve rejects text
        return values
    values = drop_sentinels(place, values.astype(np.float64))
    finite = np.isfinite(values)
    if not finite.any():
        return values
    with np.errstate(over="ignore"):
        relative: NDArray[Any] = 10.0 ** (per_unit * (values - np.median(values[finite])))
    return relative


def _log10_flux_per_unit(place: object, unit: Any) -> float | None:
    """Return the change of log10(flux) per unit: −0.4 for magnitudes; None for a linear flux.

    Args:
        place: File or star, for the error message.
        unit: Unit of astropy, which may be an `UnrecognizedUnit`, or a text.
    """
    if isinstance(unit, str) or type(unit).__name__ == "UnrecognizedUnit":
        if _MAGNITUDE.fullmatch(str(unit)):
            return -0.4
        if (known := _parsed(str(unit))) is None:
            if _NOT_LINEAR.search(str(unit)):
                raise _not_linear(place, unit)
            return None
        unit = known
    plain = getattr(unit, "function_unit", unit).decompose()  # of mag(AB), dB(W) or dex(Jy): mag …
    if "dex" in (names := [str(base) for base in plain.bases]):
        # One magnitude is −0.4 dex; astropy treats them as units of the same kind.
        if names == ["dex"] and plain.powers == [1] and plain.scale < 0:
            return float(plain.scale)
        raise _not_linear(place, unit)
    if set(plain.physical_type) & _NO_FLUX:
        raise _not_linear(place, unit)
    return None


def _parsed(text: str) -> Any:
    """Return the unit that astropy reads in a text, or None.

    In FITS files, astropy does not recognise units such as mag(AB), which are not in the standard.
    """
    from astropy import units  # slow to import, and needed only for unusual units

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        unit = units.Unit(text, parse_strict="silent")
    return None if type(unit).__name__ == "UnrecognizedUnit" else unit


def _not_linear(place: object, unit: Any) -> LightCurveError:
    return LightCurveError(
        f"{place}: the unit of the fluxes is {unit}, which is neither linear nor mag; choose "
        "another flux column, or convert the fluxes to a relative flux of about 1"
    )
