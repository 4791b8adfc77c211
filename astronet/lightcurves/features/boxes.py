"""Features of dips of the transit's duration at all phases of the global view."""

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.features.definition import (
    LARGEST,
    Feature,
    median_of,
    ratio,
    robust_scatter,
)
from astronet.lightcurves.kernels import kernel

BOXES = (
    Feature("transit_depth", "d₀, the depth of the box at mid-transit"),
    Feature("transit_significance", "d₀ / σ"),
    Feature("secondary_depth", "d₁, the greatest depth out of transit"),
    Feature("secondary_significance", "d₁ / σ"),
    Feature("secondary_phase", "distance of the deepest box from mid-transit / period, 0 to 0.5"),
    Feature("third_depth", "d₂, the greatest depth at least 1.5 durations from the deepest box"),
    Feature("third_significance", "d₂ / σ"),
    Feature("brightest_height", "b, the greatest −depth out of transit"),
    Feature("brightest_significance", "b / σ"),
    Feature("secondary_ratio", "d₁ / d₀"),
    Feature("third_ratio", "d₂ / d₀"),
    Feature("brightest_ratio", "b / d₀"),
    Feature("unique_transit", "(d₀ − d₁) / σ"),
    Feature("unique_secondary", "(d₁ − d₂) / σ"),
    Feature("dip_above_brightest", "(d₁ − b) / σ"),
    Feature("half_phase_ratio", "mean depth in the first and the last bin, at phase ±0.5 / d₀"),
    Feature("half_phase_significance", "the same mean / σ"),
    Feature("third_phase_significance", "mean depth at the phases ±1/3 / σ"),
    Feature("quarter_phase_significance", "mean depth at the phases ±1/4 / σ"),
    Feature("dips_above_30_percent", "number of separate dips out of transit deeper than 0.3 d₀"),
    Feature("dips_above_50_percent", "number of separate dips out of transit deeper than 0.5 d₀"),
    Feature("dips_above_3_sigma", "number of separate dips out of transit deeper than 3 σ"),
)
"""Features of boxes: the depth at a bin is the median of the boxes out of transit minus the mean of
the measured bins within half a transit duration. σ is 1.4826 times the median absolute deviation of
the boxes out of transit. Boxes of which less than half of the bins are measured and out of transit
are not used. Depths are in units of the view, that is of the depth of its deepest bin."""


@kernel()
def box_features(flux: Floats, measured: Bools, outside: Bools, width: int) -> Floats:
    """Return the features `BOXES` [22] of a global view.

    Args:
        flux: Global view [bins].
        measured: Whether each bin is measured [bins].
        outside: Whether each bin is out of transit [bins].
        width: Number of bins of the transit duration.
    """
    features = np.zeros(22)
    n = len(flux)
    means, valid = box_means(flux, measured & outside, width)
    valid &= outside
    values = means[valid]
    if len(values) < 2:
        return features
    level = median_of(values)
    sigma = robust_scatter(values, level)
    depth = np.where(valid, level - means, 0.0)
    inside = _depth_at_transit(flux, measured, width, level)
    places, found = _three(depth, valid, width)
    features[:2] = inside, ratio(inside, sigma)
    features[2:5] = found[0], ratio(found[0], sigma), abs((places[0] + 0.5) / n - 0.5)
    features[5:7] = found[1], ratio(found[1], sigma)
    features[7:9] = found[2], ratio(found[2], sigma)
    for k in range(3):
        features[9 + k] = ratio(found[k], inside)
    features[12] = ratio(inside - found[0], sigma)
    features[13] = ratio(found[0] - found[1], sigma)
    features[14] = ratio(found[0] - found[2], sigma)
    half = (depth[0] + depth[n - 1]) / 2
    features[15:17] = ratio(half, inside), ratio(half, sigma)
    for k, fraction in enumerate((3, 4)):
        step = round(n / fraction)
        both = depth[(n // 2 + step) % n] + depth[(n // 2 - step) % n]
        features[17 + k] = ratio(both / 2, sigma)
    for k, limit in enumerate((0.3 * inside, 0.5 * inside, 3 * sigma)):
        features[19 + k] = _number_of_dips(depth, valid, limit, width) if limit > 0 else 0.0
    return np.minimum(np.maximum(features, -LARGEST), LARGEST)


@kernel()
def box_means(flux: Floats, used: Bools, width: int) -> tuple[Floats, Bools]:
    """Return the mean flux in a box around each bin [n], and whether at least half of it is used.

    Args:
        flux: Global view [n].
        used: Whether each bin contributes [n].
        width: Number of bins of the box.
    """
    n, before = len(flux), width // 2
    means, valid = np.zeros(n), np.zeros(n, np.bool_)
    total, count = 0.0, 0
    for i in range(-before, width - before):
        total += flux[i % n] if used[i % n] else 0.0
        count += used[i % n]
    for i in range(n):
        if count >= max(1.0, 0.5 * width):
            means[i], valid[i] = total / count, True
        leaving, entering = (i - before) % n, (i - before + width) % n
        total += (flux[entering] if used[entering] else 0.0) - (
            flux[leaving] if used[leaving] else 0.0
        )
        count += int(used[entering]) - int(used[leaving])
    return means, valid


@kernel()
def _depth_at_transit(flux: Floats, measured: Bools, width: int, level: float) -> float:
    """Return the level minus the mean of the measured bins of the transit; 0 if there are none."""
    total, count = 0.0, 0
    first = len(flux) // 2 - width // 2
    for i in range(first, first + width):
        if measured[i]:
            total += flux[i]
            count += 1
    return level - total / count if count else 0.0


@kernel()
def _three(depth: Floats, valid: Bools, width: int) -> tuple[tuple[int, int, int], Floats]:
    """Return the bins and the depths [3] of the deepest box, the second deepest and the brightest.

    The second deepest is at least 1.5 widths away from the deepest; the height of the brightest is
    positive if it is above the level. A depth is 0 if there is no such box.
    """
    n, first, second, brightest = len(depth), -1, -1, -1
    for i in range(n):
        if valid[i] and (first < 0 or depth[i] > depth[first]):
            first = i
        if valid[i] and (brightest < 0 or depth[i] < depth[brightest]):
            brightest = i
    for i in range(n):
        away = abs(i - first)
        clear = min(away, n - away) >= 1.5 * width
        if valid[i] and clear and (second < 0 or depth[i] > depth[second]):
            second = i
    depths = np.zeros(3)
    depths[0], depths[2] = depth[first], -depth[brightest]
    depths[1] = depth[second] if second >= 0 else 0.0
    return (first, second, brightest), depths


@kernel()
def _number_of_dips(depth: Floats, valid: Bools, limit: float, width: int) -> float:
    """Return the number of dips deeper than a limit that are more than one width apart."""
    dips, last = 0, -2 * len(depth)
    for i in range(len(depth)):
        if valid[i] and depth[i] > limit:
            dips += i - last > width
            last = i
    return float(dips)
