"""Matched filter: amplitude of a transit's shape in data with correlated noise."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import median_filter, uniform_filter1d

from astronet.lightcurves.arrays import Bools, Floats, Ints

_SMOOTHING = 25
"""Number of frequencies in the running median of the noise spectrum."""

_MEDIAN_OF_EXPONENTIAL = np.log(2)  # the power at one frequency is exponentially distributed
_LOWEST_POWER = 1e-3  # relative to the median
_NO_POWER = 1e-100  # of a flux without noise
_INGRESS = 0.2  # duration of the ingress, in units of half the transit duration


@dataclass(frozen=True, eq=False)
class Amplitudes:
    """Amplitudes of a template in c series; the last one is the flux.

    Attributes:
        value: Amplitudes [c].
        covariance: Covariance matrix [c, c] of the amplitudes.
        at_lags: Amplitudes [c, 2m + 1] of the template shifted by −m to m cells in the data out of
            transit, which contain noise only.
    """

    value: Floats
    covariance: Floats
    at_lags: Floats


def transit_template(phase: Floats, duration: float) -> Floats:
    """Return a trapezoid [k] with a maximum of 1 in transit, and 0 out of transit.

    Args:
        phase: Time since the nearest mid-transit [k] [d].
        duration: Time from first to last contact [d].
    """
    return np.asarray(np.clip((1 - np.abs(phase) / (duration / 2)) / _INGRESS, 0, 1), np.float64)


@dataclass(frozen=True, eq=False)
class Sampling:
    """Places of k values on a regular grid of cells.

    Attributes:
        cell: Index of the cell of each value [k]; missing cells are treated as 0.
        outside: Whether each value is out of transit [k].
        window: Width of the window with which slow trends were removed [cells].
    """

    cell: Ints
    outside: Bools
    window: int


def amplitudes(values: Floats, template: Floats, sampling: Sampling, lags: int) -> Amplitudes:
    """Return the amplitudes of a template in series of values with unknown, correlated noise.

    At each frequency, the data are divided by the power of the noise, which is measured out of
    transit and smoothed. The result is the estimate with the smallest error, and its error includes
    red noise and pulsations of the star (Jenkins 2002, ApJ 575, 493). Periods longer than two
    windows are not used, because trends in transit are interpolated and their errors are unknown.

    The last series is the flux. It is filtered with the mean noise spectrum of the other series, so
    that a signal with another shape than the template changes all amplitudes by the same factor.

    Args:
        values: Series of values [k, c] whose mean out of transit is 0.
        template: Shape of the signal [k].
        sampling: Places of the values on the grid.
        lags: Largest shift m of the template [cells].
    """
    size = next_fast_len(int(sampling.cell[-1]) + 1 + lags, real=True)
    shape = rfft(_on_grid(template - template.mean(), sampling.cell, size))
    noise = np.where(sampling.outside[:, np.newaxis], values, 0.0)
    data, spectra = (rfft(_on_grid(each, sampling.cell, size)) for each in (values, noise))
    weights = _weights(np.abs(spectra) ** 2 / sampling.outside.sum(), size, sampling.window)
    information = irfft(np.abs(shape) ** 2 * weights, size)[:, 0]
    value = irfft(shape.conj() * data * weights, size)[:, 0] / information
    shifted = irfft(shape.conj() * spectra * weights, size) / information[:, np.newaxis]
    white = irfft(spectra * np.sqrt(weights), size)[:, sampling.cell[sampling.outside]]
    covariance = _correlation(white) / np.sqrt(np.outer(information, information))
    return Amplitudes(
        value, covariance, np.concatenate([shifted[:, size - lags :], shifted[:, : lags + 1]], 1)
    )


def _correlation(series: Floats) -> Floats:
    """Return the correlation matrix [c, c] of series [c, k]; 0 for a series without variation."""
    size = np.sqrt((series**2).sum(axis=1))
    size[size == 0] = 1.0
    correlation = series @ series.T / np.outer(size, size)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation, np.float64)


def _on_grid(values: Floats, cell: Ints, size: int) -> Floats:
    """Return the values [k] or [k, c] on a grid [size] or [c, size] with zeros between them."""
    grid = np.zeros((*values.shape[1:], size))
    grid[..., cell] = values.T
    return grid


def _weights(power: Floats, size: int, window: int) -> Floats:
    """Return the inverse power of the noise [c, f], and 0 for periods longer than two windows."""
    smooth = np.stack([_smoothed(each) for each in power])
    relative = smooth[:-1] / np.median(smooth[:-1], axis=1, keepdims=True)
    smooth[-1] = relative.mean(axis=0) * np.median(smooth[-1])
    weights = 1 / smooth
    weights[:, : math.ceil(size / (2 * window)) + 1] = 0.0
    return weights


def _smoothed(power: Floats) -> Floats:
    """Return the power of the noise [f], from the power of one realisation."""
    middle = median_filter(power, size=_SMOOTHING, mode="nearest") / _MEDIAN_OF_EXPONENTIAL
    smooth = uniform_filter1d(middle, _SMOOTHING // 2, mode="nearest")
    lowest = max(_LOWEST_POWER * float(np.median(smooth)), _NO_POWER)
    return np.asarray(np.maximum(smooth, lowest), np.float64)
