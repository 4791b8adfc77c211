"""Arguments of a search: conversion of light curves, and errors about wrong types."""

from collections.abc import Sequence
from typing import Any

from astronet.detection.settings import SearchSettings
from astronet.errors import ConfigError
from astronet.lightcurves.conversion import light_curve_of
from astronet.lightcurves.ephemeris import Ephemeris, ephemerides_of
from astronet.lightcurves.lightcurve import LightCurve


def search_inputs(
    curve: Any, settings: Any, known: Ephemeris | Sequence[Ephemeris]
) -> tuple[LightCurve, list[Ephemeris]]:
    """Return the light curve and the known events of a search.

    Args:
        curve: Light curve; see `light_curve_of`.
        settings: Settings of the search.
        known: Ephemeris of a known event, or a list of them.

    Raises:
        ConfigError: The settings are not `SearchSettings`.
        LightCurveError: The light curve cannot be converted, or a known event is not an ephemeris.
    """
    if not isinstance(settings, SearchSettings):
        raise ConfigError(
            f"the settings of the search are {type(settings).__name__}; give "
            "astronet.SearchSettings(…)",
            arguments=("settings",),
        )
    return light_curve_of(curve), ephemerides_of(known)
