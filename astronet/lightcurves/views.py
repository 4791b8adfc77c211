"""Views: a folded light curve as a short vector that a network can read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numba import njit
from pydantic import BaseModel, ConfigDict, Field, model_validator

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Floats, Ints, Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import fold

_ROUNDING = 1e-12
"""Bins that differ by this much of their median are equal: detrending rounds by some 1e-14."""


class ViewSpec(BaseModel):
    """How a view is cut from the folded curve: which phases, how many bins, how wide."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bins: int = Field(2001, ge=2)
    """Number of bins, that is the length of the view."""

    durations: float | None = Field(None, gt=0)
    """Half width of the window in transit durations; without it the view spans the period."""

    bin_width: float | None = Field(None, gt=0)
    """Width of a bin in transit durations, so that bins may overlap; needs `durations`."""

    rebinned_from: int | None = Field(None, ge=2)
    """Cut this view from a global view of so many bins, instead of the folded curve."""

    @model_validator(mode="after")
    def _window_is_whole(self) -> Self:
        if (self.durations is None) != (self.bin_width is None):
            raise ValueError("durations and bin_width belong together: give both or neither")
        if self.rebinned_from is not None and self.durations is None:
            raise ValueError("a view rebinned from the global one needs durations and bin_width")
        return self

    def window(self, ephemeris: Ephemeris) -> tuple[float, float, float]:
        """First phase, last phase and bin width [d] (S&V 2018, §3.3)."""
        half = ephemeris.period / 2
        if self.durations is None or self.bin_width is None:
            return -half, half, ephemeris.period / self.bins
        reach = min(half, self.durations * ephemeris.duration)
        return -reach, reach, self.bin_width * ephemeris.duration


GLOBAL = ViewSpec(bins=2001)
"""The whole period in 2001 bins side by side (S&V 2018, §3.3)."""

LOCAL = ViewSpec(bins=201, durations=4, bin_width=0.16)
"""Four durations either side of the transit, in 201 overlapping bins (S&V 2018, §3.3)."""

REBINNED_LOCAL = ViewSpec(bins=201, durations=4, bin_width=0.16, rebinned_from=2001)
"""The local window cut from the bins of the global view, for data that has nothing finer."""

KNOWN_VIEWS: Mapping[str, ViewSpec] = {
    "global": GLOBAL,
    "local": LOCAL,
    "rebinned_local": REBINNED_LOCAL,
}


def make_view(curve: LightCurve, ephemeris: Ephemeris, spec: ViewSpec) -> Views:
    """One view [spec.bins]: median 0 out of transit, −1 at the deepest bin (S&V 2018, §3.3).

    Args:
        curve: A flattened light curve.
        ephemeris: The event, on the curve's clock.
        spec: Which view.

    Raises:
        LightCurveError: The window holds no point, or no bin lies below the median.
    """
    return FoldedCurve.of(curve, ephemeris).view(spec).astype(np.float32)


def make_views(
    curve: LightCurve, ephemeris: Ephemeris, specs: Mapping[str, ViewSpec]
) -> dict[str, Views]:
    """Several views of one event by name; the curve is folded once.

    Raises:
        LightCurveError: As `make_view`; the message names the view.
    """
    folded = FoldedCurve.of(curve, ephemeris)
    views = {}
    for name, spec in specs.items():
        try:
            views[name] = folded.view(spec).astype(np.float32)
        except LightCurveError as error:
            raise LightCurveError(f"{name} view: {error}") from None
    return views


