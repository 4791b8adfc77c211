"""MAST's public folders of Kepler light curves, one folder per star.

The folder of KIC 11446443 is https://archive.stsci.edu/pub/kepler/lightcurves/0114/011446443/: the
KIC number is padded with zeros to nine digits, and the first four digits name the parent folder.
Each folder has an index page with links to its files and their rounded sizes (Apache
mod_autoindex).
"""

import re
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from astronet.archives.addresses import check_url
from astronet.archives.faults import AbsentError, FaultError
from astronet.archives.http import HttpClient
from astronet.archives.streams import RemoteFile, Stream
from astronet.archives.targets import Cadence, Target


class IndexPages:
    """Web server with MAST's folder layout and index pages.

    Args:
        client: HTTP client.
        root: URL of the top-level folder of light curves.

    Raises:
        ArchiveError: The URL is not valid.
    """

    def __init__(self, client: HttpClient, root: str) -> None:
        self._client = client
        self._root = check_url(root)

    def list_files(self, target: Target, cadence: Cadence) -> list[RemoteFile]:
        """Return the light-curve files of a star, sorted by name; see `Archive.list_files`."""
        folder = f"{self._root}/{target.folder}"
        try:
            page = self._client.page(f"{folder}/")
        except AbsentError:
            raise AbsentError(f"the archive has no files for {target}") from None
        links = _links(folder, page)
        name = target.file_names(cadence)
        found = {link: size for link, size in links.found.items() if name.fullmatch(link)}
        _check_page(folder, page, target, bool(found))
        if not found and name.search(page):  # within an unfinished comment, for example
            raise FaultError(f"{folder}/ returned a damaged index page")
        if not found:
            raise AbsentError(f"the archive has no {cadence}-cadence light curves of {target}")
        return [
            RemoteFile(target, self.url_of(target, link), link, estimate=found[link])
            for link in sorted(found)
        ]

    def url_of(self, target: Target, name: str) -> str:
        """Return the URL of a file; see `Archive.url_of`."""
        return f"{self._root}/{target.folder}/{name}"

    def open(self, url: str, start: int = 0, validator: str = "") -> AbstractContextManager[Stream]:
        """Open a file as a byte stream; see `Archive.open`."""
        return self._client.open(url, start, validator)


def _links(folder: str, page: str) -> "_Links":
    """Return the links of an index page; raise an error if it cannot be parsed."""
    try:
        return _Links(page)
    except (AssertionError, ValueError):  # of HTMLParser, for damaged declarations and addresses
        raise FaultError(f"{folder}/ did not return an index page") from None


class _Links(HTMLParser):
    """Parser of an index page.

    Attributes:
        found: Approximate size [bytes] of each linked file by file name; None if the page shows
            no size for the file.
    """

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
    """Raise an error if a page is truncated or is not the index page of a star's folder.

    Args:
        folder: URL of the folder, for the message.
        page: HTML text of the page.
        target: Star to which the folder belongs.
        found: Whether the page lists light curves of the star; if so, it must be an index page.
    """
    if not found and not ("Index of" in page and target.padded in page):
        raise FaultError(f"{folder}/ did not return an index page")
    end = page.rstrip()[-200:].lower()
    if not re.search(r"</(html|body|table|pre|ul)>", end):
        raise FaultError(f"{folder}/ returned a truncated index page")
