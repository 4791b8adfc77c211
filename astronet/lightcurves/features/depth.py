"""Features in parts per million, for events whose transit depth is known."""

import numpy as np

from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.features.definition import Feature
from astronet.lightcurves.features.event import FEATURES

_SHALLOWEST = 0.05
"""Smallest depth of the transit in units of the view by which the known depth is divided."""

_SCALED = {
    "depth_ppm": "",
    "deepest_bin_ppm": "1",
    "scatter_ppm": "10^scatter",
    "neighbour_scatter_ppm": "10^neighbour_scatter",
    "secondary_ppm": "secondary_depth",
    "brightest_ppm": "brightest_height",
    "harmonic_1_ppm": "10^harmonic_1",
    "harmonic_2_ppm": "10^harmonic_2",
}
"""Names of the features, and the features of `FEATURES` that they scale: "10^" marks a logarithm,
"1" the unit of the view, and "" the transit itself."""

IN_PPM = (
    *(
        Feature(name, f"log10({of} · u) [ppm]" if of else "log10 of the transit depth [ppm]")
        for name, of in _SCALED.items()
    ),
    Feature("depth_known", "1 if the transit depth is known, otherwise 0"),
)
"""Features in ppm. The unit of the view is u = transit depth [ppm] / max(local_depth, 0.05); the
deepest bin can be deeper than the transit. Values below 1 ppm are replaced by 1 ppm. All features
are 0 if the depth is unknown, which `depth_known` marks."""

_PLACES = {feature.name: k for k, feature in enumerate(FEATURES)}


def features_in_ppm(features: Floats, depth: Floats) -> Floats:
    """Return the features `IN_PPM` of n events [n, len(IN_PPM)].

    Args:
        features: Features of the views [n, len(FEATURES)], from `view_features`.
        depth: Transit depths [n] [ppm]; NaN or not positive if unknown.
    """
    known = np.isfinite(depth) & (depth > 0)
    ppm = np.where(known, depth, 1.0)
    unit = ppm / np.maximum(features[:, _PLACES["local_depth"]], _SHALLOWEST)
    columns = [_in_ppm(features, of, ppm, unit) for of in _SCALED.values()]
    return np.where(known[:, None], np.stack([*columns, known.astype(np.float64)], axis=1), 0.0)


def _in_ppm(features: Floats, of: str, depth: Floats, unit: Floats) -> Floats:
    """Return the logarithm of one feature in ppm [n]; see `_SCALED`."""
    if of in ("", "1"):
        values = unit if of else depth
    else:
        column = features[:, _PLACES[of.removeprefix("10^")]]
        values = unit * (10**column if of.startswith("10^") else column)
    return np.asarray(np.log10(np.maximum(values, 1.0)))
