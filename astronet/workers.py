"""Many stars at once: a pool of processes, one thread each."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""What libraries read, when a worker starts, to know how many threads they may spin."""


def map_in_order(
    task: Callable[[Item], Result], items: Sequence[Item], workers: int | None = None
) -> Iterator[Result]:
    """The task's results in the order of the items, as they become ready.

    Args:
        task: A pure function that can be pickled.
        items: What to do it to.
        workers: Processes; by default one for each processor. One works in this process.
    """
    count = min(workers or os.cpu_count() or 1, len(items))
    if count <= 1:
        yield from map(task, items)
        return
    with _one_thread_each(), ProcessPoolExecutor(count, get_context("spawn")) as pool:
        yield from pool.map(task, items, chunksize=4)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """The environment in which workers start; this process's own is as before afterwards."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
