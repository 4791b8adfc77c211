"""Functions that find and read a star's light-curve files, and stitch them together."""

import os
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
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions.fits_table import read_content
from astronet.missions.listings import listing
from astronet.missions.pixel_data import PixelData, joined_pixels


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
        pixels: Centroid, position and orientation of the star's image; None if they were not
            requested or the file has no such columns.
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
    pixels: PixelData | None = None


def matching(
    folders: Iterable[Path], name: re.Pattern[str], star: str, shared: Path
) -> list[tuple[Path, re.Match[str]]]:
    """Return the files whose whole names match a pattern, each with its match, sorted by name.

    Args:
        folders: Folders to search, not recursively; folders that do not exist are skipped.
        name: Pattern of the file names.
        star: Number of the star with leading zeros, which is in the names of its files.
        shared: One of the folders that may contain the files of many stars; see `listing`.
    """
    paths = (
        path
        for folder in folders
        if folder.is_dir()
        for path in (
            (folder / one for one in listing(folder).files.get(star, ()))
            if folder == shared
            else folder.iterdir()
        )
    )
    found = [(path, match) for path in paths if (match := name.fullmatch(path.name))]
    return sorted(found, key=lambda pair: pair[0].name)


def stars_in_files(folder: str | Path, *names: re.Pattern[str]) -> list[int]:
    """Return the numbers of the stars with files in a folder or its subfolders, in ascending order.

    Folders that are hidden or named `quarantine` are not searched.

    Args:
        folder: Folder of light curves.
        names: Patterns of the file names, with the star number as the group `star`.

    Raises:
        ArchiveError: The folder does not exist.
    """
    if not Path(folder).is_dir():
        raise ArchiveError(
            f"{folder} is not a folder; give the folder of the light curves", arguments=("data",)
        )
    stars = set()
    for _, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [one for one in folders if one != "quarantine" and not one.startswith(".")]
        matches = (name.fullmatch(file) for name in names for file in files)
        stars |= {int(match["star"]) for match in matches if match}
    return sorted(stars)


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


def join(star: int, files: Sequence[ObservedFile]) -> LightCurve:
    """Stitch the points of several files into one light curve; each file begins a new segment.

    Args:
        star: Number of the star.
        files: Data of the files in chronological order.

    Raises:
        LightCurveError: No point is finite, or the times in a file decrease.
    """
    if not files:
        return LightCurve(star, [], [])
    return LightCurve(
        star,
        np.concatenate([file.time for file in files]),
        np.concatenate([file.flux for file in files]),
        np.repeat(np.arange(len(files)), [len(file.time) for file in files]),
        crowding={
            number: file.crowding
            for number, file in enumerate(files)
            if file.crowding is not None and file.crowding >= 0
        },
        **joined_pixels([file.pixels for file in files], [len(file.time) for file in files]),
    )


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
        return StarData(join(star, files), sources)
