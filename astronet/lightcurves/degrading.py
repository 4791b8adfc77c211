"""Views of an event as from a shorter light curve: coarse and empty bins, and more noise.

A sector of TESS or a campaign of K2 contains fewer transits and points than Kepler's light curves,
so the bins of a global view are noisier, or empty, or have to be wider. Degraded views are made
from a global view, which is averaged in wider bins, gets noise and loses bins; all other views are
rebinned from the result as by `astronet.lightcurves.views.recut`, but several times faster. Bins of
the original view are all taken as measured, also those that contain the median flux.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.random import Generator

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Views
from astronet.lightcurves.kernels import kernel
from astronet.lightcurves.medians import median
from astronet.lightcurves.phase_bins import bin_centres
from astronet.lightcurves.settings import Degradation
from astronet.lightcurves.view_specs import SECONDARY, ViewSpec

_TO_SIGMA = 1.4826
"""Ratio of the standard deviation of Gaussian noise to its median absolute deviation."""


def degraded_views(
    wholes: Views,
    fractions: Floats,
    specs: Mapping[str, ViewSpec],
    settings: Degradation,
    generator: Generator,
) -> dict[str, Views]:
    """Return the views [k, bins] of degraded events by name, in single precision.

    Args:
        wholes: Global view of the whole period of each event [k, n].
        fractions: Ratio of duration to period of each event [k].
        specs: Specification of each view. A view that is not rebinned from the global view is made
            as if it were.
        settings: Settings of the degradation.
        generator: Random number generator.

    Raises:
        LightCurveError: The bins of a view do not fit into its window.
    """
    flux, used = degraded_wholes(wholes, fractions, settings, generator)
    views = {}
    for name, spec in specs.items():
        views[name] = flux.astype(np.float32)
        if spec.durations is not None:
            assert spec.bin_width is not None  # given together with durations
            _check_width(name, spec, fractions)
            centres, excluded = spec.centre == "secondary", spec.exclude_transit
            views[name] = _rebin_all(
                flux, used, fractions, np.abs(bin_centres(flux.shape[1], 1.0)),
                spec.bins, spec.durations, spec.bin_width, centres, excluded or 1.5,
                excluded is not None,
            )  # fmt: skip
    return views


def degraded_wholes(
    wholes: Views, fractions: Floats, settings: Degradation, generator: Generator
) -> tuple[Floats, Bools]:
    """Return degraded global views [k, n] and whether each of their bins is measured.

    The median of a view is 0 and its deepest bin is −1; empty bins are 0.

    Args:
        wholes: Global view of each event [k, n].
        fractions: Ratio of duration to period of each event [k].
        settings: Settings of the degradation.
        generator: Random number generator.
    """
    k, n = wholes.shape
    bins = np.minimum(settings.bins, n)
    drawn = _log_uniform(bins[0], bins[1], k, generator).astype(np.int64)
    odd = np.where(drawn % 2, drawn, drawn - 1)  # one bin is centred on the transit
    snr = np.full(k, np.inf)
    if settings.snr is not None:
        snr = _log_uniform(*settings.snr, k, generator)
    red = np.multiply(settings.red, generator.random(k))
    lengths = np.add(1, np.multiply(3, generator.random(k)))
    empty = np.multiply(settings.empty * (generator.random(k) < 0.5), generator.random(k))
    size = int(odd.max())
    noise = generator.standard_normal((2, k, size), np.float32)
    kept = generator.random((k, size), np.float32) >= empty[:, None]
    flux, used = np.empty((k, n)), np.empty((k, n), np.bool_)
    for row in range(k):
        _degrade(
            wholes[row], fractions[row], odd[row], snr[row], red[row], lengths[row],
            noise[0, row], noise[1, row], kept[row], flux[row], used[row],
        )  # fmt: skip
    return flux, used


def _log_uniform(low: float, high: float, count: int, generator: Generator) -> Floats:
    drawn = generator.uniform(math.log(low), math.log(high), count)
    return np.asarray(np.exp(drawn + 1e-9))


def _check_width(name: str, spec: ViewSpec, fractions: Floats) -> None:
    """Raise an error if the bins of a view do not fit into its window."""
    assert spec.durations is not None and spec.bin_width is not None
    reach = np.minimum(0.5, spec.durations * fractions)
    if not (spec.bin_width * fractions < 2 * reach).all():
        raise LightCurveError(
            f"{name} view: bins of {spec.bin_width:.3g} durations do not fit into the window; "
            "decrease bin_width, or increase durations"
        )


@kernel()
def _degrade(
    whole: Views, fraction: float, bins: int, snr: float, red: float, length: float,
    white: Views, other: Views, kept: Bools, flux: Floats, used: Bools,
) -> None:  # fmt: skip
    """Write the degraded global view [n] to `flux`, and to `used` which bins are measured."""
    n = len(whole)
    coarse, counts = np.zeros(bins), np.zeros(bins)
    for i in range(n):
        place = ((2 * i + 1) * bins) // (2 * n)
        coarse[place] += whole[i]
        counts[place] += 1
    coarse /= counts
    in_transit = max(fraction * bins, 1.0)
    present = _TO_SIGMA * np.median(np.abs(coarse))
    sigma = math.sqrt(max(in_transit / snr**2 - present**2, 0.0))
    width = min(max(round(in_transit * length), 1), bins)
    total = 0.0
    for i in range(width):
        total += other[i]
    for i in range(bins):  # a moving average of white noise is red noise
        coarse[i] += sigma * (math.sqrt(1 - red) * white[i] + math.sqrt(red / width) * total)
        total += other[(i + width) % bins] - other[i]
    if not kept[:bins].any():
        kept[bins // 2] = True
    middle = np.median(coarse[kept[:bins]])
    deepest = 0.0
    for i in range(bins):
        coarse[i] = coarse[i] - middle if kept[i] else 0.0
        deepest = min(deepest, coarse[i])
    scale = -1 / deepest if deepest < 0 else 1.0
    for i in range(n):
        place = ((2 * i + 1) * bins) // (2 * n)
        flux[i], used[i] = coarse[place] * scale, kept[place]


@kernel()
def _rebin_all(
    flux: Floats, used: Bools, fractions: Floats, away: Floats, bins: int, durations: float,
    bin_width: float, secondary: bool, exclusion: float, excludes: bool,
) -> Views:  # fmt: skip
    """Return views [k, bins] rebinned from global views [k, n]."""
    k, n = flux.shape
    views = np.empty((k, bins), np.float32)
    for row in range(k):
        fraction = fractions[row]
        shift, offset, usable = 0, 0.5, used[row].copy()
        if secondary:
            outside = away > max(exclusion * fraction, 2 / n)
            if not outside.any():
                outside = away > 0.25
            if excludes:
                usable &= outside
            shift = n // 2 - _deepest(flux[row], usable, outside, fraction, excludes)
            offset = 0.0
        reach, width = min(0.5, durations * fraction), bin_width * fraction
        view = _rebin(flux[row], usable, shift, offset, reach, width, bins)
        if not secondary:
            view -= np.median(view)
            deepest = view.min()
            if deepest < -1e-9:
                view /= -deepest
        views[row] = view
    return views


@kernel()
def _deepest(flux: Floats, used: Bools, allowed: Bools, fraction: float, half_filled: bool) -> int:
    """Return the bin around which the mean over one duration is lowest, as `secondary_bin`."""
    n = len(flux)
    width = max(1, round(fraction * n))
    least = max(0.5 * width, 1.0) if half_filled else 1.0
    total, count = 0.0, 0
    for i in range(-(width // 2), width - width // 2):
        total += flux[i % n] * used[i % n]
        count += used[i % n]
    best, lowest = 0, np.inf
    for i in range(n):
        usable = allowed[i] and count >= least and (used[i] or not half_filled)
        if usable and total / count < lowest:
            best, lowest = i, total / count
        old, new = (i - width // 2) % n, (i - width // 2 + width) % n
        total += flux[new] * used[new] - flux[old] * used[old]
        count += int(used[new]) - int(used[old])
    return best


@kernel()
def _rebin(
    flux: Floats, used: Bools, shift: int, offset: float, reach: float, width: float, bins: int
) -> Floats:
    """Return a view [bins] of medians; see `astronet.lightcurves.views.rebinned`.

    Args:
        flux: Global view [n].
        used: Whether each bin is used [n].
        shift: Number of bins by which the global view is shifted first.
        offset: Distance of the phase of a bin from its beginning [bins].
        reach: Half-width of the window [periods].
        width: Width of a bin [periods].
        bins: Number of bins.
    """
    n, points = len(flux), 0
    x, y, scratch = np.empty(n), np.empty(n), np.empty(n)
    for i in range(n):
        source = (i - shift) % n
        if used[source]:
            x[points] = (i + offset - (n / 2 if offset else n // 2)) / n
            y[points] = flux[source]
            points += 1
    view = np.zeros(bins)
    if points == 0:
        return view
    step, low, high = (2 * reach - width) / (bins - 1), 0, 0
    for b in range(bins):
        begin = b * step - reach
        while low < points and x[low] < begin:
            low += 1
        high = max(high, low)
        while high < points and x[high] < begin + width:
            high += 1
        if high > low:
            view[b] = median(y[low:high], scratch)
        elif low == 0 or low == points:
            view[b] = y[min(low, points - 1)]
        else:
            weight = (begin + width / 2 - x[low - 1]) / (x[low] - x[low - 1])
            view[b] = y[low - 1] + weight * (y[low] - y[low - 1])
    return view


def compile_degradation_kernels() -> None:
    """Compile the kernels that `degraded_views` calls, or load their compiled code."""
    view = np.zeros((1, 2001), np.float32)
    view[0, 980:1021] -= 1
    specs = {"global": ViewSpec(), "secondary": SECONDARY}
    degraded_views(view, np.array([0.02]), specs, Degradation(), np.random.default_rng(0))
