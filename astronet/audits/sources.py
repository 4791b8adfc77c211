"""Whether the files that a store was made of are still there, and the same."""

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
"""Files that wait to be read, so that memory does not grow with their number."""

_SEVERITY: Severity = "error"
_MISSING = "source file that is missing"
_SIZE = "source file of another size"
_CHECKSUM = "source file with another checksum"
_CURES = {
    _MISSING: "give the folder from which the store was made, or download these files again",
    _SIZE: "fetch these files again, or make the store anew from those that are there",
    _CHECKSUM: "fetch these files again, or make the store anew from those that are there",
}


class _Difference(NamedTuple):
    kind: str
    detail: str


def changed_sources(
    index: pd.DataFrame, sources: pd.DataFrame, folder: Path, advance: Callable[[int], None]
) -> Iterator[Finding]:
    """Files of the table that are missing in a folder, or have another size or checksum.

    A file of another size is not read. Files that the table does not name are nobody's business.

    Args:
        index: star, number, split and label of the events, a row an event.
        sources: star, file, bytes and crc32c, a row a file.
        folder: Where the files should be.
        advance: Told how many files have been compared.
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
    for kind, cure in _CURES.items():
        rows = [k for k, one in enumerate(found) if one and one.kind == kind]
        if rows:
            stars = sources["star"].iloc[rows]
            details = [one.detail for k in rows if (one := found[k])]
            table = _table(kind, index, stars, details).sort_values("star", kind="stable")
            summary = f"{len(rows)} of {counted(len(files), 'file')}, "
            summary += f"of {counted(stars.nunique(), 'star')}"
            yield Finding(kind, _SEVERITY, summary, cure, table)


def _difference(file: SourceFile, folder: Path) -> _Difference | None:
    """What is wrong with a file, if anything is."""
    inside = PurePosixPath(file.path)
    if inside.is_absolute() or ".." in inside.parts:
        return _Difference(_MISSING, f"{file.path} lies outside of the folder")
    path = folder / inside
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _Difference(_MISSING, f"{file.path} is no file")
        if status.st_size != file.size:
            return _Difference(
                _SIZE, f"{file.path}: {status.st_size} bytes, {file.size} when the store was made"
            )
        checksum = crc32c_of(path)
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        reason = getattr(error, "strerror", None) or "no name of a file"
        return _Difference(_MISSING, f"{file.path}: {reason}")
    if checksum != file.crc32c:
        return _Difference(
            _CHECKSUM, f"{file.path}: CRC32C {checksum}, {file.crc32c} when the store was made"
        )
    return None


def _table(kind: str, index: pd.DataFrame, stars: pd.Series, details: list[str]) -> pd.DataFrame:
    """A row a file, beside the first event of its star; none where all of them were skipped."""
    numbered = index.assign(row=range(len(index))).drop_duplicates("star").set_index("star")
    events = numbered.reindex(stars)[["row", "number", "split", "label"]].reset_index()
    events[["row", "number"]] = events[["row", "number"]].astype("Int64")
    events = events.assign(finding=kind, severity=_SEVERITY, detail=details)
    return events.reindex(columns=list(COLUMNS), fill_value="")
