"""Questions to a TAP service: the NASA Exoplanet Archive's tables come so.

The service answers `GET <service>?query=<ADQL>&format=csv` (IVOA TAP 1.1;
https://exoplanetarchive.ipac.caltech.edu/docs/TAP/usingTAP.html). Errors come as VOTables or as web
pages, now and then with the status 200.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from astronet.archives.faults import AbsentError, FaultError
from astronet.archives.http import HttpClient, check_url
from astronet.archives.streams import Stream
from astronet.errors import ArchiveError, printable

SERVICE = "https://exoplanetarchive.ipac.caltech.edu/TAP/sync"
"""The NASA Exoplanet Archive's."""

_MOST_BYTES = 2**30
"""The largest of the archive's tables has some 100 MB."""


class TapService:
    """A TAP service, asked for tables as CSV."""

    def __init__(self, client: HttpClient, url: str = SERVICE) -> None:
        self._client = client
        self._url = check_url(url)

    def url_of(self, query: str) -> str:
        """The address at which a query is answered."""
        return f"{self._url}?{urlencode({'query': query, 'format': 'csv'})}"

    def count_rows(self, table: str) -> int:
        """The number of rows of a table.

        Raises:
            FaultError: It may come at the next attempt.
            ArchiveError: The service refuses, or answers something else.
        """
        url = self.url_of(f"select count(*) from {table}")
        with self._plainly():
            content = self._client.page(url)
        words = content.split()
        if not words or not (number := words[-1].strip('"')).isdecimal():
            raise ArchiveError(
                f"{url} should give a number of rows, but answers {printable(content)[:120]!r}; "
                "check --url, or try again later"
            )
        return int(number)

    def fetch(self, query: str, path: Path, advance: Callable[[int], None]) -> None:
        """Writes an answer to a file as it comes.

        Args:
            query: The query.
            path: The file.
            advance: Told the number of lines that have come.

        Raises:
            FaultError: The answer broke off, or may come at the next attempt.
            ArchiveError: The service refuses.
        """
        url = self.url_of(query)
        with self._plainly(), self._client.open(url) as stream:
            _write(url, stream, path, advance)

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """Gives up at once where trying again within minutes is no use."""
        try:
            yield
        except AbsentError as error:
            raise ArchiveError(f"{error}; check --url and the name") from None
        except FaultError as error:
            if error.wait and error.wait > self._client.patience.longest_obeyed:
                asks = f"{error} and asks to come back in {error.wait:.0f} s; do so"
                raise ArchiveError(asks) from None
            raise


def _write(url: str, stream: Stream, path: Path, advance: Callable[[int], None]) -> None:
    last = b""
    with path.open("wb") as file:
        for chunk in stream.chunks:
            file.write(chunk)
            advance(chunk.count(b"\n"))
            last = chunk
            if file.tell() > _MOST_BYTES:
                raise ArchiveError(f"{url} gives more than 1 GiB, as no catalogue does; check it")
    if not stream.measured and not last.endswith(b"\n"):
        raise FaultError("the answer ends within a line")
