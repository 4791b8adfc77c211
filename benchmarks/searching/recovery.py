"""Recovered injections at equal false-alarm rates.

An injection is recovered if a listed signal exceeds the threshold, its period agrees within 0.1 %,
and its mid-transit nearest to the middle of the observations agrees within half a duration of the
injected transits. Signals with a multiple of the period are counted apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from astronet import Ephemeris
from benchmarks.searching import boxes
from benchmarks.searching.curves import Star, read_star
from benchmarks.searching.efficiency import Scale, efficiency
from benchmarks.searching.engines import Signal
from benchmarks.searching.records import Record, Results
from benchmarks.searching.running import Plan

RATES = (0.05, 0.10, 0.20)
"""Fractions of the light curves without transits in which a signal exceeds the threshold."""

TOLERANCE = 1e-3
"""Maximum relative difference of the periods."""

MULTIPLES = (1 / 3, 1 / 2, 2 / 3, 3 / 2, 2.0, 3.0)
"""Multiples of the period that are counted as harmonics."""

_RESAMPLES = 2000

Bins = Sequence[tuple[float, float]]

SLICES: dict[str, Bins] = {
    "snr": ((6, 8), (8, 10), (10, 12), (12, 15), (15, 20)),
    "period": ((0.5, 1), (1, 5), (5, 20), (20, 100), (100, 400)),
    "duration": ((0, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 2)),
}
"""Limits of the bins by SNR, period [d] and duration [d]."""


def matches(signal: Signal, truth: Ephemeris, middle: float, ratio: float = 1.0) -> bool:
    """Return whether a signal is an injected one, or a multiple of it.

    Args:
        signal: Signal that an engine listed.
        truth: Ephemeris of the injected signal.
        middle: Middle of the observations [d], where the mid-transits are compared.
        ratio: Expected ratio of the periods.
    """
    if abs(signal.period / (ratio * truth.period) - 1) > TOLERANCE:
        return False
    short, long = sorted(
        [(signal.period, signal.epoch), (truth.period, truth.epoch)], key=lambda pair: pair[0]
    )
    # Each transit of the longer period, or every second one at 2/3 and 3/2, is one of the shorter.
    count = 2 if ratio in (2 / 3, 3 / 2) else 1
    nearest = long[1] + np.round((middle - long[1]) / long[0]) * long[0]
    cycles = (nearest + np.arange(count) * long[0] - short[1]) / short[0]
    return bool(np.min(np.abs(cycles - np.round(cycles))) * short[0] <= truth.duration / 2)


LOCAL = " (local scatter)"
"""Suffix of the name of an engine whose statistic is in units of the local scatter."""


def injections(plan: Plan, results: Results) -> pd.DataFrame:
    """Return one row per searched injection: what was injected, and the statistic if it was found.

    The columns `recovered` and `harmonic` contain the largest statistic of the signals that match
    the injection or a multiple of its period; −∞ if there is none. Box least squares have rows for
    both units of their statistic; see `benchmarks.searching.efficiency`.
    """
    records = _of_kind(plan, results, "injection")
    records.sort(key=lambda record: (record.task.star, record.task.index))
    return pd.DataFrame(
        [_row(record, read_star(plan.data, record.task.star)) for record in records]
    )


def nulls(plan: Plan, results: Results) -> pd.DataFrame:
    """Return one row per searched null, with the largest statistic of all its signals.

    Searches that ended with an error are left out, so that they do not lower the thresholds.
    """
    return pd.DataFrame([
        {
            "engine": record.task.engine,
            "star": record.task.star,
            "index": record.task.index,
            "largest": max((s.statistic for s in record.signals), default=0.0),
            "empty": record.empty,
        }
        for record in _of_kind(plan, results, "null")
        if not record.error
    ])  # fmt: skip


def _of_kind(plan: Plan, results: Results, kind: str) -> list[Record]:
    tasks = (task for task in plan.tasks() if task.kind == kind)
    records = [results.records[task] for task in tasks if task in results.records]
    plain = [record for record in records if record.task.engine not in boxes.ENGINES]
    power = [record for record in records if record.task.engine in boxes.ENGINES]
    return [
        *plain,
        *(_with_efficiency(record, results, "whole", "") for record in power),
        *(_with_efficiency(record, results, "local", LOCAL) for record in power),
    ]


def _with_efficiency(record: Record, results: Results, scale: Scale, suffix: str) -> Record:
    """Return a record of box least squares with statistics in place of powers."""
    task = record.task
    own = task if task.kind == "null" else replace(task, kind="real", index=0)
    background = {} if record.error else results.background(own)
    return replace(
        record,
        task=replace(task, engine=task.engine + suffix),
        signals=tuple(efficiency(signal, background, scale) for signal in record.signals),
    )


def variants(engines: Sequence[str], found: pd.DataFrame, null: pd.DataFrame) -> list[str]:
    """Return the engines of the detailed tables.

    Without clipping, the statistic is that of its users, in units of the scatter of the whole
    periodogram. With clipping, it is the one that recovers more at 10 % false alarms.
    """

    def recovered(name: str) -> float:
        limits = thresholds(null[null["engine"] == name], 0.1, False)
        return fraction(found[found["engine"] == name], limits)

    names = set(found["engine"]) & set(null["engine"])
    choices = [
        [n for n in (engine, engine + LOCAL) if n in names and (n == engine or "clipped" in n)]
        for engine in engines
    ]
    return [max(some, key=recovered) for some in choices if some]


def _row(record: Record, star: Star) -> dict[str, object]:
    injection = star.injection(record.task.index)
    truth, time = injection.ephemeris, star.raw.time
    middle = float(time.min() + time.max()) / 2

    def best(ratios: Sequence[float]) -> float:
        return max(
            (s.statistic for s in record.signals for r in ratios if matches(s, truth, middle, r)),
            default=-np.inf,
        )

    return {
        "engine": record.task.engine,
        "star": record.task.star,
        "index": record.task.index,
        "snr": injection.snr,
        "period": truth.period,
        "duration": truth.duration,
        "transits": injection.transits,
        "recovered": best([1.0]),
        "harmonic": best(MULTIPLES),
        "empty": record.empty,
        "cpu": record.cpu,
    }


def thresholds(null: pd.DataFrame, rate: float, per_star: bool) -> dict[int, float]:
    """Return the threshold of each star, which a fraction `rate` of the nulls exceeds.

    Args:
        null: Rows of one engine from `nulls`.
        rate: Fraction of the nulls whose largest statistic exceeds the threshold.
        per_star: Whether the threshold of a star is that of its own nulls; otherwise, all stars
            have the same threshold, that of all nulls.
    """
    common = float(np.quantile(null["largest"], 1 - rate))
    limits = {star: common for star in null["star"].unique().tolist()}
    if per_star:
        for star in limits:
            own = null.loc[null["star"] == star, "largest"]
            limits[star] = float(np.quantile(own, 1 - rate))
    return limits


def fraction(rows: pd.DataFrame, limits: dict[int, float], column: str = "recovered") -> float:
    """Return the fraction of the injections whose statistic exceeds the threshold of the star."""
    return float(_above(rows, limits, column).mean()) if len(rows) else float("nan")


def interval(rows: pd.DataFrame, limits: dict[int, float]) -> tuple[float, float]:
    """Return the 95 % interval of the recovered fraction, from a bootstrap over stars."""
    above = _above(rows, limits, "recovered")
    groups = [above[rows["star"].to_numpy() == star] for star in np.unique(rows["star"])]
    total, count = np.array([g.sum() for g in groups]), np.array([len(g) for g in groups])
    drawn = np.random.default_rng(0).integers(0, len(groups), (_RESAMPLES, len(groups)))
    low, high = np.percentile(total[drawn].sum(1) / count[drawn].sum(1), [2.5, 97.5])
    return float(low), float(high)


def _above(rows: pd.DataFrame, limits: dict[int, float], column: str) -> NDArray[np.bool_]:
    limit = rows["star"].map(limits).to_numpy(np.float64)
    return np.asarray(rows[column].to_numpy(np.float64) > limit)


def sliced(rows: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the name and the rows of each bin in a column."""
    for low, high in SLICES[column]:
        inside = (rows[column] >= low) & (rows[column] < high)
        yield f"{low:g}–{high:g}", rows[inside]
