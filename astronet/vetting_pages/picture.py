"""Figure of a candidate as a PNG file: light curve, transit, odd and even transits, all phases."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from astronet.figures.style import FAINT, OTHER, PLANET, styled
from astronet.files.atomic import replacing
from astronet.vetting.vetting import Vetting
from astronet.vetting_pages.candidate import Candidate
from astronet.vetting_pages.series import phase_bins, thinned, transit_times

_DPI = 100


def write_picture(path: Path, star: int | str, candidate: Candidate, vetting: Vetting) -> None:
    """Write the figure of a candidate.

    Args:
        path: Path of the PNG file.
        star: Number or name of the star.
        candidate: Candidate.
        vetting: Vetting of the candidate.
    """
    figure = picture(star, candidate, vetting)
    with replacing(path) as part:
        figure.savefig(part, format="png", dpi=_DPI, metadata={"Software": None})


@styled
def picture(star: int | str, candidate: Candidate, vetting: Vetting) -> Figure:
    """Return the figure of a candidate as a matplotlib figure."""
    figure = Figure(figsize=(10, 6.4))
    grid = figure.add_gridspec(
        2, 3, left=0.08, right=0.98, bottom=0.08, top=0.89, hspace=0.4, wspace=0.3
    )
    _light_curve(figure.add_subplot(grid[0, :]), vetting)
    _transit(figure.add_subplot(grid[1, 0]), vetting)
    _odd_even(figure.add_subplot(grid[1, 1]), vetting)
    _phases(figure.add_subplot(grid[1, 2]), vetting)
    score = "" if candidate.judgement is None else f", score {candidate.judgement.score:.3f}"
    period = vetting.ephemeris.period
    figure.suptitle(f"{star}, event {candidate.number}: {period:.6g} d{score}", x=0.02, ha="left")
    return figure


def _light_curve(axes: Axes, vetting: Vetting) -> None:
    signal = vetting.measured.signal
    points = thinned(signal.detrended, [signal.ephemeris])
    axes.plot(points.time, 1e6 * (points.flux - 1), ".", ms=1.5, color=PLANET)
    low = float(np.quantile(1e6 * (points.flux - 1), 0.001))
    times = transit_times(signal.detrended, signal.ephemeris)
    axes.plot(times, np.full(len(times), 1.1 * low), "^", ms=4, color=OTHER)
    axes.set(title="Detrended light curve", xlabel="Time [BKJD, d]", ylabel="Flux [ppm]")


def _transit(axes: Axes, vetting: Vetting) -> None:
    signal = vetting.measured.signal
    reach = min(1.5 * signal.ephemeris.duration, signal.ephemeris.period / 2)
    bins = phase_bins(signal.since, signal.curve.flux, reach, 60)
    axes.plot(24 * bins.time, 1e6 * (bins.flux - 1), ".", color=PLANET)
    template = vetting.measured.shape.template(signal.exposure, signal.ephemeris.period)
    time = np.linspace(-reach, reach, 201)
    grid = np.arange(len(template.values)) * template.step
    model = np.interp(np.abs(time), grid, template.values, right=0.0)
    axes.plot(24 * time, -1e6 * vetting.measured.shape.depth.value * model, color=OTHER)
    axes.set(title="Transit and fit", xlabel="Time since mid-transit [h]", ylabel="Flux [ppm]")


def _odd_even(axes: Axes, vetting: Vetting) -> None:
    signal = vetting.measured.signal
    reach = min(1.5 * signal.ephemeris.duration, signal.ephemeris.period / 2)
    for name, kind, colour in (("even", 0, PLANET), ("odd", 1, OTHER)):
        chosen = signal.number % 2 == kind
        bins = phase_bins(signal.since[chosen], signal.curve.flux[chosen], reach, 40)
        axes.plot(24 * bins.time, 1e6 * (bins.flux - 1), ".", color=colour, label=name)
    axes.legend()
    axes.set(title="Odd and even transits", xlabel="Time since mid-transit [h]")


def _phases(axes: Axes, vetting: Vetting) -> None:
    search = vetting.measured.phases
    with np.errstate(invalid="ignore", divide="ignore"):
        axes.plot(search.phase, search.depth / search.error, color=PLANET, linewidth=0.8)
    for sign in (-1, 1):
        axes.axhline(sign * search.threshold, color=FAINT, linestyle=":")
    axes.set(
        title="Dips at other phases", xlabel="Phase", ylabel="Significance [σ]", xlim=(-0.5, 0.5)
    )
