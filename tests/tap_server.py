"""A local TAP service that serves tables, with the faults that occur in archives."""

import csv
import io
import re
from contextlib import AbstractContextManager
from urllib.parse import parse_qs, urlsplit

import local_server
import pandas as pd
from local_server import BODIES, HEADERS, HTML, STATUSES, FaultyHandler, LocalServer

VOTABLE = (
    b'<?xml version="1.0"?><VOTABLE><RESOURCE type="results">'
    b'<INFO name="QUERY_STATUS" value="ERROR">ORA-00942: no such table</INFO></RESOURCE></VOTABLE>'
)


class TapServer(LocalServer):
    """A server of tables by name, with faults of the next responses to `select *`, in their order.

    The faults are those of STATUSES, BODIES and HEADERS, "cut" (truncated within a line, and
    without a length), "last-field" (truncated within the last field, with a matching length),
    "rows" (one row is missing), "short-row" (a row has three fields), "twice" (a row occurs twice,
    and another one is missing), "html", "votable", "renamed", "banner", and "redirect" followed by
    an address.
    """

    def __init__(self, tables: dict[str, pd.DataFrame]) -> None:
        super().__init__(_Handler)
        self.tables = tables
        self.faults: list[str] = []
        self.queries: list[str] = []

    @property
    def url(self) -> str:
        return f"{super().url}/TAP/sync"


def serving(tables: dict[str, pd.DataFrame]) -> AbstractContextManager[TapServer]:
    """Serve the tables in threads of this process until the block ends."""
    return local_server.serving(TapServer(tables))


class _Handler(FaultyHandler):
    server: TapServer

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        adql = query["query"][0]
        self.server.queries.append(adql)
        match = re.fullmatch(r"select (\*|count\(\*\)) from (\w+)", adql)
        if query["format"] != ["csv"] or not match or match[2] not in self.server.tables:
            return self.send(200, VOTABLE, "text/xml")
        table = self.server.tables[match[2]]
        if match[1] != "*":
            return self.send(200, f"count(*)\n{len(table)}\n".encode(), "text/csv")
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault in STATUSES:
            return self.refuse(fault)
        if fault in HEADERS:
            return self.send_headers(fault)
        if fault.startswith("redirect "):
            return self.send(302, b"", "text/html", {"Location": fault.split(" ")[1]})
        if fault in BODIES:
            return self.send(200, _csv(table), "text/csv", fault=fault)
        if fault == "cut":
            return self.send(200, _csv(table)[:-3], "text/csv", fault="unmeasured")
        bodies = {
            "html": lambda: HTML,
            "votable": lambda: VOTABLE,
            "rows": lambda: _csv(table[:-1]),
            "last-field": lambda: _csv(table)[:-3],
            "short-row": lambda: _short_row(_csv(table), 30),
            "twice": lambda: _csv(pd.concat([table[:-1], table[:1]])),
            "renamed": lambda: _csv(table.rename(columns={"koi_period": "koi_per"})),
            "banner": lambda: b"Please note: this service moves in May\n\n" + _csv(table),
            "": lambda: _csv(table),
        }
        return self.send(200, bodies[fault](), "text/csv")


def _short_row(content: bytes, n: int) -> bytes:
    lines = content.splitlines(keepends=True)
    lines[n] = b",".join(lines[n].split(b",")[:3]) + b"\n"
    return b"".join(lines)


def _csv(table: pd.DataFrame) -> bytes:
    text = io.StringIO()
    table.to_csv(text, index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    return text.getvalue().encode()
