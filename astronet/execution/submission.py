"""Submission of chunks of stars to a cluster: how many ahead, and of how many stars."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

_CHUNKS_AHEAD = 4
"""Maximum number of submitted chunks per worker thread whose results have not been retrieved yet.

This limits memory use.
"""

_COUNTED_EVERY = 2.0
"""Time after which the threads of the workers, which can come and go, are counted again [s]."""

_CHUNKS_PER_SECOND = 40
"""Rate above which chunks are made larger, because the scheduler manages only some hundred of them
per second."""

_LARGEST_CHUNK = 64
"""Maximum number of stars per chunk."""


class Pace:
    """Number of stars per chunk, doubled while chunks are finished too fast.

    Args:
        chunk: Number of stars per chunk at the beginning.
    """

    _COUNTED = 40

    def __init__(self, chunk: int) -> None:
        self.chunk = chunk
        self._finished, self._since = 0, time.monotonic()

    def count(self) -> None:
        """Count a finished chunk."""
        self._finished += 1
        if self._finished < self._COUNTED:
            return
        now = time.monotonic()
        if now - self._since < self._COUNTED / _CHUNKS_PER_SECOND:
            self.chunk = max(self.chunk, min(2 * self.chunk, _LARGEST_CHUNK))
        self._finished, self._since = 0, now


def in_order(
    client: Any, function: Callable[..., Any], task: Any, items: Iterator[Any]
) -> Iterator[tuple[Any, Any]]:
    """Yield each item and the future of `function(task, item)`, of which some are submitted ahead.

    Args:
        client: Client of the cluster.
        function: Picklable function of the task and an item.
        task: Task of one star.
        items: Chunks or groups of stars.
    """
    waiting: deque[tuple[Any, Any]] = deque()
    ahead, counted = 0, -math.inf
    while True:
        if time.monotonic() - counted > _COUNTED_EVERY:
            ahead = _CHUNKS_AHEAD * max(1, sum(client.nthreads().values()))
            counted = time.monotonic()
        for item in islice(items, max(0, ahead - len(waiting))):
            waiting.append((item, client.submit(function, task, item, pure=False)))
        if not waiting:
            return
        yield waiting.popleft()