@dataclass(frozen=True, eq=False)
class FoldedCurve:
    """A light curve in order of phase.

    Attributes:
        ephemeris: What it was folded at.
        phase: Time since the nearest mid-transit [n], rising [d].
        flux: Fluxes [n] in that order.
    """

    ephemeris: Ephemeris
    phase: Floats
    flux: Floats

    @classmethod
    def of(cls, curve: LightCurve, ephemeris: Ephemeris) -> Self:
        """Folds and sorts a curve."""
        phase = fold(curve.time, ephemeris)
        # The phases are as many rising runs as there are periods, which a merge sort joins fast.
        order = np.argsort(phase, kind="stable")
        return cls(ephemeris, phase[order], curve.flux[order])

    @cached_property
    def median(self) -> float:
        """The median flux of the whole curve: what empty bins get (S&V 2018, §3.3)."""
        return float(np.median(self.flux))

    def view(self, spec: ViewSpec) -> Floats:
        """The normalised view [spec.bins] in double precision; see `make_view`."""
        first, last, width = spec.window(self.ephemeris)
        if spec.rebinned_from is not None:
            phase = bin_centres(spec.rebinned_from, self.ephemeris.period)
            flux = self.view(ViewSpec(bins=spec.rebinned_from))
            binned = bin_median(phase, flux, spec.bins, width, first, last)
            centres = np.linspace(first + width / 2, last - width / 2, spec.bins)
            fill: Floats | float = np.interp(centres, phase, flux)
        else:
            inside = np.searchsorted(self.phase, last) - np.searchsorted(self.phase, first)
            if inside == 0:
                raise LightCurveError(
                    f"no data within {last:.3g} d of a transit at period "
                    f"{self.ephemeris.period:.6g} d, epoch {self.ephemeris.epoch:.6g} d; "
                    "check the ephemeris and its clock, or add the quarters of its transits"
                )
            binned = bin_median(self.phase, self.flux, spec.bins, width, first, last)
            fill = self.median
        return normalise(np.where(np.isnan(binned), fill, binned))


def bin_centres(bins: int, period: float) -> Floats:
    """Phases [bins] of the middles of a global view's bins [d]."""
    return ((np.arange(bins) + 0.5) / bins - 0.5) * period


def normalise(view: Floats) -> Floats:
    """Shifts the median to 0 and scales the deepest bin to −1 (S&V 2018, §3.3).

    Raises:
        LightCurveError: No bin lies below the median.
    """
    middle = float(np.median(view))
    shifted: Floats = view - middle
    depth = -float(shifted.min())
    if not depth > _ROUNDING * abs(middle):
        raise LightCurveError(
            "no bin lies below the median, so there is no transit to see; "
            "check the ephemeris, or leave this event out"
        )
    return shifted / depth


def bin_median(x: Floats, y: Floats, bins: int, width: float, first: float, last: float) -> Floats:
    """Medians of y [n] in the bins of x [n, rising] that `bin_ranges` makes; NaN where empty."""
    begins, ends = bin_ranges(x, bins, width, first, last)
    return _medians(y, begins, ends)


@njit(cache=True, nogil=True)
def _medians(values: Floats, begins: Ints, ends: Ints) -> Floats:
    """Medians [k] of values[begin:end]; NaN where begin = end."""
    medians = np.full(len(begins), np.nan)
    for i in range(len(begins)):
        if begins[i] < ends[i]:
            medians[i] = np.median(values[begins[i] : ends[i]])
    return medians


def bin_ranges(x: Floats, bins: int, width: float, first: float, last: float) -> tuple[Ints, Ints]:
    """Where each bin of x [n, rising] begins and ends: points begin[i] to end[i] − 1.

    Bin i covers [first + i·spacing, first + i·spacing + width), where the spacing brings the
    last bin's end to `last`. Bins may overlap, so a histogram would be wrong; the edges are
    added up one by one, as the original does.

    Raises:
        LightCurveError: There are no two bins of that width between first and last.
    """
    if not 0 < width < last - first or bins < 2:
        raise LightCurveError(
            f"{bins} bins of {width:.3g} d do not fit between {first:.3g} and {last:.3g} d; "
            "give the view a narrower bin_width, or more durations"
        )
    spacing = (last - first - width) / (bins - 1)
    steps = np.full(bins, spacing)
    steps[0] = first
    begins = np.searchsorted(x, np.cumsum(steps)).astype(np.int64)
    steps[0] = first + width
    return begins, np.searchsorted(x, np.cumsum(steps)).astype(np.int64)
