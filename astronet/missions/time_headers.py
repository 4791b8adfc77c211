"""Time keywords of FITS headers: time system, reference position, zero point and offsets."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from astronet.errors import ArchiveError

_BARYCENTRIC = frozenset(("", "tdb", "bjd", "bjd_tdb", "bjd(tdb)", "btjd", "bkjd"))
"""Values of TIMESYS, in lower case, that are BJD in TDB or the time scale TDB."""

_POSITIONS = ("TREFPOS", "TIMEREF")
"""Keywords of the position to which the times refer; TIMEREF is that of the missions' files."""

_OFFSETS = ("TIMEOFFS", "TIMEZERO")
"""Keywords of a time that must be added to all times (FITS standard 4.0, §9.4.2; OGIP)."""


def check_system(path: Path, value: Any) -> None:
    """Raise an `ArchiveError` if the value of TIMESYS is not barycentric TDB; None is accepted."""
    system = str(value or "").strip()
    if system.lower() not in _BARYCENTRIC:
        raise ArchiveError(
            f"{path}: the time system is {system.upper()}, not barycentric TDB; convert the times "
            "to BJD_TDB"
        )


def check_reference(path: Path, card: Callable[[str], Any]) -> None:
    """Raise an error if the times of a file are not barycentric, or are shifted.

    Args:
        path: Path of the file, for the error message.
        card: Function that takes a keyword and returns its value in the header, or None.

    Raises:
        ArchiveError: The reference position is not the barycentre of the solar system, or an offset
            is not zero.
    """
    for key in _POSITIONS:
        position = str(card(key) or "").strip()
        if position and not position.upper().startswith(("BARYC", "SOLARSYS", "SSB")):
            raise ArchiveError(
                f"{path}: the header has {key} = {position}, so the times are not barycentric; "
                "convert the times to BJD_TDB"
            )
    for key in _OFFSETS:
        if (offset := card(key)) not in (None, 0, ""):
            raise ArchiveError(
                f"{path}: the header has {key} = {offset}, which is not supported; add it to the "
                f"times, and remove the keyword {key}"
            )


def declared_zero(header: Mapping[str, Any]) -> float | None:
    """Return the Julian date of the zero point in a header [d]; None if there is none.

    The keywords are BJDREFI and BJDREFF (Kepler, TESS) or BJDREFR (QLP), and those of the FITS
    standard 4.0, §9.2.2.
    """
    for prefix, offset in (("BJD", 0.0), ("JD", 0.0), ("MJD", 2400000.5)):
        whole = header.get(f"{prefix}REFI", header.get(f"{prefix}REF"))
        fraction = header.get(f"{prefix}REFF", header.get(f"{prefix}REFR", 0))
        if isinstance(whole, int | float) and isinstance(fraction, int | float):
            return float(whole + fraction + offset)
    return None
