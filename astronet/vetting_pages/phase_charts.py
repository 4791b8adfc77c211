"""Figures of all orbital phases, and of the centroid."""

from collections.abc import Iterator

import numpy as np

from astronet.figures.interactive import SERIES, Chart, Drawn, add_hover, plot
from astronet.figures.style import FAINT, INK, OTHER, PLANET
from astronet.lightcurves.arrays import Bools, Floats
from astronet.vetting.vetting import Vetting
from astronet.vetting_pages.drawing import limit_range, sentence
from astronet.vetting_pages.series import folded_at

_FOLD_BINS = 400
_PHASES = 3000  # number of phases that are drawn


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


def phase_search(vetting: Vetting) -> Chart:
    """Return the significance of a dip at all phases, with the events marked."""
    search = vetting.measured.phases
    drawn = plot("Phase", "Significance of a dip [σ]", x_range=(-0.5, 0.5), height=300)
    known = np.isfinite(search.depth) & (search.error > 0)
    strength = search.depth[known] / search.error[known]
    phase = search.phase[known]
    keep = _extremes(strength, _PHASES)
    line = drawn.line(phase[keep], strength[keep], color=PLANET, line_width=1)
    add_hover(drawn, [line], [("phase", "@x{0.000}"), ("significance", "@y{0.0} σ")], mode="vline")
    limit = search.threshold
    drawn.line([-0.5, 0.5], [limit, limit], color=FAINT, line_dash="dashed")
    drawn.line([-0.5, 0.5], [-limit, -limit], color=FAINT, line_dash="dashed")
    entries: list[tuple[str, list[Drawn]]] = []
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
    limit_range(drawn, np.append(strength, [limit * 1.3, -limit * 1.3]))
    return Chart(
        "phases",
        "Search of all phases",
        drawn,
        f"Depth of a dip with the shape of the transit, relative to the noise. The transit itself "
        f"({search.primary.significance:.0f} σ) is left out. Dashed: false-alarm probability of "
        "0.1 % for all "
        "phases together.",
        legend=entries,
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
        height=420,
    )
    drawn.update(sizing_mode="fixed", width=380)
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
    return Chart(
        "centroid",
        "Source of the transits",
        drawn,
        sentence(vetting.check("centroid").statement),
        legend=[
            ("star", [star]),
            ("source of the transits, 3 σ", [source, error]),
            ("half a pixel", [limit]),
        ],
    )


def _extremes(values: Floats, most: int) -> Bools:
    """Return which values [n] to draw: the smallest and the largest of each group of neighbours."""
    keep = np.ones(len(values), np.bool_)
    if len(values) <= most:
        return keep
    keep[:] = False
    for group in np.array_split(np.arange(len(values)), most // 2):
        keep[group[values[group].argmin()]] = keep[group[values[group].argmax()]] = True
    return keep
