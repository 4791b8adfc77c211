"""Features of the secondary view: whether the deepest dip out of transit looks like an eclipse."""

import numpy as np

from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.features.definition import (
    Feature,
    mean_of,
    median_of,
    ratio,
    robust_scatter,
)
from astronet.lightcurves.features.shape import full_width
from astronet.lightcurves.kernels import kernel

SECONDARY_SHAPE = (
    Feature("eclipse_depth", "E, the base minus the mean of f over |x| ≤ 0.25"),
    Feature("eclipse_significance", "E / σ; σ = 1.4826 · median |f − base|, over |x| > 1"),
    Feature("eclipse_edge_ratio", "(base − mean of f over 0.5 ≤ |x| < 1) / E"),
    Feature("eclipse_width", "full width at half of E [durations]"),
    Feature("eclipse_scale", "Σ g d / Σ g²; depth of the transit's shape g in the secondary view"),
    Feature("eclipse_correlation", "correlation of f with the local view, over |x| ≤ 1.5"),
)
"""Features of the secondary view f(x) at the times x since its centre [durations], in units of the
transit depth. The base is the median of f over |x| > 1. d and g are the depths of the secondary
and of the local view below their means over |x| ≤ 1.5."""


@kernel()
def secondary_features(secondary: Floats, local: Floats, x: Floats) -> Floats:
    """Return the features `SECONDARY_SHAPE` [6].

    Args:
        secondary: Secondary view [n].
        local: Local view [n].
        x: Times of the bin centres since the centre of both views [n] [durations].
    """
    features, away = np.zeros(6), np.abs(x)
    far = secondary[away > 1.0]
    base = median_of(far)
    drop = base - secondary
    depth = mean_of(drop[away <= 0.25])
    features[:2] = depth, ratio(depth, robust_scatter(far, base))
    features[2] = ratio(mean_of(drop[(away >= 0.5) & (away < 1.0)]), depth)
    features[3] = full_width(drop, x, 0.5 * depth)
    near = away <= 1.5
    d, g = secondary[near], local[near]
    d, g = d - mean_of(d), g - mean_of(g)
    features[4] = ratio((d * g).sum(), (g * g).sum())
    features[5] = ratio((d * g).sum(), np.sqrt((d * d).sum() * (g * g).sum()))
    return features
