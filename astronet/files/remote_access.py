"""Access to object stores and web servers through fsspec, with errors of one line."""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from astronet.errors import ArchiveError, AstronetError, ConfigError
from astronet.files.remote_errors import WEB, explained, scheme_of, status_of

MAX_SIZE = 100_000_000
"""Maximum size of a remote light-curve file [bytes], as for downloads from archives."""

MAX_FILES = 10_000
"""Maximum number of files and folders in a listing."""

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "http": "aiohttp", "https": "aiohttp"}
"""Package that fsspec requires for each scheme."""

_ATTEMPTS, _LONGEST_WAIT = 3, 10
"""Number of attempts on web servers, and longest wait between them [s]; the libraries of object
stores have their own."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Found:
    """File or folder in a listing.

    Attributes:
        path: Path relative to the listed URL, whose components are neither empty nor "..".
        address: Address of the file for fsspec.
        folder: Whether it is a folder.
        size: Size [bytes]; None if the listing does not contain it.
    """

    path: str
    address: str
    folder: bool
    size: int | None


def kind_of(url: str) -> str:
    """Return "file", "directory", or "" if there is nothing at a URL.

    Raises:
        ArchiveError: The server cannot be reached, or denies access.
        ConfigError: The package for the scheme is not installed.
    """
    with explained(url):
        files = filesystem(url)
        try:
            return str(_repeated(url, lambda: files.info(address(url)))["type"])
        except FileNotFoundError:
            return ""


def list_files(url: str, prefix: str) -> list[Found] | None:
    """Return the files and folders whose relative paths begin with a prefix, without deeper ones.

    On an object store, only keys with the prefix are listed. A web server lists the whole folder.

    Args:
        url: Folder to list.
        prefix: Beginning of the paths relative to `url`; if it ends with a slash, this is the
            folder that is listed.

    Returns:
        Files and folders; None if a web server has no such folder.

    Raises:
        ArchiveError: The listing contains a name that leads to another folder, or too many names;
            or the server cannot be reached, or denies access.
        ConfigError: The package for the scheme is not installed.
    """
    with explained(url):
        files = filesystem(url)
        try:
            infos = _repeated(url, lambda: _infos(files, url, prefix))
        except FileNotFoundError:
            return None
    if len(infos) > MAX_FILES:
        raise ArchiveError(
            f"{url}/{prefix} contains more than {MAX_FILES:,} files; use one folder per star"
        )
    return [
        one
        for one in (_found(url, info) for info in infos)
        if one and one.path.startswith(prefix) and "/" not in one.path.removeprefix(prefix)
    ]


def fetch(url: str, wanted: Mapping[Path, Found]) -> None:
    """Copy remote files to local paths, whose folders must exist.

    Args:
        url: Folder of the remote files, for error messages.
        wanted: Remote files by the local path of the copy.

    Raises:
        ArchiveError: A file is larger than `MAX_SIZE` or is missing, or the server cannot be
            reached or denies access.
        ConfigError: The package for the scheme is not installed.
    """
    for one in wanted.values():
        check_size(one.address, one.size or 0)
    addresses, paths = [one.address for one in wanted.values()], list(map(str, wanted))
    with explained(url):
        files = filesystem(url)
        _repeated(url, lambda: files.get(addresses, paths, callback=_limit()))
    for path, one in wanted.items():
        if one.size is not None and path.stat().st_size != one.size:
            raise ArchiveError(
                f"{url}/{one.path} has {path.stat().st_size:,} bytes instead of {one.size:,}; it "
                "was changed while it was read, so run the command again"
            )


def check_size(name: str, size: int) -> None:
    """Raise an error if a file is larger than `MAX_SIZE`.

    Raises:
        ArchiveError: The file is too large.
    """
    if size > MAX_SIZE:
        raise ArchiveError(
            f"{name} is larger than {MAX_SIZE:,} bytes, so it is not read; check that it is a "
            "light curve, or copy it to a local folder"
        )


def address(url: str) -> str:
    """Return the address of a file or folder for fsspec: a URL, or a bucket and a key."""
    return url if scheme_of(url) in WEB else url.partition("://")[2]


def filesystem(url: str) -> Any:
    """Return fsspec's file system for a URL.

    Raises:
        ConfigError: The package for the scheme is not installed.
    """
    scheme = scheme_of(url)
    try:
        return _filesystem(scheme)
    except ImportError:
        raise ConfigError(
            f"{PACKAGES[scheme]}, which reads URLs that begin with {scheme}://, is not installed; "
            "run `pip install 'astronet[remote]'`"
        ) from None


@functools.cache
def _filesystem(scheme: str) -> Any:
    import fsspec

    options: dict[str, Any] = {"use_listings_cache": False}  # files may be added at any time
    if scheme in WEB:
        from astronet.files.web import client_options

        options["client_kwargs"] = client_options()
    return fsspec.filesystem(scheme, **options)


def _infos(files: Any, url: str, prefix: str) -> Sequence[Mapping[str, Any]]:
    """Return fsspec's listing of the paths that begin with a prefix."""
    where = address(url)
    if scheme_of(url) == "s3":  # `ls` would list the parent of an empty folder
        found = files.find(where, maxdepth=1, withdirs=True, prefix=prefix, detail=True)
        return list(found.values())
    if scheme_of(url) == "gs":
        return list(files.ls(where, detail=True, prefix=prefix))
    folder = prefix.rpartition("/")[0]
    return list(files.ls(f"{where}/{quote(folder)}/" if folder else f"{where}/", detail=True))


def _found(url: str, info: Mapping[str, Any]) -> Found | None:
    """Return a file or folder of a listing; None if it is not below the listed folder.

    Raises:
        ArchiveError: The name leads to another folder.
    """
    where, web = address(url), scheme_of(url) in WEB
    name = str(info["name"])
    if not name.startswith(f"{where}/") or (web and re.search("[?#]", name)):
        return None  # such as links that sort a listing
    path = name[len(where) + 1 :].rstrip("/")
    path = unquote(path) if web else path
    if re.search(r"[\\\0]", path) or not {"", ".", ".."}.isdisjoint(path.split("/")):
        if not path:
            return None  # the folder itself
        raise ArchiveError(
            f"{url}: the listing contains {path!r}, which is not a path in this folder; rename or "
            "remove the file"
        )
    size = info.get("size")
    return Found(path, name, info.get("type") == "directory", None if web else size)


def _limit() -> Any:
    """Return a callback of fsspec that raises an error if a file is too large."""
    from fsspec import Callback

    class Limit(Callback):  # type: ignore[misc]
        def __init__(self, name: str = "") -> None:
            super().__init__()
            self.name = name

        def set_size(self, size: int | None) -> None:
            check_size(self.name, size or 0)

        def relative_update(self, inc: int = 1) -> None:
            self.value += inc
            check_size(self.name, self.value)

        def branched(self, path_1: str, path_2: str, **_: Any) -> "Limit":
            return Limit(path_1)

    return Limit()


def _repeated(url: str, action: Callable[[], Result]) -> Result:
    """Return the result of an action, which is repeated after a temporary fault of a web server."""
    if scheme_of(url) not in WEB:
        return action()
    from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

    return Retrying(
        retry=retry_if_exception(_is_temporary),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential_jitter(1, _LONGEST_WAIT),
        reraise=True,
    )(action)


def _is_temporary(error: BaseException) -> bool:
    status = status_of(error)
    permanent = isinstance(error, AstronetError | FileNotFoundError | PermissionError)
    return (
        isinstance(error, Exception)
        and not permanent
        and (status is None or status >= 500 or status == 429)
    )
