"""Centroids, image positions and orientations in the light-curve files of Kepler, K2 and TESS.

Kepler Archive Manual (KDMC-10008), §2.3; TESS Science Data Products Description
(EXP-TESS-ARC-ICD-0014), §5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from astronet.errors import ArchiveError
from astronet.lightcurves.arrays import Floats
from astronet.missions.fits_table import FitsTable
from astronet.missions.reader import CentroidMethod

_CENTROIDS: dict[CentroidMethod, tuple[str, str]] = {
    "moments": ("MOM_CENTR1", "MOM_CENTR2"),
    "psf": ("PSF_CENTR1", "PSF_CENTR2"),
}
"""Names of the centroid columns (column, row) by method."""

_POSITION = ("POS_CORR1", "POS_CORR2")
_MATRIX = (("PC1_1", "PC1_2"), ("PC2_1", "PC2_2"))


@dataclass(frozen=True, eq=False)
class PixelData:
    """Location of a star's image on the detector, in one file with n rows.

    Attributes:
        centroid: Column and row of the centroid [n, 2] [pixel]; NaN if missing.
        position: Offset of the image [n, 2] [pixel] that pointing and focus cause; NaN if missing.
        orientation: Matrix [2, 2] [arcsec/pixel] that converts a displacement in column and row to
            one toward east and north; None if the file does not contain it.
    """

    centroid: Floats
    position: Floats
    orientation: Floats | None


class LightCurvePixels(TypedDict, total=False):
    """Keyword arguments of `LightCurve` that locate the star's image on the detector."""

    centroid: Floats
    position: Floats
    orientation: dict[int, Floats]


def read_pixels(table: FitsTable, method: CentroidMethod) -> PixelData | None:
    """Return the location of the star's image in a file; None if a column is missing.

    Args:
        table: Light-curve table of the file.
        method: Method by which the centroids were measured.

    Raises:
        ArchiveError: A column does not contain one number per row.
    """
    names = (*_CENTROIDS[method], *_POSITION)
    if not set(names) <= set(table.columns):
        return None
    columns = [_numbers(table, name) for name in names]
    return PixelData(
        np.stack(columns[:2], axis=1), np.stack(columns[2:], axis=1), _orientation(table)
    )


def joined_pixels(files: Sequence[PixelData | None], rows: Sequence[int]) -> LightCurvePixels:
    """Return the arguments of `LightCurve` for several files; NaN for files without such data.

    Args:
        files: Data of each file.
        rows: Number of rows of each file.
    """
    if not any(files):
        return {}
    missing = [np.full((count, 2), np.nan) for count in rows]
    return {
        "centroid": np.concatenate(
            [file.centroid if file else none for file, none in zip(files, missing, strict=True)]
        ),
        "position": np.concatenate(
            [file.position if file else none for file, none in zip(files, missing, strict=True)]
        ),
        "orientation": {
            number: file.orientation
            for number, file in enumerate(files)
            if file and file.orientation is not None
        },
    }


def _orientation(table: FitsTable) -> Floats | None:
    """Return the matrix of the world coordinate system in the header of the aperture image.

    The intermediate world coordinates are distances from the star toward east and north in degrees
    (Greisen & Calabretta 2002, §2.1).
    """
    keys = [[table.other("APERTURE", key) for key in row] for row in _MATRIX]
    scales = [table.other("APERTURE", key) for key in ("CDELT1", "CDELT2")]
    if not all(isinstance(value, (int, float)) for value in [*keys[0], *keys[1], *scales]):
        return None
    return 3600 * np.array(scales, np.float64)[:, np.newaxis] * np.array(keys, np.float64)


def _numbers(table: FitsTable, name: str) -> Floats:
    values = table.column(name)
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        raise ArchiveError(
            f"{table.path}: column {name} does not contain one number per row; give the original "
            "light-curve file"
        )
    return values.astype(np.float64)
