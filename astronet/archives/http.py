"""HTTP requests over a few connections, with one exception class per kind of failure."""

import functools
import os
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import pycurl

from astronet.archives.addresses import ADDRESS, redirected
from astronet.archives.connection import Connection, Response
from astronet.archives.faults import (
    AbsentError,
    FaultError,
    Pause,
    RetryPolicy,
    requested_wait,
)
from astronet.archives.limits import RateLimit
from astronet.archives.streams import StalePartError, Stream
from astronet.errors import ArchiveError

_PAGE_LIMIT = 1 << 24
"""Maximum size of a page, such as a listing of files [bytes]."""

_REDIRECTS = 3

_TRANSIENT = {408, 425, 429}
"""Status codes below 500 for which a retry may succeed (RFCs 6585, 8470 and 9110)."""

_PROXY = re.compile(r"(https?|socks[45][ah]?)://[^\s/]+/?")


@dataclass(frozen=True)
class Network:
    """Settings of the network between this machine and the servers."""

    proxy: str | None = None
    """URL of the proxy; None means the one in the environment variables HTTPS_PROXY and HTTP_PROXY,
    if any."""

    ca_file: Path | None = None
    """File with the certificates of trusted authorities (PEM); None means the file in the
    environment variable SSL_CERT_FILE, or else the certificates of the package certifi."""

    rate: float | None = None
    """Maximum total transfer rate [bytes/s]; None means no limit."""

    def __post_init__(self) -> None:
        given = self.proxy
        if given is not None and not (
            given.isascii() and given.isprintable() and _PROXY.fullmatch(given)
        ):
            raise ArchiveError(
                f"{self.proxy!r} is not the URL of a proxy; give one such as "
                "http://proxy.example.org:3128",
                arguments=("proxy",),
            )
        if self.ca_file:
            _check_certificates(self.ca_file)

    @property
    def options(self) -> dict[int, object]:
        """Options of libcurl."""
        certificates = self.ca_file or os.environ.get("SSL_CERT_FILE") or certifi.where()
        return {pycurl.CAINFO: str(certificates)}


def _check_certificates(path: Path) -> None:
    """Raise an error if a file of certificates does not exist or contains none."""
    if not path.is_file():
        raise ArchiveError(
            f"the file of certificates {path} does not exist; correct its path",
            arguments=("ca_file",),
        )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (ssl.SSLError, OSError):
        raise ArchiveError(
            f"{path} contains no certificates; give a file in PEM format", arguments=("ca_file",)
        ) from None


