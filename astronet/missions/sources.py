"""Which files a light curve is read from, noted while they are read, each with its checksum.

The checksum is CRC32C (RFC 3720, appendix B.4), which processors compute: the 7 MB of a star's 17
files take 0.3 ms, and sha256 4 ms, as long as reading them. It tells a damaged or replaced file; it
is no proof against somebody who means to deceive.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import google_crc32c

from astronet.versions import SourceFile

_NOTED: ContextVar[tuple[Path, list[SourceFile]] | None] = ContextVar("noted", default=None)


@contextmanager
def noted_sources(folder: Path) -> Iterator[list[SourceFile]]:
    """A list that grows by every file that is read within the block, in the order of reading.

    Args:
        folder: Paths within it are given relative to it, with `/` between their parts.
    """
    sources: list[SourceFile] = []
    token = _NOTED.set((folder, sources))
    try:
        yield sources
    finally:
        _NOTED.reset(token)


def note_source(path: Path, content: bytes) -> None:
    """Notes a file that has been read; does nothing outside of `noted_sources`."""
    if (noted := _NOTED.get()) is not None:
        folder, sources = noted
        inside = path.relative_to(folder) if path.is_relative_to(folder) else path
        checksum = f"{google_crc32c.value(content):08x}"
        sources.append(SourceFile(inside.as_posix(), len(content), checksum))
