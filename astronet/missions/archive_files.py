"""Check that a file is the one that an archive has under its name, complete and undamaged."""

import hashlib
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from astronet.errors import ArchiveError
from astronet.files.fits_checksums import is_intact
from astronet.lightcurves.clock import BKJD_ZERO
from astronet.missions.fits_headers import (
    AGAIN,
    Cards,
    UnfamiliarError,
    integer,
    unit_spans,
    value_of,
    whole_headers,
)
from astronet.missions.spec import MissionSpec

_SIGNATURE = b"SIMPLE  ="
_BKJD_ZERO = datetime(2009, 1, 1, 12, tzinfo=UTC)
"""Time at which BKJD is zero, to within the 66 s between TDB and UTC."""

_TOLERANCE = 2.0
"""Maximum difference between the date in a file name and the time in the header [d]. In 180 Kepler
files and three TESS files, the largest difference is 0.4 d."""


@dataclass(frozen=True)
class CheckedFile:
    """Result of the checks of a file.

    Attributes:
        size: Size of the file [bytes].
        sha256: SHA-256 hash, in hexadecimal; "" if the data were not read.
        checksums: Whether each header-data unit has a checksum, which agrees with its content if
            the data were read.
    """

    size: int
    sha256: str
    checksums: bool


def check_archive_file(
    path: Path, star: int, spec: MissionSpec, name: re.Pattern[str], *, data: bool = True
) -> CheckedFile:
    """Check that a file is complete, undamaged and the one that its name states.

    The file must end where its last header says, contain exactly NEXTEND extensions if it states
    their number, belong to the star, and cover the date, or have the number of the campaign or
    sector, in its name. If the data are read, each header-data unit that has the keyword CHECKSUM
    must agree with it.

    Args:
        path: Path of the file, which must not be gzipped. Its name may end in `.part`.
        star: Number of the star to which the file should belong.
        spec: Specification of the mission.
        name: Pattern of the file name; see `ArchiveSpec.stem` for its groups.
        data: Whether to read the data as well as the headers; `benchmarks.checksums` states the
            time that both take.

    Raises:
        ArchiveError: The file cannot be read, is not a FITS file, or fails a check.
    """
    with _mapped(path) as content:
        try:
            headers = whole_headers(path, content)
            _check_extent(path, headers, len(content))
            _check_star(path, headers[0][0], star, spec)
            _check_interval(path, headers, spec, name)
        except UnfamiliarError:
            raise ArchiveError(f"{path} has an invalid header; {AGAIN}") from None
        checksums = all(b"CHECKSUM" in cards for cards, _ in headers)
        if not data:
            return CheckedFile(len(content), "", checksums)
        _check_sums(path, headers, content)
        return CheckedFile(len(content), hashlib.sha256(content).hexdigest(), checksums)


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    try:
        if not path.is_file():  # opening a named pipe would wait for ever
            raise ArchiveError(f"{path} is not a file; remove it, and download it again")
        size = path.stat().st_size
        with path.open("rb") as file:
            begin = file.read(16)
            if not begin.startswith(_SIGNATURE):
                raise ArchiveError(
                    f"{path} is not a FITS file ({size:,} bytes, starting with {begin!r}); {AGAIN}"
                )
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                yield content
    except OSError as error:
        raise ArchiveError(
            f"{path} cannot be read ({error.strerror}); check the path and its permissions"
        ) from None


def _check_extent(path: Path, headers: list[tuple[Cards, int]], size: int) -> None:
    """Raise an error if a file has more extensions or bytes than its headers state."""
    primary = headers[0][0]
    if b"NEXTEND" in primary and (stated := integer(primary, b"NEXTEND")) != len(headers) - 1:
        raise ArchiveError(
            f"{path} has {len(headers) - 1} extensions, but its header states {stated}; {AGAIN}"
        )
    if (end := unit_spans(headers)[-1][1]) != size:
        raise ArchiveError(f"{path} has {size:,} bytes, but its headers state {end:,}; {AGAIN}")


def _check_star(path: Path, primary: Cards, star: int, spec: MissionSpec) -> None:
    number = value_of(primary.get(spec.star_key.encode(), b""))
    if number is None:
        raise ArchiveError(
            f"{path} has no keyword {spec.star_key}, so its star is unknown; {AGAIN}"
        )
    if number != star:
        raise ArchiveError(
            f"{path} belongs to star {number}, not to {spec.star_catalog} {star}; {AGAIN}"
        )


def _check_interval(
    path: Path, headers: list[tuple[Cards, int]], spec: MissionSpec, name: re.Pattern[str]
) -> None:
    """Raise an error if a file contains another quarter, campaign or sector than its name states.

    Headers without the keywords, for example of a quarter without data, are not rejected.
    """
    match = name.fullmatch(path.name.removesuffix(".part"))
    groups = match.groupdict() if match else {}
    cards = {**headers[0][0], **(headers[1][0] if len(headers) > 1 else {})}

    def number(key: str) -> float | None:
        value = value_of(cards.get(key.encode(), b""))
        return value if isinstance(value, (int, float)) else None

    stated, part = int(groups.get(spec.part) or -1), number(spec.part_key)
    # The two halves of K2's campaigns 9, 10 and 11 are named c91, c92, c101, …
    halves = {stated, stated // 10} if stated > 90 and spec.part == "campaign" else {stated}
    if stated >= 0 and part is not None and part not in halves:
        raise ArchiveError(
            f"{path} contains {spec.part} {part:g}, not {spec.part} {stated}; {AGAIN}"
        )
    zero = (number("BJDREFI") or 0) + (number("BJDREFF") or 0) - BKJD_ZERO
    for group, key in (("start", "TSTART"), ("end", "TSTOP")):
        date, time = groups.get(group), number(key)
        if date and time is not None and not abs(time + zero - _bkjd(date)) <= _TOLERANCE:
            raise ArchiveError(
                f"{path}: {key} is BKJD {time + zero:.2f}, which is more than {_TOLERANCE:g} days "
                f"from the date in the file name, so the file contains another {spec.part}; {AGAIN}"
            )


def _bkjd(text: str) -> float:
    """Return the date in a file name (year, day of the year, time) as BKJD [d]; NaN if invalid."""
    try:
        moment = datetime.strptime(text, "%Y%j%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return float("nan")
    return (moment - _BKJD_ZERO).total_seconds() / 86400


def _check_sums(path: Path, headers: list[tuple[Cards, int]], content: mmap.mmap) -> None:
    """Raise an error if a header-data unit does not agree with its keyword CHECKSUM."""
    spans = unit_spans(headers)
    with memoryview(content) as view:
        for number, ((cards, _), (start, end)) in enumerate(zip(headers, spans, strict=True)):
            if b"CHECKSUM" not in cards:
                continue
            with view[start:end] as unit:
                intact = is_intact(unit)
            if not intact:
                raise ArchiveError(
                    f"{path} is damaged (HDU {number} does not agree with its CHECKSUM); {AGAIN}"
                )
