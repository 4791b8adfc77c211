"""Running a task for many stars, whose results are saved in parts."""

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

from astronet.execution.engine import Engine, run_stars
from astronet.execution.part_log import PartLog
from astronet.execution.parts import Content, Parts
from astronet.execution.processes import Group
from astronet.execution.shared import Shared
from astronet.execution.signals import Ending, ending_after_part

_logger = logging.getLogger("astronet")

_LARGEST_PART = 64
"""Maximum number of stars per part."""

_FEWEST_PARTS = 64
"""Number of parts below which a part contains only one star."""

Star = TypeVar("Star")
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class InWorkers:
    """Computation of the content of the parts by the workers, not by the main process.

    Attributes:
        finish_of: Function that returns, for the stars of a part, the picklable function with which
            a worker computes the content of the part from their results.
        shared: Value that each worker receives once.
    """

    finish_of: Callable[[Sequence[Any]], Callable[[list[Any]], Content]]
    shared: Shared


def part_size(stars: int, smallest: int = 1) -> int:
    """Return the number of stars per part for a number of stars in total.

    Args:
        stars: Number of stars.
        smallest: Minimum number of stars per part; the maximum is 64.
    """
    return min(max(stars // _FEWEST_PARTS, smallest), _LARGEST_PART)


def waiting_stars(parts: Parts, stars: int, smallest: int = 1) -> int:
    """Return the number of stars whose parts are not finished; see `part_size`."""
    return sum(len(places) for _, places in _waiting(parts, stars, smallest))


def run_in_parts(
    parts: Parts,
    task: Callable[[Star], Result],
    stars: Sequence[Star],
    content_of: Callable[[Sequence[Result]], Content],
    where: Engine,
    advance: Callable[[int], None] = lambda number: None,
    log: PartLog | None = None,
    *,
    smallest: int = 1,
    in_workers: InWorkers | None = None,
) -> None:
    """Run a task for all stars whose parts are not finished, and save the results as parts.

    Only the results of one part, and those that the engine has computed ahead, are in memory. After
    the first SIGINT (Ctrl-C) or SIGTERM, only the current part is finished; see
    `astronet.execution.signals`.

    Args:
        parts: Finished parts, to which the new ones are added.
        task: Picklable pure function of one star.
        stars: Arguments of the task, one per star, in the order of the result. Those of a part are
            taken from the sequence when they are needed.
        content_of: Function that returns the content of a part from the results of its stars.
        where: Engine that runs the task.
        advance: Function that is called with the number of finished stars: 1 after each star or,
            with `in_workers`, the size of a part after each part.
        log: Log of the finished parts and failures; None means that there is none.
        smallest: Minimum number of stars per part.
        in_workers: Computation of the content of the parts by the workers; None means that this
            process computes it with `content_of`.

    Raises:
        KeyboardInterrupt: The command was interrupted. The finished parts are kept.
        WorkerError: A worker terminated unexpectedly. The finished parts are kept.
    """
    waiting = _waiting(parts, len(stars), smallest)
    sizes = [len(places) for _, places in waiting]
    if log is not None:
        log.start(len(stars), sum(sizes))
    groups = (stars[places.start : places.stop] for _, places in waiting)
    results: Iterator[Any]
    if in_workers is None:
        results = run_stars(task, chain.from_iterable(groups), where)
        contents = _contents(results, sizes, content_of, advance)
    else:
        made = (Group(group, in_workers.finish_of(group)) for group in groups)
        results = where.map_groups(task, made, in_workers.shared)
        contents = _with_progress(results, sizes, advance)
    with ending_after_part() if len(waiting) > 1 else nullcontext(Ending()) as ending:
        try:
            for number, places in waiting:
                if ending.requested:
                    raise KeyboardInterrupt
                content = next(contents)
                parts.add(number, content)
                if log is not None:
                    log.part(number, len(places), content)
        finally:
            if isinstance(results, Generator):
                results.close()  # ends the workers
    if log is not None and parts.shard is not None:
        _warn_of_failures(parts, log)


def _warn_of_failures(parts: Parts, log: PartLog) -> None:
    """Warn of the failures of a shard: it ends as if they were final, and does not repeat them."""
    if log.example is not None:
        number, reason = log.example
        _logger.warning(
            "%d stars or events failed in this shard, for example in part %08d: %s; to repeat such "
            "parts, delete their folders in %s, and run the same command again",
            log.failed,
            number,
            reason,
            parts.path,
        )


def _contents(
    results: Iterator[Result],
    sizes: Sequence[int],
    content_of: Callable[[Sequence[Result]], Content],
    advance: Callable[[int], None],
) -> Iterator[Content]:
    """Yield the content of each part, computed in this process from the results of its stars."""
    for size in sizes:
        done = []
        for _ in range(size):
            done.append(next(results))
            advance(1)
        yield content_of(done)


def _with_progress(
    contents: Iterator[Content], sizes: Sequence[int], advance: Callable[[int], None]
) -> Iterator[Content]:
    """Yield the contents of parts, and show the progress."""
    for size in sizes:
        content = next(contents)
        advance(size)
        yield content


def _waiting(parts: Parts, stars: int, smallest: int) -> list[tuple[int, range]]:
    """Return the number and the positions of the stars of each part that is not finished."""
    size = part_size(stars, smallest)
    places = (range(begin, min(begin + size, stars)) for begin in range(0, stars, size))
    return [(number, some) for number, some in enumerate(places) if parts.is_waiting(number)]
