"""HTTP requests over a few connections, with one exception class per kind of failure."""

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
    Pause,
    RetryPolicy,
    check_running,
    requested_wait,
)
from astronet.archives.streams import StalePartError, Stream
from astronet.errors import ArchiveError

_CHUNK = 1 << 16
_PAGE_LIMIT = 1 << 24
"""Maximum size of a page, such as a listing of files [bytes]."""

_REDIRECTS = 3
_TRUSTED = ("stsci.edu", "stpubdata.s3.amazonaws.com", "stpubdata.s3.us-east-1.amazonaws.com")
"""Hosts of MAST and its mirror; HTTPS redirects to them and their subdomains are followed."""

_TRANSIENT = {408, 425, 429}
"""Status codes below 500 for which a retry may succeed (RFCs 6585, 8470 and 9110)."""

_ADDRESS = ("source", "url")
"""Names of the arguments that specify the address of a server."""


class HttpClient:
    """HTTP client that reuses a few connections, and pauses if a server requests a wait.

    Args:
        connections: Maximum number of parallel connections per host.
        retry_policy: Timeouts, minimum transfer rate and maximum requested wait; None means the
            default policy. The client itself does not retry.
        stop: Event that is set to end the run early; if None, a new event is created.
    """

    def __init__(
        self,
        connections: int = 4,
        retry_policy: RetryPolicy | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.connections = connections
        self.retry_policy = retry_policy or RetryPolicy()
        self.stop = stop or threading.Event()
        self._pause = Pause(self.stop)
        self._lock = threading.Lock()
        self._managers: dict[str, urllib3.PoolManager] = {}

    def page(self, url: str) -> str:
        """Return the text of a page.

        Args:
            url: URL of the page.

        Raises:
            AbsentError: The server does not have the page.
            FaultError: The request failed, but a retry may succeed.
            ArchiveError: The server rejected the request, a redirect is not trusted, the page is
                too large, or the run was interrupted.
        """
        with self._response(url, {}) as response:
            content = b""
            for chunk in self._chunks(url, response):
                content += chunk
                if len(content) > _PAGE_LIMIT:
                    raise ArchiveError(
                        f"{url}: the page has more than {_PAGE_LIMIT} bytes; check the address",
                        arguments=_ADDRESS,
                    )
        return content.decode("utf-8", "replace")

    @contextmanager
    def open(self, url: str, start: int = 0, validator: str = "") -> Iterator[Stream]:
        """Open a file as a stream that starts at byte `start` if possible, otherwise at 0.

        Args:
            url: URL of the file.
            start: Position of the first byte to request.
            validator: Identifier of the file version from which the first `start` bytes were
                received.

        Raises:
            AbsentError: The server does not have the file.
            StalePartError: The server cannot return the requested bytes, or returned other bytes.
            FaultError: The request failed, but a retry may succeed.
            ArchiveError: The server rejected the request, a redirect is not trusted, or the run
                was interrupted.
        """
        headers = {"Range": f"bytes={start}-", "If-Range": validator} if start else {}
        with self._response(url, headers) as response:
            begin, size = _byte_range(url, response)
            if begin and (begin != start or validator not in _validators(response)):
                raise StalePartError(_other_range(url))
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
    def _response(self, url: str, headers: Mapping[str, str]) -> Iterator[urllib3.BaseHTTPResponse]:
        """Yield a successful response (status 200 or 206) after up to `_REDIRECTS` redirects."""
        try:
            response = self._followed(url, headers)
            try:
                self._check_status(url, response)
                yield response
            finally:
                _release(response)
        except HTTPError as error:
            raise FaultError(f"{url}: {_reason(error)}") from None

    def _followed(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """Follow redirects, and return the first response that is not a redirect."""
        place = url
        for _ in range(_REDIRECTS + 1):
            response = self._request(place, headers)
            if response.status not in (301, 302, 303, 307, 308):
                return response
            _release(response)
            place = _redirected(place, response.headers.get("Location", ""))
        raise ArchiveError(
            f"{url} redirects more than {_REDIRECTS} times; check the address", arguments=_ADDRESS
        )

    def _request(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        self._pause.wait()
        stall = self.retry_policy.stall
        return self._manager(url).request(
            "GET",
            url,
            # The size of a compressed transfer would differ from the size of the file.
            headers={"Accept-Encoding": "identity", "User-Agent": _user_agent(), **headers},
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=min(10, stall), read=stall),
        )

    def _manager(self, url: str) -> urllib3.PoolManager:
        """Return the connection pool of a URL's host, which uses the environment's proxy if set."""
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
        message = f"{url} returned HTTP status {status} ({phrase})"
        if status == 416:
            raise StalePartError(message)
        if status in (404, 410):
            raise AbsentError(message)
        if status >= 500 or status in _TRANSIENT:
            wait = requested_wait(response.headers.get("Retry-After"))
            self._pause.extend(self.retry_policy.limited(wait))
            raise FaultError(message, wait)
        raise ArchiveError(f"{message}; check the address", arguments=_ADDRESS)

    def _chunks(self, url: str, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        """Yield a response's chunks; raise an error if it is too slow or the run is interrupted."""
        started, received = time.monotonic(), 0
        while chunk := response.read1(_CHUNK):
            check_running(self.stop)
            yield chunk
            received += len(chunk)
            elapsed = time.monotonic() - started
            slowest = self.retry_policy.slowest
            if elapsed > self.retry_policy.stall and received < slowest * elapsed:
                raise FaultError(
                    f"{url}: the transfer is too slow ({received} bytes in {elapsed:.0f} s)"
                )


def _release(response: urllib3.BaseHTTPResponse) -> None:
    """Close a response's connection and free its place in the pool."""
    response.close()
    response.release_conn()


def check_url(url: str) -> str:
    """Validate a URL, and return it without trailing slashes.

    Args:
        url: URL of a server, as given by the user.

    Raises:
        ArchiveError: The scheme is not http or https, or the host or the port is invalid.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # unbalanced brackets, or a port above 65535
        good = False
    if not good:
        raise ArchiveError(
            f"{url!r} is not a valid http or https URL; correct its scheme, host or port",
            arguments=_ADDRESS,
        )
    return url.rstrip("/")


def _redirected(url: str, location: str) -> str:
    """Return the absolute URL of a redirect; raise an error if it is not trusted.

    The same host and port are trusted, unless the scheme changes from HTTPS to HTTP. Over HTTPS,
    the host's other ports, the hosts in `_TRUSTED` and their subdomains are trusted as well.
    """
    target = urljoin(url, location)
    here, there = urlsplit(url), urlsplit(target)
    secure = there.scheme == "https"
    host = (there.hostname or "").lower()
    same = host == here.hostname and (there.port == here.port or secure)
    trusted = secure and any(host == name or host.endswith(f".{name}") for name in _TRUSTED)
    downgraded = here.scheme == "https" and not secure
    if there.scheme not in ("http", "https") or downgraded or not (same or trusted):
        raise ArchiveError(
            f"{url} redirects to {target[:80]!r}, which is not trusted; check the address",
            arguments=_ADDRESS,
        )
    return target


def _byte_range(url: str, response: urllib3.BaseHTTPResponse) -> tuple[int, int | None]:
    """Return the position of a response's first byte and the size of the whole file [bytes].

    The size is None if a complete response does not state it; a partial response must state it
    and extend to the end of the file (RFC 9110, §14.4).
    """
    if response.status == 200:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isascii() and length.isdigit() else None
    found = re.fullmatch(
        r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", response.headers.get("Content-Range", "")
    )
    if not found or int(found[2]) + 1 != int(found[3]):
        raise StalePartError(_other_range(url))
    return int(found[1]), int(found[3])


def _other_range(url: str) -> str:
    return f"{url} returned a byte range that was not requested"


def _validators(response: urllib3.BaseHTTPResponse) -> list[str]:
    """Return the identifiers of a file version: a strong ETag and Last-Modified, if present."""
    # Weak ETags cannot be used in If-Range (RFC 9110, §13.1.5).
    tag = response.headers.get("ETag", "")
    named = ["" if tag.startswith("W/") else tag, response.headers.get("Last-Modified", "")]
    return [value for value in named if value and value.isprintable()]


def _reason(error: HTTPError) -> str:
    if isinstance(error, NewConnectionError):
        return "the server cannot be reached"
    if isinstance(error, TimeoutError):
        return "the connection timed out"
    if isinstance(error, IncompleteRead):
        return "the connection ended early"
    return f"the connection failed ({type(error).__name__})"


@functools.cache
def _user_agent() -> str:
    return f"astronet/{version('astronet')}"
