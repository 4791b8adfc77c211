"""Queries to a TAP service, such as that of the NASA Exoplanet Archive.

A query is sent as `GET <service>?query=<ADQL>&format=csv` (IVOA TAP 1.1;
https://exoplanetarchive.ipac.caltech.edu/docs/TAP/usingTAP.html). The service reports errors as
VOTables or web pages, sometimes with status 200.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from astronet.archives.addresses import check_url
from astronet.archives.faults import AbsentError, FaultError
from astronet.archives.http import HttpClient
from astronet.archives.streams import Stream
from astronet.errors import ArchiveError, printable

SERVICE = "https://exoplanetarchive.ipac.caltech.edu/TAP/sync"
"""URL of the TAP service of the NASA Exoplanet Archive."""

_MAX_BYTES = 3 * 10**8
"""Maximum size of a table [bytes]; the archive's largest table has about 100 MB."""


class TapService:
    """TAP service that returns tables in CSV format.

    Args:
        client: HTTP client.
        url: URL of the service.

    Raises:
        ArchiveError: The URL is not valid.
    """

    def __init__(self, client: HttpClient, url: str = SERVICE) -> None:
        self._client = client
        self._url = check_url(url)

    def url_of(self, query: str) -> str:
        """Return the URL that requests the result of an ADQL query in CSV format."""
        return f"{self._url}?{urlencode({'query': query, 'format': 'csv'})}"

    def count_rows(self, table: str) -> int:
        """Return the number of rows in a table of the service.

        Args:
            table: Name of the table.

        Raises:
            FaultError: The request failed or did not return a number, but a retry may succeed.
            ArchiveError: The service rejected the query, or requested too long a wait.
        """
        url = self.url_of(f"select count(*) from {table}")
        with self._final_errors():
            content = self._client.page(url)
        words = content.split()
        number = words[-1].strip('"') if words else ""
        if not re.fullmatch(r"[0-9]{1,12}", number):
            message = f"{url} returned {printable(content)[:120]!r} instead of the number of rows"
            if not content.lstrip().startswith("<?xml"):  # for example, a web page
                raise FaultError(message)
            raise ArchiveError(
                f"{message}; try again later, or check the address", arguments=("url",)
            )
        return int(number)

    def fetch(self, query: str, path: Path, advance: Callable[[int], None]) -> None:
        """Write the result of a query to a file.

        Args:
            query: Query in ADQL.
            path: Path of the file to write.
            advance: Function called with the number of lines in each chunk, for a progress bar.

        Raises:
            FaultError: The request failed, or the response is truncated or too large, but a retry
                may succeed.
            ArchiveError: The service rejected the query or requested too long a wait.
        """
        url = self.url_of(query)
        with self._final_errors(), self._client.open(url) as stream:
            _write(url, stream, path, advance)

    @contextmanager
    def _final_errors(self) -> Iterator[None]:
        """Replace an error from the `with` block if no retry within minutes can succeed.

        Raises:
            ArchiveError: The page does not exist, or the server requested too long a wait.
            FaultError: Another failure occurred, after which a retry may succeed.
        """
        try:
            yield
        except AbsentError as error:
            raise ArchiveError(
                f"{error}; check the address and the name of the table", arguments=("url",)
            ) from None
        except FaultError as error:
            if error.wait and error.wait > self._client.retry_policy.longest_requested_wait:
                raise ArchiveError(f"{error}; try again in {error.wait:.0f} s") from None
            raise


def _write(url: str, stream: Stream, path: Path, advance: Callable[[int], None]) -> None:
    last = b""
    with path.open("wb") as file:
        for chunk in stream.chunks:
            file.write(chunk)
            advance(chunk.count(b"\n"))
            last = chunk
            if file.tell() > _MAX_BYTES:
                raise FaultError(
                    f"{url} returned more than {_MAX_BYTES:,} bytes, which is too large for an "
                    "event table"
                )
    if not stream.measured and not last.endswith(b"\n"):
        raise FaultError(f"{url}: the response ends in the middle of a line")
