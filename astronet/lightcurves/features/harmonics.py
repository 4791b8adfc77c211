"""Features of sinusoidal variations with the orbital period and its fractions."""

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.features.definition import (
    Feature,
    log_of,
    ratio,
    solve_symmetric,
)
from astronet.lightcurves.kernels import kernel

_ORDERS = (1, 2, 3, 4)

HARMONICS = (
    *(Feature(f"harmonic_{k}", f"log10 A{k}; A{k} = √(a{k}² + b{k}²)") for k in _ORDERS),
    *(
        Feature(f"harmonic_significance_{k}", f"log10(A{k} / ε); ε = s · √(2 / number of bins)")
        for k in _ORDERS
    ),
    Feature("reflection_cosine", "a1 / ε; negative if the star is faintest at mid-transit"),
    Feature("beaming_sine", "b1 / ε"),
    Feature("ellipsoidal_cosine", "a2 / ε; negative if the star is brightest at quadrature"),
    Feature("ellipsoidal_sine", "b2 / ε"),
    Feature("harmonic_fraction", "1 − s² / variance of f"),
)
"""Features of the fit f(φ) = c + Σ aₖ cos 2πkφ + bₖ sin 2πkφ, k = 1 to 4, by least squares to the
bins of the global view that are measured and out of transit. s is the standard deviation of the
residuals. All features are 0 if there are fewer than 27 bins."""


@kernel()
def harmonic_features(flux: Floats, used: Bools) -> Floats:
    """Return the features `HARMONICS` [13] of a global view.

    Args:
        flux: Global view [bins].
        used: Whether each bin is measured and out of transit [bins].
    """
    features = np.zeros(13)
    values = flux[used]
    n = len(values)
    if n < 27:
        return features
    rows = _design(used, n)
    fit = solve_symmetric(rows @ rows.T, rows @ values)
    residual = values - fit @ rows
    variance = max(float(residual @ residual / n), 1e-12)
    error = np.sqrt(variance * 2.0 / n)
    for k in range(4):
        amplitude = np.hypot(fit[1 + 2 * k], fit[2 + 2 * k])
        features[k] = log_of(amplitude)
        features[4 + k] = log_of(ratio(amplitude, error)) if amplitude > 1e-6 else 0.0
    for k in range(4):
        features[8 + k] = ratio(fit[1 + k], error)
    spread = float(np.var(values))
    features[12] = max(1.0 - variance / spread, 0.0) if spread > 1e-12 else 0.0
    return features


@kernel()
def _design(used: Bools, n: int) -> Floats:
    """Return the constant and the harmonics at the phases of the n used bins [9, n].

    The harmonics of higher order follow from those of the first by the addition theorem.
    """
    rows, i = np.empty((9, n)), 0
    for k in range(len(used)):
        if used[k]:
            angle = 2 * np.pi * ((k + 0.5) / len(used) - 0.5)
            cosine, sine = np.cos(angle), np.sin(angle)
            rows[0, i], rows[1, i], rows[2, i] = 1.0, cosine, sine
            for order in range(3):
                a, b = rows[1 + 2 * order, i], rows[2 + 2 * order, i]
                rows[3 + 2 * order, i] = a * cosine - b * sine
                rows[4 + 2 * order, i] = b * cosine + a * sine
            i += 1
    return rows
