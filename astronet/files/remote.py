"""Paths in object stores and on web servers, which are given by URLs.

Credentials are never part of a URL: fsspec's libraries find them in the environment and in their
configuration files.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from astronet.errors import ArchiveError, ConfigError
from astronet.files.remote_access import PACKAGES, kind_of, list_files
from astronet.files.remote_errors import WEB

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(/.*)", re.DOTALL)  # one letter is a Windows drive
_LIGHT_CURVE = re.compile(r".*\.(csv|ecsv|fits)(\.gz)?")


@dataclass(frozen=True)
class RemotePath:
    """File or folder in an object store or on a web server; use `location` to create it.

    Attributes:
        url: URL without credentials, query and final slash, for example "s3://bucket/kepler".
    """

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def scheme(self) -> str:
        """Scheme of the URL: s3, gs, http or https."""
        return self.url.partition("://")[0]

    @property
    def name(self) -> str:
        """Last component of the URL; "" for a bucket or a host."""
        _, slash, name = self.url.partition("://")[2].rpartition("/")
        return unquote(name) if self.scheme in WEB else name if slash else ""

    def sibling(self, name: str) -> "RemotePath":
        """Return the path of a file with another name in the same folder."""
        return RemotePath(f"{self.url.rpartition('/')[0]}/{name}")

    def resolve(self) -> "RemotePath":
        """Return the path itself, which is absolute; see `pathlib.Path.resolve`."""
        return self

    def is_file(self) -> bool:
        """Return whether there is a file or object at the URL.

        On a web server, only a URL that ends in the suffix of a light curve can be a file.

        Raises:
            ArchiveError: The server cannot be reached, or denies access.
            ConfigError: The package for the scheme is not installed.
        """
        return self._kind() == "file"

    def is_dir(self) -> bool:
        """Return whether there are files below the URL; for the errors, see `is_file`."""
        return self._kind() == "directory"

    def exists(self) -> bool:
        """Return whether there is a file or a folder at the URL; for the errors, see `is_file`."""
        return bool(self._kind())

    def _kind(self) -> str:
        """Return "file", "directory", or "" if there is nothing at the URL."""
        if self.scheme in WEB and not _LIGHT_CURVE.fullmatch(self.name):
            found = list_files(self.url, "")
            if found == []:
                raise ArchiveError(
                    f"{self}: the server does not list the files of this folder; enable directory "
                    "listings (for example autoindex of nginx), or copy the files to a local "
                    "folder or an object store",
                    arguments=("data",),
                )
            return "" if found is None else "directory"
        return kind_of(self.url)


Location = Path | RemotePath
"""Local or remote file or folder."""


def is_url(text: object) -> bool:
    """Return whether a text or path begins like a URL, for example "s3://" or "s3:/"."""
    return _URL.fullmatch(str(text)) is not None


def location(text: str | Location) -> Location:
    """Return the local or remote path that a text denotes; "file://" URLs are local paths.

    Raises:
        ConfigError: The URL has an unknown scheme or is incomplete, or contains credentials, a
            query, or "." or ".." as a component.
    """
    if not isinstance(text, str):
        return text
    if (match := _URL.fullmatch(text)) is None:
        return Path(text)
    scheme = {"gcs": "gs", "s3a": "s3"}.get(match[1].lower(), match[1].lower())
    begin = f"{scheme}://"
    if scheme not in ("file", *PACKAGES):
        raise ConfigError(
            f"URLs that begin with {begin} cannot be read; give a local path, or a URL that begins "
            "with s3://, gs://, https:// or file://"
        )
    if not match[2].startswith("//"):
        raise ConfigError(f"a URL begins with {begin}, with two slashes; correct it")
    server, _, rest = match[2][2:].rstrip("/").partition("/")
    if "@" in server or re.search(r"[?#]", rest + server):  # never shown: they may be secrets
        raise ConfigError(
            f"a URL ({begin}…) contains credentials, a query or a fragment; leave them out, and "
            "set credentials in the environment or the configuration file of the object store"
        )
    if scheme == "file":
        if server not in ("", "localhost"):
            raise ConfigError(f"{begin}{server}/… is on another machine; give a local path")
        return Path("/" + unquote(rest))
    components = [unquote(one) for one in rest.split("/")] if rest else []
    if not server or {"", ".", ".."} & {*components} or not text.isprintable() or "::" in text:
        raise ConfigError(
            f"{begin}{server}/{rest} is not a complete URL, or contains an empty component, '.' or "
            "'..'; correct it"
        )
    return RemotePath(f"{begin}{server}/{rest}".rstrip("/"))


def local_only(*paths: Location | None) -> list[Path]:
    """Return the local ones of some paths, without None."""
    return [path for path in paths if isinstance(path, Path)]


def local_path(value: Any) -> Any:
    """Return a value unchanged, unless it is the text of a URL.

    Raises:
        ConfigError: The value is a URL.
    """
    if isinstance(value, str | Path) and is_url(value):
        raise ConfigError(
            f"a URL ({str(value).partition(':')[0]}://…) is given where only a local path is "
            "possible; give a local path, and copy the files from or to the object store"
        )
    return value
