"""Detect transiting exoplanets with AstroNet (Shallue & Vanderburg 2018) in PyTorch.

In a notebook, for Kepler-90 h (period and duration in days, epoch in BKJD):

    import astronet
    curve = astronet.missions.kepler.read_light_curve("data/raw/kepler", 11442793)
    event = astronet.Ephemeris(period=331.60059, epoch=140.49631, duration=0.6)
    view = astronet.make_view(astronet.flatten(curve), event, astronet.GLOBAL)
    candidates = astronet.find_transits(curve)  # a search, if no period is known
    astronet.load("runs/dr24").score(curve, event)
    astronet.load("pretrained").score(curve, event)  # weights shipped with the package
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astronet import missions, models
    from astronet.dataset.store import ViewStore
    from astronet.detection.candidate import Candidate
    from astronet.detection.search import find_transits
    from astronet.detection.settings import SearchSettings
    from astronet.lightcurves import (
        GLOBAL,
        LOCAL,
        REBINNED_LOCAL,
        SECONDARY,
        Ephemeris,
        LightCurve,
        ViewSpec,
        flatten,
        make_view,
    )
    from astronet.runs.loading import load
    from astronet.vetting.stellar import Stellar
    from astronet.vetting.vetting import Vetting, vet_signal

__version__ = version("astronet")

__all__ = [
    "GLOBAL",
    "LOCAL",
    "REBINNED_LOCAL",
    "SECONDARY",
    "Candidate",
    "Ephemeris",
    "LightCurve",
    "SearchSettings",
    "Stellar",
    "Vetting",
    "ViewSpec",
    "ViewStore",
    "find_transits",
    "flatten",
    "load",
    "make_view",
    "missions",
    "models",
    "vet_signal",
]

_PLACES = {
    "Candidate": "astronet.detection.candidate",
    "SearchSettings": "astronet.detection.settings",
    "ViewStore": "astronet.dataset.store",
    "find_transits": "astronet.detection.search",
    "load": "astronet.runs.loading",
    "Stellar": "astronet.vetting.stellar",
    "Vetting": "astronet.vetting.vetting",
    "vet_signal": "astronet.vetting.vetting",
}


def __getattr__(name: str) -> Any:
    """Import a public object or subpackage when it is first accessed, and return it.

    Therefore, `import astronet` alone does not import torch, an import that takes several seconds.

    Raises:
        AttributeError: The package has no public object or subpackage of this name.
    """
    if name in ("missions", "models"):
        return import_module(f"astronet.{name}")
    if name in __all__:
        return getattr(import_module(_PLACES.get(name, "astronet.lightcurves")), name)
    raise AttributeError(f"module 'astronet' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
