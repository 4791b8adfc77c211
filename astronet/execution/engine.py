"""Execution of a task for many stars by an engine that the caller chooses."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from astronet.execution.processes import Processes

Star = TypeVar("Star")
Result = TypeVar("Result")


class Engine(Protocol):
    """Executor of a task for many stars: `Processes` on this machine, or a cluster."""

    def map(self, task: Callable[[Star], Result], stars: Iterable[Star]) -> Iterator[Result]:
        """Yield the task's results in the order of the stars.

        Only a bounded number of stars and results is in memory at any time, and nothing is kept
        after the last result. Closing the iterator cancels the stars that have not started.

        Args:
            task: A pure function that can be pickled; its exceptions are raised here.
            stars: The arguments of the task, one per star; they can be pickled.

        Raises:
            WorkerError: A worker died.
        """


def run_stars(
    task: Callable[[Star], Result], stars: Iterable[Star], where: Engine = Processes()
) -> Iterator[Result]:
    """Yield the results of a task in the order of the stars, as they become available.

    Args:
        task: A pure function of one star that can be pickled.
        stars: The arguments of the task, one per star.
        where: The engine; by default one process per processor.

    Raises:
        WorkerError: A worker died.
    """
    return where.map(task, stars)
