"""Requests over HTTP: few connections, no surprises, and one error for each kind of trouble."""

import functools
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from importlib.metadata import version
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, IncompleteRead, NewConnectionError, TimeoutError

from astronet.archives.faults import (
    AbsentError,
    FaultError,
    Hold,
    Patience,
    asked_wait,
    check_running,
)
from astronet.archives.streams import StalePartError, Stream
from astronet.errors import ArchiveError

_CHUNK = 1 << 16
_PAGE_LIMIT = 1 << 24
"""The longest listing [bytes] that is believed."""

_REDIRECTS = 3
_TRUSTED = ("stsci.edu", "stpubdata.s3.amazonaws.com", "stpubdata.s3.us-east-1.amazonaws.com")
"""Hosts (and those below them) that a server may send us on to: the archive and its mirror."""

_PASSING = {408, 425, 429}
"""Statuses below 500 that may be gone at the next attempt (RFC 9110, §15; RFC 6585, §4)."""


class HttpClient:
    """A polite client: it keeps its few connections open and pauses when a server asks for it."""

    def __init__(
        self,
        connections: int = 4,
        patience: Patience | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.connections = connections
        self.patience = patience or Patience()
        self.stop = stop or threading.Event()
        self._hold = Hold(self.stop)
        self._lock = threading.Lock()
        self._managers: dict[str, urllib3.PoolManager] = {}

    def page(self, url: str) -> str:
        """The text of a listing.

        Raises:
            AbsentError: The server does not have it.
            FaultError: It may come at the next attempt.
            ArchiveError: It was refused.
        """
        with self._answer(url, {}) as response:
            content = b""
            for chunk in self._chunks(url, response):
                content += chunk
                if len(content) > _PAGE_LIMIT:
                    raise ArchiveError(f"{url} is no listing: it has over {_PAGE_LIMIT} bytes")
        return content.decode("utf-8", "replace")

    @contextmanager
    def open(self, url: str, start: int = 0, validator: str = "") -> Iterator[Stream]:
        """The file at `url` from byte `start` on, if it is still what `validator` says; else all.

        Raises:
            AbsentError: The server does not have it.
            FaultError: It may come at the next attempt; a `StalePartError` if not in this range.
            ArchiveError: It was refused.
        """
        headers = {"Range": f"bytes={start}-", "If-Range": validator} if start else {}
        with self._answer(url, headers) as response:
            begin, size = _extent(url, response)
            if begin and (begin != start or validator not in _validators(response)):
                raise StalePartError(f"{url} answered with another range than was asked for")
            named = _validators(response)
            chunked = response.headers.get("Transfer-Encoding", "").lower() == "chunked"
            yield Stream(
                begin,
                size,
                named[0] if named else "",
                self._chunks(url, response),
                measured=chunked or size is not None,
            )

    @contextmanager
    def _answer(self, url: str, headers: Mapping[str, str]) -> Iterator[urllib3.BaseHTTPResponse]:
        """A good answer (200 or 206), after a few redirects at most."""
        try:
            response = self._followed(url, headers)
            try:
                self._check_status(url, response)
                yield response
            finally:
                _hand_back(response)
        except HTTPError as error:
            raise FaultError(f"{url}: {_reason(error)}") from None

    def _followed(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """The answer at the end of the redirects."""
        place = url
        for _ in range(_REDIRECTS + 1):
            response = self._request(place, headers)
            if response.status not in (301, 302, 303, 307, 308):
                return response
            _hand_back(response)
            place = _redirected(place, response.headers.get("Location", ""))
        raise ArchiveError(f"{url} redirects more than {_REDIRECTS} times; check the address")

    def _request(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        self._hold.keep()
        return self._manager(url).request(
            "GET",
            url,
            # Compressed transfers would have another length than the file.
            headers={"Accept-Encoding": "identity", "User-Agent": _agent(), **headers},
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=min(10, self.patience.stall), read=self.patience.stall),
        )

    def _manager(self, url: str) -> urllib3.PoolManager:
        """The connections to use, through a proxy where the environment asks for one."""
        parts = urlsplit(url)
        place = f"{parts.scheme}://{parts.hostname}"
        with self._lock:
            if place not in self._managers:
                proxy = getproxies().get(parts.scheme)
                if proxy and proxy_bypass(parts.hostname or ""):
                    proxy = None
                most = self.connections
                self._managers[place] = (
                    urllib3.ProxyManager(proxy, maxsize=most, block=True)
                    if proxy
                    else urllib3.PoolManager(maxsize=most, block=True)
                )
            return self._managers[place]

    def _check_status(self, url: str, response: urllib3.BaseHTTPResponse) -> None:
        status = response.status
        if status in (200, 206):
            return
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "unknown status"
        answer = f"{url} answered {status} ({phrase})"
        if status == 416:
            raise StalePartError(answer)
        if status in (404, 410):
            raise AbsentError(answer)
        if status >= 500 or status in _PASSING:
            wait = asked_wait(response.headers.get("Retry-After"))
            self._hold.ask(self.patience.obeyed(wait))
            raise FaultError(answer, wait)
        raise ArchiveError(f"{answer}; check the address")

    def _chunks(self, url: str, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        """The body as it comes; a body that only trickles is a stall."""
        started, received = time.monotonic(), 0
        while chunk := response.read1(_CHUNK):
            check_running(self.stop)
            yield chunk
            received += len(chunk)
            elapsed = time.monotonic() - started
            if elapsed > self.patience.stall and received < self.patience.slowest * elapsed:
                raise FaultError(f"{url} trickles: {received} bytes in {elapsed:.0f} s")


def _hand_back(response: urllib3.BaseHTTPResponse) -> None:
    """Closes the connection of an answer that was not read to its end, and frees its place."""
    response.close()
    response.release_conn()


def check_url(url: str) -> str:
    """The URL without its last slash.

    Raises:
        ArchiveError: It is not http or https, or names no host.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets that do not close, or a port beyond 65535
        good = False
    if not good:
        raise ArchiveError(f"{url!r} is no address of an archive; give one with https://")
    return url.rstrip("/")


def _redirected(url: str, location: str) -> str:
    """Where a redirect leads, if that is a place that may be gone to."""
    target = urljoin(url, location)
    here, there = urlsplit(url), urlsplit(target)
    secure = there.scheme == "https"
    host = (there.hostname or "").lower()
    same = host == here.hostname and (there.port == here.port or secure)
    trusted = secure and any(host == name or host.endswith(f".{name}") for name in _TRUSTED)
    downgraded = here.scheme == "https" and not secure
    if there.scheme not in ("http", "https") or downgraded or not (same or trusted):
        raise ArchiveError(
            f"{url} redirects to {target[:80]!r}, which is refused; check the address"
        )
    return target


def _extent(url: str, response: urllib3.BaseHTTPResponse) -> tuple[int, int | None]:
    """At which byte an answer begins, and how long the whole file is (RFC 9110, §14.4)."""
    if response.status == 200:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isascii() and length.isdigit() else None
    found = re.fullmatch(
        r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", response.headers.get("Content-Range", "")
    )
    if not found or int(found[2]) + 1 != int(found[3]):
        raise StalePartError(f"{url} answered with another range than was asked for")
    return int(found[1]), int(found[3])


def _validators(response: urllib3.BaseHTTPResponse) -> list[str]:
    """What tells one version of a file from another; weak tags do not (RFC 9110, §13.1.5)."""
    tag = response.headers.get("ETag", "")
    named = ["" if tag.startswith("W/") else tag, response.headers.get("Last-Modified", "")]
    return [value for value in named if value and value.isprintable()]


def _reason(error: HTTPError) -> str:
    if isinstance(error, NewConnectionError):
        return "cannot be reached"
    if isinstance(error, TimeoutError):
        return "stalled"
    if isinstance(error, IncompleteRead):
        return "the connection ended early"
    return f"the connection broke ({type(error).__name__})"


@functools.cache
def _agent() -> str:
    return f"astronet/{version('astronet')}"
