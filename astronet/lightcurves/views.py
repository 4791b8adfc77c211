"""Views: folded and binned light curves, the input vectors of the networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Ints, Views
from astronet.lightcurves.binning import bin_median
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.phase import fold
from astronet.lightcurves.phase_bins import bin_centres
from astronet.lightcurves.secondary import outside_transit, secondary_bin
from astronet.lightcurves.view_specs import ViewSpec

_ROUNDING = 1e-12
"""Depth relative to the median flux up to which a dip is only a rounding error."""


def make_view(curve: LightCurve, ephemeris: Ephemeris, spec: ViewSpec) -> Views:
    """Return one view [spec.bins]: median 0, −1 at the deepest bin (S&V 2018, §3.3).

    A view centred on the secondary eclipse is in units of the transit depth instead; see `recut`.

    Args:
        curve: Detrended light curve.
        ephemeris: Ephemeris of the event, in the time system of the light curve.
        spec: Specification of the view.

    Raises:
        LightCurveError: The window contains no points, the bins do not fit into the window, or no
            bin is below the median.

    Examples:
        >>> import numpy as np
        >>> import astronet
        >>> time = np.arange(0, 90, 0.02)
        >>> in_transit = np.abs((time - 1.5) % 5 - 2.5) < 0.1
        >>> curve = astronet.LightCurve("a star", time, np.where(in_transit, 0.999, 1))
        >>> ephemeris = astronet.Ephemeris(period=5, epoch=4, duration=0.2)
        >>> view = astronet.make_view(curve, ephemeris, astronet.GLOBAL)
        >>> view.shape, float(view[1000]), float(np.median(view))
        ((2001,), -1.0, 0.0)
    """
    return FoldedCurve.of(curve, ephemeris).view(spec).astype(np.float32)


def make_views(
    curve: LightCurve, ephemeris: Ephemeris, specs: Mapping[str, ViewSpec]
) -> dict[str, Views]:
    """Return the views [bins] of one event by name, in single precision.

    The light curve is folded only once.

    Raises:
        LightCurveError: As in `make_view`; the message names the view.
    """
    return FoldedCurve.of(curve, ephemeris).views(specs)


@dataclass(frozen=True, eq=False)
class FoldedCurve:
    """Folded light curve.

    Attributes:
        ephemeris: Ephemeris used for folding.
        phase: Time since the nearest mid-transit [n] [d], in the order of the light curve.
        flux: Fluxes [n], in the same order.
        time: Times [n] [d], in the same order.
        segment: Segment numbers [n], in the same order.
    """

    ephemeris: Ephemeris
    phase: Floats
    flux: Floats
    time: Floats
    segment: Ints

    @classmethod
    def of(cls, curve: LightCurve, ephemeris: Ephemeris) -> Self:
        """Return a light curve folded with an ephemeris."""
        phase = fold(curve.time, ephemeris)
        return cls(ephemeris, phase, curve.flux, curve.time, curve.segment)

    @cached_property
    def median(self) -> float:
        """Median flux of the whole light curve, used to fill empty bins (S&V 2018, §3.3)."""
        return float(np.median(self.flux))

    @cached_property
    def _known(self) -> dict[ViewSpec, tuple[Floats, Bools]]:
        """Views that were already binned from the points, by specification."""
        return {}

    def views(self, specs: Mapping[str, ViewSpec]) -> dict[str, Views]:
        """Return views [bins] by name, in single precision.

        Raises:
            LightCurveError: As in `make_view`; the message names the view.
        """
        views = {}
        for name, spec in specs.items():
            try:
                views[name] = self.view(spec).astype(np.float32)
            except LightCurveError as error:
                raise LightCurveError(f"{name} view: {error}") from None
        return views

    def measured_bins(self, spec: ViewSpec | None) -> Bools | None:
        """Return whether each bin of a view contains points [spec.bins].

        The result is None if the specification is None or the view is rebinned from another one.

        Raises:
            LightCurveError: As in `make_view`.
        """
        return None if spec is None or spec.rebinned_from else self.measured_view(spec)[1]

    def view(self, spec: ViewSpec) -> Floats:
        """Return the view [spec.bins] in double precision; see `make_view` and `recut`.

        Raises:
            LightCurveError: As in `make_view`.
        """
        if spec.rebinned_from is not None:
            whole, measured = self.measured_view(ViewSpec(bins=spec.rebinned_from))
            _, last, _ = spec.window(self.ephemeris)
            distance = np.abs(bin_centres(len(whole), self.ephemeris.period))
            overlapping = distance <= last + self.ephemeris.period / len(whole) / 2
            if spec.centre == "transit" and not measured[overlapping].any():
                raise self._no_data(last)
            # In single precision, as in a store, so that a stored view is rebinned identically.
            view = recut(whole.astype(np.float32), self.ephemeris, spec, measured)
            return view if spec.centre == "secondary" else _with_a_dip(view)
        return self.measured_view(spec)[0]

    def measured_view(self, spec: ViewSpec) -> tuple[Floats, Bools]:
        """Return a view binned from the points, and whether each bin contains points [spec.bins].

        Raises:
            LightCurveError: As in `make_view`.
        """
        if spec in self._known:
            return self._known[spec]
        first, last, width = spec.window(self.ephemeris)
        binned = bin_median(self.phase, self.flux, spec.bins, width, first, last)
        measured = binned.points > 0
        if not measured.any():
            raise self._no_data(last)
        fill = np.nan if measured.all() else self.median
        view = normalise(np.where(measured, binned.median, fill))
        return self._known.setdefault(spec, (view, measured))

    def _no_data(self, reach: float) -> LightCurveError:
        return LightCurveError(
            f"no data within {reach:.3g} d of a transit at period {self.ephemeris.period:.6g} d, "
            f"epoch {self.ephemeris.epoch:.6g} d; check the ephemeris and its time system, or add "
            "the light-curve files that contain its transits"
        )


def recut(
    whole: Views | Floats, ephemeris: Ephemeris, spec: ViewSpec, measured: Bools | None = None
) -> Floats:
    """Return a view [spec.bins] rebinned from a global view; no light curve is needed.

    The value of each bin is the median of the global view's measured bins whose centres are inside
    the bin. If there are none, the value is interpolated linearly between measured bins. An empty
    bin of the global view contains a fill value, not a measurement, and is not used.

    A view centred on the transit is normalised; if it has no dip, only its median is shifted to 0,
    as in the published DR24 views. A view centred on the secondary eclipse remains in units of the
    transit depth, which preserves the ratio of the two depths. If its specification sets
    `exclude_transit`, the bins of the transit are treated like empty bins.

    Args:
        whole: Global view [bins]: median 0, −1 at the deepest bin.
        ephemeris: Ephemeris of the event; its epoch is not used.
        spec: Specification of the rebinned view.
        measured: Whether each bin of the global view contains points [bins]; None if all do.

    Raises:
        LightCurveError: The bins do not fit into the window.
    """
    view = rebinned(whole, ephemeris, spec, measured)
    return view if spec.centre == "secondary" else _relative(view)


def rebinned(
    whole: Views | Floats, ephemeris: Ephemeris, spec: ViewSpec, measured: Bools | None = None
) -> Floats:
    """Return a view [spec.bins] rebinned from a global view [bins], without normalisation.

    The view is 0 if no bin of the global view can be used.

    Args:
        whole: Global view [bins].
        ephemeris: Ephemeris of the event; its epoch is not used.
        spec: Specification of the rebinned view.
        measured: Whether each bin of the global view contains points [bins]; None if all do.

    Raises:
        LightCurveError: The bins do not fit into the window.
    """
    flux = np.asarray(whole, np.float64)
    used = np.ones(len(flux), np.bool_) if measured is None else measured
    bins, middle = len(flux), len(flux) // 2
    phase = bin_centres(bins, ephemeris.period)
    if spec.centre == "secondary":
        shift = middle - secondary_bin(flux, ephemeris, spec, used)
        if spec.exclude_transit is not None:
            used = used & outside_transit(bins, ephemeris, spec.exclude_transit)
        flux, used = np.roll(flux, shift), np.roll(used, shift)
        phase = (np.arange(bins) - middle) / bins * ephemeris.period
    flux, phase = flux[used], phase[used]
    if not used.any():
        return np.zeros(spec.bins)
    first, last, width = spec.window(ephemeris)
    binned = bin_median(phase, flux, spec.bins, width, first, last)
    centres = np.linspace(first + width / 2, last - width / 2, spec.bins)
    return np.where(binned.points == 0, np.interp(centres, phase, flux), binned.median)


def normalise(view: Floats) -> Floats:
    """Return the view with its median shifted to 0 and its deepest bin scaled to −1.

    Reference: S&V 2018, §3.3.

    Raises:
        LightCurveError: No bin is below the median.
    """
    return _with_a_dip(_relative(view))


def _relative(view: Floats) -> Floats:
    """Return the view with its median at 0 and its deepest bin at −1, if it has a dip.

    A view without a dip is shifted but not scaled, and rounding noise below 0 is set to 0.
    """
    middle = float(np.median(view))
    shifted: Floats = view - middle
    depth = -float(shifted.min())
    return shifted / depth if depth > _ROUNDING * abs(middle) else np.maximum(shifted, 0.0)


def _with_a_dip(view: Floats) -> Floats:
    """Return the view unchanged if it contains a dip.

    Raises:
        LightCurveError: No bin is below 0, the median.
    """
    if not view.min() < 0:
        raise LightCurveError(
            "no bin is below the median, so the view contains no transit; "
            "check the ephemeris, or exclude this event"
        )
    return view
