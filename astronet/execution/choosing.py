"""Choice of the engine that runs a command's stars."""

from collections.abc import Callable
from typing import Any

from astronet.errors import RunError
from astronet.execution.cluster import Cluster
from astronet.execution.engine import Engine
from astronet.execution.processes import Processes


def engine_of(
    workers: int | None,
    cluster: str | None,
    *,
    chunk: int = 4,
    lost: Callable[[Any, str], Any] | None = None,
) -> Engine:
    """Return a pool of processes, or a Dask cluster if its address is given.

    Args:
        workers: Number of worker processes; None means one per processor.
        cluster: Address of a cluster; see `Cluster`. None means a pool of processes.
        chunk: Number of stars that a worker receives at a time.
        lost: Function that returns the result of a star that no worker of a cluster could process,
            from the star and the reason; None means that this is an error.

    Raises:
        RunError: Both `workers` and `cluster` are given, or the address is invalid.
    """
    if cluster is None:
        return Processes(workers, chunk)
    if workers is not None:
        raise RunError(
            "the number of workers and a cluster are both given, but a cluster has its own "
            "workers; give one of them",
            arguments=("workers", "cluster"),
        )
    return Cluster(cluster, chunk, lost)
