"""What can go wrong between an archive and the disk, and how long to be patient with it."""

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
    """Something that may be gone at the next attempt; `wait` [s] is what the server asks for."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class AbsentError(ArchiveError):
    """The archive does not have what was asked for."""


class InterruptedFetchError(ArchiveError):
    """The run is being ended; nothing is wrong with the file."""


@dataclass(frozen=True)
class Patience:
    """How often and how long to try."""

    attempts: int = 6
    """How often a file or a listing is asked for before it is given up."""

    first_wait: float = 1.0
    """The longest wait [s] before the second attempt; it doubles with each one, jittered."""

    longest_wait: float = 60.0
    """The longest wait [s] of our own."""

    longest_obeyed: float = 300.0
    """The longest wait [s] that a server may ask for (Retry-After); beyond, it is cut to this."""

    stall: float = 30.0
    """After so many seconds without a byte a connection is given up."""

    slowest: float = 1000.0
    """The fewest bytes a second, averaged over more than `stall`, that count as progress."""

    def retrying(self, stop: threading.Event, what: str = "") -> Retrying:
        """Attempts with exponential back-off and jitter, ended early by `stop`.

        Args:
            stop: Set when the run is to end.
            what: Tell the user of each further attempt for it; "" tells nothing.
        """
        jittered = wait_random_exponential(multiplier=self.first_wait, max=self.longest_wait)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = self.obeyed(error.wait) if isinstance(error, FaultError) else None
            return jittered(state) if asked is None else asked

        def tell(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            pause = state.next_action.sleep if state.next_action else 0.0
            told = f"{what}: {error}; attempt {state.attempt_number + 1} in {pause:.0f} s"
            _logger.info(printable(told))

        return Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=wait,
            retry=retry_if_exception_type(FaultError),
            sleep=sleep_using_event(stop),
            before_sleep=tell if what else None,
            reraise=True,
        )

    def obeyed(self, asked: float | None) -> float | None:
        """The wait [s] that a server asks for, within reason."""
        return None if asked is None else min(asked, self.longest_obeyed)


def asked_wait(retry_after: str | None) -> float | None:
    """The wait [s] that a Retry-After header asks for: seconds or a date (RFC 9110, §10.2.3)."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


class Hold:
    """A pause that a server asked for; every connection keeps it."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._until = 0.0

    def ask(self, seconds: float | None) -> None:
        """Lengthens the pause to `seconds` from now."""
        if seconds:
            self._until = max(self._until, time.monotonic() + seconds)

    def keep(self) -> None:
        """Waits until the pause is over.

        Raises:
            InterruptedFetchError: The run is being ended.
        """
        while (left := self._until - time.monotonic()) > 0:
            self._stop.wait(left)
            check_running(self._stop)
        check_running(self._stop)


def check_running(stop: threading.Event) -> None:
    """Raises `InterruptedFetchError` once the run is being ended."""
    if stop.is_set():
        raise InterruptedFetchError("interrupted; run the same command again to go on")
