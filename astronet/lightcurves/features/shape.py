"""Features of the shape of the transit in the local view."""

from itertools import pairwise

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.features.definition import (
    Feature,
    log_of,
    mean_of,
    median_of,
    ratio,
    robust_scatter,
    solve_symmetric,
)
from astronet.lightcurves.kernels import kernel

_RADII = (0.0, 0.125, 0.25, 0.375, 0.5, 0.75, 1.5)
"""Limits of the rings |x| of the depth profile [durations]."""

SHAPE = (
    Feature("local_scatter", "log10 σ; σ = 1.4826 · median |f − base|, over |x| > 1"),
    Feature("local_depth", "D, the base minus the mean of f over |x| ≤ 0.25"),
    Feature("local_significance", "D / σ"),
    *(
        Feature(f"profile_{k + 1}", f"(base − mean of f over {a:g} ≤ |x| < {b:g}) / D")
        for k, (a, b) in enumerate(pairwise(_RADII))
    ),
    Feature("area", "∫ (base − f) dx over |x| ≤ 1, divided by D; the width of a box [durations]"),
    Feature("width_half", "full width at half of D [durations]"),
    Feature("width_ratio", "full width at 0.8 D / full width at 0.2 D; 1 for a box, 0.25 for a V"),
    Feature("asymmetry", "|mean f(x) − f(−x)| / D over 0 < x < 0.75"),
    Feature("asymmetry_significance", "asymmetry · D · √(number of bins) / σ"),
    Feature("centroid", "|Σ x d / Σ d| over |x| ≤ 1 [durations]; d = max(base − f, 0)"),
    Feature("minimum_position", "|x| of the lowest bin of the view [durations]"),
    Feature("slope", "|b| / D; f = a + b x + c x² is fitted to |x| > 0.75"),
    Feature("curvature", "c / D; negative if the flux is highest near the transit"),
    Feature("shoulder_step", "|mean of f over 0.75 < x < 1.5, minus that over −x| / D"),
    Feature("shoulder_height", "(greatest mean of f over 5 bins in 0.6 < |x| < 1.5, − base) / D"),
    Feature("highest_local", "maximum of f over |x| > 0.75, minus the base, in units of D"),
)
"""Features of the local view f(x) at the times x since mid-transit [durations]. The base is the
median of f over |x| > 1, or 0 if the view has no such bins. A feature in units of D is 0 if D is
0."""


@kernel()
def shape_features(flux: Floats, x: Floats) -> Floats:
    """Return the features `SHAPE` [21] of a local view.

    Args:
        flux: Local view [n].
        x: Times of the bin centres since mid-transit [n] [durations], evenly spaced.
    """
    features, away = np.zeros(21), np.abs(x)
    far = flux[away > 1.0]
    base = median_of(far)
    sigma = robust_scatter(far, base)
    drop = base - flux
    depth = mean_of(drop[away <= 0.25])
    features[:3] = log_of(sigma), depth, ratio(depth, sigma)
    limits = (0.0, 0.125, 0.25, 0.375, 0.5, 0.75, 1.5)
    for k in range(6):
        ring = drop[(away >= limits[k]) & (away < limits[k + 1])]
        features[3 + k] = ratio(mean_of(ring), depth)
    near = away <= 1.0
    features[9] = ratio(drop[near].sum() * (x[1] - x[0]), depth)
    features[10] = full_width(drop, x, 0.5 * depth)
    features[11] = ratio(full_width(drop, x, 0.8 * depth), full_width(drop, x, 0.2 * depth))
    features[12], features[13] = _asymmetry(flux, x, depth, sigma)
    positive = np.maximum(drop[near], 0.0)
    features[14] = abs(ratio((positive * x[near]).sum(), positive.sum()))
    features[15] = away[np.argmin(flux)]
    features[16:21] = _shoulders(flux, x, base, depth)
    return features


@kernel()
def full_width(drop: Floats, x: Floats, level: float) -> float:
    """Return the width of the dip at mid-transit where it is deeper than a level [unit of x].

    The crossings are interpolated linearly. The width is 0 if the dip is not deeper than the level
    at its deepest bin within 0.5 of mid-transit, or if the level is not positive.

    Args:
        drop: Depths [n].
        x: Times of the bin centres since mid-transit [n].
        level: Depth at which the width is measured.
    """
    n, middle = len(x), -1
    for i in range(n):
        if abs(x[i]) <= 0.5 and (middle < 0 or drop[i] > drop[middle]):
            middle = i
    if level <= 0 or middle < 0 or drop[middle] <= level:
        return 0.0
    left = right = middle
    while left > 0 and drop[left - 1] > level:
        left -= 1
    while right < n - 1 and drop[right + 1] > level:
        right += 1
    begin, end = x[left], x[right]
    if left > 0:
        part = (drop[left] - level) / (drop[left] - drop[left - 1])
        begin -= part * (x[left] - x[left - 1])
    if right < n - 1:
        part = (drop[right] - level) / (drop[right] - drop[right + 1])
        end += part * (x[right + 1] - x[right])
    return end - begin  # type: ignore[no-any-return]


@kernel()
def _asymmetry(flux: Floats, x: Floats, depth: float, sigma: float) -> tuple[float, float]:
    """Return the difference between both halves of the dip, in depths and in standard errors."""
    after = (x > 0) & (x < 0.75)
    difference = mean_of((flux - flux[::-1])[after])
    count = max(after.sum(), 1)
    return (
        min(abs(ratio(difference, depth)), 1e4),
        abs(ratio(difference * np.sqrt(count / 2.0), sigma)),
    )


@kernel()
def _shoulders(flux: Floats, x: Floats, base: float, depth: float) -> Floats:
    """Return slope, curvature, step, shoulder height and highest bin next to the dip [5]."""
    found, outer = np.zeros(5), np.abs(x) > 0.75
    n = outer.sum()
    if n == 0:
        return found
    rows = np.ones((3, n))
    rows[1] = x[outer]
    rows[2] = rows[1] ** 2
    fit = solve_symmetric(rows @ rows.T, rows @ (flux[outer] - base))
    found[0], found[1] = abs(ratio(fit[1], depth)), ratio(fit[2], depth)
    before = mean_of(flux[(x < -0.75) & (x > -1.5)])
    found[2] = abs(ratio(mean_of(flux[(x > 0.75) & (x < 1.5)]) - before, depth))
    found[3] = ratio(_highest_mean(flux, (np.abs(x) > 0.6) & (np.abs(x) < 1.5), base), depth)
    found[4] = ratio(flux[outer].max() - base, depth)
    return found


@kernel()
def _highest_mean(flux: Floats, near: Bools, base: float) -> float:
    """Return the greatest mean over 5 neighbouring bins, above the base; 0 if there are none."""
    highest = -np.inf
    for i in range(2, len(flux) - 2):
        if near[i - 2] and near[i + 2] and near[i]:
            highest = max(highest, flux[i - 2 : i + 3].sum() / 5)
    return highest - base if np.isfinite(highest) else 0.0
