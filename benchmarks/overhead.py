"""Overhead of the engines per star: `python -m benchmarks.overhead [TASKS]`.

Runs an empty task for TASKS (default: 100,000) stars with `run_in_parts`, which writes parts as
`astronet search` and `astronet predict` do, in two worker processes and on a Dask cluster of two
local workers. States the wall time and the CPU time of all processes per star; those of starting
and ending the workers are measured with few stars and subtracted. Needs the extra [bench].
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from astronet.execution.choosing import engine_of
from astronet.execution.engine import Engine
from astronet.execution.parts import Content, Parts
from astronet.execution.running import run_in_parts
from benchmarks.measuring import one_thread, show

FEW = 256
"""Number of stars of the runs that measure the duration of starting and ending the workers."""

BOUNDS = {"two processes": 2.0, "Dask, local:2": 5.0}
"""Maximum wall time per star [ms]."""


def empty(star: int) -> int:
    """Return the star."""
    return star


def content_of(stars: Sequence[int]) -> Content:
    """Return the content of a part: one row per star."""
    return {"stars": [{"star": star} for star in stars]}, {}


def main(tasks: int) -> None:
    """Run the benchmark, and print the table."""
    engines: dict[str, Callable[[], Engine]] = {
        "two processes": lambda: engine_of(2, None),
        "Dask, local:2": lambda: engine_of(None, "local:2"),
    }
    rows = []
    for name, engine in engines.items():
        start = _run(FEW, engine())
        whole = _run(tasks, engine())
        wall, cpu = (1e3 * (b - a) / (tasks - FEW) for a, b in zip(start, whole, strict=True))
        verdict = "yes" if wall <= BOUNDS[name] else "NO"
        rows.append(
            [name, f"{start[0]:.1f}", f"{wall:.3f}", f"{cpu:.3f}", f"{BOUNDS[name]:.0f}", verdict]
        )
    columns = ["engine", "start and end, s", "wall, ms/star", "CPU, ms/star", "bound, ms", "ok"]
    show(f"overhead of {tasks:,} empty tasks in parts", columns, rows)


def _run(tasks: int, engine: Engine) -> tuple[float, float]:
    """Return the wall time, and the CPU time of this process and its children [s]."""
    with tempfile.TemporaryDirectory() as made:
        before, start = _cpu(), time.perf_counter()
        with Parts.of(Path(made) / "out", {}, resume=False, overwrite=False) as parts:
            run_in_parts(parts, empty, range(tasks), content_of, engine)
            parts.delete()
        return time.perf_counter() - start, _cpu() - before


def _cpu() -> float:
    """Return the CPU time of this process and of its ended descendants [s]."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    one_thread()
    os.environ.setdefault("DASK_DISTRIBUTED__LOGGING__DISTRIBUTED", "error")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
