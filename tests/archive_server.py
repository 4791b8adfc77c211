"""A local archive server with MAST's folders, the cloud's listing, and faults on demand.

Run `python tests/archive_server.py FOLDER [FIRST COUNT FAULTS]` to serve a folder of light curves,
or COUNT stars numbered from FIRST that all have the files of the first star in the folder. FAULTS
is the fraction of requests that fail.
"""

import json
import random
import re
import sys
import threading
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from local_server import HEADERS, HTML, STATUSES, FaultyHandler, LocalServer

from astronet.files.fits_checksums import with_checksum

SILENT = (
    *("flip", "zeros", "card", "twice", "other-quarter", "garbage-range", "other-star"),
    *("truncated", "html"),
)
"""Faults of a response that looks like a success: an inverted bit in the data, 4 kB of zeros in the
data, a changed header card, the file twice, the file of another quarter under the right name, a
resumed body with other bytes, the file of another star, a truncated file with a matching length,
and a web page with status 200."""

FAULTS = (
    *("404", "500", "503", "503-date", "503-now", "503-past", "stall", "reset", "short"),
    *("wrong-length", "endless", "gzip", "bad-location", "bad-port", "no-location"),
    *HEADERS,
    *SILENT,
)
"""Faults of a request: those of STATUSES, BODIES, HEADERS and SILENT, and redirects to addresses
that are not valid."""

LOCATIONS = {
    "bad-location": "http://[::1/",
    "bad-port": "http://localhost:99999/",
    "no-location": "",
}

FIRST, FILES = 900_000_001, 14
"""Number of the first star of the test archive, and number of files of each star."""

MAST, CLOUD = "/pub/kepler/lightcurves/", "/kepler/public/lightcurves/"
SERVICE = "/api/v0.1/Download/file"
_CHANGED = datetime(2016, 5, 2, 12, tzinfo=UTC)


class Request(NamedTuple):
    """A request, the status of the response and the number of bytes sent."""

    path: str
    status: int
    sent: int
    range: str


class Sky:
    """The files of a folder with the layout of MAST."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def sizes(self, star: str) -> dict[str, int]:
        """Return the names of a star's files, with their sizes [bytes]."""
        paths = sorted((self.folder / star[:4] / star).glob("*.fits"))
        return {path.name: path.stat().st_size for path in paths}

    def content(self, star: str, name: str) -> bytes | None:
        path = self.folder / star[:4] / star / name
        return path.read_bytes() if name in self.sizes(star) else None


class RepeatedSky(Sky):
    """Many stars with the files of one star, which differ in the star number and file name only."""

    def __init__(self, folder: Path, first: int, count: int) -> None:
        super().__init__(folder)
        self.stars = {f"{number:09d}" for number in range(first, first + count)}
        paths = sorted(min(folder.glob("*/*")).glob("*.fits"))
        self._one = paths[0].parent.name
        self._contents = {path.name: path.read_bytes() for path in paths}

    def sizes(self, star: str) -> dict[str, int]:
        contents = self._contents if star in self.stars else {}
        return {name.replace(self._one, star): len(c) for name, c in contents.items()}

    def content(self, star: str, name: str) -> bytes | None:
        original = name.replace(star, self._one)
        if original not in self._contents or star not in self.stars:
            return None
        return renumbered(self._contents[original], int(star))


def units_of(content: bytes) -> list[bytes]:
    """Return the header-data units of a light curve."""
    starts = [m.start() for m in re.finditer(rb"SIMPLE  =|XTENSION=", content)]
    return [content[a:b] for a, b in zip(starts, [*starts[1:], len(content)], strict=True)]


def renumbered(content: bytes, star: int) -> bytes:
    """Return a light curve with the number of another star in its headers, and new checksums."""
    number = b"KEPLERID=%21d" % star
    return b"".join(
        with_checksum(re.sub(rb"KEPLERID= *\d+", number, unit)) for unit in units_of(content)
    )


class ArchiveServer(LocalServer):
    """The server; `fault(path, n)` returns the fault of the n-th request of a path, or ""."""

    def __init__(self, sky: Sky, fault: Callable[[str, int], str] = lambda path, n: "") -> None:
        super().__init__(_Handler)
        self.sky, self.fault = sky, fault
        self.requests: list[Request] = []
        self.seen: Counter[str] = Counter()
        self.page_length = 1000
        self.lock = threading.Lock()

    @property
    def tree(self) -> str:
        return self.url + MAST.rstrip("/")

    def files_sent(self) -> list[Request]:
        """Return the successful requests of light curves."""
        return [r for r in self.requests if r.path.endswith(".fits") and r.status < 300]


def some_fail(fraction: float, seed: int = 0) -> Callable[[str, int], str]:
    """Return a function that chooses random faults for a fraction of the requests."""

    def fault(path: str, n: int) -> str:
        generator = random.Random(f"{seed}{path}{n}")
        return generator.choice(FAULTS) if generator.random() < fraction else ""

    return fault


