"""Functions that find and read a star's light-curve files, and stitch them together."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from astronet.errors import ArchiveError, AstronetError
from astronet.files.provenance import SourceFile, source_file
from astronet.lightcurves.clock import BKJD_ZERO
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions.fits_table import FitsTable, parse_table, read_content
from astronet.missions.spec import MissionSpec

_DAYS = ("d", "day", "days")


@dataclass(frozen=True, eq=False)
class StarData:
    """Light curve of a star, and its provenance.

    Attributes:
        curve: Light curve of the star.
        sources: Provenance of the files from which the light curve was read, in reading order.
    """

    curve: LightCurve
    sources: tuple[SourceFile, ...]


@dataclass(frozen=True)
class Content:
    """Content of a file, with its path and provenance."""

    path: Path
    data: bytes
    source: SourceFile

    @classmethod
    def read(cls, path: Path, folder: str | Path) -> Self:
        """Read a file, and return its content with its provenance.

        The path in the provenance is relative to `folder` if the file is inside this folder.

        Raises:
            ArchiveError: The file cannot be read.
        """
        data = read_content(path)
        return cls(path, data, source_file(path, data, Path(folder)))


@dataclass(frozen=True, eq=False)
class ObservedFile:
    """Data of one light-curve file, with all n rows of its table.

    Attributes:
        path: Path of the file.
        source: Provenance of the file.
        part: Number of the quarter, campaign or sector.
        time: Times [n] in BKJD [d]; NaN if missing.
        flux: Fluxes [n] in the file's unit; NaN if missing or dropped because of a quality bit.
        quality: Quality flags [n]; None if the file has no such column.
        crowding: Fraction of the flux in the aperture that comes from the star (CROWDSAP); None if
            unknown. PDCSAP_FLUX is already corrected for crowding.
        captured: Fraction of the star's flux that is in the aperture (FLFRCSAP); None if unknown.
        release: Number of the data release (DATA_REL); 0 if unknown.
    """

    path: Path
    source: SourceFile
    part: int
    time: NDArray[np.float64]
    flux: NDArray[Any]
    quality: NDArray[Any] | None = None
    crowding: float | None = None
    captured: float | None = None
    release: int = 0


def matching(folders: Iterable[Path], name: re.Pattern[str]) -> list[tuple[Path, re.Match[str]]]:
    """Return the files whose whole names match a pattern, each with its match, sorted by name.

    Args:
        folders: Folders to search, not recursively; folders that do not exist are skipped.
        name: Pattern of the file names.
    """
    found = [
        (path, match)
        for folder in folders
        if folder.is_dir()
        for path in folder.iterdir()
        if (match := name.fullmatch(path.name))
    ]
    return sorted(found, key=lambda pair: pair[0].name)


def without_copies(paths: Iterable[Path]) -> list[Path]:
    """Return the paths, except gzipped copies of files that are also listed uncompressed."""
    paths = list(paths)
    plain = {path.name for path in paths}
    return [path for path in paths if path.suffix != ".gz" or path.stem not in plain]


def read_each(
    paths: Iterable[Path], folder: str | Path, parse: Callable[[Content], ObservedFile]
) -> list[ObservedFile]:
    """Read and parse the files of a star, and return their data in the order of `paths`.

    Args:
        paths: Paths of the files.
        folder: Folder of light curves; paths in the provenance are relative to it.
        parse: Function that parses the content of one file, for example by calling `parse_file`.

    Raises:
        ArchiveError: A file cannot be read or parsed, for example because it belongs to another
            star. The error's `sources` are the provenance of the files read so far.
    """
    files: list[ObservedFile] = []
    sources: list[SourceFile] = []
    with sources_known(sources):
        for path in paths:
            content = Content.read(path, folder)
            sources.append(content.source)
            files.append(parse(content))
    return files


@contextmanager
def sources_known(sources: Sequence[SourceFile]) -> Iterator[None]:
    """Attach `sources` to any `AstronetError` that is raised in the `with` block."""
    try:
        yield
    except AstronetError as error:
        error.sources = tuple(sources)
        raise


def parse_file(
    file: Content,
    star: int,
    spec: MissionSpec,
    flux: Sequence[str],
    drop_quality: int = 0,
    *,
    part: int | None = None,
    extension: str | None = "LIGHTCURVE",
) -> ObservedFile:
    """Return the data of one light-curve file.

    Args:
        file: Content of a FITS file, which may be gzipped.
        star: Number of the star to which the file must belong.
        spec: Specification of the mission.
        flux: Names of flux columns in order of preference; the first one in the file is read.
        drop_quality: Bit mask; the flux of rows with any of these quality bits becomes NaN.
        part: Number of the quarter, campaign or sector; None means the number in the header.
        extension: Name of the table extension; None means the first table.

    Raises:
        ArchiveError: The file is corrupt or belongs to another star; the table, a column or the
            number of the quarter, campaign or sector is missing; or the times are not barycentric
            Julian dates (TDB) in days.
    """
    path = file.path
    table = parse_table(path, file.data, extension, (spec.star_key, spec.part_key, "DATA_REL"))
    owner, stated = table.card(spec.star_key), table.card(spec.part_key)
    part = stated if part is None else part
    if str(owner) == str(star) and not isinstance(part, int):
        raise ArchiveError(
            f"{path}: the keyword {spec.part_key} is missing or not an integer; delete the file "
            "and download it again"
        )
    if str(owner) != str(star):
        raise ArchiveError(
            f"{path} contains {spec.part} {stated} of {spec.star_catalog} {owner}, not of "
            f"{spec.star_catalog} {star}; delete the file, and download the light curves of the "
            "star to this folder again",
        )
    time = _bkjd(table)
    values = _column(table, flux)
    quality = None
    if drop_quality or spec.quality in table.columns:
        quality = _column(table, [spec.quality])
    if quality is not None and drop_quality:
        values = np.where((quality & drop_quality) != 0, values.dtype.type(np.nan), values)
    release = table.card("DATA_REL")
    return ObservedFile(
        path,
        file.source,
        part,
        time,
        values,
        quality,
        _fraction(table, "CROWDSAP"),
        _fraction(table, "FLFRCSAP"),
        release if isinstance(release, int) else 0,
    )


def join(star: int, pieces: Sequence[tuple[NDArray[np.float64], NDArray[Any]]]) -> LightCurve:
    """Stitch the points of several files into one light curve; each file begins a new segment.

    Args:
        star: Number of the star.
        pieces: Times [n] in BKJD [d] and fluxes [n] of each file, in chronological order.

    Raises:
        LightCurveError: No point is finite, or the times in a file decrease.
    """
    nothing = np.empty(0)
    times, fluxes = zip(*(pieces or [(nothing, nothing)]), strict=True)
    files = np.repeat(np.arange(len(times)), [len(time) for time in times])
    return LightCurve(star, np.concatenate(times), np.concatenate(fluxes), files)


def joined(star: int, files: Sequence[ObservedFile]) -> StarData:
    """Stitch files into one light curve, and return it with the provenance of the files.

    Args:
        star: Number of the star.
        files: Data of the files in chronological order; each file begins a new segment.

    Raises:
        LightCurveError: No point is finite, or the times in a file decrease.
    """
    sources = tuple(file.source for file in files)
    with sources_known(sources):
        return StarData(join(star, [(file.time, file.flux) for file in files]), sources)


def _bkjd(table: FitsTable) -> NDArray[np.float64]:
    """Return the times [n] of a file in BKJD [d].

    The zero point is BJDREFI + BJDREFF (Kepler Archive Manual, KDMC-10008, §2.3.2;
    EXP-TESS-ARC-ICD-0014, §5).

    Raises:
        ArchiveError: The column or its zero point is missing, the zero point contradicts the
            column's unit, or the times are not barycentric Julian dates (TDB) in days.
    """
    time = np.asarray(_column(table, ["TIME"]), np.float64)
    reference = table.card("BJDREFI"), table.card("BJDREFF")
    unit, system = table.unit("TIME"), table.card("TIMESYS")
    named = re.fullmatch(r"BJD *- *(\d+(?:\.\d+)?)(?:, *days?)?", unit)
    barycentric = re.search("BJD|BTJD|BKJD", unit)
    scale = table.card("TIMEUNIT") or ("d" if barycentric else unit)
    if not all(isinstance(value, (int, float)) for value in reference):
        raise ArchiveError(
            f"{table.path}: the zero point of the times (BJDREFI and BJDREFF) is missing; "
            "download the file again"
        )
    zero = sum(reference)
    if system not in ("TDB", None) or (system is None and not barycentric):
        raise ArchiveError(
            f"{table.path}: the time system is {system or 'unknown'}, not barycentric TDB; "
            "convert the times to BJD_TDB, and read them with mission custom"
        )
    if scale not in _DAYS or not (barycentric or unit in ("", *_DAYS)):
        raise ArchiveError(
            f"{table.path}: the times are in {unit if scale in _DAYS else scale}, not in days "
            "(BJD); download the original file, or convert the times and read them with mission "
            "custom"
        )
    if named and float(named[1]) != zero:
        raise ArchiveError(
            f"{table.path}: the unit of column TIME is '{unit}', but BJDREFI and BJDREFF give "
            f"BJD - {zero:.12g}; download the file again"
        )
    return time if zero == BKJD_ZERO else time + (zero - BKJD_ZERO)


def _column(table: FitsTable, names: Sequence[str]) -> NDArray[Any]:
    for name in names:
        if name in table.columns:
            return table.column(name)
    missing = " or ".join(names)
    if names[0] not in ("TIME", "QUALITY", "SAP_QUALITY"):
        fluxes = [column for column in table.columns if column.endswith("FLUX")]
        remedy = f"set the reader option flux to one of {', '.join(fluxes)}"
        raise ArchiveError(
            f"{table.path} has no column {missing}; "
            f"{remedy if fluxes else 'download the file again'}"
        )
    raise ArchiveError(
        f"{table.path} has no column {missing}, only {', '.join(table.columns)}; "
        "download the file again"
    )


def _fraction(table: FitsTable, key: str) -> float | None:
    value = table.card(key)
    return float(value) if isinstance(value, (int, float)) else None
