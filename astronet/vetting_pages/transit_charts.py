"""Figures of the transits: fit, single transits, depths, odd and even ones."""

import numpy as np
from bokeh.models import LinearColorMapper

from astronet.figures.interactive import Chart, Drawn, add_hover, plot
from astronet.figures.style import FAINT, INK, OTHER, PLANET
from astronet.vetting.vetting import Vetting
from astronet.vetting_pages.drawing import limit_range, model_of, reach_of, sentence
from astronet.vetting_pages.series import MOST_POINTS, Points, phase_bins

_ROWS = 24
"""Number of transits up to which each one is drawn as a line; more are drawn as an image."""

_BINS = 60  # bins per transit of the image
_COLOURS = (PLANET, OTHER)
_PALETTE = "Cividis256"


def transit_fit(vetting: Vetting) -> Chart:
    """Return the folded transit with the fitted model."""
    signal, reach = vetting.measured.signal, reach_of(vetting)
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
    time, model = model_of(vetting, vetting.measured.shape.depth.value)
    line = drawn.line(24 * time, model, color=OTHER, line_width=2)
    add_hover(drawn, [medians], [("time", "@x{0.00} h"), ("flux", "@y{0,0} ppm")])
    limit_range(drawn, np.concatenate([1e6 * (bins.flux - 1), model]))
    shape = vetting.measured.shape
    return Chart(
        "transit",
        "Transit and fit",
        drawn,
        f"Limb-darkened transit: depth {1e6 * shape.depth.value:,.0f} ± "
        f"{1e6 * shape.depth.error:,.0f} ppm, "
        f"duration {24 * shape.duration.value:.2f} ± {24 * shape.duration.error:.2f} h, impact "
        "parameter "
        f"{shape.impact.value:.2f} ± {shape.impact.error:.2f}.",
        legend=[("points", [cloud]), ("medians", [medians]), ("fit", [line])],
    )


def single_transits(vetting: Vetting) -> Chart:
    """Return every single transit: as shifted lines, or as an image if there are many."""
    transits = vetting.measured.transits
    many = len(transits) > _ROWS
    return _image(vetting) if many else _stack(vetting)


def _stack(vetting: Vetting) -> Chart:
    measured, reach = vetting.measured, reach_of(vetting)
    signal, transits = measured.signal, measured.transits
    event, rows = signal.ephemeris, len(transits)
    scatter = 1e6 * float(np.median(measured.noise))
    step = max(1.3e6 * measured.shape.depth.value, 6 * scatter)
    expected = event.epoch + transits.number * event.period
    row = np.argmin(np.abs(signal.curve.time[:, np.newaxis] - expected), axis=1)
    since = signal.curve.time - expected[row]
    near = np.abs(since) <= reach
    drawn = plot(
        "Time since expected mid-transit [h]", "Number of the transit", height=max(300, 46 * rows)
    )
    for kind, colour in enumerate(_COLOURS):
        chosen = near & (transits.number[row] % 2 == kind)
        data = {
            "x": 24 * since[chosen],
            "y": 1e6 * (signal.curve.flux[chosen] - 1) - step * row[chosen],
            "number": transits.number[row[chosen]],
            "time": signal.curve.time[chosen],
        }
        points = drawn.scatter("x", "y", size=4, color=colour, line_color=None, source=data)
        add_hover(drawn, [points], [("transit", "@number"), ("time", "@time{0.000} d")])
    time, model = model_of(vetting, measured.shape.depth.value)
    gap = np.array([np.nan])
    drawn.line(
        np.concatenate([24 * time, gap] * rows),
        np.concatenate([part for k in range(rows) for part in (model - step * k, gap)]),
        color=INK,
        alpha=0.5,
    )
    ticks = [-step * k for k in range(rows)]
    labels = map(str, transits.number.tolist())
    drawn.yaxis.ticker = ticks
    drawn.yaxis.major_label_overrides = dict(zip(ticks, labels, strict=True))
    return Chart(
        "single",
        "Single transits",
        drawn,
        f"Rows are {step:,.0f} ppm apart; even transits are blue, odd ones orange. Lines are the "
        "fit "
        "to all transits.",
    )


def _image(vetting: Vetting) -> Chart:
    measured, reach = vetting.measured, reach_of(vetting)
    signal = measured.signal
    near = np.abs(signal.since) <= reach
    bins = int(np.clip(2 * reach / max(signal.exposure, 1e-9), 5, _BINS))
    number = signal.number[near]
    rows, row = np.unique(number, return_inverse=True)
    column = ((signal.since[near] / reach + 1) / 2 * bins).astype(np.int64).clip(0, bins - 1)
    place = row * bins + column
    count = np.bincount(place, minlength=len(rows) * bins)
    total = np.bincount(place, 1e6 * (signal.curve.flux[near] - 1), len(rows) * bins)
    with np.errstate(invalid="ignore"):
        image = (total / count).reshape(-1, bins).astype(np.float32)
    drawn = plot("Time since expected mid-transit [h]", "Row of the transit", height=420)
    low = -1.1e6 * measured.shape.depth.value
    image_of = drawn.image(
        [image],
        x=-24 * reach,
        y=0,
        dw=48 * reach,
        dh=len(rows),
    )
    image_of.glyph.color_mapper = LinearColorMapper(
        palette=_PALETTE, low=low, high=-low / 3, nan_color="rgba(0,0,0,0)"
    )
    return Chart(
        "single",
        "Single transits",
        drawn,
        f"Each of the {len(rows)} rows is one transit, in order of time; dark is faint, from "
        f"{low:,.0f} to {-low / 3:,.0f} ppm.",
    )


def depths(vetting: Vetting) -> Chart:
    """Return the depth of each transit with its error."""
    transits = vetting.measured.transits
    drawn = plot("Time [BKJD, d]", "Depth [ppm]", height=260)
    entries: list[tuple[str, list[Drawn]]] = []
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
    mean = transits.mean_depth(transits.present)
    line = drawn.line([transits.time.min(), transits.time.max()], [1e6 * mean.value] * 2, color=INK)
    return Chart(
        "depths",
        "Depths of the transits",
        drawn,
        f"Errors include red noise. Mean depth {1e6 * mean.value:,.0f} ± {1e6 * mean.error:,.0f} "
        "ppm.",
        legend=[*entries, ("mean", [line])],
    )


def odd_even(vetting: Vetting) -> Chart:
    """Return odd and even transits beside each other, with the fit scaled to their depths."""
    measured, reach = vetting.measured, reach_of(vetting)
    signal, means = measured.signal, measured.transits.odd_even()
    drawn = plot("Time since mid-transit [h]", "Flux [ppm]")
    entries: list[tuple[str, list[Drawn]]] = []
    drawn_values = []
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
        time, model = model_of(vetting, depth)
        line = drawn.line(24 * time, model, color=_COLOURS[kind], line_width=1.5)
        entries.append((f"{name}: {1e6 * depth:,.0f} ppm", [points, line]))
    limit_range(drawn, np.concatenate(drawn_values))
    return Chart(
        "odd-even",
        "Odd and even transits",
        drawn,
        sentence(vetting.check("odd_even").statement),
        legend=entries,
    )
