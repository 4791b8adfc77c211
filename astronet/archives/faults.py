"""Download errors, the retry policy, and pauses requested by a server."""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_attempt,
    wait_random_exponential,
)

from astronet.errors import ArchiveError, printable

_logger = logging.getLogger("astronet")


class FaultError(ArchiveError):
    """Error raised after a failure that may be temporary, so that a retry may succeed.

    Attributes:
        wait: Time to wait before the next attempt [s], for example the wait requested by the
            server; None if the retry policy determines the wait.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class AbsentError(ArchiveError):
    """Error raised if an archive does not have the requested star, file or page."""


class InterruptedFetchError(ArchiveError):
    """Error raised if a download ends because the run was interrupted, not because it failed."""


@dataclass(frozen=True)
class RetryPolicy:
    """Number of attempts, waits between them, timeouts, and the minimum transfer rate."""

    attempts: int = 6
    """Maximum number of attempts per file, listing or table."""

    first_wait: float = 1.0
    """Maximum random wait before the second attempt [s]; it doubles with each further attempt."""

    longest_wait: float = 60.0
    """Maximum wait between two attempts [s], unless the server requests a wait."""

    longest_requested_wait: float = 300.0
    """Maximum wait that a server may request (Retry-After) [s]. If a server requests a longer wait,
    a download of light curves waits only for this time, and a TAP query fails."""

    stall: float = 30.0
    """Time without data after which a connection is closed [s]."""

    slowest: float = 1000.0
    """Minimum mean rate of a transfer [bytes/s]; a transfer that has lasted more than `stall`
    seconds fails if it is slower."""

    def retrying(self, stop: threading.Event, what: str = "") -> Retrying:
        """Return a retry loop with exponential backoff and jitter.

        Only a FaultError causes a retry; if the last attempt also fails, its error is raised.

        Args:
            stop: Event that is set to end the run early; it also ends the current wait.
            what: Name of the download in the log messages about retries; "" disables the messages.
        """
        jittered = wait_random_exponential(multiplier=self.first_wait, max=self.longest_wait)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            requested = self.limited(error.wait) if isinstance(error, FaultError) else None
            return jittered(state) if requested is None else requested

        def log(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            pause = state.next_action.sleep if state.next_action else 0.0
            attempt = f"attempt {state.attempt_number + 1} of {self.attempts}"
            _logger.info(printable(f"{what}: {error}; {attempt} in {pause:.0f} s"))

        return Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=wait,
            retry=retry_if_exception_type(FaultError),
            sleep=sleep_using_event(stop),
            before_sleep=log if what else None,
            reraise=True,
        )

    def limited(self, requested: float | None) -> float | None:
        """Return a requested wait [s], limited to `longest_requested_wait`; None remains None."""
        return None if requested is None else min(requested, self.longest_requested_wait)


def requested_wait(retry_after: str | None) -> float | None:
    """Return the wait requested by a Retry-After header (RFC 9110, §10.2.3).

    Args:
        retry_after: Value of the header, which is a number of seconds or a date; None if the
            response has no such header.

    Returns:
        Wait [s]; None if the header is absent or invalid.
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


class Pause:
    """Pause of all connections of a client, as requested by a server.

    Args:
        stop: Event that is set to end the run early; it also ends the current wait.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._until = 0.0

    def extend(self, seconds: float | None) -> None:
        """Extend the pause, unless it already lasts longer.

        Args:
            seconds: Minimum duration of the pause from now on [s]; None or 0 has no effect.
        """
        if seconds:
            self._until = max(self._until, time.monotonic() + seconds)

    def wait(self) -> None:
        """Wait until the pause is over.

        Raises:
            InterruptedFetchError: The run is interrupted.
        """
        while (left := self._until - time.monotonic()) > 0:
            self._stop.wait(left)
            check_running(self._stop)
        check_running(self._stop)


def check_running(stop: threading.Event) -> None:
    """Raise an error if the run is interrupted.

    Args:
        stop: Event that is set to end the run early.

    Raises:
        InterruptedFetchError: The event is set.
    """
    if stop.is_set():
        raise InterruptedFetchError(
            "the download was interrupted; run the same command again to resume"
        )
