"""Addresses of servers: validation, and redirects that are trusted."""

from urllib.parse import urljoin, urlsplit

from astronet.archives.faults import FaultError
from astronet.errors import ArchiveError, printable

ADDRESS = ("source", "url")
"""Names of the arguments that specify the address of a server."""

_TRUSTED = ("stsci.edu", "stpubdata.s3.amazonaws.com", "stpubdata.s3.us-east-1.amazonaws.com")
"""Hosts of MAST and its mirror; HTTPS redirects to them and their subdomains are followed."""


def check_url(url: str, argument: str | None = None) -> str:
    """Validate a URL, and return it without trailing slashes.

    Args:
        url: URL of a server, as given by the user.
        argument: Name of the argument that contains the URL; None means one of `ADDRESS`.

    Raises:
        ArchiveError: The scheme is not http or https, the host or the port is invalid, or the URL
            contains a user name, spaces or control characters.
    """
    arguments = ADDRESS if argument is None else (argument,)
    if not _is_valid(url):
        raise ArchiveError(
            f"{url!r} is not a valid http or https URL; correct its scheme, host or port",
            arguments=arguments,
        )
    if urlsplit(url).username is not None:  # it would be recorded with each file
        raise ArchiveError(
            f"the URL of {urlsplit(url).hostname} contains a user name; remove the user name and "
            "the password",
            arguments=arguments,
        )
    return url.rstrip("/")


def redirected(url: str, location: str) -> str:
    """Return the absolute URL of a redirect; raise an error if it is not trusted.

    The same host and port are trusted, unless the scheme changes from HTTPS to HTTP. Over HTTPS,
    the host's other ports, the hosts in `_TRUSTED` and their subdomains are trusted as well.

    Args:
        url: URL that was requested.
        location: Value of the header Location of the response.

    Raises:
        FaultError: The location is not a valid address.
        ArchiveError: The location is not trusted.
    """
    try:
        target = urljoin(url, location)
        there = urlsplit(target)
        invalid = not target.isascii() or (
            there.scheme in ("http", "https") and not _is_valid(target)
        )
    except ValueError:  # for example, unbalanced brackets
        target, invalid = location, True
    if invalid or not location:
        raise FaultError(
            f"{url} redirects to {printable(target)[:80]!r}, which is not a valid address"
        )
    if not _is_trusted(url, target):
        raise ArchiveError(
            f"{url} redirects to {printable(target)[:80]!r}, which is not trusted; check the "
            "address",
            arguments=ADDRESS,
        )
    return target


def _is_trusted(url: str, target: str) -> bool:
    here, there = urlsplit(url), urlsplit(target)
    secure = there.scheme == "https"
    host = (there.hostname or "").lower()
    same = host == here.hostname and (there.port == here.port or secure)
    trusted = secure and any(host == name or host.endswith(f".{name}") for name in _TRUSTED)
    downgraded = here.scheme == "https" and not secure
    anonymous = there.username is None and there.scheme in ("http", "https")
    return anonymous and not downgraded and (same or trusted)


def _is_valid(url: str) -> bool:
    """Return whether a URL is ASCII, and has the scheme http or https, a host and a valid port."""
    if not (url.isascii() and url.isprintable()) or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # unbalanced brackets, or a port above 65535
        return False
