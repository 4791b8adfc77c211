"""Model of the noise of a light curve: an autoregressive process."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from scipy import fft
from scipy.linalg import solve_toeplitz

from astronet.detection.grid import Grid
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.kernels import kernel

_LONGEST_WINDOW = 21.0
"""Length of the windows from which the power spectrum is estimated [d]."""

_SHORTEST_WINDOW = 16
"""Minimum length of these windows [cells]."""

_CELLS = 20
"""Minimum number of cells with data for each coefficient.

Coefficients that are estimated from fewer cells have large random errors, and transits that repeat
within a few days lose most of their signal in light curves of two weeks.
"""

_COVERAGE = 0.7
"""Minimum fraction of the cells of a window that contain data."""

_CLIPPING = 4.0
"""Deviation from the running median above which a cell is replaced [σ]."""

_SMOOTHING, _LONG_SMOOTHING = 7, 1.0
"""Widths of the running medians: a number of cells, and a time [d] that exceeds most transits."""

_SIGMA_PER_MAD = 1.4826

_MOST = 0.98
"""Quantile of the residuals that replaces a robust scatter of 0; it is 0 without noise."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Stationary Gaussian noise, modelled as an autoregressive process of order p.

    The filter turns the noise into white noise with unit variance, as the whitening filter of the
    Kepler pipeline does with wavelets (Jenkins 2002, §2). The inverse of the noise's covariance
    matrix is a band matrix whose rows contain `precision`.

    Attributes:
        whitening: Coefficients [p + 1] of the filter; the first one applies to the current cell.
        precision: Elements [p + 1] of the inverse covariance matrix, by distance from its diagonal.
    """

    whitening: Floats
    precision: Floats

    @classmethod
    def of(cls, grid: Grid, memory: float | None = None) -> Self:
        """Estimate the noise of a light curve, robustly against transits and outliers.

        The power spectrum is the median of the spectra of overlapping windows of up to 21 d (after
        Welch 1967). Its Fourier transform, the autocovariance, determines the coefficients by the
        Yule-Walker equations, which are solved by Levinson recursion. Noise with periods up to the
        length of the margin (at most 3 d, less in short light curves) is modelled in detail, so
        stellar variability is filtered out.

        Args:
            grid: Light curve.
            memory: Largest distance of points that affect each other [d]; None means the longest
                one. A model with a longer memory than the period learns to predict the transits.
        """
        power = _power_spectrum(grid)
        covariance = fft.irfft(power)
        order = min(grid.margin, len(covariance) // 4, int(grid.observed.sum()) // _CELLS)
        if memory is not None:
            order = min(order, int(memory / grid.step))
        order = max(order, 1)
        covariance = covariance[: order + 1]
        covariance[0] *= 1 + 1e-9
        coefficients = solve_toeplitz(covariance[:-1], covariance[1:])
        variance = covariance[0] - coefficients @ covariance[1:]
        whitening = np.append(1.0, -coefficients) / np.sqrt(variance)
        return cls(whitening, np.correlate(whitening, whitening, "full")[order:])

    @property
    def order(self) -> int:
        """Order p of the autoregressive process."""
        return len(self.precision) - 1

    def covariance_in_gap(self, cells: int) -> Floats:
        """Return the covariance matrix of adjacent cells, given all others [cells, cells]."""
        if cells not in self._covariances:
            row = np.zeros(cells)
            known = self.precision[:cells]
            row[: len(known)] = known
            unit = np.zeros(cells)
            unit[0] = 1.0
            self._covariances[cells] = _inverse(solve_toeplitz(row, unit))
        return self._covariances[cells]

    @cached_property
    def _covariances(self) -> dict[int, Floats]:
        """Covariance matrices in gaps, by number of cells."""
        return {}

    def whitened(self, values: Floats) -> Floats:
        """Return the values [n] after the whitening filter [n]."""
        return np.convolve(values, self.whitening)[: len(values)]

    def response(self, template: Floats) -> Floats:
        """Return the product of the inverse covariance matrix and a template [n + 2 p]."""
        return np.convolve(np.concatenate([self.precision[:0:-1], self.precision]), template)

    def operator(self, cells: int) -> "PrecisionOperator":
        """Return the inverse covariance matrix of a number of cells, as an operator."""
        size = fft.next_fast_len(cells + 2 * self.order, real=True)
        kernel = np.zeros(size)
        kernel[: self.order + 1] = self.precision
        kernel[size - self.order :] = self.precision[:0:-1]
        return PrecisionOperator(cells, size, fft.rfft(kernel).real)


@dataclass(frozen=True, eq=False)
class PrecisionOperator:
    """Inverse covariance matrix [cells, cells], applied by fast Fourier transforms.

    Attributes:
        cells: Number of cells.
        size: Length of the transforms.
        transfer: Transform of the matrix's rows.
    """

    cells: int
    size: int
    transfer: Floats

    def __call__(self, values: Floats) -> Floats:
        """Return the product of the matrix and the values [cells]."""
        spectrum = fft.rfft(values, self.size) * self.transfer
        return np.asarray(fft.irfft(spectrum, self.size)[: self.cells], np.float64)


def robust_scatter(values: Floats) -> float:
    """Return the standard deviation of values [n], from the median absolute deviation."""
    return float(_SIGMA_PER_MAD * np.median(np.abs(values - np.median(values))))


def _power_spectrum(grid: Grid) -> Floats:
    """Return the power spectrum [window // 2 + 1] of a light curve; white if unknown."""
    longest = int((grid.stops - grid.starts).max())
    size = min(int(_LONGEST_WINDOW / grid.step), longest)
    window = 2 ** int(np.log2(max(size, _SHORTEST_WINDOW)))
    flux = _without_outliers(grid)
    pieces = [flux[a : a + window] for a in _window_starts(grid, window)]
    floor = _variance_floor(grid)
    if not pieces:
        return np.full(_SHORTEST_WINDOW // 2 + 1, max(np.var(flux[grid.observed]), floor))
    values = np.array(pieces)
    ramp = np.linspace(-1, 1, window)
    values -= values.mean(1, keepdims=True)
    values -= np.outer(values @ ramp / (ramp @ ramp), ramp)
    taper = np.hanning(window)
    powers = np.abs(fft.rfft(values * taper, axis=1)) ** 2 / (taper @ taper)
    # The median of an exponential distribution is ln 2 times its mean.
    power = np.median(powers, axis=0) / np.log(2)
    power[:2] = max(power[1], power[2])  # removed with the mean and the slope
    return np.asarray(np.maximum(power, floor), np.float64)


def _variance_floor(grid: Grid) -> float:
    """Return the smallest variance of the noise that is distinguished from rounding errors."""
    return max(1e-16, 1e-12 * float(np.var(grid.flux[grid.observed])))


def _without_outliers(grid: Grid) -> Floats:
    """Return the interpolated flux [cells] with outliers replaced by running medians.

    The long running median removes deep transits, which the noise model would otherwise learn to
    predict if they repeat within a few days. It has no effect on stars that vary within a day.
    """
    for width in (_LONG_SMOOTHING, 0.0):
        smooth = grid.running_median(width, _SMOOTHING)
        residual = np.where(grid.observed, grid.flux - smooth, 0.0)
        # The robust scatter is 0 if most fluxes are equal: rounded, or without noise. Only rounded
        # noise increases the flux as often as it decreases it.
        measured = residual[grid.observed]
        scatter = robust_scatter(measured) or float(np.quantile(measured, _MOST))
        limit = _CLIPPING * max(scatter, 0.0)
        grid = replace(grid, flux=np.where(np.abs(residual) > limit, smooth, grid.flux))
    return grid.interpolated()


def _window_starts(grid: Grid, window: int) -> list[int]:
    """Return the first cells of the windows; they overlap by about three quarters."""
    observed = np.append(0, np.cumsum(grid.observed))
    inside = int((grid.stops - grid.starts).sum())
    coverage = _COVERAGE * min(1.0, 1.1 * observed[-1] / inside)
    starts: list[int] = []
    for begin, end in zip(grid.starts, grid.stops, strict=True):
        room = int(end - begin) - window
        if room < 0:
            continue
        number = int(np.ceil(room / (window / 4))) + 1
        places = np.unique(np.linspace(begin, begin + room, number).astype(np.int64))
        full = observed[places + window] - observed[places] >= coverage * window
        starts += places[full].tolist()
    return starts


@kernel()
def _inverse(first: Floats) -> Floats:
    """Return the inverse [n, n] of a symmetric Toeplitz matrix, from its first column [n].

    The recursion along the diagonals is that of Trench (Golub & Van Loan 2013, §4.7.5), in the form
    of Gohberg and Semencul. It takes a tenth of the time of a general inverse.
    """
    n = len(first)
    inverse = np.empty((n, n))
    inverse[0] = first
    inverse[:, 0] = first
    for i in range(1, n):
        for k in range(i, n):
            change = first[i] * first[k] - first[n - i] * first[n - k]
            inverse[i, k] = inverse[k, i] = inverse[i - 1, k - 1] + change / first[0]
    return inverse
