"""Features of box, trapezoid and V fits to the local view."""

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.features.definition import LARGEST, Feature, log_of, ratio
from astronet.lightcurves.kernels import kernel

FITS = (
    Feature("fit_depth", "depth of the best trapezoid, in units of the view"),
    Feature("fit_width", "its full width T, from first to last contact [durations]"),
    Feature("fit_ingress", "its ingress and egress / T: 0 for a box, 1 for a V"),
    Feature("fit_residual", "log10(√(S / n) / fit_depth)"),
    Feature("fit_unexplained", "S / (S of a constant)"),
    Feature("box_against_v", "ln(S of the best box / S of the best V); positive for a V"),
    Feature("fit_inner_residual", "log10(√(S over |x| < T/2 / number of these bins) / fit_depth)"),
)
"""Features of the trapezoid with the smallest sum of squared residuals S over |x| ≤ 1.5 among 16
widths and 5 ingress fractions, centred on mid-transit. Depth and base are fitted linearly."""

WIDTHS = np.asarray(0.2 * 1.16 ** np.arange(16), np.float64)
"""Widths of the trapezoids [durations], from 0.2 to 1.85."""

INGRESS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
"""Ingress and egress of the trapezoids, as a fraction of the width: 0 for a box, 1 for a V."""


@kernel()
def fit_features(flux: Floats, x: Floats, widths: Floats, ingress: Floats) -> Floats:
    """Return the features `FITS` [7] of a local view.

    Args:
        flux: Local view [n].
        x: Times of the bin centres since mid-transit [n] [durations].
        widths: Widths of the trapezoids [w] [durations].
        ingress: Ingress of the trapezoids as a fraction of their width [k]; first 0, last 1.
    """
    features = np.zeros(7)
    near = np.abs(x) <= 1.5
    values, away = flux[near], np.abs(x[near])
    n, k = len(values), len(ingress)
    mean = values.sum() / max(n, 1)
    constant = ((values - mean) ** 2).sum()
    if n < 4 or constant < 1e-12:
        return features
    least = np.full(k, np.inf)
    best, best_depth, best_width, best_ingress = np.inf, 0.0, 0.0, 0.0
    for width in widths:
        for j in range(k):
            depth, squares = _fitted(values, away, width, ingress[j], mean, constant)
            least[j] = min(least[j], squares)
            if squares < best:
                best, best_depth, best_width, best_ingress = squares, depth, width, ingress[j]
    features[:3] = max(min(best_depth, LARGEST), -LARGEST), best_width, best_ingress
    features[3] = log_of(ratio(np.sqrt(best / n), abs(best_depth)))
    features[4] = ratio(best, constant)
    floor = 1e-6 * constant
    features[5] = np.log(max(least[0], floor) / max(least[k - 1], floor))
    features[6] = _inner_residual(values, away, best_depth, best_width, best_ingress, mean)
    return features


@kernel()
def trapezoid(away: Floats, width: float, ingress: float) -> Floats:
    """Return the depth [n] of a trapezoid: 1 at the bottom, 0 outside.

    Args:
        away: Distances from mid-transit [n].
        width: Full width of the trapezoid, in the unit of `away`.
        ingress: Duration of ingress and egress together, as a fraction of the width.
    """
    slope = max(0.5 * width * ingress, 1e-9)
    return np.minimum(np.maximum((0.5 * width - away) / slope, 0.0), 1.0)


@kernel()
def _fitted(
    values: Floats, away: Floats, width: float, ingress: float, mean: float, constant: float
) -> tuple[float, float]:
    """Return the depth of the best trapezoid of a given shape, and its sum of squared residuals."""
    slope, half = 1.0 / max(0.5 * width * ingress, 1e-9), 0.5 * width
    total = squares = product = 0.0
    for i in range(len(values)):
        shape = min(max((half - away[i]) * slope, 0.0), 1.0)
        total += shape
        squares += shape * shape
        product += shape * (values[i] - mean)
    spread = squares - total * total / len(values)
    if spread < 1e-9:
        return 0.0, constant
    return -product / spread, max(constant - product * product / spread, 0.0)


@kernel()
def _inner_residual(
    values: Floats, away: Floats, depth: float, width: float, ingress: float, mean: float
) -> float:
    """Return the logarithm of the root mean square residual in the dip, in units of its depth."""
    shape = trapezoid(away, width, ingress)
    residual = values - mean + depth * (shape - shape.sum() / len(shape))
    inside: Bools = away < 0.5 * width
    count = inside.sum()
    if count == 0:
        return 0.0
    return log_of(ratio(np.sqrt((residual[inside] ** 2).sum() / count), abs(depth)))
