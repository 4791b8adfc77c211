"""Dask clusters: the same results as the pool of processes, also if workers and schedulers die."""

import math
import os
import signal
import subprocess
import sys
import time
from functools import partial
from threading import Thread, Timer

import pytest

from astronet.errors import RunError, WorkerError
from astronet.execution.cluster import Cluster
from astronet.execution.engine import run_stars
from astronet.execution.processes import Group
from astronet.execution.shared import Shared, made_of

distributed = pytest.importorskip("distributed")


def process_of(number: float) -> int:
    time.sleep(0.02)
    return os.getpid()


def deadly(number: float) -> float:
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return math.sqrt(number)


def slow_root(number: float) -> float:
    time.sleep(0.05)
    return math.sqrt(number)


def total(key: str, numbers: list[float]) -> float:
    return made_of(key, float) + sum(numbers)


def profiled(number: float) -> bool:
    import dask

    return dask.config.get("distributed.worker.profile.enabled")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """A cluster of two workers with one thread each, started as users do."""
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    environment["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "1"
    start = {"env": environment, "cwd": folder, "stderr": subprocess.DEVNULL}
    python = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    processes = [
        subprocess.Popen(
            [*python, "--scheduler-file", file, "--port", "0", "--no-dashboard"], **start
        )
    ]
    python = [sys.executable, "-m", "distributed.cli.dask_worker"]
    words = [*python, "--scheduler-file", file, "--nthreads", "1", "--nworkers", "2"]
    processes.append(subprocess.Popen([*words, "--no-dashboard"], **start))
    while not file.exists():
        time.sleep(0.05)
    with distributed.Client(scheduler_file=str(file)) as client:
        client.wait_for_workers(2, timeout=60)
    yield file
    for process in reversed(processes):
        process.kill()
        process.wait()


def test_results_are_in_the_order_of_the_stars(scheduler) -> None:
    numbers = [float(n) for n in range(50)]
    found = list(run_stars(math.sqrt, numbers, Cluster(str(scheduler), chunk=3)))
    assert found == [math.sqrt(n) for n in numbers]


def test_an_error_of_the_task_is_raised_here(scheduler) -> None:
    with pytest.raises(ValueError, match="domain"):
        list(run_stars(math.sqrt, [1.0, -1.0], Cluster(str(scheduler))))


def test_only_a_few_stars_are_read_ahead(scheduler) -> None:
    read: list[int] = []

    def endless():
        for number in range(10**9):
            read.append(number)
            yield float(number)

    results = run_stars(math.sqrt, endless(), Cluster(str(scheduler), chunk=2))
    assert [next(results) for _ in range(3)] == [0, 1, math.sqrt(2)]
    results.close()
    assert len(read) < 60


def test_a_star_that_kills_its_workers_has_a_result_with_the_reason(scheduler) -> None:
    lost = Cluster(str(scheduler), chunk=4, lost=lambda star, reason: (star, reason))
    found = list(run_stars(deadly, [float(n) for n in range(20)], lost))
    star, reason = found[13]
    assert star == 13 and "the worker process died each time" in reason
    assert found[:13] + found[14:] == [math.sqrt(n) for n in range(20) if n != 13]


def test_a_group_is_finished_without_the_star_that_kills_its_workers(scheduler) -> None:
    """The workers that replace the dead ones receive the shared value, too."""
    lost = Cluster(str(scheduler), lost=lambda star, reason: -100.0)
    shared = Shared("1000")
    finish = partial(total, shared.key)
    groups = [Group([float(n) for n in range(k, k + 4)], finish) for k in range(0, 20, 4)]
    found = list(lost.map_groups(deadly, groups, shared))
    roots = [math.sqrt(n) if n != 13 else -100.0 for n in range(20)]
    assert found == pytest.approx([1000 + sum(roots[k : k + 4]) for k in range(0, 20, 4)])


def test_local_workers_keep_no_profiles() -> None:
    """Profiles need more memory every second, for an hour."""
    assert list(run_stars(profiled, [1.0], Cluster("local:1"))) == [False]


def test_a_killed_worker_is_replaced(scheduler) -> None:
    cluster = Cluster(str(scheduler), chunk=1)
    [worker, *_] = set(run_stars(process_of, range(8), cluster))

    def kill() -> None:
        time.sleep(0.3)
        os.kill(worker, signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    numbers = [float(n) for n in range(40)]
    assert list(run_stars(slow_root, numbers, cluster)) == [math.sqrt(n) for n in numbers]
    killer.join()


def test_a_lost_scheduler_is_one_line_that_names_the_remedy(monkeypatch) -> None:
    monkeypatch.setattr("astronet.execution.cluster._TIMEOUT", 1)
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", processes=True
    )
    address = cluster.scheduler_address
    results = run_stars(slow_root, (float(n) for n in range(10_000)), Cluster(address, chunk=1))
    assert next(results) == 0
    cluster.close()
    with pytest.raises(WorkerError, match="scheduler .* (was lost|cannot be reached)") as error:
        list(results)
    assert error.value.arguments == ("resume",)


def test_a_cluster_without_workers_is_reported(caplog) -> None:
    with distributed.LocalCluster(
        n_workers=0, threads_per_worker=1, dashboard_address="127.0.0.1:0", processes=True
    ) as cluster:
        results = run_stars(math.sqrt, [4.0], Cluster(cluster.scheduler_address))
        Timer(1, cluster.scale, [1]).start()
        assert next(results) == 2
    assert "has no workers; waiting until they are started" in caplog.text


@pytest.mark.parametrize(
    ("module", "expected"),
    [("__version__ = '0.0.1'", "astronet 0.0.1"), ("raise ImportError", "no astronet")],
)
def test_a_scheduler_with_another_version_is_rejected(tmp_path, module, expected) -> None:
    (tmp_path / "astronet.py").write_text(module)  # the working directory is searched first
    file = tmp_path / "scheduler.json"
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0"]
    process = subprocess.Popen(
        [*words, "--scheduler-file", file, "--no-dashboard"],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not file.exists():
            time.sleep(0.05)
        with pytest.raises(WorkerError, match=f"the scheduler of .* has {expected}, but") as error:
            list(run_stars(math.sqrt, [1.0], Cluster(str(file))))
        assert "\n" not in str(error.value)
    finally:
        process.kill()
        process.wait()


def test_an_unreachable_scheduler_is_rejected(monkeypatch) -> None:
    monkeypatch.setattr("astronet.execution.cluster._TIMEOUT", 1)
    with pytest.raises(WorkerError, match=r"the scheduler tcp://127\.0\.0\.1:9 cannot be reached"):
        list(run_stars(math.sqrt, [1.0], Cluster("tcp://127.0.0.1:9")))


@pytest.mark.parametrize("address", ["local", "local:0", "local:x", "nowhere", "local:99999999"])
def test_invalid_addresses_are_rejected(address: str) -> None:
    with pytest.raises(RunError, match="is not a cluster; give local:N") as error:
        Cluster(address)
    assert error.value.arguments == ("cluster",)
