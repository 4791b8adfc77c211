"""Ending a command after its current part, when it is interrupted or a batch system stops it."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import current_thread, main_thread
from types import FrameType

_logger = logging.getLogger("astronet")


@dataclass
class Ending:
    """State of a command that may have been asked to end.

    Attributes:
        requested: Whether SIGINT (Ctrl-C) or SIGTERM was received.
    """

    requested: bool = False


@contextmanager
def ending_after_part() -> Iterator[Ending]:
    """Note the first SIGINT or SIGTERM in the `with` block instead of ending at once.

    Batch systems such as Slurm send SIGTERM some time before they kill a command. The context
    manager has no effect outside the main thread.

    Raises:
        KeyboardInterrupt: A second signal was received.
    """
    ending = Ending()
    if current_thread() is not main_thread():
        yield ending
        return

    def note(number: int, _: FrameType | None) -> None:
        if ending.requested:
            raise KeyboardInterrupt
        ending.requested = True
        _logger.warning(
            "%s: the current part will be finished; interrupt again to end at once",
            signal.Signals(number).name,
        )

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
