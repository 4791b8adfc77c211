"""Views: a folded light curve as a short vector that a network can read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Floats, Views
from astronet.lightcurves.binning import bin_median
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
    """A folded light curve.

    Attributes:
        ephemeris: What it was folded at.
        phase: Time since the nearest mid-transit [n], in the order of time [d].
        flux: Fluxes [n].
    """

    ephemeris: Ephemeris
    phase: Floats
    flux: Floats

    @classmethod
    def of(cls, curve: LightCurve, ephemeris: Ephemeris) -> Self:
        """Folds a curve."""
        return cls(ephemeris, fold(curve.time, ephemeris), curve.flux)

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
            binned = bin_median(self.phase, self.flux, spec.bins, width, first, last)
            if not binned.points.any():
                raise LightCurveError(
                    f"no data within {last:.3g} d of a transit at period "
                    f"{self.ephemeris.period:.6g} d, epoch {self.ephemeris.epoch:.6g} d; "
                    "check the ephemeris and its clock, or add the quarters of its transits"
                )
            fill = self.median if (binned.points == 0).any() else np.nan
        return normalise(np.where(binned.points == 0, fill, binned.median))


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
