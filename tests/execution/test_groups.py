"""Groups of stars: computed by one worker, with values that each worker receives once."""

import logging
import os
from collections.abc import Iterator
from functools import partial

import pytest

from astronet.errors import WorkerError
from astronet.execution.processes import Group, Processes
from astronet.execution.shared import Shared, forget, made_of, receive


def square(number: int) -> int:
    logging.getLogger("astronet").warning("squared %d", number)
    return number**2


def total(key: str, squares: list[int]) -> tuple[int, int, int]:
    """Return the sum with an offset, the process, and the object that was made of the offset."""
    offset = made_of(key, lambda value: [value])
    return sum(squares) + offset[0], os.getpid(), id(offset)


def groups(key: str, count: int = 12) -> Iterator[Group]:
    return (Group(range(3 * k, 3 * k + 3), partial(total, key)) for k in range(count))


@pytest.mark.parametrize("workers", [1, 2])
def test_groups_are_finished_in_order_where_their_stars_were_processed(
    workers: int, caplog: pytest.LogCaptureFixture
) -> None:
    shared = Shared(1000)
    found = list(Processes(workers).map_groups(square, groups(shared.key), shared))
    sums = [sum(n**2 for n in range(3 * k, 3 * k + 3)) for k in range(12)]
    assert [one for one, *_ in found] == [1000 + one for one in sums]
    processes = {process for _, process, _ in found}
    assert processes == {os.getpid()} if workers == 1 else os.getpid() not in processes
    assert len({(process, made) for _, process, made in found}) == len(processes)
    assert caplog.messages == [f"squared {number}" for number in range(36)]


def test_no_groups_have_no_results() -> None:
    assert list(Processes(2).map_groups(square, [], Shared(0))) == []


def test_a_value_is_forgotten_with_what_was_made_of_it() -> None:
    shared = Shared("value")
    receive(shared)
    assert made_of(shared.key, str.upper) == made_of(shared.key, str.lower) == "VALUE"
    forget(shared.key)
    with pytest.raises(WorkerError, match="has not received the networks; run the same command"):
        made_of(shared.key, str.upper)
