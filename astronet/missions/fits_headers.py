"""Headers of FITS files: cards, positions of the data, and checks of the declared sizes.

The format is that of the FITS standard 4.0 (2018), §3 (blocks), §4 (cards) and §7.3 (tables).
"""

import math
import mmap
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from astronet.errors import ArchiveError

_BLOCK = 2880
_CARD = 80
_MOST = 999
"""Maximum number of axes, and of the columns of a table."""

_BYTES = {"L": 1, "B": 1, "A": 1, "I": 2, "J": 4, "E": 4, "K": 8, "D": 8, "C": 8, "M": 16}
_BYTES |= {"P": 8, "Q": 16}
"""Number of bytes of one element of a column, by the letter of its format."""

_TEXT = re.compile(rb"= *'((?:[^']|'')*)'")
_INTEGER = re.compile(rb"= *([+-]?\d+) *(?:/|$)")
_REAL = re.compile(rb"= *([+-]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][+-]?\d+)?) *(?:/|$)")

AGAIN = "delete the file and download it again"
"""Remedy for a damaged file."""

Content = bytes | mmap.mmap
"""Content of a file."""

Cards = Mapping[bytes, bytes]
"""Cards of a header: the text after the keyword, by keyword."""


class UnfamiliarError(Exception):
    """Exception for a header that cannot be read directly, but perhaps by astropy."""


def whole_headers(path: Path, content: Content) -> list[tuple[Cards, int]]:
    """Return each header's cards and data position; raise an error if the file is truncated.

    The file must contain at least NEXTEND extensions.
    """
    headers = checked_headers(path, content)
    primary = headers[0][0]
    if len(headers) <= (integer(primary, b"NEXTEND") if b"NEXTEND" in primary else 0):
        raise ArchiveError(_truncated(path, len(content), f"more than {len(content):,}"))
    return headers


def checked_headers(path: Path, content: Content) -> list[tuple[Cards, int]]:
    """Return each header's cards and data position; raise an error if data are missing.

    NEXTEND is not compared with the number of extensions, because it is wrong in the files that
    lightkurve writes.
    """
    try:
        headers, end = _headers(path, content)
    except UnfamiliarError:
        raise ArchiveError(f"{path} has an invalid header; {AGAIN}") from None
    if end > len(content):
        raise ArchiveError(_truncated(path, len(content), f"at least {end:,}"))
    return headers


