"""A convolution as a matrix: most weights zero, the others tied along the diagonals."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, signal

from astronet.errors import ConfigError
from astronet.lightcurves.arrays import Floats


def matrix_of(
    kernel: ArrayLike, length: int, stride: int = 1, padding: int = 0, *, circular: bool = False
) -> Floats:
    """The matrix [n', n] whose product with a row of n points is its cross-correlation.

    A Toeplitz matrix: equal along every diagonal (Goodfellow et al. 2016, §9.1); with a circular
    padding and a stride of 1, a circulant one. Its transpose carries gradients back through the
    layer (Dumoulin & Visin 2016, arXiv:1603.07285, §4.1).

    Args:
        kernel: w [k].
        length: n.
        stride: Rows that are kept: every s-th.
        padding: Points added to each end.
        circular: Whether these are the points of the far end, rather than zeros.

    Raises:
        ConfigError: The kernel is longer than the padded row.
    """
    w = np.atleast_1d(np.asarray(kernel, np.float64))
    padded = length + 2 * padding
    if len(w) > padded:
        raise ConfigError(
            f"a kernel of {len(w)} points does not fit into {padded}; use a shorter one, or pad"
        )
    column = np.zeros(padded - len(w) + 1)
    column[0] = w[0]
    whole = linalg.toeplitz(column, np.pad(w, (0, padded - len(w))))[::stride]
    matrix = whole[:, padding : padding + length].copy()
    if circular and padding:
        matrix[:, -padding:] += whole[:, :padding]
        matrix[:, :padding] += whole[:, -padding:]
    return np.asarray(matrix, np.float64)


def matrix_2d(kernel: ArrayLike, shape: tuple[int, int]) -> Floats:
    """The matrix [h'·w', h·w] of the valid cross-correlation of an image [h, w] with a kernel.

    Images are read row by row. Toeplitz blocks in a Toeplitz order (Goodfellow et al. 2016, §9.1).

    Args:
        kernel: K [k, l].
        shape: h, w.
    """
    pixels = np.eye(shape[0] * shape[1]).reshape(-1, *shape)
    weights = np.asarray(kernel, np.float64)
    return np.stack([signal.correlate2d(p, weights, "valid").ravel() for p in pixels], axis=1)


def tied_gradient(
    gradient: Floats,
    width: int,
    stride: int = 1,
    padding: int = 0,
    *,
    circular: bool = False,
) -> Floats:
    """The gradient [k] of a kernel, from that of its matrix [n', n] as if all weights were free.

    A weight that stands in many places gets the sum of what all of them get; the places that are
    zero get nothing and stay zero.

    Args:
        gradient: Of every element of the matrix that `matrix_of` makes.
        width: k.
        stride: As for `matrix_of`.
        padding: As for `matrix_of`.
        circular: As for `matrix_of`.
    """
    length = gradient.shape[1]
    places = (matrix_of(tap, length, stride, padding, circular=circular) for tap in np.eye(width))
    return np.array([(place * gradient).sum() for place in places])
