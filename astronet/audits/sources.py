"""Comparison of a store's source files with the files in a folder."""

import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pandas as pd

from astronet.audits.findings import COLUMNS, Finding, Severity
from astronet.errors import counted
from astronet.files.checksums import crc32c_of
from astronet.files.provenance import SourceFile

_AT_ONCE = 1024
"""Maximum number of files in the queue; this limits memory use."""

_SEVERITY: Severity = "error"
_MISSING = "missing source file"
_SIZE = "source file with a different size"
_CHECKSUM = "source file with a different checksum"
_REMEDIES = {
    _MISSING: "give the folder that the store was prepared from, or download these files again",
    _SIZE: "download these files again, or recreate the store from the files in the folder",
    _CHECKSUM: "download these files again, or recreate the store from the files in the folder",
}


class _Difference(NamedTuple):
    kind: str
    detail: str


def changed_sources(
    index: pd.DataFrame, sources: pd.DataFrame, folder: Path, advance: Callable[[int], None]
) -> Iterator[Finding]:
    """Yield findings for source files that are missing or have a different size or checksum.

    A file that cannot be read, is not a regular file or has a path outside the folder is reported
    as missing. The checksum is compared only if the size is the same. Files in the folder that are
    not listed in `sources` are ignored.

    Args:
        index: Events with star, number, split and label.
        sources: Table of source files with the columns star, file, bytes and crc32c.
        folder: Folder of the light curves to compare.
        advance: Function called with the number of files compared since its last call.
    """
    files = [SourceFile(*row) for row in sources[["file", "bytes", "crc32c"]].itertuples(False)]
    found: list[_Difference | None] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for begin in range(0, len(files), _AT_ONCE):
            for difference in pool.map(
                lambda file: _difference(file, folder), files[begin : begin + _AT_ONCE]
            ):
                found.append(difference)
                advance(1)
    for kind, remedy in _REMEDIES.items():
        rows = [k for k, one in enumerate(found) if one and one.kind == kind]
        if rows:
            stars = sources["star"].iloc[rows]
            details = [one.detail for k in rows if (one := found[k])]
            table = _table(kind, index, stars, details).sort_values("star", kind="stable")
            summary = f"{len(rows)} of {counted(len(files), 'file')} "
            summary += f"({counted(stars.nunique(), 'star')})"
            yield Finding(kind, _SEVERITY, summary, remedy, table)


def _difference(file: SourceFile, folder: Path) -> _Difference | None:
    """Return the difference between a listed source file and the file in the folder, if any."""
    inside = PurePosixPath(file.path)
    if inside.is_absolute() or ".." in inside.parts:
        return _Difference(_MISSING, f"{file.path} is outside the folder")
    path = folder / inside
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _Difference(_MISSING, f"{file.path} is not a regular file")
        if status.st_size != file.size:
            return _Difference(
                _SIZE, f"{file.path}: {status.st_size} bytes, but {file.size} in sources.csv"
            )
        checksum = crc32c_of(path)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or "not a valid file name"
        return _Difference(_MISSING, f"{file.path}: {reason}")
    if checksum != file.crc32c:
        return _Difference(
            _CHECKSUM, f"{file.path}: CRC32C {checksum}, but {file.crc32c} in sources.csv"
        )
    return None


def _table(kind: str, index: pd.DataFrame, stars: pd.Series, details: list[str]) -> pd.DataFrame:
    """Return a table of findings with one row per affected file.

    The columns row, number, split and label describe the first event of the file's star; they have
    no values if the store contains no event of this star.
    """
    numbered = index.assign(row=range(len(index))).drop_duplicates("star").set_index("star")
    events = numbered.reindex(stars)[["row", "number", "split", "label"]].reset_index()
    events[["row", "number"]] = events[["row", "number"]].astype("Int64")
    events = events.assign(finding=kind, severity=_SEVERITY, detail=details)
    return events.reindex(columns=list(COLUMNS), fill_value="")
