"""Check of the variable-length columns in FITS tables (FITS 4.0, §7.3.5).

A row contains the number of elements of an array, and the position of the array in the heap after
the table. For a damaged file, astropy would allocate memory for any number of elements.
"""

import re
from pathlib import Path

import numpy as np

from astronet.errors import ArchiveError
from astronet.missions.fits_headers import (
    AGAIN,
    Cards,
    Content,
    UnfamiliarError,
    element_size,
    formats,
    integer,
    row_size,
    value_of,
)


def check_heaps(path: Path, content: Content, headers: list[tuple[Cards, int]]) -> None:
    """Raise an error if an array of a variable-length column is not inside the heap.

    Args:
        path: Path of the file, for error messages.
        content: Content of the file.
        headers: Cards and data position of each header, which have been checked.

    Raises:
        ArchiveError: An array is not inside the heap, or a header is invalid.
    """
    try:
        for cards, data in headers:
            if value_of(cards.get(b"XTENSION", b"")) == "BINTABLE":
                _check_table(path, content, cards, data)
    except UnfamiliarError:
        raise ArchiveError(f"{path} has an invalid header; {AGAIN}") from None


def _check_table(path: Path, content: Content, cards: Cards, place: int) -> None:
    """Raise an error if an array of a table, which begins at `place`, is not inside the heap."""
    for number, form in enumerate(formats(cards), 1):
        if match := re.match(r"(\d*)([PQ])([A-Z]?)", form):
            inside = match[1] == "0" or _are_inside(cards, content, place, match[2], match[3])
            if match[1] not in ("", "0", "1") or not inside:
                raise ArchiveError(
                    f"{path} is damaged (column {number} points to data that are not in the "
                    f"file); {AGAIN}"
                )
        place += row_size(form)


def _are_inside(cards: Cards, content: Content, place: int, kind: str, element: str) -> bool:
    """Return whether all arrays of a column are inside the heap.

    Args:
        cards: Header of the table.
        content: Content of the file.
        place: Position of the column in the first row [bytes].
        kind: Kind of the descriptors: P (32 bits) or Q (64 bits).
        element: Letter of the format of the elements.
    """
    width, rows = integer(cards, b"NAXIS1"), integer(cards, b"NAXIS2")
    step = 4 if kind == "P" else 8
    if rows == 0:
        return True
    if place + (rows - 1) * width + 2 * step > len(content):  # the table has GCOUNT = 0
        return False
    found = np.ndarray((rows, 2), f">i{step}", content, place, (width, step))
    counts, starts = found.astype(np.float64).T
    table = width * rows
    gap = (integer(cards, b"THEAP") if b"THEAP" in cards else table) - table
    heap = (integer(cards, b"PCOUNT") if b"PCOUNT" in cards else 0) - gap
    ends = starts + counts * element_size(element)
    empty = counts == 0
    return bool(np.all(empty | ((counts > 0) & (starts >= 0) & (ends <= heap))))
