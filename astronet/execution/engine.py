"""Execution of a task for many stars, by a pool of processes or another engine."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from astronet.execution.processes import Processes

Star = TypeVar("Star")
Result = TypeVar("Result")


class Engine(Protocol):
    """Interface for running a task for many stars, on this machine (`Processes`) or a cluster."""

    def map(self, task: Callable[[Star], Result], stars: Iterable[Star]) -> Iterator[Result]:
        """Yield the results of the task in the order of `stars`.

        Only a bounded number of stars and results is in memory at any time, and nothing is kept
        after the last result. Closing the iterator cancels the stars that have not been started.

        Args:
            task: Pure function of one star that can be pickled; its exceptions are raised here.
            stars: Arguments of the task, one per star, which must be picklable.

        Raises:
            WorkerError: A worker terminated unexpectedly.
        """


def run_stars(
    task: Callable[[Star], Result], stars: Iterable[Star], where: Engine = Processes()
) -> Iterator[Result]:
    """Return an iterator over the results of a task, in the order of `stars`.

    Args:
        task: Pure function of one star that can be pickled.
        stars: Arguments of the task, one per star, which must be picklable.
        where: Engine that runs the task; by default, one process per processor.

    Raises:
        WorkerError: A worker terminated unexpectedly.
    """
    return where.map(task, stars)
