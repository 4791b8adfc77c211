"""One event as a network sees it: its views, where their bins lie, and the same with one changed.

Views that are cut from the global view are always cut anew from it, so that they agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats, Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.view_specs import ViewSpec
from astronet.lightcurves.views import bin_centres, deepest_away, recut


@dataclass(frozen=True, eq=False)
class Event:
    """One event.

    Attributes:
        star: Its star.
        number: Which of the star's; None where no catalogue has numbered it.
        ephemeris: When it transits.
        specs: How each view is cut, by name, in the network's order.
        views: The views by name, each float32 [bins]: out of transit at 0, the deepest bin at −1.
        scalars: What the catalogue knows of it, float32 [k]; NaN where unknown.
    """

    star: int | str
    number: int | None
    ephemeris: Ephemeris
    specs: Mapping[str, ViewSpec]
    views: Mapping[str, Views]
    scalars: Views

    @property
    def name(self) -> str:
        """What the event is called."""
        return f"{self.star}" if self.number is None else f"{self.star} no. {self.number}"

    def agreeing(self) -> Self:
        """The same event, each view that can be cut from its global view being cut from it."""
        if (name := self.whole_name) is None:
            return self
        return self.with_whole(self.views[name])

    @property
    def whole_name(self) -> str | None:
        """The name of the view of the whole period, if the network reads one."""
        names = [name for name, spec in self.specs.items() if is_whole(spec)]
        return names[0] if names else None

    def is_cut(self, name: str) -> bool:
        """Whether a view is cut from the event's global view."""
        whole = self.whole_name
        return whole is not None and self.specs[name].rebinned_from == self.specs[whole].bins

    def with_whole(self, whole: Views) -> Self:
        """The same event with another global view [bins], and what is cut from it cut anew."""
        views = dict(self.views)
        for name, spec in self.specs.items():
            if name == self.whole_name:
                views[name] = np.asarray(whole, np.float32)
            elif self.is_cut(name):
                views[name] = recut(whole, self.ephemeris, spec).astype(np.float32)
        return replace(self, views=views)

    def with_view(self, name: str, view: Views | Floats) -> Self:
        """The same event with one view [bins] changed and the others as they are."""
        return replace(self, views={**self.views, name: np.asarray(view, np.float32)})

    def phases(self, name: str) -> Floats:
        """The middles [bins] of a view's bins, from the middle of its window [d]."""
        spec = self.specs[name]
        if is_whole(spec):
            return bin_centres(spec.bins, self.ephemeris.period)
        first, last, width = spec.window(self.ephemeris)
        return np.linspace(first + width / 2, last - width / 2, spec.bins)

    @property
    def secondary(self) -> float | None:
        """The phase of the deepest dip away from the transit [d]; None without a global view."""
        if (name := self.whole_name) is None:
            return None
        whole = np.asarray(self.views[name], np.float64)
        place = deepest_away(whole, self.ephemeris)
        return float(bin_centres(len(whole), self.ephemeris.period)[place])

    def middle(self, name: str) -> float | None:
        """The phase of the middle of a view's window [d]; None where it is not known."""
        return self.secondary if self.specs[name].centre == "secondary" else 0.0

    def inside(self, name: str, phase: float, width: float) -> Bools:
        """Which bins [bins] of a view lie within ± width/2 [d] of a phase, the nearest at least.

        None lies there where the view ends before that phase.
        """
        middle = self.middle(name)
        if middle is None:
            return np.zeros(self.specs[name].bins, np.bool_)
        period, centres = self.ephemeris.period, self.phases(name) + middle
        away = np.abs((centres - phase + period / 2) % period - period / 2)
        step = centres[1] - centres[0]
        near: Bools = away <= max(width, step) / 2 * (1 + 1e-9)
        return near


def is_whole(spec: ViewSpec) -> bool:
    """Whether a view spans the period."""
    return spec.durations is None
