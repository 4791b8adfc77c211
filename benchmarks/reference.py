"""Reference implementation of the original algorithms with the libraries of the original code.

A plain implementation of their description (Shallue & Vanderburg 2018, §3.2 and §3.3; the Kepler
spline of A. Vanderburg) with the splines of pydl and SciPy. Requires the extra [bench].
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from scipy.interpolate import LSQUnivariateSpline

from astronet import Ephemeris

Floats = NDArray[np.float64]
Fit = Callable[[Floats, Floats, float, Floats], Floats]
"""Function (x, y, spacing, where) that returns the spline at `where`."""

SPACINGS = np.logspace(np.log10(0.5), np.log10(20), 20)


class Segment(NamedTuple):
    """Segment of a light curve without gaps."""

    time: Floats
    flux: Floats


def read(paths: list[Path]) -> list[Segment]:
    """Read the finite points of a star with astropy, split at gaps of more than 0.75 d."""
    segments = []
    for path in paths:
        with fits.open(path, memmap=False) as file:
            table = file["LIGHTCURVE"].data
            time = np.array(table["TIME"], np.float64)
            flux = np.array(table["PDCSAP_FLUX"], np.float64)
        finite = np.isfinite(time) & np.isfinite(flux)
        time, flux = time[finite], flux[finite]
        cuts = np.flatnonzero(np.diff(time) > 0.75) + 1
        pieces = zip(np.split(time, cuts), np.split(flux, cuts), strict=True)
        segments += [Segment(*piece) for piece in pieces if len(piece[0])]
    return segments


def pydl_fit(x: Floats, y: Floats, spacing: float, where: Floats) -> Floats:
    """Fit a cubic B-spline with pydl, as in the original code."""
    from pydl.pydlutils.bspline import iterfit

    curve, _ = iterfit(x, y, bkspace=spacing)
    return curve.value(where)[0]


def scipy_fit(x: Floats, y: Floats, spacing: float, where: Floats) -> Floats:
    """Fit a cubic B-spline with FITPACK (SciPy) on the same interior knots."""
    intervals = max(int((x[-1] - x[0]) / spacing), 1)
    knots = np.linspace(x[0], x[-1], intervals + 1)[1:-1]
    return LSQUnivariateSpline(x, y, knots, k=3)(where)


def flatten(segments: list[Segment], fit: Fit) -> tuple[Segment, float]:
    """Return the detrended light curve and the knot spacing with the smallest BIC [d]."""
    differences = np.concatenate([np.abs(np.diff(flux)) for _, flux in segments])
    sigma = 1.48 * np.median(differences / np.sqrt(2))
    best, spacing, splines = np.inf, np.nan, []
    for candidate in SPACINGS:
        try:
            fitted = [_fit_segment(segment, candidate, fit) for segment in segments]
        except (IndexError, TypeError, ValueError):  # an interval between knots contains no points
            continue
        squares, points, parameters = 0.0, 0, 0.0
        for (time, flux), (spline, mask) in zip(segments, fitted, strict=True):
            if np.isfinite(spline).all():
                squares += np.sum(((flux - spline)[mask] / sigma) ** 2)
                points += mask.sum()
                parameters += int((time[-1] - time[0]) / candidate) + 3
        bic = points * np.log(2 * np.pi * sigma**2) + squares + parameters * np.log(points)
        if bic < best:
            best, spacing, splines = bic, candidate, [spline for spline, _ in fitted]
    time = np.concatenate([segment.time for segment in segments])
    flux = np.concatenate([segment.flux for segment in segments]) / np.concatenate(splines)
    flux = flux.astype(np.float32).astype(np.float64)  # the original code uses single precision
    return Segment(time[np.isfinite(flux)], flux[np.isfinite(flux)]), spacing


def view(curve: Segment, event: Ephemeris, bins: int, width: float, reach: float) -> Floats:
    """Return a normalised view [bins]: the medians in bins of the folded light curve."""
    half = event.period / 2
    phase = np.mod(curve.time + (half - event.epoch), event.period) - half
    order = np.argsort(phase)
    phase, flux = phase[order], curve.flux[order]
    first, last = max(-half, -reach), min(half, reach)
    medians = np.repeat(np.median(flux), bins)
    begin, end, spacing = first, first + width, (last - first - width) / (bins - 1)
    i = 0
    for number in range(bins):
        while i < len(phase) and phase[i] < begin:
            i += 1
        j = i
        while j < len(phase) and phase[j] < end:
            j += 1
        if j > i:
            medians[number] = np.median(flux[i:j])
        begin, end = begin + spacing, end + spacing
    medians -= np.median(medians)
    return medians / -medians.min()


def both_views(curve: Segment, event: Ephemeris) -> tuple[Floats, Floats]:
    """Return the global view of 2001 bins and the local view of 201 bins."""
    reach = 4 * event.duration
    return (
        view(curve, event, 2001, event.period / 2001, event.period),
        view(curve, event, 201, 0.16 * event.duration, reach),
    )


def _fit_segment(segment: Segment, spacing: float, fit: Fit) -> tuple[Floats, NDArray[np.bool_]]:
    """Fit the spline of one segment with sigma clipping at three sigma, at most five times."""
    time, flux = segment
    spline, mask = np.full(len(time), np.nan), np.ones(len(time), np.bool_)
    if len(time) < 4:
        return spline, mask
    span = time[-1] - time[0]
    x = (time - time[0]) / span
    for k in range(5):
        if k:
            new = _without_outliers(flux - spline)
            if np.array_equal(new, mask):
                break
            mask = new
        if mask.sum() < 4:
            return np.full(len(time), np.nan), mask
        spline = fit(x[mask], flux[mask], spacing / span, x)
    return spline, mask


def _without_outliers(residual: Floats) -> NDArray[np.bool_]:
    """Return True for points within three sigma of the median, with sigma estimated twice."""
    deviation = np.abs(residual - np.median(residual))
    mask = deviation <= 3 * 1.4826 * np.median(deviation)
    sigma = np.std(residual[mask]) / (-0.15405 + 0.90723 * 3 - 0.23584 * 9 + 0.020142 * 27)
    return deviation <= 3 * sigma
