"""Figures of a vetting page."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from astronet.figures.interactive import SERIES, Chart, plot
from astronet.figures.style import PLANET
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.vetting.vetting import Vetting
from astronet.vetting_pages.phase_charts import centroid_offset, folds, phase_search
from astronet.vetting_pages.series import Points, thinned, transit_times
from astronet.vetting_pages.transit_charts import depths, odd_even, single_transits, transit_fit


def charts_of(curve: LightCurve, vetting: Vetting, others: Sequence[Ephemeris]) -> list[Chart]:
    """Return all figures of a page.

    Args:
        curve: Light curve of the star, not detrended.
        vetting: Vetting of the signal.
        others: Ephemerides of the star's other events.
    """
    charts = [
        *light_curves(curve, vetting, others),
        transit_fit(vetting),
        single_transits(vetting),
        depths(vetting),
        *folds(vetting),
        odd_even(vetting),
        phase_search(vetting),
    ]
    shift = vetting.centroid
    located = shift is not None and np.isfinite([shift.offset, shift.offset_error]).all()
    return charts + ([centroid_offset(vetting)] if located else [])


def light_curves(
    curve: LightCurve, vetting: Vetting, others: Sequence[Ephemeris]
) -> Iterator[Chart]:
    """Yield the light curve before and after detrending, with all transits marked."""
    events = [vetting.measured.signal.ephemeris, *others]
    level = _levels(curve)
    raw = thinned(curve.with_flux(curve.flux / level), events)
    first = plot("Time [BKJD, d]", "Relative flux", height=240)
    _points(first, raw)
    yield Chart(
        "raw",
        "Light curve",
        first,
        "Flux divided by the median of each quarter or sector. Points far from transits are "
        "averaged.",
    )
    flat = thinned(vetting.measured.signal.detrended, events)
    second = plot(
        "Time [BKJD, d]", "Flux [ppm]", x_range=first.x_range, height=320 + 18 * len(events)
    )
    _points(second, _ppm(flat))
    low = float(np.quantile(1e6 * (flat.flux - 1), 0.001))
    entries = []
    for k, event in enumerate(events):
        times = transit_times(curve, event)
        name = "this event" if k == 0 else f"event with period {event.period:.5g} d"
        marks = second.scatter(
            times,
            np.full(len(times), low * (1.08 + 0.08 * (k % 8))),
            size=7,
            marker="triangle",
            color=SERIES[0] if k == 0 else SERIES[1 + (k - 1) % (len(SERIES) - 1)],
            line_color=None,
        )
        entries.append((name, [marks]))
    yield Chart(
        "detrended",
        "Detrended light curve",
        second,
        "Triangles mark the expected transits of all events of the star. Drag to enlarge; both "
        "figures "
        "show the same times.",
        legend=entries[: 2 * len(SERIES)],
    )


def _levels(curve: LightCurve) -> Floats:
    """Return the median flux of the quarter or sector of each point [n]."""
    part = curve.part[curve.segment]
    levels = np.array(
        [np.median(curve.flux[part == each]) for each in range(int(curve.part.max()) + 1)]
    )
    return np.asarray(np.where(levels == 0, 1.0, levels)[part], np.float64)


def _ppm(points: Points) -> Points:
    return Points(points.time, 1e6 * (points.flux - 1))


def _points(drawn: Any, points: Points) -> None:
    """Draw the points of a light curve, in single precision."""
    drawn.scatter(
        points.time.astype(np.float32),
        points.flux.astype(np.float32),
        size=3,
        color=PLANET,
        alpha=0.6,
        line_color=None,
    )
