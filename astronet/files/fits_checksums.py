"""Checksums of FITS files: the ones'-complement sum of a header-data unit (FITS 4.0, §4.4.2.7).

The keyword CHECKSUM makes the sum of all 32-bit words of a header-data unit (HDU) zero. A single
inverted bit changes the sum by a power of two, so it is always detected. (astropy 7 verifies only
the header of files without the keyword DATASUM, such as Kepler's.)
"""

import numpy as np

_ONES = 0xFFFFFFFF
_ZERO = ord("0")
_PUNCTUATION = frozenset((*range(0x3A, 0x41), *range(0x5B, 0x61)))
"""ASCII codes between the digits and the letters, which an encoded sum must not contain."""


def ones_complement_sum(content: bytes | memoryview) -> int:
    """Return the ones'-complement sum of the 32-bit words of an HDU, between 0 and 2^32 - 1.

    Args:
        content: Bytes of the HDU; their number must be a multiple of 4.
    """
    total = int(np.frombuffer(content, ">u4").sum(dtype=np.uint64))
    while total > _ONES:
        total = (total & _ONES) + (total >> 32)
    return total


def is_intact(content: bytes | memoryview) -> bool:
    """Return whether an HDU with the keyword CHECKSUM is intact.

    Args:
        content: Bytes of the HDU, a multiple of 2,880.
    """
    return ones_complement_sum(content) in (0, _ONES)


def encoded(total: int) -> str:
    """Return the value of CHECKSUM [16 characters] that an HDU needs (FITS 4.0, appendix J).

    Args:
        total: Ones'-complement sum of the HDU in which the value of CHECKSUM is sixteen zeros.
    """
    complement = _ONES - total
    columns = []
    for byte in complement.to_bytes(4, "big"):
        parts = [byte // 4 + _ZERO + (byte % 4 if k == 0 else 0) for k in range(4)]
        while any(part in _PUNCTUATION for part in parts):
            for k in (0, 2):
                if parts[k] in _PUNCTUATION or parts[k + 1] in _PUNCTUATION:
                    parts[k] += 1
                    parts[k + 1] -= 1
        columns.append(parts)
    text = "".join(chr(columns[column][row]) for row in range(4) for column in range(4))
    return text[-1] + text[:-1]  # the value starts at the fourth byte of a word


def with_checksum(hdu: bytes) -> bytes:
    """Return an HDU with the value of its keyword CHECKSUM corrected.

    Args:
        hdu: Bytes of the HDU, with a CHECKSUM card that has a value of 16 characters.

    Raises:
        ValueError: The header has no such card.
    """
    start = hdu.index(b"CHECKSUM= '") + 11
    before, after = hdu[:start], hdu[start + 16 :]
    total = ones_complement_sum(before + b"0" * 16 + after)
    return before + encoded(total).encode("ascii") + after
