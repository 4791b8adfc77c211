"""All features of an event, computed from its views."""

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.features.boxes import BOXES, box_features
from astronet.lightcurves.features.coverage import COVERAGE, coverage_features, without_repeats
from astronet.lightcurves.features.definition import LARGEST, Feature
from astronet.lightcurves.features.fits import FITS, INGRESS, WIDTHS, fit_features
from astronet.lightcurves.features.harmonics import HARMONICS, harmonic_features
from astronet.lightcurves.features.noise import NOISE, noise_features
from astronet.lightcurves.features.secondary import SECONDARY_SHAPE, secondary_features
from astronet.lightcurves.features.shape import SHAPE, shape_features
from astronet.lightcurves.secondary import outside_transit
from astronet.lightcurves.view_specs import REBINNED_LOCAL, SECONDARY_OUTSIDE
from astronet.lightcurves.views import recut

GROUPS: dict[str, tuple[Feature, ...]] = {
    "noise": NOISE,
    "boxes": BOXES,
    "harmonics": HARMONICS,
    "shape": SHAPE,
    "fits": FITS,
    "secondary": SECONDARY_SHAPE,
    "coverage": COVERAGE,
}
"""Features by group, in the order of the result of `view_features`."""

FEATURES = tuple(feature for group in GROUPS.values() for feature in group)
"""Features in the order of the result of `view_features`."""

_EXCLUSION = 1.5
"""Half-width of the interval around mid-transit that is not out of transit [durations]."""


def view_features(
    whole: Views | Floats,
    ephemeris: Ephemeris,
    measured: Bools | None = None,
    local: Views | Floats | None = None,
) -> Floats:
    """Return the features of an event [len(FEATURES)], named and explained by `FEATURES`.

    All features are finite. A feature that cannot be computed, for example because a view has no
    bins out of transit, is 0, and absolute values above `LARGEST` are replaced by it.

    Args:
        whole: Global view [bins]: median 0, −1 at the deepest bin. A bin that is not finite is
            treated like an empty one.
        ephemeris: Ephemeris of the event; its epoch is not used.
        measured: Whether each bin of the global view contains points [bins]; None if it is not
            known, as for published views. Empty bins are then recognised by their equal values.
        local: Local view [n] with the window and the bin width of `LOCAL`; None means that it is
            rebinned from the global view.

    Raises:
        LightCurveError: The bins do not fit into the window of a view, or the mask does not fit the
            global view.
    """
    flux = _finite(whole)
    if measured is not None and measured.shape != flux.shape:
        raise LightCurveError(
            f"the mask of measured bins has the shape {list(measured.shape)}, but the global view "
            f"has {len(flux)} bins; pass the mask of this view"
        )
    known = without_repeats(flux) if measured is None else measured
    known = known & np.isfinite(whole)
    near, secondary, x = _cut(flux, ephemeris, known, local)
    outside = outside_transit(len(flux), ephemeris, _EXCLUSION)
    width = bins_of_transit(len(flux), ephemeris)
    used = known & outside
    features = np.concatenate(
        [
            noise_features(flux, used),
            box_features(flux, known, outside, width),
            harmonic_features(flux, used),
            shape_features(near, x),
            fit_features(near, x, WIDTHS, INGRESS),
            secondary_features(secondary, near, x),
            coverage_features(known, ephemeris.duration / ephemeris.period, width),
        ]
    )
    return np.asarray(np.clip(features, -LARGEST, LARGEST))


def bins_of_transit(bins: int, ephemeris: Ephemeris) -> int:
    """Return the number of bins of a global view that one transit duration covers, at least 1."""
    return min(max(1, round(ephemeris.duration / ephemeris.period * bins)), bins)


def _cut(
    flux: Floats, ephemeris: Ephemeris, measured: Bools, local: Views | Floats | None
) -> tuple[Floats, Floats, Floats]:
    """Return the local view, the secondary view and their bin centres [durations], each [n]."""
    bins = REBINNED_LOCAL.bins if local is None else len(local)
    size = {"bins": bins, "rebinned_from": len(flux)}
    near, around = (view.model_copy(update=size) for view in (REBINNED_LOCAL, SECONDARY_OUTSIDE))
    first, last, width = near.window(ephemeris)
    x = np.linspace(first + width / 2, last - width / 2, bins) / ephemeris.duration
    cut = recut(flux, ephemeris, near, measured) if local is None else _finite(local)
    return cut, recut(flux, ephemeris, around, measured), x


def _finite(view: Views | Floats) -> Floats:
    """Return a view [n] in double precision, with 0 in bins that are not finite."""
    finite = np.where(np.isfinite(view), view, 0.0).astype(np.float64)
    return np.asarray(np.clip(finite, -LARGEST, LARGEST))
