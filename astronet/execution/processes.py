"""Pool of single-threaded worker processes on this machine."""

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import get_context
from typing import TypeVar

from astronet.errors import WorkerError
from astronet.execution.signals import exit_with_parent, interrupts_blocked

_logger = logging.getLogger("astronet")

_CHUNKS_AHEAD = 4
"""Maximum number of submitted chunks per worker whose results have not been retrieved yet.

This limits memory use.
"""

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Environment variables that set the number of threads used by numerical libraries."""

Star = TypeVar("Star")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Processes:
    """Default engine: a pool of worker processes on this machine.

    Attributes:
        workers: Maximum number of processes; None means one per processor. The task runs in the
            calling process if there is only one worker or one star.
        chunk: Number of stars that a worker receives at a time; 1 balances the load best if a star
            takes longer than about 0.1 s.
    """

    workers: int | None = None
    chunk: int = 4

    def map(self, task: Callable[[Star], Result], stars: Iterable[Star]) -> Iterator[Result]:
        """Yield the results of the task in the order of `stars`; see `Engine.map`.

        Raises:
            WorkerError: A worker process terminated unexpectedly.
        """
        remaining = iter(stars)
        first = list(islice(remaining, self.workers or os.cpu_count() or 1))
        remaining = chain(first, remaining)
        if len(first) <= 1:
            yield from map(task, remaining)
            return
        context = get_context("spawn")
        stopping, stop = context.Pipe(duplex=False)
        with interrupts_blocked():
            pool = ProcessPoolExecutor(
                len(first), context, initializer=exit_with_parent, initargs=(stopping,)
            )
        with one_thread_each(), stopping, stop, pool:
            chunks = iter(lambda: list(islice(remaining, self.chunk)), [])
            pending = (pool.submit(run_chunk, task, chunk) for chunk in chunks)
            complete = False
            try:
                with interrupts_blocked():
                    waiting = deque(islice(pending, _CHUNKS_AHEAD * len(first)))
                while waiting:
                    finished = waiting.popleft().result()
                    waiting.extend(islice(pending, 1))
                    for result, messages in finished:
                        for level, text in messages:
                            _logger.log(level, "%s", text)
                        yield result
                complete = True
            except BrokenProcessPool:
                raise WorkerError(
                    "a worker process was killed, probably because it ran out of memory; run "
                    "the same command again with fewer workers",
                    arguments=("workers", "resume"),
                ) from None
            finally:
                if not complete:
                    stop.close()  # ends the workers, also those that are running the task
                pool.shutdown(cancel_futures=True)


def run_chunk(
    task: Callable[[Star], Result], stars: Sequence[Star]
) -> list[tuple[Result, list[tuple[int, str]]]]:
    """Return the result of the task for each star, and the levels and texts of its log messages.

    The messages are logged again by the main process, in the order of the stars.
    """
    messages = _Messages()
    _logger.handlers, _logger.propagate = [messages], False
    return [(task(star), messages.taken()) for star in stars]


class _Messages(logging.Handler):
    """Log handler that keeps the messages of a worker process."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the level and the text of a message."""
        self._kept.append((record.levelno, record.getMessage()))

    def taken(self) -> list[tuple[int, str]]:
        """Return the messages since the last call."""
        kept, self._kept = self._kept, []
        return kept


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Limit numerical libraries to one thread in each process started in the `with` block.

    The environment variables that set the limit are restored at the end of the block.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
