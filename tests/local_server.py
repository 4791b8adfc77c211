"""A local web server that simulates the faults of archive servers."""

import gzip
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

HTML = b"<!DOCTYPE html><html><body>We are down for maintenance.</body></html>\n"

STATUSES = ("404", "500", "503", "503-date", "503-tomorrow", "503-now", "503-past")
"""Faults that are a status. 503 has a Retry-After of 1 s; the others have one of 2 s (a date), a
day, 0 s, and a date in the past."""

BODIES = ("stall", "reset", "short", "wrong-length", "trickle", "unmeasured", "endless", "gzip")
"""Faults of a body: stalled halfway, a connection reset halfway, shorter than the announced length,
longer than the announced length, sent in single bytes, without a length, without a length and an
end, or compressed although the client did not ask for it."""

HEADERS = ("slow-headers", "continue", "silent", "long-header")
"""Faults of the headers: one every 50 ms without an end, 100 Continue without an end, none at all,
and one with 1 MB."""


class LocalServer(ThreadingHTTPServer):
    """A server on a free local port."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """Ignore clients that close the connection."""


Server = TypeVar("Server", bound=LocalServer)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class FaultyHandler(BaseHTTPRequestHandler):
    """A handler that sends responses with or without a fault."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def note(self, status: int, sent: int) -> None:
        """Record the status and the number of bytes of a response, before it is sent."""

    def refuse(self, fault: str) -> None:
        """Send a response with one of STATUSES."""
        now = datetime.now(UTC)
        moment = format_datetime(now + timedelta(seconds=2), usegmt=True)
        past = format_datetime(now - timedelta(days=1), usegmt=True)
        waits = {"503": "1", "503-date": moment, "503-tomorrow": "86400"}
        waits |= {"503-now": "0", "503-past": past}
        headers = {"Retry-After": waits[fault]} if fault in waits else {}
        self.send(int(fault[:3]), b"<html>sorry</html>", "text/html", headers)

    def send(
        self, status: int, body: bytes, kind: str, headers: Mapping[str, str] = {}, fault: str = ""
    ) -> None:
        """Send a body, complete or with one of BODIES."""
        if fault == "gzip":
            body = gzip.compress(body)
            headers = {**headers, "Content-Encoding": "gzip"}
        announced = len(body) // 2 if fault == "wrong-length" else len(body)
        sent = body[: len(body) // 2] if fault in ("reset", "short", "stall", "trickle") else body
        length = {} if fault in ("unmeasured", "endless") else {"Content-Length": str(announced)}
        self.send_response(status)
        for name, value in ({"Content-Type": kind} | length | dict(headers)).items():
            self.send_header(name, value)
        self.note(status, len(sent))
        self.end_headers()
        self.wfile.write(sent)
        if fault == "endless":
            with suppress(OSError):  # until the client closes the connection
                while True:
                    self.wfile.write(b"\0" * 65536)
        if fault == "stall":
            self.connection.settimeout(3)  # until the client closes the connection
            self.rfile.read(1)
        if fault == "trickle":
            for byte in body[len(sent) :]:
                self.wfile.write(bytes([byte]))
                time.sleep(0.02)
        if fault == "reset":
            # Closing the socket with SO_LINGER set to 0 sends a reset (RST).
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        if fault in BODIES:
            self.close_connection = True

    def send_headers(self, fault: str) -> None:
        """Send one of HEADERS until the client closes the connection, for at most ten seconds."""
        self.note(0, 0)
        self.close_connection = True
        lines = {"continue": b"HTTP/1.1 100 Continue\r\n\r\n", "slow-headers": b"X-Wait: 1\r\n"}
        with suppress(OSError):
            if fault == "long-header":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10**6 + b"\r\n\r\n")
                return
            if fault == "slow-headers":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(200):
                self.wfile.write(lines.get(fault, b""))
                time.sleep(0.05)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""
