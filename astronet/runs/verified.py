"""Reading of files whose hashes are recorded in a description."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from astronet.errors import RunError
from astronet.files.checksums import sha256

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""Name of a file in the folder of the description; it cannot be the path of another folder."""

_RESTORE = "restore it, or fit the stack again"


def read_verified(path: Path, digest: str, description: str, remedy: str = _RESTORE) -> bytes:
    """Return the content of a file, of which the description contains the hash.

    The file is read only once, so that the verified bytes are also those that are parsed.

    Args:
        path: Path of the file.
        digest: SHA-256 hash that the file must have.
        description: Name of the file that records the hash, for messages.
        remedy: What to do if the file is missing or differs, for messages.

    Raises:
        RunError: The file cannot be read, or has another hash.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}); {remedy}") from None
    if sha256(content) != digest:
        raise RunError(
            f"{path} differs from the file that {description} describes (SHA-256 mismatch); "
            f"{remedy}"
        )
    return content
