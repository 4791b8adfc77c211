"""How all benchmarks measure: rivals in turn, so that a busy machine slows them alike."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

Step = Callable[[], Any]


def one_thread() -> None:
    """Keeps every library to one thread; call it before they are imported."""
    for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[pool] = "1"


def seconds(step: Step) -> float:
    """How long one call takes [s]."""
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def in_turn(steps: Mapping[str, Step], budget: float = 20.0, rounds: int = 15) -> dict[str, float]:
    """The median time of each step [s], measured round by round after a first call of each.

    Args:
        steps: What to measure, by name.
        budget: A step joins no further round when it has taken so long in all [s].
        rounds: Rounds at most.
    """
    times: dict[str, list[float]] = {name: [] for name in steps}
    first = {name: seconds(step) for name, step in steps.items()}  # compiles, fills caches
    for _ in range(rounds):
        for name, step in steps.items():
            if not times[name] or first[name] + sum(times[name]) < budget:
                times[name].append(seconds(step))
    return {name: float(np.median(values)) for name, values in times.items()}


def show(
    title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]], width: int = 110
) -> None:
    """Prints a table as the documentation takes it over, under the date and the machine."""
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*row)
    console = Console(width=width)
    console.print(table)
    console.print(f"{date.today()}, {machine()}")


def machine() -> str:
    """The processor, the cores and the versions that matter."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
            name = names[0] if names else name
    except OSError:  # no Linux
        pass
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"


def times_faster(ours: float, theirs: float) -> str:
    """How many times longer theirs takes."""
    return f"{theirs / ours:.3g} ×"
