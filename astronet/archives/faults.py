"""Failures of downloads, and the policy for retrying them."""

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
    """A failure that may not occur again at the next attempt.

    Attributes:
        wait: Wait before the next attempt at the request of the server [s]; None if there was no
            such request.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class AbsentError(ArchiveError):
    """A star or a file that the archive does not have."""


class InterruptedFetchError(ArchiveError):
    """An interruption of the run, not a failure of the download."""


@dataclass(frozen=True)
class RetryPolicy:
    """Number of attempts, waits between them, and timeouts."""

    attempts: int = 6
    """Maximum number of attempts for each file and each listing."""

    first_wait: float = 1.0
    """Upper limit of the random wait before the second attempt [s]; it doubles at each attempt."""

    longest_wait: float = 60.0
    """Maximum wait between two attempts, unless the server requests one [s]."""

    longest_requested_wait: float = 300.0
    """Maximum wait at the request of a server (Retry-After) [s]; longer requests are shortened."""

    stall: float = 30.0
    """Time without any data after which a connection is closed [s]."""

    slowest: float = 1000.0
    """Minimum transfer rate, averaged over more than `stall` seconds [bytes/s]."""

    def retrying(self, stop: threading.Event, what: str = "") -> Retrying:
        """Return a retry loop with exponential back-off and jitter.

        Args:
            stop: Event that is set when the run ends; it ends a wait early.
            what: Name under which each further attempt is logged; "" logs nothing.
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
        """Return the wait [s] that a server requested, limited to `longest_requested_wait`."""
        return None if requested is None else min(requested, self.longest_requested_wait)


def requested_wait(retry_after: str | None) -> float | None:
    """Parse a Retry-After header, which gives seconds or a date (RFC 9110, §10.2.3).

    Args:
        retry_after: Value of the header; None if the response has no such header.

    Returns:
        The wait [s], or None if the header is absent or invalid.
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
    """A pause of all connections, at the request of the server.

    Args:
        stop: Event that is set when the run ends; it ends a wait early.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._until = 0.0

    def extend(self, seconds: float | None) -> None:
        """Extend the pause until this many seconds from now, unless it already lasts longer."""
        if seconds:
            self._until = max(self._until, time.monotonic() + seconds)

    def wait(self) -> None:
        """Wait until the pause is over.

        Raises:
            InterruptedFetchError: The run is ending.
        """
        while (left := self._until - time.monotonic()) > 0:
            self._stop.wait(left)
            check_running(self._stop)
        check_running(self._stop)


def check_running(stop: threading.Event) -> None:
    """Raise if the run is ending.

    Args:
        stop: Event that is set when the run ends.

    Raises:
        InterruptedFetchError: The event is set.
    """
    if stop.is_set():
        raise InterruptedFetchError(
            "the download was interrupted; run the same command again to resume"
        )
