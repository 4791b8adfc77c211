"""Light curves: reading no file and knowing no mission, only times and fluxes."""

from astronet.lightcurves.detrend import Trend, fit_trend, flatten
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import count_transits, fold, in_transit, without_transits
from astronet.lightcurves.views import (
    GLOBAL,
    KNOWN_VIEWS,
    LOCAL,
    REBINNED_LOCAL,
    ViewSpec,
    make_view,
    make_views,
)

__all__ = [
    "GLOBAL",
    "KNOWN_VIEWS",
    "LOCAL",
    "REBINNED_LOCAL",
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
