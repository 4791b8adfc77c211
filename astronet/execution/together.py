"""Processes that run one task together, such as the training of a network on several devices."""

import logging
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, Protocol, TypeVar

from astronet.errors import AstronetError, WorkerError
from astronet.execution.signals import exit_with_parent, interrupts_blocked

_logger = logging.getLogger("astronet")

_SECONDS_TO_END = 5.0
"""Time after which a process that does not end is killed [s]."""

_SECONDS_TO_FAIL = 1.0
"""Time to wait for the cause if a process fails [s]: it may have lost the connection to another
process, which was killed."""

Result = TypeVar("Result", covariant=True)


class JointTask(Protocol[Result]):
    """Interface of a task for several processes; it must be picklable."""

    def __call__(self, number: int, send: Callable[[Any], None]) -> Result:
        """Run the task in one of the processes, and return its result.

        Args:
            number: Number of the process, counted from 0.
            send: Function that sends an object to the process that started the task.
        """


def run_together(
    task: JointTask[Result], processes: int, received: Callable[[Any], None]
) -> Result:
    """Run a task in several processes at the same time, and return the result of the first one.

    The log messages of the first process are logged again by this process. If a process fails or is
    killed, or if this process is interrupted or killed, all of them end.

    Args:
        task: Task that all processes run.
        processes: Number of processes.
        received: Function that is called with each object that a process sends.

    Raises:
        WorkerError: A process was killed.
        AstronetError: The task raised an error.
        KeyboardInterrupt: This process received SIGINT (Ctrl-C) or SIGTERM.
    """
    context = get_context("spawn")
    resource_tracker.ensure_running()  # otherwise, the first start unblocks interrupts
    stopping, stop = context.Pipe(duplex=False)
    members: list[_Member] = []
    with _terminated_like_interrupted(), stopping, stop:
        try:
            with interrupts_blocked():
                for number in range(processes):
                    inbox, outbox = context.Pipe(duplex=False)
                    level = _logger.getEffectiveLevel()
                    arguments = (task, number, level, stopping, outbox)
                    process = context.Process(target=_run, args=arguments)
                    members.append(_Member(number, process, inbox))
                    with outbox:  # closed here, so that the pipe ends when the process ends
                        process.start()
            result: Result = _result(members, received)
            return result
        finally:
            stop.close()
            for member in members:
                member.end()


@dataclass
class _Member:
    """One of the processes, as seen by the process that started it.

    Attributes:
        number: Number of the process, counted from 0.
        process: Process.
        inbox: Receiving end of the pipe for its messages.
        results: Result of the task, if it is complete.
        errors: Exception that the task raised, if any.
    """

    number: int
    process: SpawnProcess
    inbox: Connection
    results: list[Any] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    @property
    def killed(self) -> bool:
        """Whether the process ended without a result or an exception."""
        ended = self.process.exitcode is not None
        return ended and not self.results and not self.errors

    def receive(self, received: Callable[[Any], None]) -> bool:
        """Receive one message, and return whether more may follow."""
        try:
            kind, content = self.inbox.recv()
        except (EOFError, OSError):
            self.process.join()
            return False
        if kind == "log":
            _logger.log(content[0], "%s", content[1])
        elif kind == "sent":
            received(content)
        else:
            (self.results if kind == "result" else self.errors).append(content)
        return True

    def end(self) -> None:
        """Wait until the process ends, and kill it if it does not."""
        if self.process.pid is not None:
            self.process.join(_SECONDS_TO_END)
            if self.process.is_alive():
                self.process.kill()
                self.process.join()
        self.inbox.close()


def _result(members: Sequence[_Member], received: Callable[[Any], None]) -> Any:
    """Handle the messages of all processes, and return the result of the first process.

    Raises:
        WorkerError: A process was killed.
        Exception: The task raised it.
    """
    open_ones = {member.inbox: member for member in members}
    while open_ones:
        for inbox in wait(list(open_ones)):
            member = open_ones[inbox]  # type: ignore[index]
            if not member.receive(received):
                del open_ones[member.inbox]
        if any(member.errors or member.killed for member in members):
            _raise_cause(members, received)
    return members[0].results[0]


def _raise_cause(members: Sequence[_Member], received: Callable[[Any], None]) -> None:
    """Raise the error that caused the others: of the task, or because a process was killed."""
    expected = _expected_error(members)
    if expected is None and not any(member.killed for member in members):
        wait([one.process.sentinel for one in members if not one.errors], _SECONDS_TO_FAIL)
        for member in members:
            while member.inbox.poll() and member.receive(received):
                pass
        expected = _expected_error(members)
    if expected is not None:
        raise expected
    for member in members:
        if member.killed:
            raise WorkerError(
                f"process {member.number + 1} of {len(members)} {_end_of(member.process)}"
            )
    raise next(error for member in members for error in member.errors)


def _expected_error(members: Sequence[_Member]) -> AstronetError | None:
    errors = (error for member in members for error in member.errors)
    return next((error for error in errors if isinstance(error, AstronetError)), None)


def _end_of(process: SpawnProcess) -> str:
    """Return how a process ended, for a message."""
    code = process.exitcode or 0
    if code >= 0:
        return f"ended unexpectedly with exit status {code}"
    name = signal.Signals(-code).name
    memory = " (probably out of memory)" if -code == signal.SIGKILL else ""
    return f"was killed by {name}{memory}"


def _run(
    task: JointTask[Any], number: int, level: int, stopping: Connection, outbox: Connection
) -> None:
    """Run the task in one of the processes, and send its result or its exception."""
    exit_with_parent(stopping)

    def send(content: Any) -> None:
        outbox.send(("sent", content))

    _logger.handlers, _logger.propagate = [logging.NullHandler()], False
    if number == 0:
        _logger.handlers = [_Sender(outbox)]
        _logger.setLevel(level)
    else:
        warnings.simplefilter("ignore")
    try:
        result = task(number, send)
    except Exception as error:
        outbox.send(("error", _picklable(error)))
    else:
        outbox.send(("result", result))


def _picklable(error: Exception) -> Exception:
    """Return an exception that another process can raise, with the traceback as a note."""
    trace = traceback.format_exc()
    if not isinstance(error, AstronetError):
        error.add_note(trace)
    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))  # as a pipe does
    except Exception:
        return RuntimeError(trace)
    return error


class _Sender(logging.Handler):
    """Log handler that sends the messages to the process that started this one.

    Args:
        outbox: Sending end of a pipe.
    """

    def __init__(self, outbox: Connection) -> None:
        super().__init__()
        self._outbox = outbox

    def emit(self, record: logging.LogRecord) -> None:
        """Send the level and the text of a message."""
        self._outbox.send(("log", (record.levelno, record.getMessage())))


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Raise KeyboardInterrupt if SIGTERM is received in the `with` block.

    The context manager has no effect outside the main thread.
    """
    if current_thread() is not main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
