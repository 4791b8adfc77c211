"""Figures of a vetting page."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from astronet.figures.interactive import SERIES, Chart, add_hover, add_legend, plot
from astronet.figures.style import FAINT, INK, OTHER, PLANET
from astronet.lightcurves.arrays import Bools, Floats
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.vetting.vetting import Vetting
from astronet.vetting_pages.series import (
    MOST_POINTS,
    Points,
    folded_at,
    phase_bins,
    thinned,
    transit_times,
)

_REACH = 1.5
"""Half of the width of the interval around a transit that is drawn [durations]."""

_ROWS = 24
"""Number of transits up to which each one is drawn as a line; more are drawn as an image."""

_BINS = 60  # bins per transit of the image
_FOLD_BINS = 400
_COLOURS = (PLANET, OTHER)


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
    return charts + ([centroid_offset(vetting)] if vetting.centroid is not None else [])


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
        "Flux divided by the median of each quarter or sector. Points far from transits are averaged.",
    )
    flat = thinned(vetting.measured.signal.detrended, events)
    second = plot("Time [BKJD, d]", "Flux [ppm]", x_range=first.x_range, height=300)
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
            color=SERIES[k % len(SERIES)],
            line_color=None,
        )
        entries.append((name, [marks]))
    add_legend(second, entries[: 2 * len(SERIES)])
    yield Chart(
        "detrended",
        "Detrended light curve",
        second,
        "Triangles mark the expected transits of all events of the star. Drag to enlarge; both figures "
        "show the same times.",
    )


def transit_fit(vetting: Vetting) -> Chart:
    """Return the folded transit with the fitted model."""
    signal, reach = vetting.measured.signal, _reach(vetting)
    drawn = plot("Time since mid-transit [h]", "Flux [ppm]")
    near = np.abs(signal.since) <= reach
    count = max(int(near.sum()) // (MOST_POINTS // 2), 1)
    points = Points(24 * signal.since[near][::count], signal.curve.flux[near][::count])
    cloud = drawn.scatter(
        points.time, 1e6 * (points.flux - 1), size=3, color=FAINT, alpha=0.35, line_color=None
    )
    bins = phase_bins(signal.since, signal.curve.flux, reach, 75)
    medians = drawn.scatter(
        24 * bins.time, 1e6 * (bins.flux - 1), size=5, color=PLANET, line_color=None
    )
    time, model = _model(vetting, vetting.measured.shape.depth.value)
    line = drawn.line(24 * time, model, color=OTHER, line_width=2)
    add_hover(drawn, [medians], [("time", "@x{0.00} h"), ("flux", "@y{0,0} ppm")])
    add_legend(drawn, [("points", [cloud]), ("medians", [medians]), ("fit", [line])])
    _limit(drawn, np.concatenate([1e6 * (bins.flux - 1), model]))
    shape = vetting.measured.shape
    return Chart(
        "transit",
        "Transit and fit",
        drawn,
        f"Limb-darkened transit: depth {1e6 * shape.depth.value:,.0f} ± {1e6 * shape.depth.error:,.0f} ppm, "
        f"duration {24 * shape.duration.value:.2f} ± {24 * shape.duration.error:.2f} h, impact parameter "
        f"{shape.impact.value:.2f} ± {shape.impact.error:.2f}.",
    )


def single_transits(vetting: Vetting) -> Chart:
    """Return every single transit: as shifted lines, or as an image if there are many."""
    transits = vetting.measured.transits
    many = len(transits) > _ROWS
    return _image(vetting) if many else _stack(vetting)


def _stack(vetting: Vetting) -> Chart:
    measured, reach = vetting.measured, _reach(vetting)
    signal, transits = measured.signal, measured.transits
    scatter = 1e6 * float(np.median(measured.noise))
    step = max(1.3e6 * measured.shape.depth.value, 6 * scatter)
    drawn = plot(
        "Time since expected mid-transit [h]",
        "Flux [ppm], shifted",
        height=max(300, 46 * len(transits) + 90),
    )
    model = _model(vetting, measured.shape.depth.value)
    for row, (number, time) in enumerate(zip(transits.number, transits.time, strict=True)):
        since = signal.curve.time - (signal.ephemeris.epoch + number * signal.ephemeris.period)
        chosen = np.abs(since) <= reach
        colour = _COLOURS[int(number % 2)]
        points = drawn.scatter(
            24 * since[chosen],
            1e6 * (signal.curve.flux[chosen] - 1) - row * step,
            size=4,
            color=colour,
            line_color=None,
        )
        add_hover(
            drawn,
            [points],
            [
                ("transit", str(number)),
                ("time", f"{time:.4f} d"),
                ("since mid-transit", "@x{0.00} h"),
            ],
        )
        drawn.line(24 * model[0], model[1] - row * step, color=INK, alpha=0.5)
    drawn.yaxis.ticker = [-row * step for row in range(len(transits))]
    drawn.yaxis.major_label_overrides = {
        -row * step: f"{number}" for row, number in enumerate(transits.number.tolist())
    }
    drawn.yaxis.axis_label = "Number of the transit"
    return Chart(
        "single",
        "Single transits",
        drawn,
        f"Rows are {step:,.0f} ppm apart; even transits are blue, odd ones orange. Lines are the fit to all "
        "transits.",
    )


def _image(vetting: Vetting) -> Chart:
    measured, reach = vetting.measured, _reach(vetting)
    signal = measured.signal
    near = np.abs(signal.since) <= reach
    number = signal.number[near]
    rows, row = np.unique(number, return_inverse=True)
    column = ((signal.since[near] / reach + 1) / 2 * _BINS).astype(np.int64).clip(0, _BINS - 1)
    place = row * _BINS + column
    count = np.bincount(place, minlength=len(rows) * _BINS)
    total = np.bincount(place, 1e6 * (signal.curve.flux[near] - 1), len(rows) * _BINS)
    with np.errstate(invalid="ignore"):
        image = (total / count).reshape(-1, _BINS).astype(np.float32)
    drawn = plot("Time since expected mid-transit [h]", "Row of the transit", height=420)
    low = -1.1e6 * measured.shape.depth.value
    drawn.image(
        [image],
        x=-24 * reach,
        y=0,
        dw=48 * reach,
        dh=len(rows),
        palette="Cividis256",
        **_colour_limits(low, -low / 3),
    )
    return Chart(
        "single",
        "Single transits",
        drawn,
        f"Each of the {len(rows)} rows is one transit, in order of time; dark is faint, from "
        f"{low:,.0f} to {-low / 3:,.0f} ppm.",
    )


def _colour_limits(low: float, high: float) -> dict[str, Any]:
    from bokeh.models import LinearColorMapper

    mapper = LinearColorMapper(palette="Cividis256", low=low, high=high, nan_color="rgba(0,0,0,0)")
    return {"color_mapper": mapper}


def depths(vetting: Vetting) -> Chart:
    """Return the depth of each transit with its error."""
    transits = vetting.measured.transits
    drawn = plot("Time [BKJD, d]", "Depth [ppm]", height=260)
    entries = []
    for name, kind in (("even", 0), ("odd", 1)):
        chosen = transits.number % 2 == kind
        if not chosen.any():
            continue
        colour = _COLOURS[kind]
        time, depth, error = (
            transits.time[chosen],
            1e6 * transits.depth[chosen],
            1e6 * transits.error[chosen],
        )
        data = {
            "x": time,
            "y": depth,
            "low": depth - error,
            "high": depth + error,
            "number": transits.number[chosen],
            "delay": 1440 * transits.delay[chosen],
            "statistic": transits.statistic[chosen],
        }
        bars = drawn.segment("x", "low", "x", "high", color=colour, source=data)
        points = drawn.scatter("x", "y", size=6, color=colour, line_color=None, source=data)
        add_hover(
            drawn,
            [points],
            [
                ("transit", "@number"),
                ("depth", "@y{0,0} ppm"),
                ("SNR", "@statistic{0.0}"),
                ("late by", "@delay{0.0} min"),
            ],
        )
        entries.append((name, [points, bars]))
    mean = transits.mean_depth()
    line = drawn.line([transits.time.min(), transits.time.max()], [1e6 * mean.value] * 2, color=INK)
    add_legend(drawn, [*entries, ("mean", [line])])
    return Chart(
        "depths",
        "Depths of the transits",
        drawn,
        f"Errors include red noise. Mean depth {1e6 * mean.value:,.0f} ± {1e6 * mean.error:,.0f} ppm.",
    )


def folds(vetting: Vetting) -> Iterator[Chart]:
    """Yield the light curve folded at the period, at half and at twice the period."""
    signal = vetting.measured.signal
    for name, factor, title in (
        ("fold", 1.0, "Folded at the period"),
        ("half", 0.5, "Folded at half the period"),
        ("twice", 2.0, "Folded at twice the period"),
    ):
        bins = int(
            np.clip(
                12 * factor * signal.ephemeris.period / signal.ephemeris.duration, 60, _FOLD_BINS
            )
        )
        found = folded_at(signal.curve, signal.ephemeris, factor, bins)
        drawn = plot("Phase", "Flux [ppm]", height=240, x_range=(-0.5, 0.5))
        points = drawn.scatter(
            found.time, 1e6 * (found.flux - 1), size=4, color=PLANET, line_color=None
        )
        add_hover(drawn, [points], [("phase", "@x{0.000}"), ("flux", "@y{0,0} ppm")])
        yield Chart(
            name,
            f"{title}: {factor * signal.ephemeris.period:.6g} d",
            drawn,
            "Medians in bins of the phase.",
        )


def odd_even(vetting: Vetting) -> Chart:
    """Return odd and even transits beside each other, with the fit scaled to their depths."""
    measured, reach = vetting.measured, _reach(vetting)
    signal, means = measured.signal, measured.transits.odd_even()
    drawn = plot("Time since mid-transit [h]", "Flux [ppm]")
    entries, drawn_values = [], []
    for name, kind in (("even", 0), ("odd", 1)):
        chosen = signal.number % 2 == kind
        bins = phase_bins(signal.since[chosen], signal.curve.flux[chosen], reach, 60)
        if not len(bins.time):
            continue
        points = drawn.scatter(
            24 * bins.time, 1e6 * (bins.flux - 1), size=5, color=_COLOURS[kind], line_color=None
        )
        drawn_values.append(1e6 * (bins.flux - 1))
        depth = measured.shape.depth.value if means is None else means[1 - kind].value
        time, model = _model(vetting, depth)
        line = drawn.line(24 * time, model, color=_COLOURS[kind], line_width=1.5)
        entries.append((f"{name}: {1e6 * depth:,.0f} ppm", [points, line]))
    add_legend(drawn, entries)
    _limit(drawn, np.concatenate(drawn_values))
    return Chart(
        "odd-even",
        "Odd and even transits",
        drawn,
        vetting.check("odd_even").statement.capitalize() + ".",
    )


def phase_search(vetting: Vetting) -> Chart:
    """Return the significance of a dip at all phases, with the events marked."""
    search = vetting.measured.phases
    drawn = plot("Phase", "Significance of a dip [σ]", x_range=(-0.5, 0.5), height=300)
    known = np.isfinite(search.depth) & (search.error > 0)
    strength = search.depth[known] / search.error[known]
    phase = search.phase[known]
    keep = _extremes(strength, 3000)
    line = drawn.line(phase[keep], strength[keep], color=PLANET, line_width=1)
    add_hover(drawn, [line], [("phase", "@x{0.000}"), ("significance", "@y{0.0} σ")], mode="vline")
    limit = search.threshold
    drawn.line([-0.5, 0.5], [limit, limit], color=FAINT, line_dash="dashed")
    drawn.line([-0.5, 0.5], [-limit, -limit], color=FAINT, line_dash="dashed")
    entries = []
    for name, dip, colour in (
        ("secondary", search.secondary, OTHER),
        ("tertiary", search.tertiary, SERIES[1]),
        ("positive", search.positive, SERIES[2]),
    ):
        if np.isfinite(dip.phase):
            mark = drawn.scatter(
                [dip.phase],
                [dip.significance],
                size=10,
                color=colour,
                marker="triangle",
                line_color=None,
            )
            entries.append((f"{name} {dip.significance:.1f} σ", [mark]))
    add_legend(drawn, entries)
    _limit(drawn, np.append(strength, [limit * 1.3, -limit * 1.3]))
    return Chart(
        "phases",
        "Search of all phases",
        drawn,
        f"Depth of a dip with the shape of the transit, relative to the noise. The transit itself "
        f"({search.primary.significance:.0f} σ) is left out. Dashed: false-alarm probability of 0.1 % for all "
        "phases together.",
    )


def centroid_offset(vetting: Vetting) -> Chart:
    """Return the position of the source of the transits relative to the star."""
    shift = vetting.centroid
    assert shift is not None
    length = float(np.hypot(*shift.shift))
    pixel = length / shift.pixels[0] if shift.pixels[0] > 0 else 1.0
    factor = shift.offset / length if length > 0 else 0.0
    reach = max(1.3 * (shift.offset + 3 * shift.offset_error), 0.6 * pixel)
    drawn = plot(
        "East [arcsec]",
        "North [arcsec]",
        x_range=(reach, -reach),
        y_range=(-reach, reach),
        height=360,
    )
    angle = np.linspace(0, 2 * np.pi, 120)
    limit = drawn.line(
        pixel / 2 * np.sin(angle), pixel / 2 * np.cos(angle), color=FAINT, line_dash="dashed"
    )
    star = drawn.scatter([0.0], [0.0], marker="cross", size=14, color=INK, line_width=2)
    values, vectors = np.linalg.eigh(np.array(shift.covariance))
    circle = np.array([np.cos(angle), np.sin(angle)])
    ellipse = 3 * factor * vectors @ (np.sqrt(np.maximum(values, 0))[:, np.newaxis] * circle)
    source = drawn.scatter(
        [shift.offset_east], [shift.offset_north], size=8, color=OTHER, line_color=None
    )
    error = drawn.line(shift.offset_east + ellipse[0], shift.offset_north + ellipse[1], color=OTHER)
    add_legend(
        drawn,
        [
            ("star", [star]),
            ("source of the transits, 3 σ", [source, error]),
            ("half a pixel", [limit]),
        ],
    )
    return Chart(
        "centroid",
        "Source of the transits",
        drawn,
        vetting.check("centroid").statement.capitalize() + ".",
    )


def _model(vetting: Vetting, depth: float) -> tuple[Floats, Floats]:
    """Return times since mid-transit [d] and the fitted flux [ppm]."""
    signal, reach = vetting.measured.signal, _reach(vetting)
    template = vetting.measured.shape.template(signal.exposure, signal.ephemeris.period)
    time = np.linspace(-reach, reach, 201)
    grid = np.arange(len(template.values)) * template.step
    return time, -1e6 * depth * np.interp(np.abs(time), grid, template.values, right=0.0)


def _reach(vetting: Vetting) -> float:
    event = vetting.measured.signal.ephemeris
    return float(min(_REACH * event.duration, event.period / 2))


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


def _limit(drawn: Any, values: Floats) -> None:
    """Set the vertical range to that of the values, without extreme outliers."""
    low, high = np.nanquantile(values, [0.002, 0.998])
    margin = 0.12 * max(high - low, 1e-9)
    drawn.y_range.start, drawn.y_range.end = float(low - margin), float(high + margin)


def _extremes(values: Floats, most: int) -> Bools:
    """Return which values [n] to draw: the smallest and the largest of each group of neighbours."""
    keep = np.ones(len(values), np.bool_)
    if len(values) <= most:
        return keep
    keep[:] = False
    for group in np.array_split(np.arange(len(values)), most // 2):
        keep[group[values[group].argmin()]] = keep[group[values[group].argmax()]] = True
    return keep
