"""One signal that stands several times: on one star, or on several."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from astronet.audits.ephemerides import (
    EPOCH_WIDTH,
    PERIOD_WIDTH,
    Signals,
    count_period_pairs,
    matching_pairs,
    off_whole,
    significance,
)
from astronet.audits.findings import Finding, Severity, rows_table
from astronet.errors import counted
from astronet.lightcurves.arrays import Bools, Floats, Ints

RATIOS = (1, 2, 3)
"""Ratios of periods at which one signal is found: the same, and the aliases 2P, 3P, P/2, P/3."""

_WIDEST = 0.25
"""Transits farther apart than this [periods] are not one signal, however long they are."""

_ONE_OF_EACH = "keep one of each, or split by star (data.split.kind=star)"


class Repeated(NamedTuple):
    """Pairs of a star's events that are one signal: rows [n] of the shorter and longer period."""

    shorter: Ints
    longer: Ints
    ratio: Ints
    complete: bool


def repeated_signals(index: pd.DataFrame, targets: Floats) -> Iterator[Finding]:
    """Events of one star that are one signal: duplicates, aliases and contradicting labels.

    Args:
        index: star, number, split, label and the ephemeris, a row an event.
        targets: 1 planet, 0 not, NaN unlabelled [n].
    """
    pairs = find_repeated(index)
    split = index["split"].to_numpy()
    one, other = split[pairs.shorter], split[pairs.longer]
    across = (one != other) & (one != "") & (other != "")
    within = (one == other) & (one != "")
    same = pairs.ratio == 1
    conflict = same & (np.abs(targets[pairs.shorter] - targets[pairs.longer]) == 1)

    def finding(kind: str, severity: Severity, chosen: Bools, cure: str) -> Iterator[Finding]:
        rows, others, ratios = pairs.shorter[chosen], pairs.longer[chosen], pairs.ratio[chosen]
        if len(rows):
            detail = [f"the other period is {n} times this one" for n in ratios]
            table = rows_table(kind, severity, index, rows, others, detail)
            stars = counted(table["star"].nunique(), "star")
            summary = f"{counted(len(rows), 'pair')} of events on {stars}"
            remark = "" if pairs.complete else ", and more: only those nearest in phase are listed"
            yield Finding(kind, severity, summary + remark, cure, table)

    yield from finding("duplicate event in two splits", "leak", same & across, _ONE_OF_EACH)
    yield from finding("period alias in two splits", "leak", ~same & across, _ONE_OF_EACH)
    cure = "decide which label is right, and leave the other event out"
    yield from finding("one event with two labels", "error", conflict, cure)
    cure = "leave one of each out, if a signal shall count once"
    yield from finding("duplicate event in one split", "warning", same & within, cure)


def find_repeated(index: pd.DataFrame) -> Repeated:
    """Pairs of a star's events whose transits coincide.

    Their periods match (σ_P > 3.5) at a ratio of 1, 2 or 3, and at the star's first epoch a
    transit of the one lies within half the longer duration of a transit of the other.
    """
    rows = _usable(index)
    period, epoch, duration = _ephemerides(index, rows)
    star = pd.factorize(index["star"].to_numpy()[rows])[0]
    first = pd.Series(epoch).groupby(star).transform("min").to_numpy()
    ratio = np.repeat(RATIOS, len(rows))
    event = np.tile(np.arange(len(rows)), len(RATIOS))
    signals = Signals(star[event], period[event] / ratio, epoch[event], first[event])
    phase = signals.phase
    reach = np.minimum(duration[event] / 2 / signals.period, _WIDEST)
    reach = np.where(np.isnan(reach), EPOCH_WIDTH, reach)  # the duration is not known

    def wanted(a: Ints, b: Ints) -> Bools:
        a, b = np.where(ratio[a] == 1, a, b), np.where(ratio[a] == 1, b, a)  # b is the folded one
        base = signals.period[a]
        coincide = off_whole(phase[b] - phase[a]) <= np.maximum(reach[a], reach[b])
        matched = off_whole((base - period[event[b]]) / base) < PERIOD_WIDTH
        return np.asarray((ratio[a] == 1) & (event[a] != event[b]) & coincide & matched)

    pairs = matching_pairs(signals, _WIDEST, wanted)
    folded = np.where(ratio[pairs.first] == 1, pairs.second, pairs.first)
    base = np.where(ratio[pairs.first] == 1, pairs.first, pairs.second)
    return Repeated(rows[event[base]], rows[event[folded]], ratio[folded], pairs.complete)


