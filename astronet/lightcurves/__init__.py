"""Light curves, detrending, phase folding and views, independent of file formats and missions."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astronet.lightcurves.detrend import Trend, fit_trend, flatten
    from astronet.lightcurves.ephemeris import Ephemeris
    from astronet.lightcurves.lightcurve import LightCurve
    from astronet.lightcurves.phase import count_transits, fold, in_transit, without_transits
    from astronet.lightcurves.view_specs import (
        GLOBAL,
        KNOWN_VIEWS,
        LOCAL,
        REBINNED_LOCAL,
        SECONDARY,
        SECONDARY_OUTSIDE,
        ViewSpec,
    )
    from astronet.lightcurves.views import make_view, make_views

__all__ = [
    "GLOBAL",
    "KNOWN_VIEWS",
    "LOCAL",
    "REBINNED_LOCAL",
    "SECONDARY",
    "SECONDARY_OUTSIDE",
    "Ephemeris",
    "LightCurve",
    "Trend",
    "ViewSpec",
    "count_transits",
    "fit_trend",
    "flatten",
    "fold",
    "in_transit",
    "make_view",
    "make_views",
    "without_transits",
]

_PLACES = {
    **dict.fromkeys(("Trend", "fit_trend", "flatten"), "detrend"),
    "Ephemeris": "ephemeris",
    "LightCurve": "lightcurve",
    **dict.fromkeys(("count_transits", "fold", "in_transit", "without_transits"), "phase"),
    **dict.fromkeys(("make_view", "make_views"), "views"),
}


def __getattr__(name: str) -> Any:
    """Return a public object of this package, importing its module on first access.

    `import astronet.lightcurves` alone does not import numba, which would take half a second.
    """
    if name in __all__:
        return getattr(import_module(f"{__name__}.{_PLACES.get(name, 'view_specs')}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return list(__all__)
