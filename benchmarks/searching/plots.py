"""Completeness plots of the search benchmark."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from astronet.figures.style import STYLE
from benchmarks.searching import recovery

_COLOURS = {"ours": "#0072b2", "bls": "#d55e00", "cuperiod": "#009e73", "tls": "#cc79a7"}
_LABELS = {"ours": "astronet", "bls": "astropy BLS", "cuperiod": "cuPeriod BLS", "tls": "TLS"}
_TITLES = {"snr": "Signal-to-noise ratio", "period": "Period [d]", "duration": "Duration [d]"}
_TICKS = {"period": (0.5, 1, 5, 20, 100, 400), "duration": (0.05, 0.1, 0.2, 0.4, 0.8)}
_CELLS = (8, 7)  # of the map, in log period and in SNR


def draw(folder: Path, engines: Sequence[str], found: pd.DataFrame, null: pd.DataFrame) -> Path:
    """Draw the recovered fraction at 10 % false alarms, and return the path of the figure.

    One panel each shows it by SNR, period and duration for all engines, and the last panel is a map
    over period and SNR of the first engine.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(10.5, 8.0), layout="constrained")
        panels = figure.subplots(2, 2).ravel()
        for axes, column in zip(panels[:3], _TITLES, strict=True):
            _curves(axes, column, engines, found, null)
        _map(panels[3], engines[0], found, null)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
        path = folder / "completeness.png"
        figure.savefig(path, dpi=150)
    return path


def _curves(
    axes: Axes, column: str, engines: Sequence[str], found: pd.DataFrame, null: pd.DataFrame
) -> None:
    for place, engine in enumerate(engines):
        family, clipped = engine.split()[0], "clipped" in engine
        limits = recovery.thresholds(null[null["engine"] == engine], 0.1, False)
        bins = list(recovery.sliced(found[found["engine"] == engine], column))
        edges = np.array(recovery.SLICES[column], np.float64)
        x = (
            edges.mean(1)
            if column == "snr"
            else np.sqrt(np.maximum(edges[:, 0], 0.03) * edges[:, 1])
        )
        y = [recovery.fraction(rows, limits) for _, rows in bins]
        count = np.array([max(len(rows), 1) for _, rows in bins])
        error = np.sqrt(np.clip(np.multiply(y, np.subtract(1, y)), 0.01, 1) / count)
        shift = (place - len(engines) / 2) * 0.012
        axes.errorbar(
            x * (1 + shift), y, error,
            color=_COLOURS[family], linestyle="--" if clipped else "-", marker="o", markersize=4,
            linewidth=1.4, elinewidth=0.8,
            label=engine.replace(family, _LABELS[family], 1),
        )  # fmt: skip
    if column != "snr":
        _logarithmic(axes, _TICKS[column])
    axes.set(xlabel=_TITLES[column], ylim=(-0.03, 1.03), ylabel="Recovered fraction")
    axes.set_title(f"Completeness by {column.replace('snr', 'SNR')}")


def _map(axes: Axes, engine: str, found: pd.DataFrame, null: pd.DataFrame) -> None:
    rows = found[found["engine"] == engine]
    limits = recovery.thresholds(null[null["engine"] == engine], 0.1, False)
    good = (rows["recovered"] > rows["star"].map(limits)).to_numpy(np.float64)
    edges = [np.geomspace(0.5, 400, _CELLS[0] + 1), np.linspace(6, 20, _CELLS[1] + 1)]
    place = (rows["period"], rows["snr"])
    with np.errstate(invalid="ignore"):
        share = np.histogram2d(*place, edges, weights=good)[0] / np.histogram2d(*place, edges)[0]
    image = axes.pcolormesh(*edges, share.T, vmin=0, vmax=1, cmap="cividis")
    for i, j in np.argwhere(np.isfinite(share)):
        middle = (np.sqrt(edges[0][i] * edges[0][i + 1]), edges[1][j : j + 2].mean())
        colour = "white" if share[i, j] < 0.5 else "black"
        axes.text(*middle, f"{100 * share[i, j]:.0f}", ha="center", va="center", color=colour)
    _logarithmic(axes, _TICKS["period"])
    axes.grid(visible=False)
    axes.set(xlabel=_TITLES["period"], ylabel=_TITLES["snr"])
    axes.set_title(f"Recovered [%], {_LABELS[engine.split()[0]]}")
    axes.figure.colorbar(image, ax=axes, label="Recovered fraction")


def _logarithmic(axes: Axes, ticks: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
