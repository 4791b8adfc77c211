"""What one star costs: `python -m benchmarks.core [FOLDER KEPID]`.

Without arguments it simulates a star of 17 quarters. One thread; the median of several runs.
"""

import os

for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[pool] = "1"

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from rich.console import Console
from rich.table import Table

import astronet
from astronet.missions import kepler
from astronet.simulate import FIRST_KEPID, simulate

RUNS = 15


def main(folder: Path, star: int) -> None:
    """Prints the table for one star."""
    curve = kepler.read_light_curve(folder, star)
    flat = astronet.flatten(curve)
    event = astronet.Ephemeris(period=12.3, epoch=140.0, duration=0.2)
    paths = kepler.list_files(folder, star)
    steps: list[tuple[str, Callable[[], Any]]] = [
        (f"read {len(paths)} files through astropy", lambda: _read_by_astropy(paths)),
        (f"read {len(paths)} files", lambda: kepler.read_light_curve(folder, star)),
        ("flatten: 20 knot spacings, 5 rounds", lambda: astronet.flatten(curve)),
        ("global view", lambda: astronet.make_view(flat, event, astronet.GLOBAL)),
        ("local view", lambda: astronet.make_view(flat, event, astronet.LOCAL)),
    ]
    table = Table("step", "median ms", "fastest ms", title=f"one star, {len(curve)} cadences")
    for name, step in steps:
        step()
        times = np.array([_seconds(step) for _ in range(RUNS)]) * 1e3
        table.add_row(name, f"{np.median(times):.1f}", f"{times.min():.1f}")
    Console().print(table)


def _read_by_astropy(paths: list[Path]) -> list[Any]:
    columns = []
    for path in paths:
        with fits.open(path, memmap=False) as file:
            table = file["LIGHTCURVE"].data
            columns.append((np.array(table["TIME"]), np.array(table["PDCSAP_FLUX"])))
    return columns


def _seconds(step: Callable[[], Any]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as made:
            simulate(Path(made), stars=1, workers=1)
            main(Path(made) / "light_curves", FIRST_KEPID)
