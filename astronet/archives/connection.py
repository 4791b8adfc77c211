"""One HTTP connection: a request, and its response in chunks, with deadlines for each phase.

libcurl transfers the data without holding Python's interpreter lock. Each transfer is driven here
in short steps, so that it can be interrupted, and so that a server that sends headers or data too
slowly cannot delay a download for ever.
"""

import re
import threading
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pycurl

from astronet.archives.faults import FaultError, RetryPolicy, check_running
from astronet.archives.limits import RateLimit
from astronet.errors import ArchiveError

_BUFFER = 1 << 19
_MOST_AT_ONCE = 1 << 26
"""Maximum number of bytes that one step may decompress to."""

_STEP = 0.2
"""Maximum time between two checks of the deadlines [s]."""

_UNREACHABLE = {
    pycurl.E_COULDNT_CONNECT,
    pycurl.E_COULDNT_RESOLVE_HOST,
    pycurl.E_COULDNT_RESOLVE_PROXY,
}
_CERTIFICATE = {pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE}
_ENDED_EARLY = {pycurl.E_PARTIAL_FILE, pycurl.E_GOT_NOTHING}
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})\b")


@dataclass
class Response:
    """Response of a server, without its body.

    Attributes:
        status: Status code; 0 until the headers have arrived.
        headers: Values of the headers by name in lower case; of repeated headers, the last one.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """Return the value of a header; "" if the response does not have it."""
        return self.headers.get(name.lower(), "")


class Connection:
    """Connections to servers that are kept open, for one request at a time.

    Args:
        options: Options of libcurl that apply to all requests, such as the certificates.
        retry_policy: Timeouts and minimum transfer rate.
        stop: Event that is set to end the run early.
        gate: Lock shared by all connections, so that one thread at a time processes data. If more
            threads compete for the interpreter lock, all of them become slower.
        limit: Limit of the total transfer rate.
    """

    def __init__(
        self,
        options: Mapping[int, object],
        retry_policy: RetryPolicy,
        stop: threading.Event,
        gate: threading.Lock,
        limit: RateLimit,
    ) -> None:
        self._curl, self._multi = pycurl.Curl(), pycurl.CurlMulti()
        self._options, self._policy, self._stop = options, retry_policy, stop
        self._gate, self._limit = gate, limit
        self._chunks: list[bytes] = []
        self._pending = 0
        self._error: FaultError | ArchiveError | None = None
        self._active, self._proxy = False, ""
        self._response, self._complete = Response(), False

    def get(self, url: str, headers: Mapping[str, str], proxy: str = "") -> Response:
        """Send a request, and return the response as soon as its headers are complete.

        Args:
            url: URL of the request.
            headers: Headers of the request.
            proxy: URL of the proxy; "" means a direct connection.

        Raises:
            FaultError: The server could not be reached, or did not send all headers in time.
            ArchiveError: The certificate of the server is not valid, or the run was interrupted.
        """
        self._proxy = proxy
        self._begin(url, headers, proxy)
        started = time.monotonic()
        while not self._complete and self._active:
            check_running(self._stop)
            if time.monotonic() - started > self._policy.headers:
                self.end()
                raise FaultError(
                    f"{url}: the headers of the response were not complete after "
                    f"{self._policy.headers:.0f} s"
                )
            with self._gate:
                self._advance(url)
            if not self._complete:
                self._wait()
        if self._error and not self._complete:
            raise self._error
        return self._response  # an error after the headers is raised after the data before it

    def _begin(self, url: str, headers: Mapping[str, str], proxy: str) -> None:
        """Set libcurl's options, and start the transfer."""
        self.end()
        curl = self._curl
        curl.reset()
        for option, value in self._options.items():
            curl.setopt(option, value)
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.PROXY, proxy)
        curl.setopt(pycurl.BUFFERSIZE, _BUFFER)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, round(1000 * min(10.0, self._policy.stall)))
        # The body is not compressed if the server complies; otherwise, libcurl decompresses it.
        curl.setopt(pycurl.ACCEPT_ENCODING, "identity")
        curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers.items()])
        curl.setopt(pycurl.HEADERFUNCTION, self._receive_header)
        curl.setopt(pycurl.WRITEFUNCTION, self._receive_data)
        self._take()
        self._error, self._response, self._complete = None, Response(), False
        self._multi.add_handle(curl)
        self._active = True

    def chunks(self, url: str) -> Generator[bytes]:
        """Yield the body of the response; close the generator if it is not exhausted.

        Raises:
            FaultError: The connection ended early, no data arrived in time, or the transfer was too
                slow.
            ArchiveError: The run was interrupted.
        """
        started = latest = time.monotonic()
        received, paused = 0, 0.0
        while True:
            check_running(self._stop)
            with self._gate:
                self._advance(url)
                if found := self._take():
                    latest = time.monotonic()
                    yield found
            received += len(found)
            self._limit.take(len(found))
            if found:
                paused += time.monotonic() - latest
                latest = time.monotonic()
            if self._error:
                raise self._error
            if not self._active:
                return
            now = time.monotonic()
            self._check_rate(url, received, now - started - paused, now - latest)
            self._wait()

    def end(self) -> None:
        """End the current transfer; the connection is closed if data are left."""
        if self._active:
            self._multi.remove_handle(self._curl)
            self._active = False

    def close(self) -> None:
        """Close all connections."""
        self.end()
        self._multi.close()
        self._curl.close()

    def _advance(self, url: str) -> None:
        """Process the data that have arrived, and note the end of the transfer."""
        self._multi.perform()
        _, done, failed = self._multi.info_read()
        if done or failed:
            self.end()
        for _, code, text in failed:
            self._error = _error_of(url, code, text, self._proxy)

    def _wait(self) -> None:
        """Wait until data arrive, for a limited time."""
        if self._active and self._multi.select(_STEP) < 0:  # there is no socket to wait for yet
            time.sleep(0.005)

    def _receive_header(self, line: bytes) -> None:
        if match := _STATUS_LINE.match(line):
            self._response.status = int(match[1])
            self._response.headers.clear()
        elif line.strip():
            name, _, value = line.decode("latin-1").partition(":")
            self._response.headers[name.strip().lower()] = value.strip()
        else:
            self._complete = self._response.status >= 200

    def _receive_data(self, data: bytes) -> int | None:
        """Keep data until the end of the step; 0 ends the transfer (libcurl's convention)."""
        self._chunks.append(data)
        self._pending += len(data)
        return 0 if self._pending > _MOST_AT_ONCE else None

    def _take(self) -> bytes:
        """Return the data of this step."""
        found = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._pending = 0
        return found

    def _check_rate(self, url: str, received: int, seconds: float, silent: float) -> None:
        """Raise an error if no data have arrived for too long, or the transfer is too slow."""
        stall = self._policy.stall
        if silent > stall:
            raise FaultError(f"{url}: the connection timed out ({stall:.0f} s without data)")
        if seconds > stall and received < self._policy.slowest * seconds:
            raise FaultError(
                f"{url}: the transfer is too slow ({received} bytes in {seconds:.0f} s)"
            )


def _error_of(url: str, code: int, text: str, proxy: str) -> FaultError | ArchiveError:
    """Return the error for a failed transfer, from libcurl's code and message.

    Args:
        url: URL of the request.
        code: Code of the error.
        text: Message of libcurl.
        proxy: URL of the proxy; "" if there is none.
    """
    if code in _CERTIFICATE:
        return ArchiveError(
            f"{url}: the certificate of the server could not be verified ({text}); check the "
            "address, or give a file with the certificates that you trust",
            arguments=("ca_file",),
        )
    if code in _UNREACHABLE:
        what = f"the proxy {urlsplit(proxy).hostname}" if proxy else "the server"
        cause = "unknown host" if code != pycurl.E_COULDNT_CONNECT else "no connection"
        return FaultError(f"{url}: {what} cannot be reached ({cause})")
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return FaultError(f"{url}: the connection timed out")
    if code in _ENDED_EARLY:
        return FaultError(f"{url}: the connection ended early")
    return FaultError(f"{url}: the connection failed ({text or f'libcurl error {code}'})")
