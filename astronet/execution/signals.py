"""End of a command and of its worker processes, if it is interrupted or a batch system stops it."""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from threading import Thread, current_thread, main_thread
from types import FrameType
from typing import Any

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


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Block Ctrl-C (SIGINT) and SIGTERM in processes started in the `with` block.

    After Ctrl-C, or if a batch system ends the command, only this process is interrupted: it stops
    the workers, which print no tracebacks. Ctrl-C within the block is delayed until the end of the
    block. The context manager has no effect outside the main thread or on platforms without signal
    masks.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed in the `with` block.
    """
    if not hasattr(signal, "pthread_sigmask") or current_thread() is not main_thread():
        yield
        return
    interrupts: list[int] = []
    # Child processes inherit the signal mask. It applies to this thread only; another thread may
    # still receive the signal, whose handler then runs here.
    blocked = {signal.SIGINT, signal.SIGTERM}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    handler = signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
    if interrupts:
        raise KeyboardInterrupt


def exit_with_parent(stopping: Connection) -> None:
    """End this worker process when the process that started it ends, even if that one is killed.

    Otherwise, the workers of a killed process would wait for stars forever.

    Args:
        stopping: Receiving end of a pipe; the process also ends when the other end is closed.
    """
    parent = parent_process()
    if parent is not None:
        Thread(target=_exit_after, args=([parent.sentinel, stopping],), daemon=True).start()


def _exit_after(events: list[Any]) -> None:
    """Wait until one of some connections or sentinels is ready, and then end this process."""
    wait(events)
    os._exit(1)
