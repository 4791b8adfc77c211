"""Download errors, the retry policy, and pauses requested by a server."""

import logging
import threading
import time
from dataclasses import dataclass, replace
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

_LONG = 5.0
"""Minimum duration of a pause that is logged [s]."""


class FaultError(ArchiveError):
    """Error raised after a failure that may be temporary, so that a retry may succeed.

    Attributes:
        wait: Minimum time to wait before the next attempt [s], as requested by the server; None if
            the server requested none. The retry policy may wait for longer.
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

    headers: float = 30.0
    """Time after which a connection is closed if the headers of the response, including interim
    responses, are not complete [s]."""

    stall: float = 30.0
    """Time without data after which a connection is closed [s]."""

    slowest: float = 1000.0
    """Minimum mean rate of a transfer [bytes/s]; a transfer that has lasted more than `stall`
    seconds fails if it is slower."""

    def with_limits(self, retries: int | None, timeout: float | None) -> "RetryPolicy":
        """Return this policy with another number of attempts and other timeouts.

        Args:
            retries: Number of further attempts after the first one; None means no change.
            timeout: Time without data, or without complete headers, after which a connection is
                closed [s]; None means no change.
        """
        policy = self if retries is None else replace(self, attempts=retries + 1)
        return policy if timeout is None else replace(policy, stall=timeout, headers=timeout)

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
            return max(jittered(state), requested or 0.0)

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


def requested_wait(retry_after: str, date: str = "") -> float | None:
    """Return the wait requested by a Retry-After header (RFC 9110, §10.2.3).

    Args:
        retry_after: Value of the header, which is a number of seconds or a date; "" if the response
            has no such header.
        date: Value of the response's Date header, the time of the server's clock; "" means the time
            of this machine's clock.

    Returns:
        Wait [s]; None if the header is absent or invalid.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    moment = _moment(text)
    if moment is None:
        return None
    return max(0.0, (moment - (_moment(date) or datetime.now(UTC))).total_seconds())


def _moment(text: str) -> datetime | None:
    """Return the time in a header (RFC 9110, §5.6.7); None if it is not valid."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


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
            if seconds >= _LONG and not self.left:
                _logger.warning(
                    "the server requested a wait: all connections pause for %.0f s", seconds
                )
            self._until = max(self._until, time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Time until the end of the pause [s]; 0 if there is no pause."""
        return max(0.0, self._until - time.monotonic())

    def wait(self) -> None:
        """Wait until the pause is over.

        Raises:
            InterruptedFetchError: The run is interrupted.
        """
        while left := self.left:
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
