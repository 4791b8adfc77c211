"""Features of the noise of the global view out of transit."""

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.features.definition import (
    Feature,
    log_of,
    mean_of,
    median_of,
    ratio,
    robust_scatter,
)
from astronet.lightcurves.kernels import kernel

_SCALES = (4, 16, 64)
"""Numbers of bins over which the flux is averaged to detect red noise."""

NOISE = (
    Feature("scatter", "log10 σ; σ = 1.4826 · median |f − median f| of the bins out of transit"),
    Feature("outlier_scatter", "log10(standard deviation of f / σ)"),
    Feature("percentile_1", "(1st percentile of f − median f) / σ"),
    Feature("percentile_5", "(5th percentile of f − median f) / σ"),
    Feature("percentile_95", "(95th percentile of f − median f) / σ"),
    Feature("percentile_99", "(99th percentile of f − median f) / σ"),
    Feature("lowest", "minimum of f − median f, in transit depths"),
    Feature("highest", "maximum of f − median f, in transit depths"),
    Feature("skewness", "mean of z³; z = (f − mean f) / standard deviation of f"),
    Feature("kurtosis", "mean of z⁴, less 3"),
    Feature("neighbour_scatter", "log10 σₙ; σₙ = 1.4826 · median |f[i + 1] − f[i]| / √2"),
    Feature("red_noise", "log10(σ / σₙ); 0 for white noise"),
    Feature("autocorrelation", "Σ z[i] z[i + 1] / Σ z², over pairs of neighbouring bins"),
    *(
        Feature(
            f"red_noise_{scale}",
            f"log10(√{scale} · 1.4826 · median |m − median m| / σₙ); m are the means of f over "
            f"{scale} bins; 0 for white noise",
        )
        for scale in _SCALES
    ),
)
"""Features of f, the bins of the global view that are measured and outside the transit. The flux is
in transit depths."""


def noise_features(flux: Floats, used: Bools) -> Floats:
    """Return the features `NOISE` [16] of a global view.

    Args:
        flux: Global view [bins].
        used: Whether each bin is measured and out of transit [bins].
    """
    return _features(flux, used, np.sort(flux[used]))  # numpy sorts faster than numba


@kernel()
def _features(flux: Floats, used: Bools, values: Floats) -> Floats:
    """Return the features; `values` [n] are the fluxes of the used bins in ascending order."""
    features = np.zeros(16)
    if len(values) < 8:
        return features
    middle = values[len(values) // 2]
    sigma, mean, std = robust_scatter(values, middle), mean_of(values), float(np.std(values))
    features[0] = log_of(sigma)
    features[1] = log_of(ratio(std, sigma))
    for k, percent in enumerate((1, 5, 95, 99)):
        features[2 + k] = ratio(values[(len(values) - 1) * percent // 100] - middle, sigma)
    features[6] = max(values[0] - middle, -1e4)
    features[7] = min(values[-1] - middle, 1e4)
    steps, product = _neighbours(flux, used, mean)
    if std > 1e-9:  # otherwise the flux is constant except for rounding
        z = (values - mean) / std
        features[8], features[9] = mean_of(z**3), mean_of(z**4) - 3.0
        features[12] = product / std**2
    neighbour = robust_scatter(steps, 0.0) / np.sqrt(2.0)
    features[10], features[11] = log_of(neighbour), log_of(ratio(sigma, neighbour))
    for k, scale in enumerate((4, 16, 64)):
        means = _means(flux, used, scale)
        scatter = robust_scatter(means, median_of(means)) * np.sqrt(scale)
        features[13 + k] = log_of(ratio(scatter, neighbour)) if len(means) > 4 else 0.0
    return features


@kernel()
def _neighbours(flux: Floats, used: Bools, mean: float) -> tuple[Floats, float]:
    """Return the differences between neighbouring bins [n], and the mean of their product.

    The product is that of the deviations from the mean.
    """
    n, count, total = len(flux), 0, 0.0
    steps = np.empty(n)
    for i in range(n):
        j = (i + 1) % n
        if used[i] and used[j]:
            steps[count] = flux[j] - flux[i]
            total += (flux[i] - mean) * (flux[j] - mean)
            count += 1
    return steps[:count], total / max(count, 1)


@kernel()
def _means(flux: Floats, used: Bools, scale: int) -> Floats:
    """Return the means [n] over `scale` bins, without windows that include an unused bin."""
    means, count = np.empty(len(flux) // scale), 0
    for begin in range(0, len(flux) - scale + 1, scale):
        window = slice(begin, begin + scale)
        if used[window].all():
            means[count] = flux[window].sum() / scale
            count += 1
    return means[:count]
