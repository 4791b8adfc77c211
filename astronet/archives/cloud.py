"""MAST's public mirror in the cloud: the S3 bucket stpubdata, which requires no account.

See https://registry.opendata.aws/mast-kepler/. The request ListObjectsV2 returns the names and
sizes of files:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from urllib.parse import urlencode
from xml.etree import ElementTree

from astronet.archives.addresses import check_url
from astronet.archives.faults import AbsentError, FaultError
from astronet.archives.http import HttpClient
from astronet.archives.streams import RemoteFile, Stream
from astronet.archives.targets import Cadence, Target, archive_of

CLOUD = "https://stpubdata.s3.amazonaws.com"
_NAMESPACE = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/"}
_PAGES = 100
"""Maximum number of pages in the listing of one star; a page lists up to 1,000 files."""


class Bucket:
    """S3 bucket with MAST's folder layout.

    Args:
        client: HTTP client.
        root: URL of the bucket.

    Raises:
        ArchiveError: The URL is not valid.
    """

    def __init__(self, client: HttpClient, root: str = CLOUD) -> None:
        self._client = client
        self._root = check_url(root)

    def list_files(self, target: Target, cadence: Cadence) -> list[RemoteFile]:
        """Return the light-curve files of a star, sorted by name; see `Archive.list_files`."""
        prefix = f"{archive_of(target.mission).bucket}/{target.folder}/"
        sizes = dict(self._contents(prefix))
        if not sizes:
            raise AbsentError(f"the archive has no files for {target}")
        name = target.file_names(cadence)
        files = [
            RemoteFile(target, f"{self._root}/{key}", key.removeprefix(prefix), sizes[key])
            for key in sorted(sizes)
            if key.startswith(prefix) and name.fullmatch(key.removeprefix(prefix))
        ]
        if not files:
            raise AbsentError(f"the archive has no {cadence}-cadence light curves of {target}")
        return files

    def url_of(self, target: Target, name: str) -> str:
        """Return the URL of a file; see `Archive.url_of`."""
        return f"{self._root}/{archive_of(target.mission).bucket}/{target.folder}/{name}"

    def open(self, url: str, start: int = 0, validator: str = "") -> AbstractContextManager[Stream]:
        """Open a file as a byte stream; see `Archive.open`."""
        return self._client.open(url, start, validator)

    def _contents(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the key and the size [bytes] of each object whose key starts with `prefix`."""
        query = {"list-type": "2", "prefix": prefix}
        for _ in range(_PAGES):
            page = self._page(f"{self._root}/?{urlencode(query)}")
            for entry in page.iterfind("s3:Contents", _NAMESPACE):
                key = entry.findtext("s3:Key", "", _NAMESPACE)
                size = entry.findtext("s3:Size", "", _NAMESPACE)
                if not re.fullmatch(r"[0-9]{1,15}", size):
                    raise FaultError(f"{self._root}: the listing gives no size for {key}")
                yield key, int(size)
            if page.findtext("s3:IsTruncated", "", _NAMESPACE) != "true":
                return
            query["continuation-token"] = page.findtext("s3:NextContinuationToken", "", _NAMESPACE)
        raise FaultError(f"{self._root}: the listing of {prefix} has more than {_PAGES} pages")

    def _page(self, url: str) -> ElementTree.Element:
        text = self._client.page(url)
        try:
            if "<!DOCTYPE" in text or "<!ENTITY" in text:
                raise ElementTree.ParseError  # an error page, or an entity-expansion attack
            root = ElementTree.fromstring(text)
        except ElementTree.ParseError:
            raise FaultError(f"{url} did not return a listing of files") from None
        if root.tag != f"{{{_NAMESPACE['s3']}}}ListBucketResult":
            raise FaultError(f"{url} did not return a listing of files")
        return root
