"""A star's files on disk: found by their names, read as records, joined to one light curve."""

import operator
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from astronet.errors import ArchiveError, ConfigError
from astronet.lightcurves.clock import BKJD_ZERO
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions.fits_table import FitsTable, read_table

_DAYS = ("d", "day", "days")
_Options = TypeVar("_Options", bound=BaseModel)


@dataclass(frozen=True)
class Archive:
    """How one mission's files name things.

    Attributes:
        catalog: The catalogue that numbers its stars: KIC, EPIC, TIC.
        digits: How many digits a star's number has in the names of files.
        star_key: The header's key for the star.
        part: What a file covers: a quarter, campaign or sector.
        part_key: The header's key for it.
        quality: The column of quality flags.
        mission: What `astronet download --mission` calls it.
    """

    catalog: str
    digits: int
    star_key: str
    part: str
    part_key: str
    quality: str
    mission: str

    def download(self, star: int | str, *options: str) -> str:
        """The command that fetches a star's files."""
        mission = [] if self.mission == "kepler" else ["--mission", self.mission]
        words = ["astronet", "download", "--stars", str(star), *mission, *options]
        return shlex.join(words)

    def number(self, star: int | str) -> int:
        """The star's number; a whole number cannot lead out of a folder, as text could.

        Raises:
            ArchiveError: It is none, or has too many digits.
        """
        try:
            number = operator.index(star)  # type: ignore[arg-type]
        except TypeError:
            number = -1
        if not 0 <= number < 10**self.digits:
            many = {9: "nine", 16: "sixteen"}[self.digits]
            raise ArchiveError(
                f"{star!r} is no {self.catalog} number; give a whole number of up to {many} digits"
            )
        return number


@dataclass(frozen=True, eq=False)
class ObservedFile:
    """What one file holds of a star, row for row.

    Attributes:
        path: The file.
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
    part: int
    time: NDArray[np.float64]
    flux: NDArray[Any]
    quality: NDArray[Any] | None = None
    crowding: float | None = None
    captured: float | None = None
    release: int = 0


def checked(kind: type[_Options], options: dict[str, Any]) -> _Options:
    """The options of a mission's reading.

    Raises:
        ConfigError: An option is unknown or has an impossible value.
    """
    try:
        return kind(**options)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        known = f"the options are {', '.join(kind.model_fields)}"
        if first["type"] == "missing":
            raise ConfigError(f"the reading option {name} is missing; {known}") from None
        raise ConfigError(
            f"reading option {name}={first['input']!r}: {first['msg']}; {known}"
        ) from None


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


def read_file(
    path: Path,
    star: int,
    archive: Archive,
    flux: Sequence[str],
    drop_quality: int = 0,
    *,
    part: int | None = None,
    extension: str | None = "LIGHTCURVE",
) -> ObservedFile:
    """One file of a star.

    Args:
        path: The file, FITS or gzipped FITS.
        star: Whose it should be.
        archive: What its mission calls things.
        flux: Flux columns; the first that the file has is read.
        drop_quality: The flux of rows with any of these quality bits becomes NaN.
        part: Its quarter, campaign or sector; by default what the header says.
        extension: Its table; None takes the first.

    Raises:
        ArchiveError: The file is damaged, another star's, lacks a column, or its times are not in
            days of barycentric Julian date.
    """
    table = read_table(path, extension, (archive.star_key, archive.part_key, "DATA_REL"))
    owner, stated = table.card(archive.star_key), table.card(archive.part_key)
    part = stated if part is None else part
    if str(owner) != str(star) or not isinstance(part, int):
        raise ArchiveError(
            f"{path} says that it is {archive.part} {stated} of {archive.catalog} {owner}, not of "
            f"{archive.catalog} {star}; delete it and fetch the star "
            f"again: `{archive.download(star)}`"
        )
    time = _bkjd(table)
    values = _column(table, flux)
    quality = None
    if drop_quality or archive.quality in table.columns:
        quality = _column(table, [archive.quality])
    if quality is not None and drop_quality:
        values = np.where((quality & drop_quality) != 0, values.dtype.type(np.nan), values)
    release = table.card("DATA_REL")
    return ObservedFile(
        path,
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
            "BJD; fetch the archive's own file, or convert it and use source.mission=own"
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
