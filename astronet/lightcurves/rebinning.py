"""Compiled rebinning of many global views, as by `astronet.lightcurves.views.recut`."""

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats, Views
from astronet.lightcurves.kernels import kernel
from astronet.lightcurves.medians import median


@kernel()
def rebin_all(
    flux: Floats, used: Bools, fractions: Floats, away: Floats, bins: int, durations: float,
    bin_width: float, secondary: bool, exclusion: float, excludes: bool,
) -> Views:  # fmt: skip
    """Return views [k, bins] rebinned from global views [k, n].

    Args:
        flux: Global views [k, n]; the median of each is 0.
        used: Whether each bin is used [k, n].
        fractions: Ratio of duration to period of each event [k].
        away: Distance of each bin from the transit [n] [periods].
        bins: Number of bins.
        durations: Half-width of the window [durations].
        bin_width: Width of a bin [durations].
        secondary: Whether the window is centred on the deepest point away from the transit.
        exclusion: Distance from the transit within which this point is not looked for [durations].
        excludes: Whether the bins of the transit are not used.
    """
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
