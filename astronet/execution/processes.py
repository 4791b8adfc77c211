"""Pool of single-threaded worker processes on this machine."""

import logging
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from astronet.errors import WorkerError
from astronet.execution.shared import Shared, forget, receive
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
Messages = list[tuple[int, str]]


@dataclass(frozen=True)
class Group:
    """Stars that one worker processes one after another.

    Attributes:
        stars: Picklable arguments of the task, one per star.
        finish: Picklable function of the list of their results. The worker computes it, and only
            what it returns is sent to the main process.
    """

    stars: Sequence[Any]
    finish: Callable[[list[Any]], Any]


@dataclass(frozen=True)
class Processes:
    """Default engine: a pool of worker processes on this machine.

    Attributes:
        workers: Maximum number of processes; None means one per processor that this process may
            use, such as those of its Slurm job. The task runs in the calling process if there is
            only one worker or one star.
        chunk: Number of stars that a worker receives at a time; 1 balances the load best if a star
            takes longer than about 0.1 s.
    """

    workers: int | None = None
    chunk: int = 4

    @property
    def size(self) -> int:
        """Maximum number of processes."""
        return self.workers or _processors()

    def map(self, task: Callable[[Star], Result], stars: Iterable[Star]) -> Iterator[Result]:
        """Yield the results of the task in the order of `stars`; see `Engine.map`.

        Raises:
            WorkerError: A worker process terminated unexpectedly.
        """
        remaining = iter(stars)
        first = list(islice(remaining, self.size))
        remaining = chain(first, remaining)
        if len(first) <= 1:
            yield from map(task, remaining)
            return
        chunks = iter(lambda: list(islice(remaining, self.chunk)), [])
        calls = (partial(run_chunk, task, chunk) for chunk in chunks)
        with closing(_in_pool(len(first), calls, None)) as finished:
            for results in finished:
                for result, messages in results:
                    log_again(messages)
                    yield result

    def map_groups(
        self, task: Callable[[Star], Result], groups: Iterable[Group], shared: Shared
    ) -> Iterator[Any]:
        """Yield what is computed from each group of stars, in order; see `Engine.map_groups`.

        Raises:
            WorkerError: A worker process terminated unexpectedly.
        """
        remaining = iter(groups)
        first = list(islice(remaining, self.size))
        remaining = chain(first, remaining)
        if len(first) <= 1:
            receive(shared)
            try:
                for group in remaining:
                    yield group.finish([task(star) for star in group.stars])
            finally:
                forget(shared.key)
            return
        calls = (partial(run_group, task, group) for group in remaining)
        with closing(_in_pool(len(first), calls, shared)) as finished:
            for result, messages in finished:
                log_again(messages)
                yield result


def _in_pool(
    workers: int, calls: Iterator[Callable[[], Result]], shared: Shared | None
) -> Generator[Result]:
    """Yield the results of picklable functions, called in a pool of processes, in order.

    Args:
        workers: Number of processes.
        calls: Functions without arguments.
        shared: Value that each process receives when it starts; None means none.

    Raises:
        WorkerError: A worker process terminated unexpectedly.
    """
    context = get_context("spawn")
    stopping, stop = context.Pipe(duplex=False)
    with interrupts_blocked():
        pool = ProcessPoolExecutor(
            workers, context, initializer=_start_worker, initargs=(stopping, shared)
        )
    with one_thread_each(), stopping, stop, pool:
        pending = (pool.submit(call) for call in calls)
        complete = False
        try:
            with interrupts_blocked():
                waiting = deque(islice(pending, _CHUNKS_AHEAD * workers))
            while waiting:
                finished = waiting.popleft().result()
                waiting.extend(islice(pending, 1))
                yield finished
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


def _start_worker(stopping: Connection, shared: Shared | None) -> None:
    """Prepare this worker process; see `exit_with_parent` and `astronet.execution.shared`."""
    exit_with_parent(stopping)
    if shared is not None:
        receive(shared)


def run_chunk(
    task: Callable[[Star], Result], stars: Sequence[Star]
) -> list[tuple[Result, Messages]]:
    """Return the result of the task for each star, and the levels and texts of its log messages.

    The messages are logged again by the main process, in the order of the stars.
    """
    messages = _Messages()
    _logger.handlers, _logger.propagate = [messages], False
    return [(task(star), messages.taken()) for star in stars]


def run_group(task: Callable[[Any], Any], group: Group) -> tuple[Any, Messages]:
    """Return what is computed from a group of stars, and the levels and texts of log messages."""
    results, messages = [], []
    for result, own in run_chunk(task, group.stars):
        results.append(result)
        messages += own
    [(found, own)] = run_chunk(group.finish, [results])
    return found, messages + own


def log_again(messages: Messages) -> None:
    """Log messages of a worker in this process."""
    for level, text in messages:
        _logger.log(level, "%s", text)


class _Messages(logging.Handler):
    """Log handler that keeps the messages of a worker process."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: Messages = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the level and the text of a message."""
        self._kept.append((record.levelno, record.getMessage()))

    def taken(self) -> Messages:
        """Return the messages since the last call."""
        kept, self._kept = self._kept, []
        return kept


def _processors() -> int:
    """Return the number of processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        return os.cpu_count() or 1


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
