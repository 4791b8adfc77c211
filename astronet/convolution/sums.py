"""Convolution and cross-correlation of rows of numbers, written out."""

from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy import fft

from astronet.errors import ConfigError
from astronet.lightcurves.arrays import Floats

Mode = Literal["full", "same", "valid"]
"""Which part of a convolution is kept; see `convolve`."""


def convolve(signal: ArrayLike, kernel: ArrayLike, mode: Mode = "full") -> Floats:
    """The convolution (x * w)(c) = Σ_a x(a) w(c − a).

    Every point of the signal leaves a copy of the kernel behind, times its own value; the copies
    are added up. (Goodfellow, Bengio & Courville 2016, *Deep Learning*, eq. 9.3; the modes: §9.5.)

    Args:
        signal: x [n].
        kernel: w [k].
        mode: `full` keeps all n + k − 1 points at which the two overlap; `same` the n of them in
            the middle; `valid` the n − k + 1 at which the kernel lies within the signal.

    Raises:
        ConfigError: The kernel is empty, or longer than the signal and the mode not `full`.
    """
    x, w = _row(signal), _row(kernel)
    _check_fits(len(w) if mode == "full" else len(x), len(w))
    full = np.zeros(len(x) + len(w) - 1)
    for place, value in enumerate(x):
        full[place : place + len(w)] += value * w
    return full[kept(len(x), len(w), mode)]


def kept(length: int, width: int, mode: Mode) -> slice:
    """Which points of a full convolution of n and k points a mode keeps."""
    first, points = {
        "full": (0, length + width - 1),
        "same": ((width - 1) // 2, length),
        "valid": (width - 1, length - width + 1),
    }[mode]
    return slice(first, first + points)


def correlate(signal: ArrayLike, kernel: ArrayLike, stride: int = 1, padding: int = 0) -> Floats:
    """The cross-correlation (x ⋆ w)(c) = Σ_a x(s c + a − p) w(a): what networks call convolution.

    A scalar product of the kernel with every window of the signal: how alike the two are there.
    It is the convolution with the kernel reversed (Goodfellow et al. 2016, eq. 9.6).

    Args:
        signal: x [n].
        kernel: w [k].
        stride: s, from window to window [points].
        padding: p, zeros added to each end.

    Returns:
        ⌊(n − k + 2p)/s⌋ + 1 points (Dumoulin & Visin 2016, arXiv:1603.07285, relationship 6).

    Raises:
        ConfigError: The kernel is empty or longer than the padded signal, or the stride is not
            positive.
    """
    x, w = np.pad(_row(signal), padding), _row(kernel)
    _check_fits(len(x), len(w))
    if stride < 1:
        raise ConfigError(f"a stride of {stride} goes nowhere; use 1 or more")
    return np.asarray(sliding_window_view(x, len(w))[::stride] @ w, np.float64)


def convolve_by_fft(signal: ArrayLike, kernel: ArrayLike) -> Floats:
    """The full convolution [n + k − 1], through the frequencies, in O(n log n).

    The Fourier transform of a convolution is the product of the transforms (Cooley & Tukey 1965
    for the fast transform). Zeros keep the ends from meeting, for the theorem speaks of a circle.

    Args:
        signal: x [n].
        kernel: w [k].
    """
    x, w = _row(signal), _row(kernel)
    points = len(x) + len(w) - 1
    size = fft.next_fast_len(points, real=True)
    product = fft.rfft(x, size) * fft.rfft(w, size)
    return np.asarray(fft.irfft(product, size)[:points], np.float64)


def _row(values: ArrayLike) -> Floats:
    return np.atleast_1d(np.asarray(values, np.float64))


def _check_fits(length: int, width: int) -> None:
    if not 1 <= width <= length:
        raise ConfigError(
            f"a kernel of {width} points does not fit into {length}; "
            "use a shorter one, or pad the signal"
        )
