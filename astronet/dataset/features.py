"""Features of the views of the events of a store."""

import numpy as np

from astronet.dataset.measured import unpacked
from astronet.dataset.recut import RecutView, views_of
from astronet.dataset.store import ViewStore
from astronet.errors import LightCurveError, StoreError
from astronet.lightcurves.arrays import Bools, Floats, Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.features.event import FEATURES, view_features
from astronet.lightcurves.view_specs import SECONDARY_OUTSIDE
from astronet.progress import progress_bar

_ROWS_AT_ONCE = 256


def store_features(store: ViewStore, *, quiet: bool = False) -> Floats:
    """Return the features of all events of a store [n, len(FEATURES)]; see `view_features`.

    They are computed from the global views. The local view is always rebinned from the global view,
    also if the store contains another one, so that the features of all stores are comparable.

    Args:
        store: Store with a global view of the whole period; all events must have a period and a
            duration.
        quiet: Whether to hide the progress bar.

    Raises:
        StoreError: There is no such global view, or an event lacks a period or a duration.
        LightCurveError: The bins do not fit into the window of an event.
    """
    if "global" not in store.bins:
        raise StoreError(
            f"features are computed from the view 'global', but the store {store.path} contains "
            f"{store.view_summary}; prepare a store with a global view"
        )
    spec = SECONDARY_OUTSIDE.model_copy(update={"rebinned_from": store.bins["global"]})
    view = views_of(store, {"view from which the features are computed": spec})
    (cut,) = view.values()
    assert isinstance(cut, RecutView)  # no view of a store has a name with spaces
    features = np.empty((len(store), len(FEATURES)))
    with progress_bar("computing features", "events", len(store), quiet=quiet) as advance:
        for begin in range(0, len(store), _ROWS_AT_ONCE):
            end = min(begin + _ROWS_AT_ONCE, len(store))
            for row in range(begin, end):
                features[row] = _of_event(cut, row)
            advance(end - begin)
    return features


def features_of_views(
    wholes: Views, periods: Floats, durations: Floats, measured: Bools | None = None
) -> Floats:
    """Return the features of events [n, len(FEATURES)] whose global views are given.

    The features of an event whose view contains NaN in all bins, because it could not be computed,
    are NaN.

    Args:
        wholes: Global views [n, bins] of the whole period.
        periods: Periods [n] [d].
        durations: Transit durations [n] [d].
        measured: Whether each bin contains points [n, bins]; None if it is not known.

    Raises:
        LightCurveError: A period or duration is not valid, or the bins do not fit into the window
            of an event.
    """
    features = np.full((len(wholes), len(FEATURES)), np.nan)
    for row, (whole, period, duration) in enumerate(zip(wholes, periods, durations, strict=True)):
        if np.isfinite(whole).any():
            known = None if measured is None else measured[row]
            try:
                ephemeris = Ephemeris(float(period), 0.0, float(duration))
                features[row] = view_features(whole, ephemeris, known)
            except LightCurveError as error:
                raise LightCurveError(f"features of row {row}: {error}") from None
    return features


def _of_event(cut: RecutView, row: int) -> Floats:
    whole, bits = cut.whole[row], cut.measured
    measured = None if bits is None else unpacked(bits[row], len(whole))
    try:
        ephemeris = Ephemeris(float(cut.period[row]), 0.0, float(cut.duration[row]))
        return view_features(whole, ephemeris, measured)
    except LightCurveError as error:
        raise LightCurveError(f"features of row {row} of the store: {error}") from None
