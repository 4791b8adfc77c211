"""Running a task for many stars, whose results are saved in parts."""

from collections.abc import Callable, Generator, Sequence
from contextlib import nullcontext
from itertools import chain
from typing import TypeVar

from astronet.execution.engine import Engine, run_stars
from astronet.execution.part_log import PartLog
from astronet.execution.parts import Content, Parts
from astronet.execution.signals import Ending, ending_after_part

_LARGEST_PART = 64
"""Maximum number of stars per part."""

_FEWEST_PARTS = 64
"""Number of parts below which a part contains only one star."""

Star = TypeVar("Star")
Result = TypeVar("Result")


def part_size(stars: int) -> int:
    """Return the number of stars per part for a number of stars in total, between 1 and 64."""
    return min(max(stars // _FEWEST_PARTS, 1), _LARGEST_PART)


def waiting_stars(parts: Parts, stars: int) -> int:
    """Return the number of stars whose parts are not finished, for a number of stars in total."""
    return sum(len(places) for _, places in _waiting(parts, stars))


def run_in_parts(
    parts: Parts,
    task: Callable[[Star], Result],
    stars: Sequence[Star],
    content_of: Callable[[Sequence[Result]], Content],
    where: Engine,
    advance: Callable[[int], None] = lambda number: None,
    log: PartLog | None = None,
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
        advance: Function that is called with 1 after each star.
        log: Log of the finished parts and failures; None means that there is none.

    Raises:
        KeyboardInterrupt: The command was interrupted. The finished parts are kept.
        WorkerError: A worker terminated unexpectedly. The finished parts are kept.
    """
    waiting = _waiting(parts, len(stars))
    if log is not None:
        log.start(len(stars), sum(len(places) for _, places in waiting))
    given = chain.from_iterable(stars[places.start : places.stop] for _, places in waiting)
    results = run_stars(task, given, where)
    with ending_after_part() if len(waiting) > 1 else nullcontext(Ending()) as ending:
        try:
            for number, places in waiting:
                if ending.requested:
                    raise KeyboardInterrupt
                done = []
                for _ in places:
                    done.append(next(results))
                    advance(1)
                content = content_of(done)
                parts.add(number, content)
                if log is not None:
                    log.part(number, len(places), content)
        finally:
            if isinstance(results, Generator):
                results.close()  # ends the workers


def _waiting(parts: Parts, stars: int) -> list[tuple[int, range]]:
    """Return the number and the positions of the stars of each part that is not finished."""
    size = part_size(stars)
    places = (range(begin, min(begin + size, stars)) for begin in range(0, stars, size))
    return [(number, some) for number, some in enumerate(places) if parts.is_waiting(number)]
