"""Options of the HTTP client that fsspec uses for web servers."""

from typing import Any

from astronet.errors import ArchiveError

_CONNECT, _READ = 30, 60
"""Maximum time for a connection, and without data [s]."""


def client_options() -> dict[str, Any]:
    """Return the options of aiohttp's client: timeouts, and redirects only on the same server."""
    import aiohttp

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_check_redirect)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_READ)
    return {"timeout": timeout, "trace_configs": [trace]}


async def _check_redirect(session: Any, context: Any, request: Any) -> None:
    """Raise an error if a server redirects to another one.

    Raises:
        ArchiveError: The scheme, the host or the port of the new address differs.
    """
    from yarl import URL

    begin = request.url.origin()
    target = request.url.join(URL(request.response.headers.get("Location", "")))
    if target.origin() != begin:
        raise ArchiveError(
            f"{begin} redirects to {target.origin()}, which is another server; if you trust it, "
            "give its address"
        )
