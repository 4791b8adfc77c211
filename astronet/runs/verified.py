"""Reading of files whose hashes are recorded in the description of a stack."""

from pathlib import Path

from astronet.errors import RunError
from astronet.files.checksums import sha256


def read_verified(path: Path, digest: str, description: str) -> bytes:
    """Return the content of a file of a stack.

    The file is read only once, so that the verified bytes are also those that are parsed.

    Args:
        path: Path of the file.
        digest: SHA-256 hash that the file must have.
        description: Name of the file that records the hash, for messages.

    Raises:
        RunError: The file cannot be read, or has another hash.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(
            f"{path} cannot be read ({error.strerror}); restore it, or fit the stack again"
        ) from None
    if sha256(content) != digest:
        raise RunError(
            f"{path} differs from the file that {description} describes (SHA-256 mismatch); "
            "restore it, or fit the stack again"
        )
    return content
