"""A star's files: found by their names, read as records, and joined to one light curve."""

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
    """A star's light curve and its provenance.

    Attributes:
        curve: The light curve.
        sources: Every file that was read for it, in the order of reading.
    """

    curve: LightCurve
    sources: tuple[SourceFile, ...]


@dataclass(frozen=True)
class Content:
    """The bytes of a file that has been read, and its provenance."""

    path: Path
    data: bytes
    source: SourceFile

    @classmethod
    def read(cls, path: Path, folder: str | Path) -> Self:
        """Read a file; the path in its provenance is relative to the folder."""
        data = read_content(path)
        return cls(path, data, source_file(path, data, Path(folder)))


@dataclass(frozen=True, eq=False)
class ObservedFile:
    """What one file holds of a star, row for row.

    Attributes:
        path: The file.
        source: Its provenance.
        part: Its quarter, campaign or sector.
        time: Times [n] in BKJD [d]; NaN where missing.
        flux: Fluxes [n] in the file's unit; NaN where missing or dropped for their quality.
        quality: Quality bits [n]; None where the file has none.
        crowding: Share of the light in the aperture that is the star's own (CROWDSAP), None where
            the file does not say. PDCSAP_FLUX is corrected for it already.
        captured: Share of the star's light that the aperture holds (FLFRCSAP), or None.
        release: The archive's data release (DATA_REL); 0 where the file does not say.
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


def matching(places: Iterable[Path], name: re.Pattern[str]) -> list[tuple[Path, re.Match[str]]]:
    """The files in the places whose names match as a whole, in the order of their names."""
    found = [
        (path, match)
        for place in places
        if place.is_dir()
        for path in place.iterdir()
        if (match := name.fullmatch(path.name))
    ]
    return sorted(found, key=lambda pair: pair[0].name)


def without_copies(paths: Iterable[Path]) -> list[Path]:
    """The paths less the gzipped copies of files that are there plain too, in their order."""
    paths = list(paths)
    plain = {path.name for path in paths}
    return [path for path in paths if path.suffix != ".gz" or path.stem not in plain]


def read_each(
    paths: Iterable[Path], folder: str | Path, parse: Callable[[Content], ObservedFile]
) -> list[ObservedFile]:
    """Read a star's files one after another.

    Args:
        paths: The files.
        folder: Folder of light curves, to which the paths in the provenance are relative.
        parse: Function of the content of a file, such as `parse_file` with its other arguments.

    Raises:
        ArchiveError: A file is damaged or belongs to another star; the error's `sources` are the
            files read so far, including this one.
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
    """Attach the files that were read to an error that is raised within the block."""
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
    """Parse one file of a star.

    Args:
        file: The content of a FITS file, which may be gzipped.
        star: Number of the star to which it should belong.
        spec: The mission.
        flux: Flux columns; the first that the file has is read.
        drop_quality: The flux of rows with any of these quality bits becomes NaN.
        part: Its quarter, campaign or sector; by default the header's.
        extension: Name of its table; None takes the first.

    Raises:
        ArchiveError: The file is damaged, another star's, lacks a column, or its times are not in
            days of barycentric Julian date.
    """
    path = file.path
    table = parse_table(path, file.data, extension, (spec.star_key, spec.part_key, "DATA_REL"))
    owner, stated = table.card(spec.star_key), table.card(spec.part_key)
    part = stated if part is None else part
    if str(owner) != str(star) or not isinstance(part, int):
        raise ArchiveError(
            f"{path} says that it is {spec.part} {stated} of {spec.star_catalog} {owner}, not of "
            f"{spec.star_catalog} {star}; delete it and download the star again",
            command=spec.download(star),
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
        _share(table, "CROWDSAP"),
        _share(table, "FLFRCSAP"),
        release if isinstance(release, int) else 0,
    )


def join(star: int, pieces: Sequence[tuple[NDArray[np.float64], NDArray[Any]]]) -> LightCurve:
    """One light curve of (time, flux) of each file in the order of time; a file is a segment.

    Raises:
        LightCurveError: No point is finite, or time runs backwards in a file.
    """
    nothing = np.empty(0)
    times, fluxes = zip(*(pieces or [(nothing, nothing)]), strict=True)
    files = np.repeat(np.arange(len(times)), [len(time) for time in times])
    return LightCurve(star, np.concatenate(times), np.concatenate(fluxes), files)


def joined(star: int, files: Sequence[ObservedFile]) -> StarData:
    """Join files as they are: one light curve, in which each file is a segment.

    Raises:
        LightCurveError: No point is finite, or time runs backwards in a file.
    """
    sources = tuple(file.source for file in files)
    with sources_known(sources):
        return StarData(join(star, [(file.time, file.flux) for file in files]), sources)


def _bkjd(table: FitsTable) -> NDArray[np.float64]:
    """The times [n] of a file on the clock BKJD [d].

    The zero point is BJDREFI + BJDREFF, as the OGIP keywords of all these missions give it
    (Kepler Archive Manual, KDMC-10008, §2.3.2; EXP-TESS-ARC-ICD-0014, §5).
    """
    time = np.asarray(_column(table, ["TIME"]), np.float64)
    reference = table.card("BJDREFI"), table.card("BJDREFF")
    unit, system = table.unit("TIME"), table.card("TIMESYS")
    named = re.fullmatch(r"BJD *- *(\d+(?:\.\d+)?)(?:, *days?)?", unit)
    barycentric = re.search("BJD|BTJD|BKJD", unit)
    scale = table.card("TIMEUNIT") or ("d" if barycentric else unit)
    if not all(isinstance(value, (int, float)) for value in reference):
        raise ArchiveError(
            f"{table.path} does not say from when its times count "
            "(BJDREFI and BJDREFF); fetch it again"
        )
    zero = sum(reference)
    if system not in ("TDB", None) or (system is None and not barycentric):
        raise ArchiveError(
            f"{table.path}: its times are in the system {system or '(none given)'}, "
            "not in barycentric TDB; astronet cannot correct them"
        )
    if scale not in _DAYS or not (barycentric or unit in ("", *_DAYS)):
        raise ArchiveError(
            f"{table.path}: its times are in {unit if scale in _DAYS else scale}, not in days of "
            "BJD; fetch the archive's own file, or convert it and use source.mission=custom"
        )
    if named and float(named[1]) != zero:
        raise ArchiveError(
            f"{table.path}: its column TIME is in '{unit}', but BJDREFI and BJDREFF say "
            f"BJD - {zero:.12g}; fetch it again"
        )
    return time if zero == BKJD_ZERO else time + (zero - BKJD_ZERO)


def _column(table: FitsTable, names: Sequence[str]) -> NDArray[Any]:
    for name in names:
        if name in table.columns:
            return table.column(name)
    missing = " or ".join(names)
    if names[0] not in ("TIME", "QUALITY", "SAP_QUALITY"):
        fluxes = [column for column in table.columns if column.endswith("FLUX")]
        raise ArchiveError(
            f"{table.path} has no column {missing}; "
            f"its flux columns are {', '.join(fluxes) or 'none'}, choose one of them"
        )
    raise ArchiveError(
        f"{table.path} has no column {missing}, only {', '.join(table.columns)}; fetch it again"
    )


def _share(table: FitsTable, key: str) -> float | None:
    value = table.card(key)
    return float(value) if isinstance(value, (int, float)) else None
