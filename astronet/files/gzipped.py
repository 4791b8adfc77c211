"""Gzipped files, with a limit on the decompressed size: a few kilobytes can expand to gigabytes."""

import gzip
import io
import zlib

MAX_BYTES = 2**30
"""Limit of the decompressed size: twice a year of 20 s cadences, and more than any table."""


class GzipError(Exception):
    """The reason why a file cannot be decompressed, as the end of a sentence about the file."""


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
        raise GzipError(f"is a broken gzip file of {len(content)} bytes") from None
    if len(whole) > MAX_BYTES:
        raise GzipError("unpacks to more than 1 GiB, no light curve or table does")
    return whole
