"""Degraded copies of the events of a store, to which trees are fitted (data augmentation)."""

from typing import NamedTuple

import numpy as np

from astronet.dataset.features import features_of_views
from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.degrading import Degraded, degraded
from astronet.lightcurves.settings import Degradation

VARIED = Degradation(
    bins=(10**6, 10**6),
    empty=0,
    smearing=None,
    duration_factor=(0.9, 1.1),
    epoch_error=0.02,
    fine=0,
)
"""Settings of copies that differ from the events only by small errors of the duration and the
epoch. The features of the views depend on both, and trees that are fitted to several copies depend
less on the errors of the ephemerides in a catalogue (docs/model-performance.md)."""

VARIED_COPIES = 3
"""Number of such copies."""


class EventCopies(NamedTuple):
    """Degraded copies of all events of a store.

    Attributes:
        degraded: Global views of the copies.
        features: Features of these views [n, len(FEATURES)].
    """

    degraded: Degraded
    features: Floats


def copied_events(store: ViewStore, settings: Degradation, number: int) -> EventCopies:
    """Return degraded copies of all events of a store [n].

    Args:
        store: Store with a global view of the whole period; all events must have a valid period and
            duration.
        settings: Settings of the degradation.
        number: Index of the copies (0, 1, …), which seeds the random number generator.

    Raises:
        StoreError: An event has no valid period and duration.
        LightCurveError: The bins of a view do not fit into the window of an event.
    """
    periods, durations = (
        store.index[name].to_numpy(np.float64) for name in ("period_days", "duration_days")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        valid = (durations > 0) & (durations < periods)
    if not valid.all():
        raise StoreError(
            f"{store.path} contains {np.sum(~valid)} events without a valid period and duration, "
            "which copies require; remove them"
        )
    wholes = np.asarray(store.views["global"])
    made = degraded(wholes, durations / periods, settings, np.random.default_rng((7, number)))
    view = made.coarse.astype(np.float32)
    return EventCopies(made, features_of_views(view, periods, made.fractions * periods, made.used))
