"""The pool of processes preserves the order and limits memory and threads."""

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from samples import REPOSITORY

from astronet.errors import WorkerError
from astronet.execution.processes import Processes

HERE = (Path(__file__).parent, Path(__file__).parents[1])
"""Folders from which a program imports this module."""


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [0, 1, 3, 50])
def test_results_are_in_the_order_of_the_stars(workers: int, number: int) -> None:
    found = list(Processes(workers).map(math.sqrt, range(number)))
    assert found == [math.sqrt(k) for k in range(number)]


def test_one_worker_runs_in_this_process() -> None:
    assert set(Processes(1).map(_process_id, range(9))) == {os.getpid()}
    assert list(Processes(2).map(_process_id, [0])) == [os.getpid()]
    assert os.getpid() not in set(Processes(2).map(_process_id, range(9)))


@pytest.mark.parametrize("processors", [1, 2, 3])
def test_the_default_is_one_worker_per_processor_that_the_process_may_use(
    processors: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)), raising=False)
    task = partial(_process_id_when_others_run, tmp_path, processors)
    found = set(Processes().map(task, range(4 * processors)))
    assert len(found) == processors
    assert (os.getpid() in found) == (processors == 1)


def test_only_a_few_stars_are_processed_before_their_results_are_consumed(tmp_path: Path) -> None:
    results = Processes(2).map(Path.touch, [tmp_path / f"{k:04d}" for k in range(400)])
    next(results)
    time.sleep(0.5)
    done = len(list(tmp_path.iterdir()))
    results.close()  # type: ignore[attr-defined]
    assert 1 <= done <= 50


@pytest.mark.parametrize("workers", [1, 2])
def test_only_a_few_stars_are_read_from_an_endless_iterable(workers: int) -> None:
    taken = []

    def stars() -> Iterator[int]:
        for k in count():
            taken.append(k)
            yield k

    results = Processes(workers).map(math.sqrt, stars())
    assert [next(results) for _ in range(10)] == [math.sqrt(k) for k in range(10)]
    results.close()  # type: ignore[attr-defined]
    assert len(taken) <= 64


def test_workers_that_run_the_task_end_when_the_results_are_no_longer_needed() -> None:
    results = Processes(2, chunk=1).map(time.sleep, [0.0, 60.0, 60.0, 60.0])
    next(results)
    begin = time.monotonic()
    results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begin < 10


def test_an_error_in_a_worker_is_raised_here() -> None:
    with pytest.raises(ValueError, match="domain"):
        list(Processes(2).map(math.sqrt, [1, 4, -1, 9, 16]))


def test_error_of_a_killed_worker_is_one_line() -> None:
    with pytest.raises(WorkerError) as caught:
        list(Processes(2).map(os._exit, [9] * 20))
    assert str(caught.value) == (
        "a worker process was killed, probably because it ran out of memory; run the same "
        "command again with fewer workers"
    )
    assert caught.value.arguments == ("workers", "resume")


def test_workers_use_one_thread_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"]
    assert list(Processes(2).map(os.getenv, names * 2)) == ["1"] * 6
    assert os.environ["OMP_NUM_THREADS"] == "2"
    assert "MKL_NUM_THREADS" not in os.environ


def _process_id(_: int) -> int:
    return os.getpid()


def _process_id_when_others_run(folder: Path, processes: int, _: int) -> int:
    """Return the number of this process; its first call waits until all processes have started."""
    mark, end = folder / str(os.getpid()), time.monotonic() + 60
    if not mark.exists():
        mark.touch()
        while len(list(folder.iterdir())) < processes and time.monotonic() < end:
            time.sleep(0.05)
    return os.getpid()


@pytest.mark.skipif(not hasattr(os, "kill"), reason="requires signals")
def test_workers_end_if_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    program = (
        "from astronet.execution.processes import Processes\n"
        "from test_processes import _mark_and_sleep\n"
        "if __name__ == '__main__':\n"
        f"    list(Processes(2, chunk=1).map(_mark_and_sleep, [{str(tmp_path)!r}] * 4))\n"
    )
    (tmp_path / "program.py").write_text(program)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, [REPOSITORY, *HERE]))}
    started = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py")], env=environment, stderr=subprocess.DEVNULL
    )
    workers: list[int] = []
    while len(workers) < 2 and started.poll() is None:
        time.sleep(0.05)
        workers = [int(path.name) for path in (tmp_path / "workers").glob("*")]
    started.kill()
    started.wait()
    end = time.monotonic() + 20
    while any(map(_is_running, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert len(workers) == 2 and not any(map(_is_running, workers))


def _mark_and_sleep(folder: str) -> None:
    place = Path(folder) / "workers"
    place.mkdir(exist_ok=True)
    (place / str(os.getpid())).touch()
    time.sleep(60)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
