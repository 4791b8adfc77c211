"""Shortened copies of FITS files, and FITS files of simulated stars and of other products."""

import re
from pathlib import Path

from benchmarks.fuzzing.fits_structure import BLOCK, CARD, card, units_of

ROWS = 40
"""Number of rows of a shortened table."""


def shortened(content: bytes, rows: int = ROWS, units: int = 5) -> bytes:
    """Return a FITS file with fewer rows and units, and with its own headers.

    Only the number of rows and of extensions, and the checksums, are changed in the headers.

    Args:
        content: Content of a file whose tables have no variable-length columns.
        rows: Number of rows of each table.
        units: Maximum number of header and data units.
    """
    parts = []
    for unit in units_of(content)[:units]:
        header, data = content[unit.begin : unit.data], content[unit.data : unit.end]
        header = _without(header, (b"CHECKSUM", b"DATASUM "))
        if b"BINTABLE" in header[:CARD]:
            width = _integer(header, b"NAXIS1")
            kept = min(rows, _integer(header, b"NAXIS2"))
            data = data[: width * kept]
            data += b"\0" * (-len(data) % BLOCK)
            header = _set(header, b"NAXIS2", kept)
        parts.append(header + data)
    if b"NEXTEND " in parts[0]:
        cut = units_of(parts[0])[0].data
        parts[0] = _set(parts[0][:cut], b"NEXTEND", len(parts) - 1) + parts[0][cut:]
    return b"".join(parts)


def _without(header: bytes, names: tuple[bytes, ...]) -> bytes:
    """Return a header in which the cards with these names are blank."""
    cards = [header[place : place + CARD] for place in range(0, len(header), CARD)]
    return b"".join(b" " * CARD if one.startswith(names) else one for one in cards)


def _integer(header: bytes, name: bytes) -> int:
    match = re.search(name.ljust(8) + rb"= +(\d+)", header)
    return int(match[1]) if match else 0


def _set(header: bytes, name: bytes, value: int) -> bytes:
    place = header.index(name.ljust(8) + b"=")
    return header[:place] + card(name, str(value)) + header[place + CARD :]


def simulated(folder: Path) -> list[Path]:
    """Write the files of one simulated Kepler star, and return their paths."""
    from astronet.simulate import simulate

    if not (folder / "light_curves").is_dir():
        simulate(folder, stars=1, seed=3, workers=1)
    return sorted((folder / "light_curves").rglob("*.fits"))


def target_pixels() -> bytes:
    """Return a target pixel file with images in a column, and a table that is not of a mission."""
    import io

    import numpy as np
    from astropy.io import fits

    columns = [
        fits.Column("TIME", "D", array=1325 + 0.02 * np.arange(12.0), unit="BJD - 2457000, days"),
        fits.Column("FLUX", "9E", array=np.ones((12, 9), np.float32), dim="(3,3)", unit="e-/s"),
        fits.Column("QUALITY", "J", array=np.zeros(12, np.int32)),
    ]
    primary = fits.PrimaryHDU()
    primary.header["TELESCOP"], primary.header["TICID"] = "TESS", 25155310
    table = fits.BinTableHDU.from_columns(columns, name="PIXELS")
    buffer = io.BytesIO()
    fits.HDUList([primary, table]).writeto(buffer)
    return buffer.getvalue()


def plain_table() -> bytes:
    """Return a FITS file with text, variable-length and logical columns."""
    import io

    import numpy as np
    from astropy.io import fits

    n = 30
    lengths = np.array([np.arange(k % 4) for k in range(n)], dtype=object)
    columns = [
        fits.Column("time", "D", array=1325 + 0.02 * np.arange(n), unit="d"),
        fits.Column("flux", "I", array=np.arange(1000, 1000 + n, dtype=np.int16)),
        fits.Column("sector", "8A", array=[f"s{k % 3}" for k in range(n)]),
        fits.Column("good", "L", array=np.arange(n) % 2 == 0),
        fits.Column("bits", "8X", array=np.ones((n, 8), bool)),
        fits.Column("many", "PJ()", array=lengths),
        fits.Column("flux_err", "E", array=np.ones(n)),
    ]
    table = fits.BinTableHDU.from_columns(columns, name="CURVE")
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(buffer)
    return buffer.getvalue()
