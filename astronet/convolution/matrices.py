"""Convolution as a matrix: most elements are zero, and the others are tied along diagonals."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, signal

from astronet.errors import ConfigError
from astronet.lightcurves.arrays import Floats


def matrix_of(
    kernel: ArrayLike, length: int, stride: int = 1, padding: int = 0, *, circular: bool = False
) -> Floats:
    """Return the matrix [n', n] that computes the cross-correlation of n points with a kernel.

    For a stride of 1, the matrix is a Toeplitz matrix: constant along each diagonal (Goodfellow et
    al. 2016, §9.1). If circular padding preserves the length, the matrix is also circulant. The
    transposed matrix propagates gradients back through the layer (Dumoulin & Visin 2016,
    arXiv:1603.07285, §4.1).

    Args:
        kernel: Kernel w [k].
        length: Number of points n of the signal.
        stride: Stride s; every s-th row is kept.
        padding: Number of points added to each end of the signal.
        circular: Whether the padding consists of points from the other end instead of zeros.

    Raises:
        ConfigError: The kernel is longer than the padded signal.
    """
    w = np.atleast_1d(np.asarray(kernel, np.float64))
    padded = length + 2 * padding
    if len(w) > padded:
        raise ConfigError(
            f"a kernel of {len(w)} points does not fit into {padded} points; "
            "use a shorter kernel, or increase the padding"
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
    """Return the matrix [h'·w', h·w] of the valid cross-correlation of an image with a kernel.

    Images are flattened row by row. The matrix is block Toeplitz with Toeplitz blocks
    (Goodfellow et al. 2016, §9.1).

    Args:
        kernel: Kernel K [k, l].
        shape: Height h and width w of the image.
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
    """Return the gradient [k] of the loss with respect to a kernel, computed from its matrix.

    The gradient with respect to a weight is the sum of the gradients with respect to all matrix
    elements that contain this weight. Matrix elements that are zero by construction do not
    contribute.

    Args:
        gradient: Gradient [n', n] of the loss with respect to the elements of the matrix, as if
            they were independent.
        width: Number of points k of the kernel.
        stride: Stride of the matrix; see `matrix_of`.
        padding: Padding of the matrix; see `matrix_of`.
        circular: Whether the padding is circular; see `matrix_of`.
    """
    length = gradient.shape[1]
    places = (matrix_of(tap, length, stride, padding, circular=circular) for tap in np.eye(width))
    return np.array([(place * gradient).sum() for place in places])
