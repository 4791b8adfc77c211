"""Views missing from a store, rebinned on demand from its global view."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronet.dataset.measured import Bits, unpacked
from astronet.dataset.store import ViewStore
from astronet.errors import LightCurveError, StoreError
from astronet.lightcurves.arrays import Bools, Floats, Ints, Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.view_specs import ViewSpec
from astronet.lightcurves.views import recut
from astronet.progress import progress_bar

_ROWS_AT_ONCE = 256
_ROWS_WITH_A_BAR = 10_000
"""Minimum number of events for a progress bar; rebinning this many takes about two seconds."""


@dataclass(frozen=True, eq=False)
class RecutView:
    """View [n, bins] of the events of a store, rebinned from the global view when indexed.

    Attributes:
        name: Name of the view.
        spec: Specification of the view.
        whole: Global view of each event [n, spec.rebinned_from].
        period: Period of each event [n] [d].
        duration: Transit duration of each event [n] [d].
        measured: Packed mask of the measured bins of the global views [n, bins / 8]; None if all
            bins are considered measured.
    """

    name: str
    spec: ViewSpec
    whole: Views
    period: Floats
    duration: Floats
    measured: Bits | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Number of events and number of bins."""
        return len(self.whole), self.spec.bins

    def __len__(self) -> int:
        return len(self.whole)

    def __getitem__(self, rows: slice | Ints | Bools) -> Views:
        """Return the view of the k selected events, float32 [k, bins].

        Raises:
            LightCurveError: The bins do not fit into the window of an event.
        """
        wholes, periods, durations = self.whole[rows], self.period[rows], self.duration[rows]
        masks = None if self.measured is None else unpacked(self.measured[rows], wholes.shape[1])
        views = np.empty((len(wholes), self.spec.bins), np.float32)
        for k, (whole, period, duration) in enumerate(zip(wholes, periods, durations, strict=True)):
            measured = None if masks is None else masks[k]
            try:
                views[k] = recut(whole, Ephemeris(period, 0.0, duration), self.spec, measured)
            except LightCurveError as error:
                raise LightCurveError(f"{self.name} view: {error}") from None
        return views

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the view of all events as a numpy array [n, bins]."""
        return self[:].astype(dtype or np.float32, copy=False)


AnyView = Views | RecutView
"""View of n events [n, bins]: an array, or a `RecutView` that is computed when indexed."""


def views_of(store: ViewStore, wanted: Mapping[str, ViewSpec | None]) -> dict[str, AnyView]:
    """Return the views that a network reads, by name.

    A view that is missing from the store is rebinned on demand from the store's global view. This
    requires that the view's specification sets `rebinned_from`, that the global view has that
    number of bins and covers the whole period, and that all events have a valid period and
    duration.

    Args:
        store: Store of the events.
        wanted: Specification of each view that the network reads, by name. A view with the
            specification None must be in the store, with any number of bins.

    Raises:
        StoreError: A view has a different number of bins, or is missing and cannot be rebinned.
    """
    missing = {
        name: spec
        for name, spec in wanted.items()
        if name not in store.views and spec is not None and spec.rebinned_from is not None
    }
    present = wanted.keys() - missing.keys()
    store.require(
        {name: spec.bins if spec else None for name, spec in wanted.items() if name in present}
    )
    return {
        name: _recut_view(store, name, missing[name]) if name in missing else store.views[name]
        for name in wanted
    }


def in_memory(view: AnyView, *, quiet: bool = False) -> Views:
    """Return all rows of a view as one array [n, bins].

    A `RecutView` is computed in blocks of rows. An array, including a memory map, is returned
    unchanged.

    Args:
        view: View of n events [n, bins].
        quiet: Whether to hide the progress bar.
    """
    if not isinstance(view, RecutView):
        return view
    views = np.empty(view.shape, np.float32)
    hidden = quiet or len(view) < _ROWS_WITH_A_BAR
    with progress_bar(f"rebinning {view.name}", "events", len(view), quiet=hidden) as advance:
        for begin in range(0, len(view), _ROWS_AT_ONCE):
            block = view[begin : begin + _ROWS_AT_ONCE]
            views[begin : begin + len(block)] = block
            advance(len(block))
    return views


def _recut_view(store: ViewStore, name: str, spec: ViewSpec) -> RecutView:
    bins = spec.rebinned_from
    known = store.specs.get("global", ViewSpec(bins=bins or 2))
    if bins is None or store.bins.get("global") != bins or known != ViewSpec(bins=bins):
        raise StoreError(
            f"the network needs the view '{name}' [{spec.bins} bins], or the view 'global' "
            f"[{bins} bins] of the whole period, from which it can be rebinned, but the store "
            f"{store.path} contains {store.view_summary}; use views of this store in the config, "
            "or prepare a store with the required views"
        )
    period = store.index["period_days"].to_numpy(np.float64)
    duration = store.index["duration_days"].to_numpy(np.float64)
    possible = (duration > 0) & (duration < period) & np.isfinite(period)
    if count := int((~possible).sum()):
        raise StoreError(
            f"{count} of {len(store)} events of the store {store.path} have no valid period and "
            f"duration, which are needed to rebin the view '{name}' from the global view; import "
            "the views again with an event table that contains them"
        )
    return RecutView(name, spec, store.views["global"], period, duration, store.measured)
