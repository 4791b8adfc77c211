"""Dask clusters: worker processes on this machine or on many others.

A chunk of stars whose worker dies several times, for example because a star requires more memory
than the worker has, is divided, and a star that still fails gets a result with the reason.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, TypeVar

from astronet.errors import ConfigError, RunError, WorkerError
from astronet.execution.processes import (
    Group,
    Messages,
    log_again,
    one_thread_each,
    run_chunk,
    run_group,
)
from astronet.execution.shared import Shared
from astronet.execution.submission import Pace, in_order

_logger = logging.getLogger("astronet")

_TIMEOUT = 30
"""Maximum time to wait for the connection to a scheduler [s]."""

_VERSION = "astronet:__version__"
"""Name of the version; the standard library resolves it where astronet may be missing."""

Star = TypeVar("Star")
Result = TypeVar("Result")
Chunk = list[tuple[Any, Messages]]


@dataclass(frozen=True)
class Cluster:
    """Engine that runs stars on a Dask cluster.

    Attributes:
        address: "local:N" starts N workers on this machine; otherwise, the address of a scheduler,
            for example "tcp://host:8786", or the path of its scheduler file.
        chunk: Number of stars that a worker receives at a time; more, at most 64, if the task takes
            only a few milliseconds.
        lost: Function that returns the result of a star from the star and the reason why no worker
            could process it; None means that this is an error.
    """

    address: str
    chunk: int = 4
    lost: Callable[[Any, str], Any] | None = None

    def __post_init__(self) -> None:
        if _is_local(self.address) or "://" in self.address or Path(self.address).is_file():
            return
        raise RunError(
            f"{self.address!r} is not a cluster; give local:N, the address of a Dask scheduler "
            "such as tcp://host:8786, or the path of its scheduler file",
            arguments=("cluster",),
        )

    @property
    def size(self) -> int | None:
        """Number of workers; None if it is not known before the connection."""
        return _local_workers(self.address) if _is_local(self.address) else None

    def map(self, task: Callable[[Star], Result], stars: Iterable[Star]) -> Iterator[Result]:
        """Yield the results of the task in the order of `stars`; see `Engine.map`.

        Raises:
            ConfigError: Dask is not installed.
            WorkerError: The connection to the scheduler failed, or workers died repeatedly and
                `lost` is None.
        """
        with _client(self.address) as client, _connection_errors(client, self.address):
            remaining, pace = iter(stars), Pace(self.chunk)
            chunks = iter(lambda: list(islice(remaining, pace.chunk)), [])
            for chunk, future in in_order(client, run_chunk, task, chunks):
                pace.count()
                for result, messages in self._result(client, task, chunk, future):
                    log_again(messages)
                    yield result

    def map_groups(
        self, task: Callable[[Star], Result], groups: Iterable[Group], shared: Shared
    ) -> Iterator[Any]:
        """Yield what is computed from each group of stars, in order; see `Engine.map_groups`.

        If the workers of a group die, its stars are processed one by one, as by `map`.

        Raises:
            ConfigError: Dask is not installed.
            WorkerError: The connection to the scheduler failed, or workers died repeatedly and
                `lost` is None.
        """
        with _client(self.address) as client, _connection_errors(client, self.address):
            plugin = import_module("astronet.execution.dask_plugin").Receiving(shared)
            client.register_plugin(plugin)
            try:
                for group, future in in_order(client, run_group, task, iter(groups)):
                    result, messages = self._result_of_group(client, task, group, future)
                    log_again(messages)
                    yield result
            finally:
                if client.status == "running":
                    client.unregister_worker_plugin(plugin.name)

    def _result_of_group(
        self, client: Any, task: Any, group: Group, future: Any
    ) -> tuple[Any, Messages]:
        """Return what is computed from a group, without the stars that kill their workers."""
        killed = _dask().KilledWorker
        with suppress(killed):
            found: tuple[Any, Messages] = future.result()
            return found
        results, messages = [], []
        for star in group.stars:
            [(result, own)] = self._result(client, task, [star], _submit(client, task, [star]))
            results.append(result)
            messages += own
        try:
            [(finished, own)] = _submit(client, group.finish, [results]).result()
        except killed:
            raise WorkerError(
                "workers died each time that they computed scores, probably because they ran out "
                "of memory; give the workers more memory, then run the same command again and "
                "resume it",
                arguments=("resume",),
            ) from None
        return finished, messages + own

    def _result(self, client: Any, task: Any, chunk: list[Any], future: Any) -> Chunk:
        """Return the results of a chunk; if its workers died, those of its stars one by one."""
        try:
            found: Chunk = future.result()
            return found
        except _dask().KilledWorker:
            if len(chunk) == 1:
                return [(self._lost(chunk[0]), [])]
        # One star at a time, so that a failure is attributed to the star that caused it.
        results: Chunk = []
        for star in chunk:
            results += self._result(client, task, [star], _submit(client, task, [star]))
        return results

    def _lost(self, star: Any) -> Any:
        reason = (
            "the worker process died each time that it processed this star, probably because it "
            "ran out of memory; give the workers more memory"
        )
        if self.lost is None:
            raise WorkerError(f"a star could not be processed: {reason}", arguments=("resume",))
        return self.lost(star, reason)


def _submit(client: Any, task: Any, chunk: Sequence[Any]) -> Any:
    return client.submit(run_chunk, task, chunk, pure=False)


def _local_workers(address: str) -> int:
    return int(address.removeprefix("local:"))


def _is_local(address: str) -> bool:
    number = address.removeprefix("local:")
    known = address.startswith("local:") and number.isascii() and number.isdigit()
    return known and len(number) < 5 and int(number) > 0


def _dask() -> Any:
    """Import Dask, and return the module.

    Raises:
        ConfigError: Dask is not installed.
    """
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise ConfigError(
            "Dask, which runs clusters, is not installed; run `pip install 'astronet[cluster]'`"
        ) from None
    logging.getLogger("distributed").setLevel(logging.ERROR)  # it logs each worker that dies
    return distributed


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """Connect to a cluster, or start a local one, for the `with` block.

    Raises:
        ConfigError: Dask is not installed.
        WorkerError: The scheduler cannot be reached, or has another version of astronet.
    """
    distributed = _dask()
    settings = {
        "distributed.comm.timeouts.connect": _TIMEOUT,
        # Local workers would keep profiles of the last hour, about 10 MB per minute.
        "distributed.worker.profile.enabled": False,
    }
    with ExitStack() as opened:
        opened.enter_context(import_module("dask").config.set(settings))
        if _is_local(address):
            opened.enter_context(one_thread_each())
            cluster = opened.enter_context(
                distributed.LocalCluster(
                    n_workers=_local_workers(address),
                    threads_per_worker=1,
                    dashboard_address="127.0.0.1:0",
                    local_directory=os.environ.get("TMPDIR"),
                )
            )
            yield opened.enter_context(distributed.Client(cluster))
            return
        given = {"address": address} if "://" in address else {"scheduler_file": address}
        try:
            client = opened.enter_context(distributed.Client(timeout=_TIMEOUT, **given))
        except (OSError, ValueError) as error:
            raise WorkerError(
                f"the scheduler {address} cannot be reached ({type(error).__name__}); check that "
                "it is running, and its address",
                arguments=("cluster",),
            ) from None
        with _connection_errors(client, address):
            _check_versions(client, address)
        if not client.nthreads():
            _logger.warning("%s has no workers; waiting until they are started", address)
        if any(threads != 1 for threads in client.nthreads().values()):
            _logger.warning(
                "some workers of %s have several threads; start them with one thread each, "
                "because the computation is faster with more processes than threads",
                address,
            )
        yield client


def _check_versions(client: Any, address: str) -> None:
    """Raise an error if the scheduler or a worker cannot import this version of astronet.

    Without it, they cannot read the tasks; a worker with another version may give other results.

    Raises:
        WorkerError: astronet is missing, or has another version.
    """
    own = resolve_name(_VERSION)
    try:
        found = {"the scheduler": client.run_on_scheduler(resolve_name, _VERSION)}
    except (ImportError, AttributeError):
        found = {"the scheduler": None}
    workers = client.run(resolve_name, _VERSION, on_error="return")
    found |= {f"the worker {name}": version for name, version in workers.items()}
    for name, version in found.items():
        if version != own:
            has = f"astronet {version}" if isinstance(version, str) else "no astronet"
            raise WorkerError(
                f"{name} of {address} has {has}, but this command has astronet {own}; start the "
                "scheduler and all workers in an environment with the same version",
                arguments=("cluster",),
            )


@contextmanager
def _connection_errors(client: Any, address: str) -> Iterator[None]:
    """Replace the errors after the loss of a scheduler by a `WorkerError`."""
    try:
        yield
    except (OSError, CancelledError, RuntimeError) as error:
        if client.status == "running" and not isinstance(error, CancelledError):
            raise  # an error of the task
        raise WorkerError(
            f"the connection to the scheduler {address} was lost ({type(error).__name__}); run the "
            "same command again and resume it",
            arguments=("resume",),
        ) from None
