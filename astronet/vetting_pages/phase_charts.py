"""Figures of all orbital phases, and of the centroid."""

from collections.abc import Iterator, Mapping

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
    near = np.abs(signal.orbital_phase) < 0.25
    both = {"half of the period with the transit": near, "other half": ~near}
    whole = {"": np.ones(len(near), np.bool_)}
    yield _fold(vetting, "fold", "Folded at the period", 1.0, whole)
    yield _fold(vetting, "half", "Folded at half the period", 0.5, both)
    yield _fold(vetting, "twice", "Folded at twice the period", 2.0, whole)


def _fold(
    vetting: Vetting, name: str, title: str, factor: float, parts: Mapping[str, Bools]
) -> Chart:
    """Return a figure of parts of the light curve, folded at a multiple of the period."""
    signal = vetting.measured.signal
    event = signal.ephemeris
    bins = int(np.clip(12 * factor * event.period / event.duration, 60, _FOLD_BINS))
    drawn = plot("Phase", "Flux [ppm]", height=240, x_range=(-0.5, 0.5))
    entries: list[tuple[str, list[Drawn]]] = []
    for (label, chosen), colour in zip(parts.items(), (PLANET, OTHER), strict=False):
        if not chosen.any():
            continue
        found = folded_at(signal.curve.where(chosen), event, factor, bins)
        points = drawn.scatter(
            found.time, 1e6 * (found.flux - 1), size=4, color=colour, line_color=None
        )
        add_hover(drawn, [points], [("phase", "@x{0.000}"), ("flux", "@y{0,0} ppm")])
        entries += [(label, [points])] if label else []
    period = f"{factor * event.period:.6g} d"
    caption = "Medians in bins of the phase."
    return Chart(name, f"{title}: {period}", drawn, caption, legend=entries)


def phase_search(vetting: Vetting) -> Chart:
    """Return the significance of a dip at all phases, with the events marked."""
    search = vetting.measured.phases
    drawn = plot("Phase", "Significance of a dip [σ]", x_range=(-0.5, 0.5), height=300)
    known = np.isfinite(search.depth) & (search.error > 0)
    strength = search.depth[known] / search.error[known]
    phase = search.phase[known]
    keep = _extremes(strength, _PHASES)
    x, y = _with_gaps(phase[keep], strength[keep])
    line = drawn.line(x, y, color=PLANET, line_width=1)
    add_hover(drawn, [line], [("phase", "@x{0.000}"), ("significance", "@y{0.0} σ")], mode="vline")
    limit = search.threshold
    drawn.line([-0.5, 0.5], [limit, limit], color=FAINT, line_dash="dashed")
    drawn.line([-0.5, 0.5], [-limit, -limit], color=FAINT, line_dash="dashed")
    entries: list[tuple[str, list[Drawn]]] = []
    marked: list[float] = []
    for name, dip, colour in (
        ("secondary", search.secondary, OTHER),
        ("tertiary", search.tertiary, SERIES[1]),
        ("positive", search.positive, SERIES[2]),
    ):
        if np.isfinite(dip.phase) and np.isfinite(dip.significance):
            marked.append(dip.significance)
            mark = drawn.scatter(
                [dip.phase],
                [dip.significance],
                size=10,
                color=colour,
                marker="triangle",
                line_color=None,
            )
            entries.append((f"{name} {dip.significance:.1f} σ", [mark]))
    limit_range(drawn, np.append(strength, [limit * 1.3, -limit * 1.3]), always=marked)
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
    drawn.update(sizing_mode="scale_width", max_width=380, aspect_ratio=1)
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


def _with_gaps(phase: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return phases and values with NaN in gaps, so that no line crosses them."""
    if len(phase) < 3:
        return phase, values
    steps = np.diff(phase)
    gaps = np.flatnonzero(steps > 3 * np.median(steps)) + 1
    return np.insert(phase, gaps, np.nan), np.insert(values, gaps, np.nan)


def _extremes(values: Floats, most: int) -> Bools:
    """Return which values [n] to draw: the smallest and the largest of each group of neighbours."""
    keep = np.ones(len(values), np.bool_)
    if len(values) <= most:
        return keep
    keep[:] = False
    for group in np.array_split(np.arange(len(values)), most // 2):
        keep[group[values[group].argmin()]] = keep[group[values[group].argmax()]] = True
    return keep
