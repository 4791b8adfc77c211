"""Signal-to-noise ratio that detrending and noise model keep: `python -m benchmarks.signal_kept F`.

F contains kepler/ (light curves) and dr24/ (the TCE table). Each row is about the same injections
as `benchmarks.search`, evaluated at the true period and epoch, whether or not a search finds them.
All numbers are relative to the injected signal-to-noise ratio, whose noise is the scatter of the
means over one duration in the detrended light curve. The columns:

- flatten: the light curve is detrended without knowledge of the transits, and compared with the
  injected transits. In the first column, the noise is as in the injected ratio; in the second one,
  it is the scatter of the filter's output.
- template detrended: the same, compared with transits that were detrended in the same way. The
  first column assumes that this template meets white noise.
- search: the statistic of `astronet.find_transits`.
- best filter: the largest ratio of any linear filter, if the noise model is right.
"""

from benchmarks.measuring import one_thread

one_thread()

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.progress import track

import astronet
from astronet import LightCurve
from astronet.detection.grid import Grid
from astronet.detection.noise import robust_scatter
from astronet.detection.single_events import SingleEvents
from astronet.detection.trains import Search
from astronet.detection.whitened import Whitened
from astronet.lightcurves.arrays import Floats
from astronet.simulation.injection import Injection, noise_per_point
from benchmarks.measuring import show
from benchmarks.searching.curves import Star, read_star, star_numbers
from benchmarks.searching.recovery import SLICES

LEAST_SNR = 10.0
"""Smallest injected signal-to-noise ratio."""

_REACH = 1.9  # largest distance from mid-transit at which the change of the flux is averaged [d]
_COVERAGE = 0.8  # smallest covered fraction of the templates from which the scatter is measured
_SHORTER = 5  # only every fifth injection with a duration below _LONG is evaluated
_LONG = 0.4

_COLUMNS = (
    "flatten", "with its noise", "template detrended", "with its noise", "search", "best filter",
)  # fmt: skip


class Kept(NamedTuple):
    """Kept fractions of the signal-to-noise ratio of one injection, in the order of the columns."""

    star: int
    duration: float
    flatten: float
    flatten_measured: float
    template: float
    template_measured: float
    search: float
    best: float


def main(folder: Path, injections: int) -> None:
    """Print the median of each column by duration, and by star for the longest durations."""
    kept = [
        row
        for star in track(star_numbers(folder), "stars")
        for row in _of_star(read_star(folder, star), injections)
    ]
    star, duration = np.array([row.star for row in kept]), np.array([row.duration for row in kept])
    values = np.array([row[2:] for row in kept])
    rows = []
    for low, high in SLICES["duration"]:
        inside = (duration >= low) & (duration < high)
        rows.append((f"{low:g}–{high:g}", *_medians(values[inside])))
    columns = ("injections", *_COLUMNS)
    show("Median kept fraction of the signal-to-noise ratio", ("duration [d]", *columns), rows)
    long = duration >= _LONG
    rows = [(str(one), *_medians(values[long & (star == one)])) for one in np.unique(star)]
    show(f"The same for durations of at least {_LONG:g} d", ("star", *columns), rows)


def _medians(values: Floats) -> list[str]:
    if not len(values):
        return ["0", *["–"] * len(_COLUMNS)]
    return [str(len(values)), *(f"{value:.3f}" for value in np.median(values, axis=0))]


def _of_star(star: Star, injections: int) -> Iterator[Kept]:
    flat, raw = Grid.of(star.flat), Grid.of(star.raw)
    curve = Whitened.levelled(raw)
    for index in range(injections):
        injection = star.injection(index)
        long = injection.ephemeris.duration >= _LONG
        if injection.snr >= LEAST_SNR and (long or index % _SHORTER == 0):
            with_signal = star.curve("injection", index)
            detrended = astronet.flatten(with_signal)
            if len(detrended) == len(star.flat):
                blind = _flattened(star, flat, injection, with_signal, detrended)
                yield Kept(
                    star.number,
                    injection.ephemeris.duration,
                    *blind,
                    *_searched(raw, curve, injection, with_signal),
                )


def _flattened(
    star: Star, flat: Grid, injection: Injection, with_signal: LightCurve, detrended: LightCurve
) -> list[float]:
    """Return the kept fractions after detrending without knowledge of the transits."""
    injected = with_signal.flux / star.raw.flux - 1
    left = detrended.flux - star.flat.flux
    truth = injection.ephemeris
    noise = noise_per_point(star.flat, truth.duration)
    phase = (star.flat.time - truth.epoch + truth.period / 2) % truth.period - truth.period / 2
    near = np.abs(phase) < _REACH
    middle = int(_REACH / flat.step) + 1
    place = np.rint(phase[near] / flat.step).astype(np.int64) + middle
    count = np.bincount(place, minlength=2 * middle + 1)
    given, kept = (
        np.bincount(place, change[near], len(count)) / np.maximum(count, 1)
        for change in (injected, left)
    )
    flux, observed = np.where(flat.observed, flat.flux, 0.0), flat.observed.astype(float)
    fractions = []
    for change, template in ((injected, given), (left, kept)):
        # Fraction with the noise of the injected ratio
        fractions.append(float(left @ change / np.sqrt(change @ change)) / noise / injection.snr)
        norm = float(template @ template)
        filtered = np.convolve(flux, template[::-1], "same")
        covered = np.convolve(observed, template[::-1] ** 2, "same") / norm
        scatter = robust_scatter(filtered[covered > _COVERAGE])
        events = float(count @ template**2) / norm
        fractions.append(np.sqrt(events) * float(template @ kept) / scatter / injection.snr)
    return fractions


def _searched(
    raw: Grid, curve: Whitened, injection: Injection, with_signal: LightCurve
) -> list[float]:
    """Return the fractions that the search keeps, and that the best filter could keep."""
    truth, grid = injection.ephemeris, Grid.of(with_signal)
    events = SingleEvents.of(Whitened.levelled(grid), truth.duration)
    train = Search.of(events, grid.time, grid.step).near(truth.period, truth.epoch, 0)
    # The flux of `curve` can be levelled, so the signal is the difference of the raw fluxes.
    signal = np.where(grid.observed & raw.observed, grid.flux - raw.flux, 0.0)
    scatter = float(np.median(SingleEvents.of(curve, truth.duration).scale))
    best = np.sqrt(max(float(signal @ curve.weigh(signal)), 0.0)) / scatter
    return [train.snr / injection.snr, float(best) / injection.snr]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signal_kept")
    parser.add_argument("folder", type=Path, help="folder with kepler/ and dr24/")
    parser.add_argument("--injections", type=int, default=91, help="per star")
    given = parser.parse_args()
    main(given.folder, given.injections)
