"""What exactly something was made by and of: the code's commit, and hashes of files."""

import functools
import hashlib
import subprocess
from pathlib import Path
from typing import NamedTuple

_CHUNK = 1 << 20


class SourceFile(NamedTuple):
    """One file that a light curve was read from: its path, length [bytes] and CRC32C."""

    path: str
    size: int
    crc32c: str


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


@functools.cache
def commit() -> str:
    """The commit of the git checkout that the package runs from.

    It ends with `-dirty` where tracked files differ from the commit, and is "" for a package that
    was installed, or where git does not answer.
    """
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():  # a checkout further up would be somebody else's project
        return ""
    words = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    command = ["git", "-C", str(root), *words]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.strip()
