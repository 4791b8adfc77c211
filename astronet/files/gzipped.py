"""Decompression of gzipped files up to a maximum size.

The size is limited because a file of a few kilobytes can decompress to gigabytes.
"""

import gzip
import io
import zlib
from pathlib import Path

MAX_BYTES = 2**30
"""Maximum decompressed size [bytes]; a year of TESS data at 20 s cadence is only 160 MB."""

MAX_RATIO = 100
"""Maximum ratio of the decompressed to the compressed size, for contents of more than `ANY_RATIO`.

Light curves and tables compress by a factor of up to 10, and a constant by a factor of 1,000.
"""

ANY_RATIO = 2**22
"""Decompressed size up to which any ratio is accepted [bytes]."""


class GzipError(Exception):
    """Error raised if a file cannot be decompressed.

    The message is a predicate that follows the file's path, such as "is a corrupt gzip file".
    """


def is_gzipped(content: bytes) -> bool:
    """Return whether the content of a file starts with gzip's magic number (RFC 1952, §2.3.1)."""
    return content.startswith(b"\x1f\x8b")


def gunzip(content: bytes) -> bytes:
    """Return the decompressed content of a gzipped file.

    Raises:
        GzipError: The file is corrupt, or its decompressed size exceeds `most_bytes`.
    """
    most = most_bytes(len(content))
    try:
        with gzip.open(io.BytesIO(content)) as file:
            whole = file.read(most + 1)
    except (OSError, EOFError, zlib.error):
        raise GzipError(f"is a corrupt gzip file of {len(content)} bytes") from None
    if len(whole) > most:
        limit = "1 GiB" if most == MAX_BYTES else f"{MAX_RATIO} times its size"
        raise GzipError(
            f"decompresses to more than {limit}, which is too large for a light curve or table"
        )
    return whole


def most_bytes(size: int) -> int:
    """Return the maximum decompressed size of a file with a compressed size [bytes]."""
    return min(max(MAX_RATIO * size, ANY_RATIO), MAX_BYTES)


def unzipped_beginning(path: Path, size: int) -> bytes:
    """Return the first `size` bytes of a file, decompressed if it is gzipped.

    If the file cannot be read or decompressed, the result is empty.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(size)
        if not is_gzipped(begin):
            return begin
        with gzip.open(path) as unzipped:
            return unzipped.read(size)
    except (OSError, EOFError, zlib.error):
        return b""
