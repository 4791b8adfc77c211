"""Readers of light curves and event tables by mission.

All mission-specific code of astronet is in this subpackage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from astronet.lightcurves.lightcurve import LightCurve
    from astronet.missions.files import StarData
    from astronet.missions.reader import ReaderOptions
    from astronet.missions.spec import MissionSpec

__all__ = ["DEFAULT_MISSION", "MISSIONS", "Mission", "ReaderOptions"]

_NAMES = ("kepler", "tess", "k2", "custom")
"""Names of the missions, each of which is a module of this package."""

DEFAULT_MISSION = _NAMES[0]
"""Name of the mission that is assumed if a config or command does not name one."""


class Mission(Protocol):
    """Interface of a mission's module.

    The argument `reader` is an instance of `SPEC.reader`; it is optional if all options have
    defaults.
    """

    @property
    def SPEC(self) -> MissionSpec:
        """Specification of the mission: names, header keywords, files, archive and tables."""

    def read_star(self, folder: str | Path, star: Any, reader: Any = ..., /) -> StarData:
        """Return a star's light curve (times in BKJD [d]) and the provenance of its files."""

    def read_light_curve(self, folder: str | Path, star: Any, reader: Any = ..., /) -> LightCurve:
        """Return a star's light curve (times in BKJD [d])."""

    def list_files(self, folder: str | Path, star: Any, reader: Any = ..., /) -> list[Path]:
        """Return the paths of a star's files in chronological order."""

    def list_stars(self, folder: str | Path, reader: Any = ..., /) -> list[Any]:
        """Return the numbers or names of all stars with files in a folder, in ascending order."""

    def read_catalog(
        self, path: str | Path, require: Iterable[str] | None = None, /
    ) -> pd.DataFrame:
        """Return a table of events with canonical columns and units."""


class _Missions(Mapping[str, Mission]):
    """Modules of the missions by name, each imported on first access."""

    def __getitem__(self, name: str) -> Mission:
        if name not in _NAMES:
            raise KeyError(name)
        return cast(Mission, import_module(f"{__name__}.{name}"))

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


MISSIONS: Mapping[str, Mission] = _Missions()
"""Modules of the missions by name.

To add a mission, write its module and add the module's name to `_NAMES`.
"""


def __getattr__(name: str) -> Any:
    """Return a mission's module or the class `ReaderOptions`, importing it on first access."""
    if name in _NAMES:
        return MISSIONS[name]
    if name == "ReaderOptions":
        return import_module(f"{__name__}.reader").ReaderOptions
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
