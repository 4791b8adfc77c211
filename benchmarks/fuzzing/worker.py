"""Run one input within limits of time and memory."""

import gc
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from astronet.errors import AstronetError

SECONDS = 2.0
"""Maximum duration of one input [s]."""

MEMORY = 1 << 30
"""Maximum memory of one input above that at the start [bytes]."""

_PATIENCE = 4
"""A slow input is repeated; its wall time may then be this many times longer than `SECONDS`."""


class LimitError(BaseException):
    """Error raised if an input takes too long; it is not caught by `except Exception`."""


@dataclass(frozen=True)
class Outcome:
    """Outcome of one input.

    Attributes:
        kind: "result", "error" (an `AstronetError` of one line), or what is wrong: "traceback",
            "hang", "memory", "crash" or "message" (a message of several lines).
        place: Type of the error and where it was raised, to group findings; "" if nothing is wrong.
        text: Message or traceback.
    """

    kind: str
    place: str = ""
    text: str = ""

    @property
    def is_finding(self) -> bool:
        """Whether the property is violated."""
        return self.kind not in ("result", "error")


@contextmanager
def time_limit(seconds: float, cpu: float | None = None) -> Iterator[None]:
    """Raise a `LimitError` in the `with` block after some seconds.

    Args:
        seconds: Wall time [s].
        cpu: Time of the processor [s]; None means no limit.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise LimitError("".join(traceback.format_stack(frame)[-6:]))

    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_PROF, cpu or 0.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def limit_memory(extra: int = MEMORY) -> None:
    """Limit the address space of this process to its present size plus `extra` bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
    size = pages * resource.getpagesize() + extra
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def run(
    read: Callable[[Path], object], path: Path, allowed: tuple[type[Exception], ...]
) -> Outcome:
    """Read a file once, and again if it took too long, and return the outcome.

    Args:
        read: Function that reads the file.
        path: Path of the file.
        allowed: Types of errors that, in addition to `AstronetError`, count as errors.
    """
    outcome = _once(read, path, allowed, SECONDS, None)
    if outcome.kind == "hang":  # other processes may have used the processor
        gc.collect()
        outcome = _once(read, path, allowed, SECONDS * _PATIENCE, SECONDS)
    return outcome


def _once(
    read: Callable[[Path], object],
    path: Path,
    allowed: tuple[type[Exception], ...],
    seconds: float,
    cpu: float | None,
) -> Outcome:
    begin = time.perf_counter()
    begin_cpu = time.process_time()
    try:
        with time_limit(seconds, cpu):
            read(path)
        outcome = Outcome("result")
    except LimitError as error:
        return Outcome("hang", _place_of(error), str(error))
    except MemoryError as error:
        return Outcome("memory", _place_of(error), _shown(error))
    except Exception as error:
        if not isinstance(error, (AstronetError, *allowed)):
            return Outcome("traceback", _place_of(error), _shown(error))
        outcome = _judged(error)
    wall, used = time.perf_counter() - begin, time.process_time() - begin_cpu
    if wall > seconds or (cpu is not None and used > cpu):
        return Outcome("hang", "slow", f"{wall:.1f} s")
    return outcome


def _judged(error: Exception) -> Outcome:
    """Return the outcome of an error that the user can fix, unless it hides a lack of memory."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return Outcome("memory", _place_of(cause), _shown(error))
        cause = cause.__cause__ or cause.__context__
    message = str(error)
    if "\n" in message or len(message) > 5000:
        return Outcome("message", _place_of(error), message[:2000])
    return Outcome("error", text=message)


def _place_of(error: BaseException) -> str:
    """Return the type of an error, and the last place in the package where it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if "/astronet/" in one.filename] or list(frames)
    where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
    return f"{type(error).__name__} {where}"


def _shown(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-6000:]
