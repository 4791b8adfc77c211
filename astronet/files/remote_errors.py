"""Errors of fsspec and its libraries as messages of one line."""

from collections.abc import Iterator
from contextlib import contextmanager

from astronet.errors import ArchiveError, AstronetError, one_line

WEB = ("http", "https")
"""Schemes of web servers."""


def scheme_of(url: str) -> str:
    """Return the scheme of a URL, for example "s3"."""
    return url.partition("://")[0]


@contextmanager
def explained(url: str, doing: str = "read") -> Iterator[None]:
    """Raise the errors of fsspec and its libraries as an `ArchiveError` of one line.

    Messages about denied access quote no text of the server.

    Args:
        url: URL that the message names.
        doing: Participle of what failed: "read" or "written".

    Raises:
        ArchiveError: The file does not exist, access is denied, or the server cannot be reached.
    """
    try:
        yield
    except (AstronetError, KeyboardInterrupt):
        raise
    except FileNotFoundError:
        raise ArchiveError(f"{url} does not exist; check the bucket and the path") from None
    except Exception as error:  # the libraries raise many types of errors
        raise ArchiveError(f"{url}: {_reason(url, error, doing)}") from None


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status of an error, if it has one."""
    found = getattr(error, "status", None)
    found = getattr(error, "code", None) if found is None else found
    return found if isinstance(found, int) else None


def _reason(url: str, error: Exception, doing: str) -> str:
    """Return the cause and the remedy of an error."""
    kind = type(error).__name__
    if isinstance(error, PermissionError) or status_of(error) in (401, 403):
        if scheme_of(url) in WEB:
            return "access is denied; allow access and directory listings on the server"
        return (
            "access is denied; check the credentials in the environment or in the configuration "
            "file, and the permissions of the bucket"
        )
    if "Credential" in kind:
        return (
            "no credentials are found; set them in the environment or in the configuration file, "
            "or set FSSPEC_S3_ANON=true to read a public bucket"
        )
    return (
        f"it cannot be {doing} ({kind}: {one_line(error)[:200]}); check the address and the "
        "network, and run the command again"
    )
