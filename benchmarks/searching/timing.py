"""CPU time and memory of one search, in a process of its own.

`python -m benchmarks.searching.timing FOLDER ENGINE CASE` prints a line of JSON. The memory is the
peak of the process above that after the imports; the search of a short light curve that compiles
or loads the kernels comes before the measurement, and its peak is not counted.
"""

from benchmarks.measuring import one_thread

one_thread()

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from astronet import Ephemeris, LightCurve
from astronet.detection.nulls import scrambled
from astronet.errors import AstronetError
from astronet.lightcurves.phase import without_transits
from astronet.missions import tess
from astronet.simulation.injection import InjectionRange, draw_injection, inject
from benchmarks.measuring import show
from benchmarks.searching.curves import PERIODS, read_star, star_numbers
from benchmarks.searching.engines import Ours, Signal, timed
from benchmarks.searching.running import engine_named, warm_up

_TIC = 38846515
"""Star with one sector at 2 min cadence, whose planet is cut out where sectors are repeated."""

_PLANET = Ephemeris(2.8494, 1326.76 + 2167, 0.25)  # BKJD = BTJD + 2167
_SECTOR = 28.8  # distance of the starts of adjacent sectors [d]
_LATER = 730.0  # distance of the two sectors [d]


@dataclass(frozen=True)
class Measured:
    """Cost of one search.

    Attributes:
        cpu: CPU time [s].
        wall: Duration [s].
        points: Number of points of the light curve.
        memory: Peak memory above that after the imports [MB].
        signals: Number of listed signals.
        first: First listed signal.
        error: Error message; "" if there is none.
    """

    cpu: float
    wall: float
    points: int
    memory: float
    signals: int
    first: Signal | None = None
    error: str = ""


def _kepler(data: Path) -> LightCurve:
    """Return the light curve of the first star, without its planets."""
    return read_star(data, star_numbers(data)[0]).raw


def _sector(data: Path) -> LightCurve:
    """Return one TESS sector at 2 min, with its planet."""
    return tess.read_light_curve(data / "real_missions" / "tess", _TIC)


def _sectors(data: Path, starts: list[float]) -> LightCurve:
    """Return a sector repeated at other times, with scrambled noise and an injected planet."""
    sector = _sector(data)
    quiet = without_transits(sector, [_PLANET])
    generator = np.random.default_rng(0)
    parts = [scrambled(quiet, generator) for _ in starts]
    joined = LightCurve(
        sector.star,
        np.concatenate([part.time + start for part, start in zip(parts, starts, strict=True)]),
        np.concatenate([part.flux for part in parts]),
        np.concatenate([part.segment + 1000 * k for k, part in enumerate(parts)]),
    )
    flat = LightCurve(
        joined.star, joined.time, joined.flux / np.median(joined.flux), joined.segment
    )
    limits = InjectionRange(period=(2.0, 10.0), snr=(30.0, 31.0))
    return inject(joined, draw_injection(generator, flat, limits))


@dataclass(frozen=True)
class Case:
    """Light curve to search, range of the periods [d] and number of signals."""

    curve: Callable[[Path], LightCurve]
    periods: tuple[float, float] = PERIODS
    signals: int = 1


CASES = {
    "Kepler, one signal": Case(_kepler),
    "Kepler, ten signals": Case(_kepler, signals=10),
    "one TESS sector at 2 min": Case(_sector, (0.3, 14.0)),
    "thirteen TESS sectors": Case(
        lambda data: _sectors(data, [_SECTOR * k for k in range(13)]), (0.3, 120.0)
    ),
    "two TESS sectors two years apart": Case(
        lambda data: _sectors(data, [0.0, _LATER]), (0.3, 30.0)
    ),
}
"""Cases by name; the engines other than ours search the first one."""


def measure(data: Path, engine: str, case: str) -> Measured:
    """Measure one search in a new process.

    Args:
        data: Folder that contains kepler/, dr24/ and real_missions/.
        engine: Name of the engine.
        case: Name of the case.
    """
    command = [sys.executable, "-m", "benchmarks.searching.timing", str(data), engine, case]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return Measured(0, 0, 0, 0, 0, error=done.stderr.strip().splitlines()[-1])
    content = json.loads(done.stdout.splitlines()[-1])
    first = content.pop("first")
    return Measured(first=Signal(*first) if first else None, **content)


def print_timing(data: Path, engines: Sequence[str]) -> None:
    """Print CPU time and memory of our cases, and of the other engines on the first case."""
    first = next(iter(CASES))
    plain = [engine for engine in engines if "clipped" not in engine]
    cases = [(e, c) for e in plain for c in (CASES if e == "ours" else [first])]
    measured = {pair: measure(data, *pair) for pair in cases}
    ours = measured.get(("ours", first))
    rows = []
    for (engine, case), cost in measured.items():
        ratio = f"{cost.cpu / ours.cpu:.3g} ×" if ours and ours.cpu and case == first else ""
        found = f"{cost.first.period:.5f}" if cost.first else cost.error
        rows.append((
            engine, case, f"{cost.points:,}", f"{cost.cpu:.3g}", f"{cost.wall:.3g}", ratio,
            f"{cost.memory:.0f}", str(cost.signals), found,
        ))  # fmt: skip
    columns = (
        *("engine", "light curve", "points", "CPU s", "wall s", "CPU / ours"),
        *("memory [MB]", "signals", "first period [d]"),
    )
    show("Cost of one search, detrending included, one thread", columns, rows, 150)


def _memory(name: str) -> float:
    """Return a field of /proc/self/status in MB."""
    text = Path("/proc/self/status").read_text()
    return float(text.split(f"{name}:")[1].split()[0]) / 1024


def _import(engine: str) -> None:
    """Import the libraries of an engine, so that they do not count as its memory."""
    if engine == "ours":
        import astronet.detection.search  # noqa: F401
    elif engine.startswith("tls"):
        import transitleastsquares  # noqa: F401
    elif engine.startswith("cuperiod"):
        import cuperiod  # noqa: F401
    else:
        import astropy.timeseries  # noqa: F401


def main(data: Path, name: str, case_name: str) -> Measured:
    """Run one search in this process, and return its cost."""
    case = CASES[case_name]
    engine = engine_named(name, Ours(case.signals))
    _import(name)
    before = _memory("VmRSS")
    warm_up(engine)
    curve = case.curve(data)
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak (Linux)
    try:
        if not engine.partial:  # fast enough for a first search that is not timed
            engine.search(curve, case.periods)
        found, cpu, wall = timed(lambda: engine.search(curve, case.periods))
    except AstronetError as error:
        return Measured(0, 0, len(curve), 0, 0, error=str(error))
    memory = _memory("VmHWM") - before
    first = found.signals[0] if found.signals else None
    return Measured(cpu, wall, len(curve), memory, len(found.signals), first)


if __name__ == "__main__":
    print(json.dumps(asdict(main(Path(sys.argv[1]), *sys.argv[2:]))))
