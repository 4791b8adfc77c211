"""Gzipped files, with a limit on the decompressed size: kilobytes can expand to gigabytes."""

import gzip
import io
import zlib

MAX_BYTES = 2**30
"""Limit of the decompressed size [bytes]: twice a year of 20 s cadences; tables are smaller."""


class GzipError(Exception):
    """A file that cannot be decompressed; the message is a predicate, such as "is corrupt"."""


def is_gzipped(content: bytes) -> bool:
    """Return whether a file starts with the magic number of gzip (RFC 1952, §2.3.1)."""
    return content.startswith(b"\x1f\x8b")


def gunzip(content: bytes) -> bytes:
    """Return the decompressed content of a gzipped file.

    Raises:
        GzipError: The file is corrupt, or its decompressed size exceeds MAX_BYTES.
    """
    try:
        with gzip.open(io.BytesIO(content)) as file:
            whole = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise GzipError(f"is a corrupt gzip file of {len(content)} bytes") from None
    if len(whole) > MAX_BYTES:
        raise GzipError(
            "decompresses to more than 1 GiB, which is too large for a light curve or table"
        )
    return whole
