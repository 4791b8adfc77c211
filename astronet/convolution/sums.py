"""Convolution and cross-correlation in one dimension."""

from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy import fft

from astronet.errors import ConfigError
from astronet.lightcurves.arrays import Floats

Mode = Literal["full", "same", "valid"]
"""Name of the set of points at which a convolution is returned; see `convolve`."""


def convolve(signal: ArrayLike, kernel: ArrayLike, mode: Mode = "full") -> Floats:
    """Return the convolution (x * w)(c) = Σ_a x(a) w(c − a).

    It is computed as a sum of shifted kernels, one for each point of the signal, multiplied by the
    value at that point (Goodfellow, Bengio & Courville 2016, *Deep Learning*, eq. 9.3; for the
    modes see §9.5).

    Args:
        signal: Signal x [n].
        kernel: Kernel w [k].
        mode: `full` returns all n + k − 1 points at which signal and kernel overlap, `same` the
            central n points, and `valid` the n − k + 1 points at which the kernel is within the
            signal.

    Raises:
        ConfigError: The kernel is empty, or it is longer than the signal and the mode is not
            `full`.
    """
    x, w = _row(signal), _row(kernel)
    _check_fits(len(w) if mode == "full" else len(x), len(w))
    full = np.zeros(len(x) + len(w) - 1)
    for place, value in enumerate(x):
        full[place : place + len(w)] += value * w
    return full[kept(len(x), len(w), mode)]


def kept(length: int, width: int, mode: Mode) -> slice:
    """Return the slice of the full convolution that contains the points of a mode.

    Args:
        length: Number of points of the signal.
        width: Number of points of the kernel.
        mode: Mode of the convolution; see `convolve`.
    """
    first, points = {
        "full": (0, length + width - 1),
        "same": ((width - 1) // 2, length),
        "valid": (width - 1, length - width + 1),
    }[mode]
    return slice(first, first + points)


def correlate(signal: ArrayLike, kernel: ArrayLike, stride: int = 1, padding: int = 0) -> Floats:
    """Return the cross-correlation (x ⋆ w)(c) = Σ_a x(s c + a − p) w(a).

    Deep-learning libraries call this operation convolution. It is the scalar product of the kernel
    with each window of the signal. For s = 1 and p = 0, it equals the valid convolution with the
    reversed kernel (Goodfellow et al. 2016, eq. 9.6).

    Args:
        signal: Signal x [n].
        kernel: Kernel w [k].
        stride: Distance s between neighbouring windows [points].
        padding: Number p of zeros added to each end.

    Returns:
        Cross-correlation [⌊(n − k + 2p)/s⌋ + 1] (Dumoulin & Visin 2016, arXiv:1603.07285,
        relationship 6).

    Raises:
        ConfigError: The kernel is empty or longer than the padded signal, or the stride is not
            positive.
    """
    x, w = np.pad(_row(signal), padding), _row(kernel)
    _check_fits(len(x), len(w))
    if stride < 1:
        raise ConfigError(f"the stride is {stride}; it must be at least 1")
    return np.asarray(sliding_window_view(x, len(w))[::stride] @ w, np.float64)


def convolve_by_fft(signal: ArrayLike, kernel: ArrayLike) -> Floats:
    """Return the full convolution [n + k − 1], computed with the FFT in O(n log n).

    The Fourier transform of a convolution is the product of the Fourier transforms (FFT: Cooley &
    Tukey 1965). For the discrete transform, this holds for circular convolutions, so signal and
    kernel are padded with zeros to prevent wrap-around.

    Args:
        signal: Signal x [n].
        kernel: Kernel w [k].
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
            f"a kernel of {width} points does not fit into {length} points; "
            "use a shorter kernel, or pad the signal"
        )
