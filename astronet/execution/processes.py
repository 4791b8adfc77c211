"""Many stars at once: a pool of processes, one thread each."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar

from astronet.errors import WorkerError

_AT_ONCE = 4
"""Items that travel to a worker together."""

_AHEAD = 4
"""Loads a worker that may wait or lie ready, so that memory does not grow with the items."""

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""What libraries read, when a worker starts, to know how many threads they may spin."""


def map_in_order(
    task: Callable[[Item], Result], items: Sequence[Item], workers: int | None = None
) -> Iterator[Result]:
    """The task's results in the order of the items, as they become ready.

    However many the items, only a few results wait in memory.

    Args:
        task: A pure function that can be pickled.
        items: What to do it to.
        workers: Processes; by default one for each processor. One works in this process.

    Raises:
        WorkerError: A worker process was killed.
    """
    count = min(workers or os.cpu_count() or 1, len(items))
    if count <= 1:
        yield from map(task, items)
        return
    chunks = (items[k : k + _AT_ONCE] for k in range(0, len(items), _AT_ONCE))
    with _one_thread_each(), ProcessPoolExecutor(count, get_context("spawn")) as pool:
        waiting = deque(pool.submit(_each, task, c) for c in islice(chunks, _AHEAD * count))
        try:
            while waiting:
                results = waiting.popleft().result()
                waiting.extend(pool.submit(_each, task, c) for c in islice(chunks, 1))
                yield from results
        except BrokenProcessPool:
            raise WorkerError(
                "a worker process was killed, perhaps for want of memory; go on with the same "
                "command (prepare: and --resume) and fewer --workers"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _each(task: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [task(item) for item in items]


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
