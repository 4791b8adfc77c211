"""Validation of the columns of a light curve that describe the star's image on the detector."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Ints, plain_values


def pixel_columns(
    star: int | str, points: int, **columns: ArrayLike | None
) -> dict[str, Floats | None]:
    """Return pairs of pixel coordinates [points, 2] by name, as float64; None stays None.

    Raises:
        LightCurveError: The array of a name does not have the shape [points, 2], or does not
            contain real numbers.
    """
    return {
        name: None if values is None else _pixels(star, points, name, values)
        for name, values in columns.items()
    }


def rows_of(values: Floats | None, keep: Bools) -> Floats | None:
    """Return the rows of `values` [n, 2] for which `keep` [n] is True; None stays None."""
    return None if values is None else values[keep]


def orientations(
    star: int | str, files: Ints, matrices: Mapping[int, ArrayLike] | None
) -> Floats | None:
    """Return the matrix [parts, 2, 2] of each file; NaN if it is unknown, None if all are.

    Args:
        star: Number or name of the star, for error messages.
        files: Number of each file or quarter [parts].
        matrices: Matrix [2, 2] [arcsec/pixel] by file or quarter number; None if all are unknown.

    Raises:
        LightCurveError: A matrix does not have the shape [2, 2].
    """
    if matrices is None:
        return None
    found = np.full((len(files), 2, 2), np.nan)
    for part, file in enumerate(files.tolist()):
        if file in matrices:
            matrix = np.asarray(matrices[file], np.float64)
            if matrix.shape != (2, 2):
                raise LightCurveError(
                    f"star {star}: the orientation of file {file} has shape {matrix.shape}; "
                    "give a matrix of shape (2, 2) in arcsec per pixel"
                )
            found[part] = matrix
    return found if np.isfinite(found).any() else None


def fractions(star: int | str, files: Ints, crowding: Mapping[int, float] | None) -> Floats | None:
    """Return the fraction of the flux that comes from the star in each file [parts].

    It is NaN if it is unknown; the result is None if all are unknown.

    Args:
        star: Number or name of the star, for error messages.
        files: Number of each file or quarter [parts].
        crowding: Fraction by file or quarter number; None if all are unknown.

    Raises:
        LightCurveError: A fraction is negative.
    """
    if crowding is None:
        return None
    found = np.array([float(crowding.get(file, np.nan)) for file in files.tolist()])
    if (found < 0).any():
        raise LightCurveError(
            f"star {star}: the crowding is {np.nanmin(found):g}; give the fraction of the flux in "
            "the aperture that comes from the star"
        )
    return found if np.isfinite(found).any() else None


def _pixels(star: int | str, points: int, name: str, values: ArrayLike) -> Floats:
    try:
        array = np.array(plain_values(values), np.float64)
    except (TypeError, ValueError):
        raise LightCurveError(
            f"star {star}: the {name} contains values that are not real numbers; give numbers "
            "only (NaN for missing values)"
        ) from None
    if array.shape != (points, 2):
        raise LightCurveError(
            f"star {star}: {name} has shape {array.shape}, but there are {points} times; give "
            f"columns and rows as an array of shape ({points}, 2)"
        )
    return array
