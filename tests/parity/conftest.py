"""Golden light curves: inputs and outputs of the preprocessing of the original code."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from astronet.lightcurves import GLOBAL, LOCAL, Ephemeris, LightCurve, ViewSpec

WHOLE_FILES = ["kepler90", "kepler90_inverted"]
PARTS = {
    "one_quarter": "synthetic_small",
    "short_10d": "synthetic_small",
    "tiny_5points": "synthetic_small",
    "very_short_3points": "synthetic_small",
    "empty_local_bins": "synthetic_small",
    "local_all_empty": "synthetic_small",
    "dur_invalid_bin_width": "synthetic_small",
    "deep_eclipse_gap_overlap": "synthetic_failing_spacings",
    "depth_0.5": "synthetic_failing_spacings",
}


@dataclass(frozen=True)
class Case:
    """Golden light curve: arrays of the original code and their metadata."""

    name: str
    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.arrays[name]

    @property
    def curve(self) -> LightCurve:
        """Raw light curve with one segment per file."""
        lengths = self["in_len"]
        files = np.repeat(np.arange(len(lengths)), lengths)
        return LightCurve(self.name, self["in_time"], self["in_flux"], files)

    @property
    def flat(self) -> LightCurve:
        """Light curve detrended by the original code, in single precision."""
        return LightCurve(self.name, self["flat_time"], self["flat_flux"])

    def ephemeris(self, event: int) -> Ephemeris:
        tce = self.facts["tces"][event]
        return Ephemeris(tce["period"], tce["t0"], tce["duration"])

    def views(self) -> Iterator[tuple[str, int, ViewSpec]]:
        """Yield the name, event and specification of each view that the original code made."""
        for event in range(len(self.facts["tces"])):
            for kind, spec in (("global", GLOBAL), ("local", LOCAL)):
                name = f"tce{event}_{kind}"
                if np.isfinite(self.arrays.get(f"{name}_view64", np.nan)).all():
                    yield name, event, spec


@pytest.fixture(scope="session")
def load_case(shared: Path) -> Callable[[str], Case]:
    """Return a function that reads a golden light curve by name."""

    def load(name: str) -> Case:
        golden = shared / "golden"
        if name in PARTS:
            arrays = _read(golden / f"{PARTS[name]}.npz")
            facts = json.loads(str(arrays["meta"]))["cases"][name]
            begin = f"{name}/"
            own = {k.removeprefix(begin): v for k, v in arrays.items() if k.startswith(begin)}
            return Case(name, own, facts)
        arrays = _read(golden / f"{name}.npz") | _read(golden / f"{name}_views64.npz")
        return Case(name, arrays, json.loads(str(arrays["meta"])))

    return load


@pytest.fixture(params=[*WHOLE_FILES, *PARTS])
def case(request: pytest.FixtureRequest, load_case: Callable[[str], Case]) -> Case:
    return load_case(request.param)


def _read(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(path, allow_pickle=False) as file:
        return dict(file)
