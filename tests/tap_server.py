"""A TAP service on this machine that serves tables, and the faults that archives have."""

import csv
import io
import re
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pandas as pd

HTML = b"<!DOCTYPE html><html><body>Down for maintenance</body></html>"
VOTABLE = (
    b'<?xml version="1.0"?><VOTABLE><RESOURCE type="results">'
    b'<INFO name="QUERY_STATUS" value="ERROR">ORA-00942: no such table</INFO></RESOURCE></VOTABLE>'
)


@dataclass
class TapServer:
    """Tables by name, and the faults of the next answers to `select *`, in their order.

    Faults: a status (404, 500, 503 …), "retry-after" and "retry-at" (503 that ask for a second),
    "retry-tomorrow", "stall", "reset", "truncated" (shorter than its length), "cut" (without a
    length, within a line), "rows" (one row less), "html", "votable", "renamed", "banner".
    """

    tables: dict[str, pd.DataFrame]
    faults: list[object] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        query = parse_qs(urlsplit(handler.path).query)
        adql = query["query"][0]
        self.queries.append(adql)
        match = re.fullmatch(r"select (\*|count\(\*\)) from (\w+)", adql)
        if query["format"] != ["csv"] or not match or match[2] not in self.tables:
            _send(handler, VOTABLE)
            return
        table = self.tables[match[2]]
        if match[1] != "*":
            _send(handler, f"count(*)\n{len(table)}\n".encode())
            return
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            _send(handler, HTML, fault)
        elif fault is None:
            _send(handler, _csv(table))
        else:
            getattr(self, "_" + str(fault).replace("-", "_"))(handler, table)

    def _retry_after(self, handler: BaseHTTPRequestHandler, _: pd.DataFrame) -> None:
        _send(handler, HTML, 503, {"Retry-After": "1"})

    def _retry_at(self, handler: BaseHTTPRequestHandler, _: pd.DataFrame) -> None:
        _send(handler, HTML, 429, {"Retry-After": formatdate(time.time() + 2, usegmt=True)})

    def _retry_tomorrow(self, handler: BaseHTTPRequestHandler, _: pd.DataFrame) -> None:
        _send(handler, HTML, 503, {"Retry-After": "86400"})

    def _stall(self, handler: BaseHTTPRequestHandler, table: pd.DataFrame) -> None:
        content = _csv(table)
        _head(handler, 200, {"Content-Length": str(len(content))})
        handler.wfile.write(content[:2000])
        handler.wfile.flush()
        time.sleep(1.0)

    def _reset(self, handler: BaseHTTPRequestHandler, table: pd.DataFrame) -> None:
        content = _csv(table)
        _head(handler, 200, {"Content-Length": str(len(content))})
        handler.wfile.write(content[:2000])
        handler.wfile.flush()
        at_once = struct.pack("ii", 1, 0)  # close with a reset rather than a farewell
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        handler.connection.close()

    def _truncated(self, handler: BaseHTTPRequestHandler, table: pd.DataFrame) -> None:
        content = _csv(table)
        _head(handler, 200, {"Content-Length": str(len(content))})
        handler.wfile.write(content[: len(content) // 2])

    def _cut(self, handler: BaseHTTPRequestHandler, table: pd.DataFrame) -> None:
        _head(handler, 200, {})
        handler.wfile.write(_csv(table)[:-3])

    def _rows(self, handler: BaseHTTPRequestHandler, table: pd.DataFrame) -> None:
        _send(handler, _csv(table[:-1]))

    def _html(self, handler: BaseHTTPRequestHandler, _: pd.DataFrame) -> None:
        _send(handler, HTML)

    def _votable(self, handler: BaseHTTPRequestHandler, _: pd.DataFrame) -> None:
        _send(handler, VOTABLE)

    def _renamed(self, handler: BaseHTTPRequestHandler, table: pd.DataFrame) -> None:
        _send(handler, _csv(table.rename(columns={"koi_period": "koi_per"})))

    def _banner(self, handler: BaseHTTPRequestHandler, table: pd.DataFrame) -> None:
        _send(handler, b"Please note: this service moves in May\n\n" + _csv(table))


@contextmanager
def serving(tables: dict[str, pd.DataFrame]) -> Iterator[TapServer]:
    """The service, in threads of this process, until the block ends."""
    service = TapServer(tables)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}/TAP/sync"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _csv(table: pd.DataFrame) -> bytes:
    text = io.StringIO()
    table.to_csv(text, index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    return text.getvalue().encode()


def _send(
    handler: BaseHTTPRequestHandler,
    content: bytes,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> None:
    _head(handler, status, {"Content-Length": str(len(content))} | (headers or {}))
    handler.wfile.write(content)


def _head(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
