"""Processes that train a network together, and the events that each of them receives."""

from dataclasses import dataclass

import numpy as np

from astronet.lightcurves.arrays import Ints, Views


@dataclass(frozen=True)
class Rank:
    """One of several processes that train a network together, each on its own device.

    The gradient of a step is the mean over the processes.

    Attributes:
        number: Number of the process, counted from 0.
        processes: Number of processes.
        port: TCP port on this machine through which the processes find each other.
    """

    number: int = 0
    processes: int = 1
    port: int = 0

    def part_of(self, events: int) -> tuple[Ints, Views | None]:
        """Return this process's events of a training batch.

        With these weights, the mean over the processes of their weighted mean losses is the mean
        loss of the batch, even if the processes have different numbers of events. A process without
        events repeats the first event with the weight 0.

        Args:
            events: Number of events in the batch of all processes.

        Returns:
            Places of the events in the batch [b], and their weights [b]; None if there is only one
            process.
        """
        if self.processes == 1:
            return np.arange(events), None
        first, last = (events * (self.number + k) // self.processes for k in (0, 1))
        if first == last:
            return np.zeros(1, np.int64), np.zeros(1, np.float32)
        size = last - first
        weights = np.full(size, self.processes * size / events, np.float32)
        return np.arange(first, last), weights

    def block_of(self, events: int) -> tuple[Ints, Views | None]:
        """Return this process's events of the validation set.

        Each process has the same number of events m, so that their logits can be gathered. For this
        purpose, the last event is repeated with the weight 0.

        Args:
            events: Number of validation events.

        Returns:
            Places of the events in the validation set [m], and their weights [m]: 1, or 0 if the
            event is repeated; None if there is only one process.
        """
        if self.processes == 1:
            return np.arange(events), None
        size = -(-events // self.processes)
        places = np.arange(self.number * size, (self.number + 1) * size)
        return np.minimum(places, events - 1), (places < events).astype(np.float32)


ALONE = Rank()
"""The only process."""
