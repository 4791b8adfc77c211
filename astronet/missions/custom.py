"""Custom light curves (CSV, ECSV or FITS), in a declared time system, and custom event tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from astronet.errors import (
    ArchiveError,
    CatalogError,
    LightCurveError,
    MissingFilesError,
)
from astronet.lightcurves.clock import Clock, Unit
from astronet.lightcurves.flux_units import linear_flux
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.sentinels import drop_sentinels
from astronet.missions import tables
from astronet.missions.custom_files import number_column, read_columns, segment_column
from astronet.missions.files import Content, StarData, sources_known
from astronet.missions.reader import ReaderOptions
from astronet.missions.spec import MissionSpec

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".csv.gz", ".ecsv", ".fits", ".fits.gz")
"""File name extensions of custom light curves."""

_SUFFIX = re.compile("(" + "|".join(map(re.escape, SUFFIXES)) + ")$")

_STAR = re.compile(r"\w[\w .+-]{,99}")
"""Pattern of valid star names; names are also file names, so they contain no path separators."""


class CustomReader(ReaderOptions):
    """Options of the reader of custom light curves; `clock` is required."""

    clock: Clock
    """Time system of the times: bkjd (BJD − 2454833), btjd (BJD − 2457000) or bjd."""

    unit: Unit = "d"
    """Unit of the times: d, h, min or s. A unit that the file states must be the same."""

    time: str = "time"
    """Name of the time column. If no column has exactly this name, it may differ in case."""

    flux: str = "flux"
    """Name of the flux column; see `time`. Any linear unit is allowed; a column with the
    unit mag is converted to relative fluxes."""

    segment: str | None = None
    """Name of the column of segment numbers (for example sectors, nights or quarters). By default,
    the light curve is split into segments only at gaps longer than 0.75 d."""


SPEC = MissionSpec(
    name="custom",
    title="custom",
    reader=CustomReader,
    catalog=Path("data/catalogs/custom.csv"),
    light_curves=Path("data/raw/custom"),
    named_stars=True,
    single_file=True,
    places=(("{star}.",),),
)


def read_star(folder: str | Path, star: int | str, reader: CustomReader) -> StarData:
    """Return a star's light curve and the provenance of its file; see `read_light_curve`."""
    (path,) = list_files(folder, star)
    source = Content.read(path, folder).source
    with sources_known([source]):
        return StarData(_read_curve(path, star, reader), (source,))


def read_light_curve(folder: str | Path, star: int | str, reader: CustomReader) -> LightCurve:
    """Return the light curve of a star, split into segments at gaps longer than 0.75 d.

    If the option `segment` is set, the light curve is also split when the segment number changes.
    CSV files must have a header row and may contain comments (`#`). ECSV and FITS files may state
    units. FITS files of missions and pipelines that lightkurve knows are read by lightkurve with
    its default quality bitmask; of other FITS files, the first table with the columns is read. A
    time system and a unit of the times that the file states must agree with the options `clock` and
    `unit`. Fluxes in mag become relative fluxes. Texts for missing values, such as "--" or "N/A",
    become NaN, and placeholders for missing fluxes, such as 0 or 9999, are dropped with a warning
    (see `astronet.lightcurves.sentinels`).

    Args:
        folder: Folder that contains a file named `<star>` plus one of the `SUFFIXES`, or the path
            of the file itself.
        star: Number or name of the star.
        reader: Options of the reader, including the time system (`clock`).

    Raises:
        ArchiveError: The star's name is invalid, the folder does not exist, the star has no file or
            several, or its file cannot be read, lacks a column or states a time system other than
            the declared one.
        CatalogError: A CSV file is not a valid table.
        LightCurveError: The times are implausible in the declared time system and unit, have a
            unit other than the declared one, decrease within a segment, have lost digits, or are
            not in TDB; an entry is not a number; the fluxes have a unit that is neither linear nor
            mag; or no point has a finite time and flux.

    Examples:
        The file data/raw/mine.csv has the columns time (in BTJD, beginning at 1400) and flux:

        >>> from astronet.missions import custom
        >>> curve = custom.read_light_curve("data/raw", "mine", custom.CustomReader(clock="btjd"))
        >>> float(curve.time[0])
        3567.0
    """
    return read_star(folder, star, reader).curve


def read_catalog(path: str | Path, require: Iterable[str] | None = None) -> pd.DataFrame:
    """Return a table of events with canonical columns; see `astronet.missions.tables.read_catalog`.

    Args:
        path: Path of the table; stars must be identified by numbers, not names.
        require: Canonical columns that must be present; by default star, period_days, epoch_bkjd
            and duration_days.

    Raises:
        CatalogError: The file is missing or not a table, a required column is missing, a column has
            invalid values, or the column star contains names.
    """
    return tables.read_catalog(path, require, SPEC.name)


def list_files(
    folder: str | Path, star: int | str, reader: CustomReader | None = None
) -> list[Path]:
    """Return the path of the star's file, as a list of length 1.

    Args:
        folder: Folder of light curves, or the path of the file itself.
        star: Number or name of the star.
        reader: Not used. It is part of the interface because other missions select files by their
            reader options.

    Raises:
        ArchiveError: The star's name is invalid, the folder does not exist, or the folder contains
            no file or several files of the star.
    """
    name, folder = str(star), Path(folder)
    if not _STAR.fullmatch(name):
        raise ArchiveError(
            f"{name!r} is not a valid star name; use up to 100 letters, digits, spaces and the "
            "characters . + - _, starting with a letter or digit"
        )
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise ArchiveError(
            f"the file or folder {folder} does not exist; give the folder that contains {name}.csv"
        )
    found = [path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()]
    if not found:
        raise MissingFilesError(
            f"there is no light curve of star {name} in {folder}; "
            f"name its file {name}.csv (or {', '.join(SUFFIXES[1:])})"
        )
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise ArchiveError(
            f"{folder} contains several files of star {name} ({names}); keep only one of them"
        )
    return found


def list_stars(folder: str | Path, reader: CustomReader | None = None) -> list[str]:
    """Return the names of all stars with files in a folder, in alphabetical order.

    Each file with one of the `SUFFIXES` is the light curve of a star; subfolders and hidden files
    are not searched.

    Args:
        folder: Folder of light curves, or the path of a single file.
        reader: Not used; see `list_files`.

    Raises:
        ArchiveError: The folder does not exist.
    """
    folder = Path(folder)
    if not folder.exists():
        raise ArchiveError(
            f"the file or folder {folder} does not exist; give the folder of the light curves",
            arguments=("data",),
        )
    files = [folder] if folder.is_file() else [path for path in folder.iterdir() if path.is_file()]
    names = (_SUFFIX.sub("", path.name) for path in files if _SUFFIX.search(path.name))
    return sorted({name for name in names if name and not name.startswith(".")})


def _read_curve(path: Path, star: int | str, reader: CustomReader) -> LightCurve:
    names = [reader.time, reader.flux, *([reader.segment] if reader.segment else [])]
    try:
        columns = read_columns(path, names)
        time = number_column(path, reader.time, columns[reader.time])
        flux = linear_flux(path, number_column(path, reader.flux, columns[reader.flux]))
        segment = None
        if reader.segment:
            segment = segment_column(reader.segment, columns[reader.segment])
        return LightCurve.from_arrays(
            star,
            time,
            drop_sentinels(path, flux),
            segment,
            clock=reader.clock,
            unit=reader.unit,
        )
    except (LightCurveError, CatalogError) as error:
        raise error.at(path) from None