class _Handler(FaultyHandler):
    server: ArchiveServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path)
        if path == "/requests":
            paths = [request.path for request in self.server.requests]
            return self.send(200, json.dumps(paths).encode(), "application/json")
        if path == "/log":
            counts = Counter(f"{r.status}" for r in self.server.requests)
            return self.send(200, json.dumps(counts).encode(), "application/json")
        if path == SERVICE:
            path = CLOUD + parse_qs(url.query)["uri"][0].partition("lightcurves/")[2]
        with self.server.lock:
            n = self.server.seen[self.path]
            self.server.seen[self.path] += 1
        fault = self.server.fault(self.path, n)
        if fault in STATUSES:
            return self.refuse(fault)
        if fault in HEADERS:
            return self.send_headers(fault)
        if fault in LOCATIONS or fault.startswith("redirect "):
            place = LOCATIONS.get(fault, fault.partition(" ")[2])
            return self.send(302, b"", "text/html", {"Location": place})
        if fault == "html":
            return self.send(200, HTML, "text/html")
        self._answer(url, path, fault, n)

    def _answer(self, url: SplitResult, path: str, fault: str, n: int) -> None:
        """Send a file or a listing."""
        star, _, name = path.removeprefix(MAST).removeprefix(CLOUD)[5:].partition("/")
        query = parse_qs(url.query)
        if "list-type" in query:
            return self._body(self._listing(query), "application/xml", fault)
        if name:
            content = self.server.sky.content(star, name)
            if fault == "other-quarter":
                others = [other for other in self.server.sky.sizes(star) if other != name]
                content = self.server.sky.content(star, others[n % len(others)])
            if content:
                content = damaged(content, star, fault, n)
            return self._body(content, "application/fits", fault)
        sizes = self.server.sky.sizes(star)
        return self._body(index_page(path, sizes) if sizes else None, "text/html", fault)

    def _body(self, content: bytes | None, kind: str, fault: str) -> None:
        """Send a body, from its beginning or from the requested byte, with a fault."""
        if content is None:
            return self.refuse("404")
        tag = f'"{len(content):x}-{zlib.crc32(content):08x}"'
        headers = {"ETag": tag, "Last-Modified": format_datetime(_CHANGED, usegmt=True)}
        if fault == "truncated":
            content = content[: len(content) * 2 // 3]
        requested = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(requested[1]) if requested and self.headers.get("If-Range", tag) == tag else 0
        if start >= len(content) > 0:
            return self.send(416, b"", kind)
        if start and fault == "garbage-range":
            content = bytes(len(content))
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self.send(206 if start else 200, content[start:], kind, headers, fault)

    def note(self, status: int, sent: int) -> None:
        with self.server.lock:
            requested = self.headers.get("Range", "")
            self.server.requests.append(Request(unquote(self.path), status, sent, requested))

    def _listing(self, query: dict[str, list[str]]) -> bytes:
        """Return a page of ListObjectsV2."""
        prefix = query["prefix"][0]
        star = prefix.rstrip("/").rpartition("/")[2]
        sizes = self.server.sky.sizes(star)
        begin = int(query.get("continuation-token", ["0"])[0])
        end = begin + self.server.page_length
        entries = "".join(
            f"<Contents><Key>{escape(prefix + name)}</Key>"
            f"<LastModified>2016-05-02T12:00:00.000Z</LastModified>"
            f"<Size>{size}</Size></Contents>"
            for name, size in list(sizes.items())[begin:end]
        )
        more = end < len(sizes)
        token = f"<NextContinuationToken>{end}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>stpubdata</Name><Prefix>{escape(prefix)}</Prefix><MaxKeys>1000</MaxKeys>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}</ListBucketResult>"
        ).encode()


def damaged(content: bytes, star: str, fault: str, seed: int) -> bytes:
    """Return a light curve with one of the faults in its content."""
    generator, changed = random.Random(f"{star}{seed}"), bytearray(content)
    if fault == "other-star":
        return renumbered(content, int(star) + 1)
    if fault == "twice":
        return content + content
    if fault == "card":
        place = content.index(b"EXPOSURE=")
        changed[place + 29] ^= 1  # the last digit of the exposure time
    if fault == "flip":
        changed[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
    if fault == "zeros":
        middle = generator.randrange(20_000, len(content) - 20_000)
        changed[middle : middle + 4096] = bytes(4096)
    return bytes(changed)


def index_page(path: str, sizes: dict[str, int]) -> bytes:
    """Return the index page of a folder in the format of Apache mod_autoindex."""
    title = f"Index of {path.rstrip('/')}"
    rows = "".join(
        f'<tr><td valign="top"><img src="/icons/unknown.gif" alt="[   ]"></td>'
        f'<td><a href="{name}">{name[:21]}..&gt;</a></td>'
        f'<td align="right">2016-05-02 12:00  </td><td align="right">{size / 1024:.0f}K</td>'
        f"<td>&nbsp;</td></tr>\n"
        for name, size in sizes.items()
    )
    return (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n'
        f"<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n<h1>{title}</h1>\n"
        '  <table>\n   <tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last '
        'modified</a></th><th><a href="?C=S;O=A">Size</a></th></tr>\n'
        '<tr><td><a href="/pub/kepler/lightcurves/">Parent Directory</a></td><td>&nbsp;</td>'
        f'<td align="right">  - </td></tr>\n{rows}</table>\n</body></html>\n'
    ).encode()


if __name__ == "__main__":
    folder, *numbers = sys.argv[1:]
    first, count = map(int, numbers[:2]) if numbers else (0, 0)
    sky = RepeatedSky(Path(folder), first, count) if numbers else Sky(Path(folder))
    server = ArchiveServer(sky, some_fail(float(numbers[2])) if len(numbers) > 2 else some_fail(0))
    print(server.url, flush=True)
    server.serve_forever()
