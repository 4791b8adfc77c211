"""MAST's public folders: https://archive.stsci.edu/pub/kepler/lightcurves/<kkkk>/<kepid 9 digits>/.

Each folder has an index page with links to its files (Apache mod_autoindex, with rounded sizes).
"""

import re
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from astronet.archives.faults import AbsentError, FaultError
from astronet.archives.http import HttpClient, check_url
from astronet.archives.streams import RemoteFile, Stream
from astronet.archives.targets import Cadence, Target


class IndexPages:
    """A web server with the folder layout of MAST.

    Args:
        client: HTTP client.
        root: URL of the folder of light curves.

    Raises:
        ArchiveError: The URL is not valid.
    """

    def __init__(self, client: HttpClient, root: str) -> None:
        self._client = client
        self._root = check_url(root)

    def list_files(self, target: Target, cadence: Cadence) -> list[RemoteFile]:
        """List the light-curve files of a star; see `Archive`."""
        folder = f"{self._root}/{target.folder}"
        try:
            page = self._client.page(f"{folder}/")
        except AbsentError:
            raise AbsentError(f"the archive has no files for {target}") from None
        links = _Links(page)
        name = target.file_names(cadence)
        found = {link: size for link, size in links.found.items() if name.fullmatch(link)}
        _check_page(folder, page, target, bool(found))
        if not found:
            raise AbsentError(f"the archive has no {cadence}-cadence light curves of {target}")
        return [
            RemoteFile(target, f"{folder}/{link}", link, estimate=found[link])
            for link in sorted(found)
        ]

    def open(self, url: str, start: int = 0, validator: str = "") -> AbstractContextManager[Stream]:
        """Open a file as a stream; see `Archive`."""
        return self._client.open(url, start, validator)


class _Links(HTMLParser):
    """The links of an index page: the last component of each, and the size shown after it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, int | None] = {}
        self._last = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and (link := dict(attrs).get("href")):
            self._last = unquote(urlsplit(link).path).rpartition("/")[2]
            self.found[self._last] = None

    def handle_data(self, data: str) -> None:
        size = re.search(r"(?:^|\s)(\d{1,9}(?:\.\d)?)([KMG]?)\s*$", data)
        if size and self._last:
            scale = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}[size[2]]
            self.found[self._last] = round(float(size[1]) * scale)


def _check_page(folder: str, page: str, target: Target, found: bool) -> None:
    """Raise if the page is an error page, which lists nothing, or a truncated index."""
    if not found and not ("Index of" in page and target.padded in page):
        raise FaultError(f"{folder}/ did not return an index page")
    end = page.rstrip()[-200:].lower()
    if not re.search(r"</(html|body|table|pre|ul)>", end):
        raise FaultError(f"{folder}/ returned a truncated index page")
