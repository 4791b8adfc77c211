"""Questions to a TAP service, asked with patience: the NASA Exoplanet Archive's tables come so.

The service answers `GET <service>?query=<ADQL>&format=csv` (IVOA TAP 1.1;
https://exoplanetarchive.ipac.caltech.edu/docs/TAP/usingTAP.html). Errors come as VOTables or as web
pages, now and then with the status 200.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar

import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from astronet.errors import CatalogError, printable
from astronet.progress import console

SERVICE = "https://exoplanetarchive.ipac.caltech.edu/TAP/sync"
"""The NASA Exoplanet Archive's."""

_MOST_BYTES = 2**30
"""The largest of the archive's tables has some 100 MB."""

_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Statuses that may go away."""

_FOR_GOOD = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Patience:
    """How often and how long to try.

    Attributes:
        attempts: Attempts in all.
        first_wait: Before the second attempt [s]; it doubles each time, with jitter.
        longest_wait: [s]; an archive that asks for more is left alone.
        silence: An answer that is silent for so long has failed [s].
    """

    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0
    silence: float = 60.0


class PassingError(Exception):
    """Something that may go well another time; `wait` is what the archive asks for [s]."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


def url_of(service: str, query: str) -> str:
    """The address at which a service answers a query with CSV.

    Raises:
        CatalogError: The service's address is none.
    """
    request = requests.Request("GET", service, params={"query": query, "format": "csv"})
    try:
        return str(request.prepare().url)
    except (requests.RequestException, ValueError) as error:
        raise CatalogError(f"{printable(str(error))}; give --url as http(s)://…") from None


def persistently(task: Callable[[], Result], what: str, patience: Patience) -> Result:
    """The task's result, tried again after every `PassingError`, each time later.

    Raises:
        CatalogError: All attempts failed.
    """
    exponential = wait_exponential(multiplier=patience.first_wait, max=patience.longest_wait)
    jittered = exponential + wait_random(0, patience.first_wait)

    def wait(state: RetryCallState) -> float:
        return max(_cause(state).wait, jittered(state))

    def tell(state: RetryCallState) -> None:
        pause = state.next_action.sleep if state.next_action else 0.0
        told = f"{what}: {_cause(state)}; attempt {state.attempt_number + 1} in {pause:.0f} s"
        console.print(printable(told), markup=False, highlight=False)

    attempts = Retrying(
        stop=stop_after_attempt(patience.attempts),
        retry=retry_if_exception_type(PassingError),
        wait=wait,
        before_sleep=tell,
        reraise=True,
    )
    try:
        return attempts(task)
    except PassingError as error:
        raise CatalogError(
            f"{what} did not come in {patience.attempts} attempts (the last: {error}); "
            "try again later"
        ) from None


def count_rows(url: str, patience: Patience) -> int:
    """The number of rows that a query for their count gives.

    Raises:
        PassingError: It may come another time.
        CatalogError: The service refuses, or answers something else.
    """
    with _answer(url, patience) as answer:
        content = next(answer.iter_content(4096), b"").decode("utf-8", "replace")
    words = content.split()
    if not words or not (number := words[-1].strip('"')).isdecimal():
        raise CatalogError(
            f"{url} should give a number of rows, but answers {printable(content)[:120]!r}; "
            "check --url, or try again later"
        )
    return int(number)


def stream(url: str, path: Path, patience: Patience, advance: Callable[[int], None]) -> None:
    """Writes an answer to a file as it comes.

    Args:
        url: The address.
        path: The file.
        patience: How long to wait for the next bytes.
        advance: Told the number of lines that have come.

    Raises:
        PassingError: The answer broke off, or may come another time.
        CatalogError: The service refuses.
    """
    with _answer(url, patience) as answer, path.open("wb") as file:
        last = b""
        for chunk in answer.iter_content(2**16):
            file.write(chunk)
            advance(chunk.count(b"\n"))
            last = chunk
            if file.tell() > _MOST_BYTES:
                raise CatalogError(f"{url} gives more than 1 GiB, as no catalogue does; check it")
        length_is_known = "Content-Length" in answer.headers or bool(
            getattr(answer.raw, "chunked", False)
        )
    if not length_is_known and not last.endswith(b"\n"):
        raise PassingError("the answer ends within a line")


@contextmanager
def _answer(url: str, patience: Patience) -> Iterator[requests.Response]:
    timeout = (min(patience.silence, 20.0), patience.silence)
    try:
        with requests.get(url, stream=True, timeout=timeout) as answer:
            _check_status(url, answer, patience)
            yield answer
    except _FOR_GOOD as error:
        raise CatalogError(f"{printable(str(error))}; give --url as http(s)://…") from None
    except requests.RequestException as error:
        raise PassingError(f"the connection failed, {type(error).__name__}") from None


def _check_status(url: str, answer: requests.Response, patience: Patience) -> None:
    status = answer.status_code
    if status in _PASSING:
        wait = _seconds(answer.headers.get("Retry-After", ""))
        if wait > patience.longest_wait:
            raise CatalogError(f"{url} asks to come back in {wait:.0f} s (status {status}); do so")
        raise PassingError(f"status {status}", wait)
    if status != 200:
        raise CatalogError(f"{url} answers with status {status}; check --url and the name")


def _seconds(retry_after: str) -> float:
    """What a Retry-After header asks for: seconds or a date (RFC 9110, §10.2.3)."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError):
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _cause(state: RetryCallState) -> PassingError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, PassingError)
    return error
