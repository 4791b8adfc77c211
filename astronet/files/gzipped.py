"""Gzipped files, unpacked within reason: a few kilobytes may hold any number of zeros."""

import gzip
import io
import zlib

MOST_BYTES = 2**30
"""What a file may unpack to; a year of 20 s cadences takes half of it, and no table so much."""


class UnpackingError(Exception):
    """Why a file cannot be unpacked, as the end of a sentence about it."""


def is_packed(content: bytes) -> bool:
    """Whether a file begins as gzip's do (RFC 1952, §2.3.1)."""
    return content.startswith(b"\x1f\x8b")


def unpacked(content: bytes) -> bytes:
    """The content of a gzipped file.

    Raises:
        UnpackingError: It is broken, or unpacks to more than MOST_BYTES.
    """
    try:
        with gzip.open(io.BytesIO(content)) as file:
            whole = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise UnpackingError(f"is a broken gzip file of {len(content)} bytes") from None
    if len(whole) > MOST_BYTES:
        raise UnpackingError("unpacks to more than 1 GiB, no light curve or table does")
    return whole
