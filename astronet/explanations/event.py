"""Inputs of a network for one event: views, bin phases, scalars, and modified copies.

`Event.with_global` and `Event.consistent` recompute the views that are rebinned from the global
view, so that all views are consistent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.phase_bins import bin_centres
from astronet.lightcurves.secondary import secondary_bin
from astronet.lightcurves.view_specs import SECONDARY, ViewSpec
from astronet.lightcurves.views import recut


@dataclass(frozen=True, eq=False)
class Event:
    """Periodic dip in a star's light curve, with the inputs that a network reads.

    Attributes:
        star: Catalogue ID or name of the star.
        number: Number of the event among the star's events; None if it is not in a catalogue.
        ephemeris: Ephemeris of the event.
        specs: Specifications of the views by name, in the order of the network's inputs.
        views: Views by name, each float32 [bins]: median 0, −1 at the deepest bin. Views centred on
            the secondary are in units of the transit depth instead.
        scalars: Scalar inputs, float32 [k]; NaN if unknown.
        measured: Whether each bin of the global view contains points [bins]; None if all bins are
            used by the rebinned views (see `astronet.dataset.measured`).
    """

    star: int | str
    number: int | None
    ephemeris: Ephemeris
    specs: Mapping[str, ViewSpec]
    views: Mapping[str, Views]
    scalars: Views
    measured: Bools | None = None

    @property
    def name(self) -> str:
        """Name of the event in messages, for example "star 11446443, event 1"."""
        return f"star {self.star}" + ("" if self.number is None else f", event {self.number}")

    def consistent(self) -> Self:
        """Return a copy of the event with its rebinned views recomputed from its global view.

        An event without a global view is returned unchanged.

        Raises:
            LightCurveError: The bins of a rebinned view do not fit into its window.
        """
        if (name := self.global_name) is None:
            return self
        return self.with_global(self.views[name])

    def deviation(self) -> float:
        """Return the largest absolute difference between the views and those rebinned again.

        It is 0 if no view is rebinned from the global view, and infinite if a view cannot be
        rebinned.
        """
        try:
            again = self.consistent()
        except LightCurveError:
            return float("inf")
        return max(float(np.abs(v - again.views[name]).max()) for name, v in self.views.items())

    @property
    def global_name(self) -> str | None:
        """Name of the first view that covers the full orbital period; None if there is none."""
        names = [name for name, spec in self.specs.items() if spans_period(spec)]
        return names[0] if names else None

    def is_rebinned(self, name: str) -> bool:
        """Return whether a view is rebinned from the event's global view."""
        whole = self.global_name
        return whole is not None and self.specs[name].rebinned_from == self.specs[whole].bins

    def with_global(self, whole: Views) -> Self:
        """Return a copy of the event with its global view [bins] replaced.

        The views that are rebinned from the global view are recomputed from `whole`.

        Raises:
            LightCurveError: The bins of a rebinned view do not fit into its window.
        """
        views = dict(self.views)
        for name, spec in self.specs.items():
            if name == self.global_name:
                views[name] = np.asarray(whole, np.float32)
            elif self.is_rebinned(name):
                views[name] = recut(whole, self.ephemeris, spec, self.measured).astype(np.float32)
        return replace(self, views=views)

    def with_view(self, name: str, view: Views | Floats) -> Self:
        """Return a copy of the event with one view [bins] replaced and the others unchanged."""
        return replace(self, views={**self.views, name: np.asarray(view, np.float32)})

    def phases(self, name: str) -> Floats:
        """Return the phases [bins] [d] of a view's bin centres, relative to the window's centre."""
        spec = self.specs[name]
        if spans_period(spec):
            return bin_centres(spec.bins, self.ephemeris.period)
        first, last, width = spec.window(self.ephemeris)
        return np.linspace(first + width / 2, last - width / 2, spec.bins)

    @property
    def secondary(self) -> float | None:
        """Phase of the deepest dip out of transit, relative to mid-transit [d].

        It is the centre of the first view around the secondary, or of `SECONDARY` if the event has
        no such view. The phase is None if there is no global view.
        """
        around = (spec for spec in self.specs.values() if spec.centre == "secondary")
        return self._secondary_of(next(around, SECONDARY))

    def centre_phase(self, name: str) -> float | None:
        """Return the phase of the centre of a view's window, relative to mid-transit [d].

        The phase is None for a view around the secondary if there is no global view.
        """
        spec = self.specs[name]
        return self._secondary_of(spec) if spec.centre == "secondary" else 0.0

    def inside(self, name: str, phase: float, width: float) -> Bools:
        """Return a mask [bins] of a view's bins whose centres are in an interval of phases.

        The interval is at least as wide as the distance between adjacent bin centres, so the
        nearest bin is selected if the view covers the phase. If the phases of the view are unknown
        (see `centre_phase`), no bin is selected.

        Args:
            name: Name of the view.
            phase: Centre of the interval, relative to mid-transit [d].
            width: Minimum width of the interval [d].
        """
        centre = self.centre_phase(name)
        if centre is None:
            return np.zeros(self.specs[name].bins, np.bool_)
        period, centres = self.ephemeris.period, self.phases(name) + centre
        away = np.abs((centres - phase + period / 2) % period - period / 2)
        step = centres[1] - centres[0]
        near: Bools = away <= max(width, step) / 2 * (1 + 1e-9)
        return near

    def _secondary_of(self, spec: ViewSpec) -> float | None:
        if (name := self.global_name) is None:
            return None
        whole = np.asarray(self.views[name], np.float64)
        deepest = secondary_bin(whole, self.ephemeris, spec, self.measured)
        return float(bin_centres(len(whole), self.ephemeris.period)[deepest])


def spans_period(spec: ViewSpec) -> bool:
    """Return whether a view covers the full orbital period."""
    return spec.durations is None
