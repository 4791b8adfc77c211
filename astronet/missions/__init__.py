"""Where light curves and tables come from: one module for each mission, with three functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions import custom, k2, kepler, tess

if TYPE_CHECKING:
    import pandas as pd


class Mission(Protocol):
    """What a mission's module offers."""

    @property
    def read_light_curve(self) -> Callable[..., LightCurve]:
        """(folder, star, **options): one star's light curve on the clock BKJD [d]."""

    def read_catalog(self, path: str | Path, /) -> pd.DataFrame:
        """A table of the mission's events under our column names and units."""

    def list_files(self, folder: str | Path, star: Any, /) -> list[Path]:
        """One star's files in the order of time."""


MISSIONS: dict[str, Mission] = {"kepler": kepler, "k2": k2, "tess": tess, "own": custom}
"""The missions by name; add a module of three functions and its line here."""
