"""Tables of the search benchmark."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.measuring import show
from benchmarks.searching import recovery
from benchmarks.searching.records import Results
from benchmarks.searching.recovery import RATES

_WIDTH = 130

_CLEAR = 10.0
"""SNR of injections from which the kept fraction is measured; weaker ones are listed if lucky."""


def print_tables(engines: Sequence[str], found: pd.DataFrame, null: pd.DataFrame) -> None:
    """Print all tables of recoveries.

    Args:
        engines: Engines with injections and nulls, from `recovery.variants`. The first table also
            contains the other unit of the statistic of box least squares.
        found: Rows of `recovery.injections`.
        null: Rows of `recovery.nulls`.
    """
    every = [name for name in dict.fromkeys(found["engine"]) if name in set(null["engine"])]
    _overall("Recovered injections", every, found, null)
    peers = [e for e in engines if e != "ours"]
    if peers and len(peers) < len(engines):
        pairs = found.loc[found["engine"] == peers[0], ["star", "index"]]
        same = found.merge(pairs, on=["star", "index"])
        stars = null["star"].isin(pairs["star"])
        _overall("The same, injections of the other engines only", every, same, null[stars])
    for column, unit in (("snr", ""), ("period", " [d]"), ("duration", " [d]")):
        _by(column, f"{column}{unit}", engines, found, null)
    _by_star(engines, found, null)
    if "ours" in engines:
        _kept(_of(found, "ours"))


def _kept(rows: pd.DataFrame) -> None:
    """Print which fraction of the injected signal-to-noise ratio the detection statistic keeps."""
    table = []
    for name, part in recovery.sliced(rows[rows["snr"] >= _CLEAR], "duration"):
        listed = part[np.isfinite(part["recovered"])]
        ratios = (listed["recovered"] / listed["snr"]).to_numpy(np.float64)
        quartiles = np.percentile(ratios, [25, 50, 75]) if len(ratios) else [np.nan] * 3
        cells = [f"{value:.2f}" for value in quartiles]
        table.append((name, cells[1], f"{cells[0]}–{cells[2]}", f"{len(listed)} of {len(part)}"))
    columns = ("duration [d]", "median", "quartiles", "listed injections")
    show(f"Statistic of astronet / injected SNR, for SNR of at least {_CLEAR:g}", columns, table)


def _of(rows: pd.DataFrame, engine: str) -> pd.DataFrame:
    return rows[rows["engine"] == engine]


def _percent(value: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.0f} %"


def _overall(title: str, engines: Sequence[str], found: pd.DataFrame, null: pd.DataFrame) -> None:
    rows = []
    for engine in engines:
        mine, quiet = _of(found, engine), _of(null, engine)
        for per_star in (False, True):
            cells = []
            for rate in RATES:
                limits = recovery.thresholds(quiet, rate, per_star)
                low, high = recovery.interval(mine, limits)
                share = _percent(recovery.fraction(mine, limits))
                cells.append(f"{share} ({100 * low:.0f}–{100 * high:.0f})")
            limits = recovery.thresholds(quiet, 0.1, per_star)
            harmonic = recovery.fraction(mine, limits, "harmonic")
            counts = f"{len(mine)}, {len(quiet)}, {int(mine['empty'].sum() + quiet['empty'].sum())}"
            kind = "per star" if per_star else f"all: {next(iter(limits.values())):.3g}"
            rows.append((engine, kind, *cells, _percent(harmonic), counts))
    columns = (
        "engine",
        "threshold (at 10 %)",
        *(f"{100 * rate:.0f} % false alarms" for rate in RATES),
        "harmonics at 10 %",
        "injections, nulls, empty",
    )
    show(f"{title} (95 % interval: bootstrap over stars)", columns, rows, _WIDTH)


def _by(
    column: str, title: str, engines: Sequence[str], found: pd.DataFrame, null: pd.DataFrame
) -> None:
    rows = []
    for engine in engines:
        limits = [recovery.thresholds(_of(null, engine), rate, False) for rate in RATES]
        for name, part in recovery.sliced(_of(found, engine), column):
            cells = []
            for limit in limits:
                low, high = recovery.interval(part, limit) if len(part) else (np.nan, np.nan)
                value = _percent(recovery.fraction(part, limit))
                cells.append(
                    value if np.isnan(low) else f"{value} ({100 * low:.0f}–{100 * high:.0f})"
                )
            rows.append((engine, name, *cells, str(len(part))))
    columns = ("engine", title, *(f"{100 * rate:.0f} % false alarms" for rate in RATES))
    show(f"Recovered by {column}", (*columns, "injections"), rows, _WIDTH)


def _by_star(engines: Sequence[str], found: pd.DataFrame, null: pd.DataFrame) -> None:
    rows = []
    for star in sorted(set(found["star"])):
        cells = []
        for engine in engines:
            mine = _of(found, engine)
            mine = mine[mine["star"] == star]
            texts = []
            for per_star in (False, True):
                limits = recovery.thresholds(_of(null, engine), 0.1, per_star)
                texts.append(_percent(recovery.fraction(mine, limits)) if star in limits else "–")
            cells.append(" / ".join(texts))
        rows.append((str(star), *cells))
    title = "Recovered at 10 % false alarms by star: common threshold / threshold of the star"
    show(title, ("star", *engines), rows, _WIDTH)


def print_cost(results: Results) -> None:
    """Print the CPU time of all searches."""
    rows = []
    for engine in dict.fromkeys(task.engine for task in results.records):
        mine = [record for task, record in results.records.items() if task.engine == engine]
        full = [r.cpu for r in mine if engine == "ours" or r.task.kind != "injection"]
        rows.append((
            engine, f"{np.median(full):.3g}" if full else "–", str(len(full)),
            f"{sum(r.cpu for r in mine) / 3600:.2f}", str(sum(bool(r.error) for r in mine)),
        ))  # fmt: skip
    columns = ("engine", "CPU s per full grid (median)", "full grids", "CPU h in all", "errors")
    show("CPU time of the searches, detrending included", columns, rows, _WIDTH)
