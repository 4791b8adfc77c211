"""Conversion of FITS header cards to bytes, about a hundred times faster than with astropy.

Reference: FITS standard 4.0 (2018), §3.1 (blocks of 2,880 bytes), §4.1 and §4.2 (cards of 80
characters).
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

_BLOCK = 2880


class Card(NamedTuple):
    """FITS header card.

    Attributes:
        key: Keyword.
        text: Value as written in the file; "" if it is undefined.
        comment: Comment; "" if there is none.
    """

    key: str
    text: str
    comment: str


def header_bytes(cards: Iterable[Card], values: Mapping[str, Any]) -> bytes:
    """Return a FITS header, padded to a whole number of 2,880-byte blocks.

    Args:
        cards: Cards of the header, without the END card, which is added.
        values: Values by key, used instead of the values in the cards. Keys without a card are
            ignored.
    """
    lines = []
    for key, text, comment in cards:
        shown = value_text(values[key]) if key in values else text
        # Strings start in column 11, other values end in column 30.
        shown = f"{shown:<20}" if shown.startswith("'") else f"{shown:>20}"
        lines.append(f"{key:<8}= {shown}{' / ' if comment else ''}{comment}"[:80].ljust(80))
    return padded("".join([*lines, "END"]).encode("ascii", "replace"), b" ")


def layout(kind: str, bits: int, lengths: tuple[int, int]) -> list[Card]:
    """Return the mandatory cards at the start of the header of an extension with two axes.

    Args:
        kind: Type of the extension: "IMAGE" or "BINTABLE".
        bits: Value of BITPIX, which gives the data type.
        lengths: Lengths of the two axes, NAXIS1 and NAXIS2.
    """
    return [
        Card("XTENSION", value_text(kind), "marks the beginning of a new HDU"),
        Card("BITPIX", str(bits), "array data type"),
        Card("NAXIS", "2", "number of array dimensions"),
        Card("NAXIS1", str(lengths[0]), "length of first array dimension"),
        Card("NAXIS2", str(lengths[1]), "length of second array dimension"),
        Card("PCOUNT", "0", "group parameter count (not used)"),
        Card("GCOUNT", "1", "group count (not used)"),
    ]


def value_text(value: Any) -> str:
    """Return a value as written in a FITS header.

    Strings are cut to 60 characters and quoted. None and NaN become "", which means undefined.
    """
    if value is None or value != value:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "T" if value else "F"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value)).upper()
    quoted = str(value)[:60].replace("'", "''")
    return f"'{quoted:<8}'"


def padded(content: bytes, fill: bytes) -> bytes:
    """Return the content padded with `fill` to a whole number of FITS blocks."""
    return content + fill * (-len(content) % _BLOCK)