class HttpClient:
    """HTTP client that keeps a few connections open, and pauses if a server requests a wait.

    Args:
        connections: Maximum number of parallel requests.
        retry_policy: Timeouts, minimum transfer rate and maximum requested wait; None means the
            default policy. The client itself does not retry.
        stop: Event that is set to end the run early; if None, a new event is created.
        network: Proxy, certificates and maximum rate; None means the defaults.

    Attributes:
        pause: Pause of all requests, as requested by a server.
    """

    def __init__(
        self,
        connections: int = 4,
        retry_policy: RetryPolicy | None = None,
        stop: threading.Event | None = None,
        network: Network | None = None,
    ) -> None:
        self.connections = connections
        self.retry_policy = retry_policy or RetryPolicy()
        self.stop = stop or threading.Event()
        self.pause = Pause(self.stop)
        self._network = network or Network()
        self._limit = RateLimit(self._network.rate, self.stop)
        self._gate = threading.Lock()
        self._slots = threading.Semaphore(connections)
        self._idle: list[Connection] = []
        self._proxies: dict[tuple[str, str], str] = {}

    def page(self, url: str) -> str:
        """Return the text of a page.

        Args:
            url: URL of the page.

        Raises:
            AbsentError: The server does not have the page.
            FaultError: The request failed or the page is too large, but a retry may succeed.
            ArchiveError: The server rejected the request, a redirect is not trusted, or the run
                was interrupted.
        """
        with self._response(url, {}) as (_, chunks):
            content = b""
            for chunk in chunks:
                content += chunk
                if len(content) > _PAGE_LIMIT:
                    raise FaultError(f"{url}: the page has more than {_PAGE_LIMIT:,} bytes")
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
        with self._response(url, headers) as (response, chunks):
            begin, size = _byte_range(url, response)
            named = _validators(response)
            if begin and (begin != start or validator not in named):
                raise StalePartError(_other_range(url))
            chunked = response.header("Transfer-Encoding").lower() == "chunked"
            yield Stream(
                begin,
                size,
                named[0] if named else "",
                chunks,
                measured=chunked or size is not None,
            )

    def close(self) -> None:
        """Close all idle connections."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _response(
        self, url: str, headers: Mapping[str, str]
    ) -> Iterator[tuple[Response, Iterator[bytes]]]:
        """Yield a successful response (status 200 or 206) after up to `_REDIRECTS` redirects."""
        with self._slots:
            try:  # another thread may take the last one between a check and `pop`
                connection = self._idle.pop()
            except IndexError:
                connection = self._connect()
            try:
                response = self._followed(connection, url, headers)
                self._check_status(url, response)
                # An error may keep an unfinished iterator, which holds the lock, until a retry.
                with closing(connection.chunks(url)) as chunks:
                    yield response, chunks
            finally:
                connection.end()
                self._idle.append(connection)

    def _connect(self) -> Connection:
        return Connection(
            self._network.options, self.retry_policy, self.stop, self._gate, self._limit
        )

    def _followed(self, connection: Connection, url: str, headers: Mapping[str, str]) -> Response:
        """Follow redirects, and return the first response that is not a redirect."""
        place, sent = url, {"User-Agent": _user_agent(), **headers}
        for _ in range(_REDIRECTS + 1):
            self.pause.wait()
            response = connection.get(place, sent, self._proxy(place))
            if response.status not in (301, 302, 303, 307, 308):
                return response
            place = redirected(place, response.header("Location"))
        raise ArchiveError(
            f"{url} redirects more than {_REDIRECTS} times; check the address", arguments=ADDRESS
        )

    def _proxy(self, url: str) -> str:
        """Return the URL of the proxy for a request; "" means a direct connection."""
        if self._network.proxy is not None:
            return self._network.proxy
        parts = urlsplit(url)
        server = (parts.scheme, parts.hostname or "")
        if server not in self._proxies:  # reading the environment takes a third of a millisecond
            proxy = getproxies().get(server[0], "")
            self._proxies[server] = "" if proxy_bypass(server[1]) else proxy
        return self._proxies[server]

    def _check_status(self, url: str, response: Response) -> None:
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
            wait = requested_wait(response.header("Retry-After"), response.header("Date"))
            self.pause.extend(self.retry_policy.limited(wait))
            raise FaultError(message, wait)
        raise ArchiveError(f"{message}; check the address", arguments=ADDRESS)


def _byte_range(url: str, response: Response) -> tuple[int, int | None]:
    """Return the position of a response's first byte and the size of the whole file [bytes].

    The size is None if a complete response does not state it, or if its body is compressed; a
    partial response must state it and extend to the end of the file (RFC 9110, §14.4).
    """
    compressed = response.header("Content-Encoding").lower() not in ("", "identity")
    if response.status == 200:
        length = response.header("Content-Length")
        known = length.isascii() and length.isdigit() and len(length) < 16 and not compressed
        return 0, int(length) if known else None
    found = re.fullmatch(
        r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", response.header("Content-Range"), re.ASCII
    )
    if compressed or not found or int(found[2]) + 1 != int(found[3]):
        raise StalePartError(_other_range(url))
    return int(found[1]), int(found[3])


def _other_range(url: str) -> str:
    return f"{url} returned a byte range that was not requested"


def _validators(response: Response) -> list[str]:
    """Return the identifiers of a file version: a strong ETag and Last-Modified, if present."""
    if response.header("Content-Encoding").lower() not in ("", "identity"):
        return []  # a position in the decompressed file is not one in the body
    # Weak ETags cannot be used in If-Range (RFC 9110, §13.1.5).
    tag = response.header("ETag")
    named = ["" if tag.startswith("W/") else tag, response.header("Last-Modified")]
    return [value for value in named if value and value.isascii() and value.isprintable()]


@functools.cache
def _user_agent() -> str:
    return f"astronet/{version('astronet')}"
