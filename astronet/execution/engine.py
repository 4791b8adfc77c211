"""Execution of a task for many stars, by a pool of processes or another engine."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from astronet.execution.processes import Group, Processes
from astronet.execution.shared import Shared

Star = TypeVar("Star")
Result = TypeVar("Result")


class Engine(Protocol):
    """Interface of engines that run a task for many stars; `Processes` is the default engine."""

    @property
    def size(self) -> int | None:
        """Maximum number of workers; None if it is not known."""

    def map(self, task: Callable[[Star], Result], stars: Iterable[Star]) -> Iterator[Result]:
        """Yield the results of the task in the order of `stars`.

        Only a bounded number of stars and results is in memory at any time. When the iterator is
        exhausted or closed, all resources, such as worker processes, are released. If it is closed
        before the last result, the task is not run for the stars that are still waiting, and
        workers that are running it may be ended.

        Args:
            task: Picklable pure function of one star; its exceptions are passed on to the caller.
            stars: Picklable arguments of the task, one per star.

        Raises:
            WorkerError: A worker terminated unexpectedly.
        """

    def map_groups(
        self, task: Callable[[Star], Result], groups: Iterable[Group], shared: Shared
    ) -> Iterator[Any]:
        """Yield what is computed from the results of each group of stars, in order.

        Unlike with `map`, the results of the task are not sent to this process: the same worker
        processes the stars of a group one after another, and computes `Group.finish` of their
        results. Memory, the end of the iterator and errors are as for `map`.

        Args:
            task: Picklable pure function of one star.
            groups: Groups of stars.
            shared: Value that each worker receives before its first group; see
                `astronet.execution.shared.made_of`.

        Raises:
            WorkerError: A worker terminated unexpectedly.
        """


def run_stars(
    task: Callable[[Star], Result], stars: Iterable[Star], where: Engine = Processes()
) -> Iterator[Result]:
    """Return an iterator over the results of a task, in the order of `stars`.

    Args:
        task: Picklable pure function of one star.
        stars: Picklable arguments of the task, one per star.
        where: Engine that runs the task; by default, one process per processor.

    Raises:
        WorkerError: A worker terminated unexpectedly.
    """
    return where.map(task, stars)
