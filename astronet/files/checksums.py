"""Checksums of files."""

import hashlib
from pathlib import Path

_CHUNK = 1 << 20


def sha256_of(path: Path) -> str:
    """The sha256 of a file, 64 hexadecimal digits.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def crc32c_of(path: Path) -> str:
    """The CRC32C (RFC 3720, appendix B.4) of a file, 8 hexadecimal digits.

    Raises:
        OSError: The file cannot be read.
    """
    import google_crc32c

    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = google_crc32c.extend(value, chunk)
    return f"{value:08x}"
