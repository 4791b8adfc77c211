"""Degradation of views to those of a shorter light curve: wide, empty and smeared bins.

A sector of TESS or a campaign of K2 contains fewer transits and points than Kepler's light curves,
so the bins of a global view are noisier, or empty, or have to be wider. Exposures of 30 min smear
transits of short duration, and the duration and epoch of an event are less precise. Therefore a
global view is shifted, smeared and averaged in wider bins; noise is optionally added, and some bins
are emptied. In the fine version of the result, bins within two durations of the transit are neither
averaged in wide bins nor emptied. All other views are rebinned from the fine version as by
`astronet.lightcurves.views.recut`, but several times faster. Bins of the original view are all
taken as measured, also those that contain the median flux.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Views
from astronet.lightcurves.kernels import kernel
from astronet.lightcurves.phase_bins import bin_centres
from astronet.lightcurves.rebinning import rebin_all
from astronet.lightcurves.settings import Degradation
from astronet.lightcurves.view_specs import SECONDARY, ViewSpec

_TO_SIGMA = 1.4826
"""Ratio of the standard deviation of Gaussian noise to its median absolute deviation."""

_NEAR = 2.0
"""Distance from the transit within which bins need not be averaged [durations]."""

_LOCAL_WIDTH = 0.16
"""Largest width of the bins near the transit [durations], as in local views (S&V 2018, §3.3)."""


class Degraded(NamedTuple):
    """Degraded global views of k events.

    Attributes:
        coarse: Global views [k, n], averaged in wide bins; in a fraction of the events
            (`Degradation.fine`), equal to `fine`. Their median is about 0, their deepest bin is −1,
            and empty bins are 0.
        used: Mask [k, n] of the measured bins of `coarse`.
        fine: The same views [k, n], with narrow bins within two durations of the transit.
        fine_used: Mask [k, n] of the measured bins of `fine`.
        fractions: Ratio of the assumed duration to the period of each event [k].
    """

    coarse: Floats
    used: Bools
    fine: Floats
    fine_used: Bools
    fractions: Floats

    def views(self, specs: Mapping[str, ViewSpec]) -> dict[str, Views]:
        """Return the views [k, bins] of the events by name, in single precision.

        Args:
            specs: Specification of each view. A view that is not rebinned from the global view is
                made as if it were.

        Raises:
            LightCurveError: The bins of a view do not fit into its window.
        """
        found = {}
        for name, spec in specs.items():
            found[name] = self.coarse.astype(np.float32)
            if spec.durations is not None:
                assert spec.bin_width is not None  # given together with durations
                _check_width(name, spec, self.fractions)
                centres, excluded = spec.centre == "secondary", spec.exclude_transit
                found[name] = rebin_all(
                    self.fine, self.fine_used, self.fractions,
                    np.abs(bin_centres(self.fine.shape[1], 1.0)),
                    spec.bins, spec.durations, spec.bin_width, centres, excluded or 1.5,
                    excluded is not None,
                )  # fmt: skip
        return found


def degraded(
    wholes: Views, fractions: Floats, settings: Degradation, generator: Generator
) -> Degraded:
    """Return degraded global views of k events.

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
    smeared = np.zeros(k)
    if settings.smearing is not None:
        smeared = _log_uniform(*settings.smearing, k, generator)
    assumed = np.minimum(fractions * _log_uniform(*settings.duration_factor, k, generator), 0.999)
    shifts = np.rint(settings.epoch_error * generator.standard_normal(k) * fractions * n)
    keeps_transit = np.less(generator.random(k), settings.fine)
    made = Degraded(
        np.empty((k, n)), np.empty((k, n), np.bool_),
        np.empty((k, n)), np.empty((k, n), np.bool_), assumed,
    )  # fmt: skip
    for row in range(k):
        width = smeared[row] * fractions[row] * n
        whole = _smeared(np.roll(wholes[row], int(shifts[row])).astype(np.float64), width)
        _degrade(
            whole, fractions[row], assumed[row], odd[row], snr[row], red[row], lengths[row],
            noise[0, row], noise[1, row], kept[row], bool(keeps_transit[row]),
            made.coarse[row], made.used[row], made.fine[row], made.fine_used[row],
        )  # fmt: skip
    return made


def _log_uniform(low: float, high: float, count: int, generator: Generator) -> Floats:
    """Return log-uniform random numbers [count] between two limits."""
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
def _smeared(whole: Floats, width: float) -> Floats:
    """Return the moving average of a view [n] over `width` bins, which need not be an integer."""
    n = len(whole)
    if width <= 1:
        return whole
    half = (width - 1) / 2
    reach = int(half)
    edge = half - reach  # weight of the outermost bins
    averages = np.empty(n)
    total = 0.0
    for i in range(-reach, reach + 1):
        total += whole[i % n]
    for i in range(n):
        outer = whole[(i - reach - 1) % n] + whole[(i + reach + 1) % n]
        averages[i] = (total + edge * outer) / width
        total += whole[(i + reach + 1) % n] - whole[(i - reach) % n]
    return averages


@kernel()
def _noise(sigma: float, red: float, width: int, white: Views, other: Views) -> Floats:
    """Return noise [bins], of whose variance the fraction `red` is correlated over `width` bins.

    Args:
        sigma: Standard deviation of the noise.
        red: Fraction of the variance that is correlated.
        width: Number of bins.
        white: White noise of unit variance [bins].
        other: White noise of unit variance [at least bins], whose moving average is the red noise.
    """
    bins = len(white)
    total = 0.0
    for i in range(width):
        total += other[i]
    noise = np.empty(bins)
    for i in range(bins):
        noise[i] = sigma * (math.sqrt(1 - red) * white[i] + math.sqrt(red / width) * total)
        total += other[(i + width) % bins] - other[i]
    return noise


@kernel()
def _degrade(
    whole: Floats, fraction: float, assumed: float, bins: int, snr: float, red: float,
    length: float, white: Views, other: Views, kept: Bools, keeps_transit: bool,
    flux: Floats, used: Bools, fine: Floats, fine_used: Bools,
) -> None:  # fmt: skip
    """Write the views and masks [n] of `Degraded` for an event."""
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
    added = _noise(sigma, red, width, white[:bins], other)
    coarse += added
    if not kept[:bins].any():
        kept[bins // 2] = True
    middle = np.median(coarse[kept[:bins]])
    local = _smeared(whole, min(_LOCAL_WIDTH * assumed * n, n / bins))
    for i in range(n):
        place = ((2 * i + 1) * bins) // (2 * n)
        fine[i] = coarse[place] - middle if kept[place] else 0.0
        fine_used[i] = kept[place]
        if not keeps_transit:
            flux[i], used[i] = fine[i], fine_used[i]
        if abs((i + 0.5) / n - 0.5) < _NEAR * assumed:
            fine[i], fine_used[i] = local[i] + added[place] - middle, True
        if keeps_transit:
            flux[i], used[i] = fine[i], fine_used[i]
    for values in (flux, fine):
        deepest = values.min()
        if deepest < 0:
            values /= -deepest


def compile_degradation_kernels() -> None:
    """Compile the kernels of `degraded` and `Degraded.views`, or load their compiled code."""
    view = np.zeros((1, 2001), np.float32)
    view[0, 980:1021] -= 1
    specs = {"global": ViewSpec(), "secondary": SECONDARY}
    degraded(view, np.array([0.02]), Degradation(), np.random.default_rng(0)).views(specs)
