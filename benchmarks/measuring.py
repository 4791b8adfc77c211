"""Timing of benchmarks: alternatives are timed in turn, so that other load affects them equally."""

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

Step = Callable[[], Any]


def one_thread() -> None:
    """Limit every numerical library to one thread; call this before importing them."""
    for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[pool] = "1"


def seconds(step: Step) -> float:
    """Return the duration of one call [s]."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def in_turn(steps: Mapping[str, Step], budget: float = 20.0, rounds: int = 15) -> dict[str, float]:
    """Return the median duration of each step [s], timed in rounds after a first call of each.

    Args:
        steps: Functions to time, by name.
        budget: Total duration of a step after which it is left out of further rounds [s].
        rounds: Maximum number of rounds.
    """
    times: dict[str, list[float]] = {name: [] for name in steps}
    # The first call compiles functions and fills caches.
    first = {name: seconds(step) for name, step in steps.items()}
    for _ in range(rounds):
        for name, step in steps.items():
            if not times[name] or first[name] + sum(times[name]) < budget:
                times[name].append(seconds(step))
    return {name: float(np.median(values)) for name, values in times.items()}


def show(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], width: int = 110
) -> None:
    """Print a table for the documentation, followed by the date and the machine."""
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*row)
    console = Console(width=width)
    console.print(table)
    console.print(f"{date.today()}, {machine()}")


def machine() -> str:
    """Return the name of the processor, the number of cores and the version of Python."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
            name = names[0] if names else name
    except OSError:  # not Linux
        pass
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"


def times_faster(ours: float, theirs: float) -> str:
    """Return the ratio of their duration to ours, as text."""
    return f"{theirs / ours:.3g} ×"