def shared_between_stars(index: pd.DataFrame) -> Iterator[Finding]:
    """Events of different stars and splits with one period and epoch (σ_P > 3.5, σ_T > 2).

    Light of an eclipsing binary reaches other stars' pixels (Coughlin et al. 2014), and what
    befalls the whole spacecraft reaches all. Some pairs match by chance: of those that match in
    period, 2 ΔT′ match in epoch too; the summary gives that number.
    """
    kind = "ephemeris shared between stars"
    rows = _usable(index)
    rows = rows[index["split"].to_numpy()[rows] != ""]
    if not len(rows):
        return
    period, epoch, _ = _ephemerides(index, rows)
    part = pd.factorize(index["split"].to_numpy()[rows])[0]
    star = index["star"].to_numpy()[rows]
    together = np.zeros(len(rows), dtype=np.int64)
    signals = Signals(together, period, epoch, np.full(len(rows), np.median(epoch)))
    phase = signals.phase

    def wanted(a: Ints, b: Ints) -> Bools:
        matched = off_whole(periods_apart(a, b)) < PERIOD_WIDTH
        matched &= off_whole(phase[a] - phase[b]) < EPOCH_WIDTH
        return np.asarray((part[a] != part[b]) & (star[a] != star[b]) & matched)

    def periods_apart(a: Ints, b: Ints) -> Floats:
        return np.asarray((period[a] - period[b]) / np.minimum(period[a], period[b]))

    pairs = matching_pairs(signals, EPOCH_WIDTH, wanted)
    if len(pairs.first):
        chance = 2 * EPOCH_WIDTH * count_period_pairs(period, part)
        events = len(np.union1d(pairs.first, pairs.second))
        more = "" if pairs.complete else " and more"
        summary = (
            f"{events} of {len(rows)} events share period and epoch with one of another star and "
            f"split ({counted(len(pairs.first), 'pair')}{more}; {chance:.0f} expected by chance)"
        )
        cure = "treat them as one source when you judge: see audit.csv and docs/audit.md"
        sigma_p = significance(periods_apart(pairs.first, pairs.second))
        sigma_t = significance(phase[pairs.first] - phase[pairs.second])
        detail = [f"σ_P {p:.1f} σ_T {t:.1f}" for p, t in zip(sigma_p, sigma_t, strict=True)]
        table = rows_table(kind, "warning", index, rows[pairs.first], rows[pairs.second], detail)
        yield Finding(kind, "warning", summary, cure, table)


def unusable_ephemerides(index: pd.DataFrame) -> Iterator[Finding]:
    """Events whose ephemeris is unknown or impossible, so that nothing could be compared."""
    kind = "event without a usable ephemeris"
    rows = np.setdiff1d(np.arange(len(index)), _usable(index))
    if len(rows):
        cure = "import the views again with the catalogue of the events"
        table = rows_table(kind, "warning", index, rows)
        summary = f"{len(rows)} of {len(index)} events could not be compared with others"
        yield Finding(kind, "warning", summary, cure, table)


def _usable(index: pd.DataFrame) -> Ints:
    period, epoch, duration = _ephemerides(index, np.arange(len(index)))
    with np.errstate(invalid="ignore"):
        known = np.isfinite(period) & np.isfinite(epoch) & (period > 0)
        possible = ~(duration <= 0) & ~(duration >= period)
    return np.flatnonzero(known & possible)


def _ephemerides(index: pd.DataFrame, rows: Ints) -> tuple[Floats, Floats, Floats]:
    names = ("period_days", "epoch_bkjd", "duration_days")
    period, epoch, duration = (index[name].to_numpy(np.float64)[rows] for name in names)
    return period, epoch, duration
