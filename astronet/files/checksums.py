"""Checksums of files and of bytes: SHA-256 and CRC32C (RFC 3720, appendix B.4)."""

import hashlib
from pathlib import Path

_CHUNK = 1 << 20


def sha256_of(path: Path) -> str:
    """Return the SHA-256 hash of a file as 64 hexadecimal digits.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256(content: bytes) -> str:
    """Return the SHA-256 hash of a byte string as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def crc32c_of(path: Path) -> str:
    """Return the CRC32C checksum of a file as 8 hexadecimal digits.

    Raises:
        OSError: The file cannot be read.
    """
    import google_crc32c

    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = google_crc32c.extend(value, chunk)
    return f"{value:08x}"


def crc32c(content: bytes) -> int:
    """Return the CRC32C checksum of a byte string as a 32-bit integer."""
    import google_crc32c

    value: int = google_crc32c.value(content)
    return value
