"""Views: a folded light curve as a short vector that a network can read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Floats, Views
from astronet.lightcurves.binning import bin_median
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import fold
from astronet.lightcurves.view_specs import ViewSpec

_ROUNDING = 1e-12
"""Bins that differ by this much of their median are equal: detrending rounds by some 1e-14."""


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
