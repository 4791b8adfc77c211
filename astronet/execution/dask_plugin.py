"""Plugin by which the workers of a Dask cluster, also those that start later, receive a value."""

from distributed import Worker, WorkerPlugin

from astronet.execution.shared import Shared, forget, receive


class Receiving(WorkerPlugin):
    """Plugin that gives a value to each worker when it starts, or when the plugin is registered.

    Args:
        shared: The value. The scheduler keeps it, so that no worker needs another one to receive
            it; scattered data would be lost with the workers that have them.
    """

    def __init__(self, shared: Shared) -> None:
        self.name = shared.key
        self._shared = shared

    def setup(self, worker: Worker) -> None:
        """Keep the value in the worker's process."""
        receive(self._shared)

    def teardown(self, worker: Worker) -> None:
        """Delete the value from the worker's process."""
        forget(self._shared.key)
