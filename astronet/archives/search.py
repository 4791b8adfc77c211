"""K2 and TESS light curves: found with lightkurve's search, downloaded from MAST's file service.

Example of a URL:
https://mast.stsci.edu/api/v0.1/Download/file?uri=mast:TESS/product/tess…_lc.fits
"""

import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from urllib.parse import quote

from astronet.archives.addresses import check_url
from astronet.archives.faults import AbsentError, FaultError
from astronet.archives.http import HttpClient
from astronet.archives.names import import_lightkurve
from astronet.archives.streams import RemoteFile, Stream
from astronet.archives.targets import Cadence, Target, archive_of

SERVICE = "https://mast.stsci.edu/api/v0.1/Download/file"


class SearchedArchive:
    """Archive of the light curves from a mission's own pipeline, found by a search of MAST.

    For TESS, this is the SPOC pipeline.

    Args:
        client: HTTP client.
        service: URL of the file service.

    Raises:
        ArchiveError: The URL is not valid.
    """

    def __init__(self, client: HttpClient, service: str = SERVICE) -> None:
        self._client = client
        self._service = check_url(service)
        self._one_search = threading.Lock()  # astroquery's sessions are not thread-safe

    def list_files(self, target: Target, cadence: Cadence) -> list[RemoteFile]:
        """Return the light-curve files of a star, sorted by name; see `Archive.list_files`."""
        author = archive_of(target.mission).author
        try:
            with self._one_search:
                search = import_lightkurve().search_lightcurve
                table = search(str(target), author=author).table
            rows = [
                (str(row["productFilename"]), str(row["dataURI"]), int(row["size"]))
                for row in table
            ]
        except Exception as error:  # many types, from the network and the query
            raise FaultError(f"the MAST search failed ({type(error).__name__})") from None
        return self.files(target, cadence, rows)

    def files(
        self, target: Target, cadence: Cadence, rows: Iterable[tuple[str, str, int]]
    ) -> list[RemoteFile]:
        """Select the light-curve files of a star from search results; return them sorted by name.

        Args:
            target: Star whose files are selected.
            cadence: Cadence of the files.
            rows: Search results: file name, data URI and size [bytes].

        Raises:
            AbsentError: No result is a light curve of this star and cadence.
        """
        name = target.file_names(cadence)
        files = {
            row[0]: RemoteFile(
                target, f"{self._service}?uri={quote(row[1], safe='')}", row[0], row[2]
            )
            for row in rows
            if name.fullmatch(row[0])
        }
        if not files:
            raise AbsentError(
                f"the archive has no {cadence}-cadence light curves of {target} from the mission's "
                "pipeline"
            )
        return [files[name] for name in sorted(files)]

    def url_of(self, target: Target, name: str) -> str:
        """Return "", because only a search gives the URL of a file; see `Archive.url_of`."""
        return ""

    def open(self, url: str, start: int = 0, validator: str = "") -> AbstractContextManager[Stream]:
        """Open a file as a byte stream; see `Archive.open`."""
        return self._client.open(url, start, validator)
