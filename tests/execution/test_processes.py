"""A pool of processes keeps the order, the memory and the threads in bounds."""

import math
import os
import time
from pathlib import Path

import pytest

from astronet.errors import WorkerError
from astronet.execution.processes import map_in_order


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_results_come_in_the_order_of_the_items(workers: int, count: int) -> None:
    found = list(map_in_order(math.sqrt, range(count), workers))
    assert found == [math.sqrt(k) for k in range(count)]


def test_only_a_few_items_are_taken_ahead_of_the_one_that_is_wanted(tmp_path: Path) -> None:
    results = map_in_order(Path.touch, [tmp_path / f"{k:04d}" for k in range(400)], 2)
    next(results)
    time.sleep(0.5)
    done = len(list(tmp_path.iterdir()))
    results.close()  # type: ignore[attr-defined]
    assert 1 <= done <= 50


def test_an_error_in_a_worker_is_raised_here() -> None:
    with pytest.raises(ValueError, match="domain"):
        list(map_in_order(math.sqrt, [1, 4, -1, 9, 16], 2))


def test_a_killed_worker_is_one_line() -> None:
    with pytest.raises(
        WorkerError, match="a worker process was killed, perhaps for want of memory"
    ):
        list(map_in_order(os._exit, [9] * 20, 2))


def test_workers_use_one_thread_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"]
    assert list(map_in_order(os.getenv, names * 2, 2)) == ["1"] * 6
    assert os.environ["OMP_NUM_THREADS"] == "2"
    assert "MKL_NUM_THREADS" not in os.environ