def _headers(path: Path, content: Content) -> tuple[list[tuple[Cards, int]], int]:
    """Return each header's cards and data position, and the file size that the headers imply."""
    headers, start = [], 0
    while start < len(content):
        cards, data = _cards(path, content, start)
        _check_numbers(cards)
        headers.append((cards, data))
        start = data + -(-_data_bytes(cards) // _BLOCK) * _BLOCK
    return headers, start


def _cards(path: Path, content: Content, start: int) -> tuple[Cards, int]:
    """Return the cards of the header at `start` by keyword, and the position of its data."""
    end = content.find(b"END", start)
    while end >= 0 and ((end - start) % _CARD or content[end + 3 : end + 8].strip()):
        end = content.find(b"END", end + 1)  # "END" was part of another card
    if end < 0 or end + _CARD > len(content):
        raise ArchiveError(_truncated(path, len(content), f"more than {len(content):,}"))
    header = content[start:end]
    cards = {
        header[card : card + 8].rstrip(): header[card + 8 : card + _CARD]
        for card in range(0, len(header), _CARD)
    }
    return cards, end + _BLOCK - (end - start) % _BLOCK


def _check_numbers(cards: Cards) -> None:
    """Raise an error if a header declares impossible numbers of axes or columns, or row lengths.

    Reading such a file with astropy could take hours or all memory.

    Raises:
        UnfamiliarError: There are more than 999 axes or columns (FITS 4.0, §4.4.1 and §7.3.1), or
            the columns of a binary table do not fill its rows or have impossible dimensions.
    """
    if integer(cards, b"NAXIS") > _MOST or _fields(cards) > _MOST:
        raise UnfamiliarError
    if value_of(cards.get(b"XTENSION", b"")) != "BINTABLE":
        return
    forms = formats(cards)
    if sum(map(row_size, forms)) != integer(cards, b"NAXIS1"):
        raise UnfamiliarError
    for n, form in enumerate(forms, 1):
        if (shape := cards.get(b"TDIM%d" % n)) is not None:
            _check_shape(str(value_of(shape)), form)


def _check_shape(shape: str, form: str) -> None:
    """Raise an error if a column's TDIM has more elements than its TFORM (FITS 4.0, §7.3.2)."""
    lengths = [int(text) for text in re.findall(r"-?\d{1,18}", shape)]
    repeat = re.match(r"\d{1,18}", form)
    variable = re.match(r"\d*[PQ]", form) is not None
    if min(lengths, default=0) < 0:
        raise UnfamiliarError
    if not variable and math.prod(lengths) > int(repeat[0] if repeat else 1):
        raise UnfamiliarError


def _fields(cards: Cards) -> int:
    return integer(cards, b"TFIELDS") if b"TFIELDS" in cards else 0


def formats(cards: Cards) -> list[str]:
    """Return the TFORM of each column of a table."""
    numbers = range(1, _fields(cards) + 1)
    return [str(value_of(cards.get(b"TFORM%d" % n, b""))) for n in numbers]


def element_size(letter: str) -> int:
    """Return the number of bytes of one element of a format; 1 for bits and unknown formats."""
    return _BYTES.get(letter, 1)


def row_size(form: str) -> int:
    """Return the number of bytes of a column in a row, from its TFORM (FITS 4.0, table 18).

    Raises:
        UnfamiliarError: The format is unknown.
    """
    match = re.match(r"(\d*)([LXBIJKAEDCMPQ])", form)
    if match is None:
        raise UnfamiliarError
    repeat = int(match[1] or 1)
    return -(-repeat // 8) if match[2] == "X" else repeat * _BYTES[match[2]]


def _data_bytes(cards: Cards) -> int:
    """Return the number of bytes of data after a header (FITS 4.0, eq. 2)."""
    axes = [integer(cards, b"NAXIS%d" % n) for n in range(1, integer(cards, b"NAXIS") + 1)]
    if not axes:
        return 0
    groups = integer(cards, b"GCOUNT") if b"GCOUNT" in cards else 1
    heap = integer(cards, b"PCOUNT") if b"PCOUNT" in cards else 0
    return abs(integer(cards, b"BITPIX")) // 8 * groups * (heap + math.prod(axes))


def value_of(card: bytes) -> str | int | float | None:
    """Return the value of a card if it is text or a real number, otherwise None."""
    if match := _TEXT.match(card):
        return match[1].replace(b"''", b"'").decode("ascii", "replace").rstrip()
    if match := _INTEGER.match(card):
        return int(match[1])
    match = _REAL.match(card)
    return float(match[1].upper().replace(b"D", b"E")) if match else None


def integer(cards: Cards, key: bytes) -> int:
    """Return the integer value of a keyword, which must not be negative unless it is BITPIX.

    Raises:
        UnfamiliarError: The keyword is missing or its value is something else.
    """
    value = value_of(cards.get(key, b""))
    if not isinstance(value, int) or (value < 0 and key != b"BITPIX"):
        raise UnfamiliarError
    return value


def _truncated(path: Path, size: int, expected: str) -> str:
    return f"{path} is truncated (expected {expected} bytes, found {size:,}); {AGAIN}"


def unit_spans(headers: Sequence[tuple[Cards, int]]) -> list[tuple[int, int]]:
    """Return the first byte of each header-data unit, and the byte after its last one.

    Args:
        headers: Cards and data position of each unit, as returned by `whole_headers`.
    """
    ends = [data + -(-_data_bytes(cards) // _BLOCK) * _BLOCK for cards, data in headers]
    return list(zip([0, *ends[:-1]], ends, strict=True))
