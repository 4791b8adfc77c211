"""Copies of real light curves with other star numbers, for benchmarks with many stars."""

import re

from astronet.files.fits_checksums import with_checksum


def copied(content: bytes, keyword: str, star: int) -> bytes:
    """Return a copy of a FITS file with another star number and correct checksums.

    Args:
        content: Content of the file.
        keyword: Keyword of the star number: KEPLERID or TICID.
        star: Number of the star in the copy.
    """
    starts = [match.start() for match in re.finditer(rb"SIMPLE  =|XTENSION=", content)]
    units = [content[a:b] for a, b in zip(starts, [*starts[1:], len(content)], strict=True)]
    name = keyword.ljust(8).encode()
    number = name + b"=%21d" % star
    changed = (re.sub(name + rb"= *\d+", number, unit) for unit in units)
    return b"".join(with_checksum(unit) for unit in changed)
