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

    A view around the secondary has the scale of the global view instead; see `recut`.

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
        """The view [spec.bins] in double precision; see `make_view` and `recut`."""
        if spec.rebinned_from is not None:
            # In single precision, as a store has it, so that both ways cut the same.
            whole = self.view(ViewSpec(bins=spec.rebinned_from)).astype(np.float32)
            view = recut(whole, self.ephemeris, spec)
            return view if spec.centre == "secondary" else _with_a_dip(view)
        first, last, width = spec.window(self.ephemeris)
        binned = bin_median(self.phase, self.flux, spec.bins, width, first, last)
        if not binned.points.any():
            raise LightCurveError(
                f"no data within {last:.3g} d of a transit at period "
                f"{self.ephemeris.period:.6g} d, epoch {self.ephemeris.epoch:.6g} d; "
                "check the ephemeris and its clock, or add the quarters of its transits"
            )
        fill = self.median if (binned.points == 0).any() else np.nan
        return normalise(np.where(binned.points == 0, fill, binned.median))


def recut(whole: Views | Floats, ephemeris: Ephemeris, spec: ViewSpec) -> Floats:
    """A view [spec.bins] cut from the bins of a global view, without the light curve.

    A bin takes the median of the global bins whose centres lie in it or, where there is none, the
    value between its neighbours. Around the transit the view is normalised, and one without a dip
    only shifted, as DR24's published views are. Around the secondary it stays in units of the
    transit's depth, so that the depth of one relative to the other is seen.

    Args:
        whole: The global view [bins]: median 0, transit −1.
        ephemeris: Its period and duration; the epoch does not matter.
        spec: Which view; it has `rebinned_from`.

    Raises:
        LightCurveError: The bins do not fit into the window.
    """
    view = rebinned(whole, ephemeris, spec)
    return view if spec.centre == "secondary" else _relative(view)


def rebinned(whole: Views | Floats, ephemeris: Ephemeris, spec: ViewSpec) -> Floats:
    """The bins [spec.bins] of `recut`, on the scale of the global view [bins].

    Raises:
        LightCurveError: The bins do not fit into the window.
    """
    flux = np.asarray(whole, np.float64)
    bins, middle = len(flux), len(flux) // 2
    phase = bin_centres(bins, ephemeris.period)
    if spec.centre == "secondary":
        flux = np.roll(flux, middle - deepest_away(flux, ephemeris))
        phase = (np.arange(bins) - middle) / bins * ephemeris.period
    first, last, width = spec.window(ephemeris)
    binned = bin_median(phase, flux, spec.bins, width, first, last)
    centres = np.linspace(first + width / 2, last - width / 2, spec.bins)
    return np.where(binned.points == 0, np.interp(centres, phase, flux), binned.median)


def deepest_away(flux: Floats, ephemeris: Ephemeris) -> int:
    """The bin of a global view [n] around which one duration has the lowest mean.

    It lies 1.5 durations and two bins from the transit at least or, where no bin does, a quarter of
    the period.
    """
    bins, share = len(flux), ephemeris.duration / ephemeris.period
    width = max(1, round(share * bins))
    before = width // 2
    ring = np.concatenate([flux[bins - before :], flux, flux[: width - before]])
    sums = np.cumsum(np.concatenate([[0.0], ring]))
    means = sums[width : width + bins] - sums[:bins]
    away = np.abs(bin_centres(bins, 1.0))
    allowed = away > max(1.5 * share, 2 / bins)
    if not allowed.any():
        allowed = away > 0.25
    return int(np.argmin(np.where(allowed, means, np.inf)))


def bin_centres(bins: int, period: float) -> Floats:
    """Phases [bins] of the middles of a global view's bins [d]."""
    return ((np.arange(bins) + 0.5) / bins - 0.5) * period


def normalise(view: Floats) -> Floats:
    """Shifts the median to 0 and scales the deepest bin to −1 (S&V 2018, §3.3).

    Raises:
        LightCurveError: No bin lies below the median.
    """
    return _with_a_dip(_relative(view))


def _relative(view: Floats) -> Floats:
    """The view with median 0 and its deepest bin at −1; only shifted where none is deeper."""
    middle = float(np.median(view))
    shifted: Floats = view - middle
    depth = -float(shifted.min())
    return shifted / depth if depth > _ROUNDING * abs(middle) else np.maximum(shifted, 0.0)


def _with_a_dip(view: Floats) -> Floats:
    """The same view.

    Raises:
        LightCurveError: No bin lies below the median, 0.
    """
    if not view.min() < 0:
        raise LightCurveError(
            "no bin lies below the median, so there is no transit to see; "
            "check the ephemeris, or leave this event out"
        )
    return view
