"""Settings of a download: connections, attempts and limits."""

from dataclasses import dataclass, field
from pathlib import Path

from astronet.archives.faults import RetryPolicy
from astronet.archives.fetching import MAX_SIZE
from astronet.archives.http import Network
from astronet.archives.limits import parse_size
from astronet.errors import ArchiveError


@dataclass(frozen=True)
class DownloadSettings:
    """Settings of a download."""

    connections: int = 4
    """Number of parallel connections."""

    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    """Number of attempts, waits between them, and timeouts."""

    network: Network = field(default_factory=Network)
    """Proxy, certificates and maximum transfer rate."""

    max_size: int = MAX_SIZE
    """Maximum size of a file [bytes]; a larger file is not downloaded."""

    max_errors: int | None = None
    """Number of failed files and stars after which no further downloads are started; None means no
    limit."""

    @classmethod
    def from_text(
        cls,
        *,
        connections: int = 4,
        retries: int | None = None,
        timeout: float | None = None,
        limit_rate: str | None = None,
        max_size: str | None = None,
        max_errors: int | None = None,
        proxy: str | None = None,
        ca_file: Path | None = None,
    ) -> "DownloadSettings":
        """Return the settings that are given as text; None means the default.

        Args:
            connections: Number of parallel connections.
            retries: Number of further attempts after the first one.
            timeout: Time without data, or without complete headers, after which a connection is
                closed [s].
            limit_rate: Maximum total transfer rate per second, for example "5M".
            max_size: Maximum size of a file, for example "200M".
            max_errors: Number of failures after which no further downloads are started.
            proxy: URL of the proxy; None means the one in the environment.
            ca_file: File with the certificates of trusted authorities (PEM).

        Raises:
            ArchiveError: A size or the URL of the proxy is invalid, the rate is less than 10 kB/s,
                or the file of certificates does not exist.
        """
        rate = parse_size(limit_rate, "limit_rate") if limit_rate is not None else None
        if rate is not None and rate < 10_000:
            raise ArchiveError(
                f"the maximum rate is {rate} bytes/s; give at least 10k", arguments=("limit_rate",)
            )
        return cls(
            connections,
            RetryPolicy().with_limits(retries, timeout),
            Network(proxy, ca_file, rate),
            parse_size(max_size, "max_size") if max_size is not None else MAX_SIZE,
            max_errors,
        )
