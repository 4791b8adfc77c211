"""Views that a store lacks, cut on demand from the global view that it holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronet.dataset.store import ViewStore
from astronet.errors import LightCurveError, StoreError
from astronet.lightcurves.arrays import Bools, Floats, Ints, Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.view_specs import ViewSpec
from astronet.lightcurves.views import recut
from astronet.progress import progress_bar

_ROWS_AT_ONCE = 256
_ROWS_WITH_A_BAR = 10_000
"""So many events take about two seconds."""


@dataclass(frozen=True, eq=False)
class RecutView:
    """One view of all events, float32 [n, bins], of which only the rows asked for are cut.

    Attributes:
        name: The view's name.
        spec: How it is cut.
        whole: The global views [n, spec.rebinned_from].
        period: Of each event [n], d.
        duration: Of each event's transit [n], d.
    """

    name: str
    spec: ViewSpec
    whole: Views
    period: Floats
    duration: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Events and bins."""
        return len(self.whole), self.spec.bins

    def __len__(self) -> int:
        return len(self.whole)

    def __getitem__(self, rows: slice | Ints | Bools) -> Views:
        """The views of some events, float32 [k, bins].

        Raises:
            LightCurveError: The bins do not fit into an event's window.
        """
        events = list(zip(self.whole[rows], self.period[rows], self.duration[rows], strict=True))
        views = np.empty((len(events), self.spec.bins), np.float32)
        for place, (whole, period, duration) in enumerate(events):
            try:
                views[place] = recut(whole, Ephemeris(period, 0.0, duration), self.spec)
            except LightCurveError as error:
                raise LightCurveError(f"{self.name} view: {error}") from None
        return views

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All of them, for numpy."""
        return self[:].astype(dtype or np.float32, copy=False)


AnyView = Views | RecutView
"""Views [n, bins] of n events: there already, or cut when they are asked for."""


def views_of(store: ViewStore, wanted: Mapping[str, ViewSpec | None]) -> dict[str, AnyView]:
    """The views that a network wants: the store's own or, where it lacks one, cut anew.

    A view with `rebinned_from` can be cut from a global view of so many bins and the ephemeris.

    Args:
        store: The events.
        wanted: The views by name; None takes whatever the store has.

    Raises:
        StoreError: The store lacks a view and what it could be cut from, or has one of another
            length.
    """
    lacking = {
        name: spec
        for name, spec in wanted.items()
        if name not in store.views and spec is not None and spec.rebinned_from is not None
    }
    held = wanted.keys() - lacking.keys()
    store.require(
        {name: spec.bins if spec else None for name, spec in wanted.items() if name in held}
    )
    return {
        name: _cut_anew(store, name, lacking[name]) if name in lacking else store.views[name]
        for name in wanted
    }


def in_memory(view: AnyView, *, quiet: bool = False) -> Views:
    """The same view, cut once for all; what a store holds stays where it is.

    Args:
        view: Views [n, bins].
        quiet: Show no progress.
    """
    if not isinstance(view, RecutView):
        return view
    views = np.empty(view.shape, np.float32)
    hidden = quiet or len(view) < _ROWS_WITH_A_BAR
    with progress_bar(f"cutting {view.name}", "events", len(view), quiet=hidden) as advance:
        for begin in range(0, len(view), _ROWS_AT_ONCE):
            block = view[begin : begin + _ROWS_AT_ONCE]
            views[begin : begin + len(block)] = block
            advance(len(block))
    return views


def _cut_anew(store: ViewStore, name: str, spec: ViewSpec) -> RecutView:
    bins = spec.rebinned_from
    known = store.specs.get("global", ViewSpec(bins=bins or 2))
    if bins is None or store.bins.get("global") != bins or known != ViewSpec(bins=bins):
        raise StoreError(
            f"the network wants the view '{name}' [{spec.bins} bins] or, to cut it from, the view "
            f"'global' [{bins} bins] of the whole period; the store {store.path} holds "
            f"{store.holding}; give the network views that the store holds, or prepare another "
            "store"
        )
    period = store.index["period_days"].to_numpy(np.float64)
    duration = store.index["duration_days"].to_numpy(np.float64)
    possible = (duration > 0) & (duration < period) & np.isfinite(period)
    if count := int((~possible).sum()):
        raise StoreError(
            f"{count} of {len(store)} events of the store {store.path} have no period and "
            f"duration, by which the view '{name}' is cut from the global one; import the views "
            "again with the catalogue of the events"
        )
    return RecutView(name, spec, store.views["global"], period, duration)
