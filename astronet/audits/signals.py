"""Checks for signals that occur more than once, and for unusable ephemerides."""

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
"""Period ratios of events that may be the same signal; 2 and 3 are aliases (2P, 3P, P/2, P/3)."""

_WIDEST = 0.25
"""Maximum separation of matching transits of any duration, in units of the shorter period."""

_KEEP_ONE = "keep one event of each pair, or split by star (data.split.kind=star)"


class Repeated(NamedTuple):
    """Pairs of events that are probably the same signal of the same star.

    If the ratio is 1, the order of the two events is arbitrary.

    Attributes:
        shorter: Row number of the event with the shorter period [m].
        longer: Row number of the event with the longer period [m].
        ratio: Ratio of the longer to the shorter period, rounded to an integer [m].
        complete: Whether all pairs are listed; False if there were too many to compare.
    """

    shorter: Ints
    longer: Ints
    ratio: Ints
    complete: bool


def repeated_signals(index: pd.DataFrame, targets: Floats) -> Iterator[Finding]:
    """Yield findings for pairs of events that are probably the same signal of the same star.

    Duplicates (period ratio 1) are reported if both events are in a split (the same or different
    ones), or if one is labelled as a planet and the other as something else. Period aliases (ratio
    2 or 3) are reported only if the two events are in different splits.

    Args:
        index: Events [n] with star, number, split, label and ephemeris.
        targets: Targets [n]: 1 for a planet, 0 for any other event, NaN if unlabelled.
    """
    pairs = find_repeated(index)
    split = index["split"].to_numpy()
    one, other = split[pairs.shorter], split[pairs.longer]
    across = (one != other) & (one != "") & (other != "")
    within = (one == other) & (one != "")
    same = pairs.ratio == 1
    conflict = same & (np.abs(targets[pairs.shorter] - targets[pairs.longer]) == 1)

    def finding(kind: str, severity: Severity, chosen: Bools, remedy: str) -> Iterator[Finding]:
        rows, others, ratios = pairs.shorter[chosen], pairs.longer[chosen], pairs.ratio[chosen]
        if len(rows):
            detail = [f"the other period is {n} times this one" for n in ratios]
            table = rows_table(kind, severity, index, rows, others, detail)
            stars = counted(table["star"].nunique(), "star")
            summary = f"{counted(len(rows), 'pair')} of events of {stars}"
            if not pairs.complete:
                summary = f"at least {summary} (only those nearest in phase are listed)"
            yield Finding(kind, severity, summary, remedy, table)

    yield from finding("duplicate event in two splits", "leak", same & across, _KEEP_ONE)
    yield from finding("period alias in two splits", "leak", ~same & across, _KEEP_ONE)
    remedy = "determine which label is correct, and remove the event with the wrong label"
    yield from finding("duplicate event with conflicting labels", "error", conflict, remedy)
    remedy = "remove one event of each pair if every signal should count once"
    yield from finding("duplicate event in one split", "warning", same & within, remedy)


def find_repeated(index: pd.DataFrame) -> Repeated:
    """Return the pairs of events of the same star whose transits coincide.

    Two events are paired if their period ratio is close to 1, 2 or 3 (σ_P > 3.5) and their transit
    times agree. The times are compared at the star's first epoch, modulo the shorter period. They
    may differ by at most half the longer duration, and by at most a quarter of the shorter period.
    An unknown duration is replaced by 2 × EPOCH_WIDTH times the shorter period. Events without a
    usable ephemeris are omitted.

    Args:
        index: Events [n] with star and ephemeris.
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
    reach = np.where(np.isnan(reach), EPOCH_WIDTH, reach)  # the duration is unknown

    def wanted(a: Ints, b: Ints) -> Bools:
        # The period of b is divided by its ratio; that of a is not.
        a, b = np.where(ratio[a] == 1, a, b), np.where(ratio[a] == 1, b, a)
        base = signals.period[a]
        coincide = off_whole(phase[b] - phase[a]) <= np.maximum(reach[a], reach[b])
        matched = off_whole((base - period[event[b]]) / base) < PERIOD_WIDTH
        return np.asarray((ratio[a] == 1) & (event[a] != event[b]) & coincide & matched)

    pairs = matching_pairs(signals, _WIDEST, wanted)
    folded = np.where(ratio[pairs.first] == 1, pairs.second, pairs.first)
    base = np.where(ratio[pairs.first] == 1, pairs.first, pairs.second)
    return Repeated(rows[event[base]], rows[event[folded]], ratio[folded], pairs.complete)


def shared_between_stars(index: pd.DataFrame) -> Iterator[Finding]:
    """Yield a finding for events that match an event of another star in another split.

    Two ephemerides match if their period ratio is about 1 (σ_P > 3.5) and σ_T > 2. Possible causes
    are an eclipsing binary whose light contaminates the pixels of other stars (Coughlin et al.
    2014), and instrumental effects that occur on many stars at once. Pairs can also match by
    chance: of unrelated pairs that match in period, a fraction of 2 × EPOCH_WIDTH also match in
    epoch. The summary gives the number of matches expected by chance.

    Args:
        index: Events [n] with star, number, split, label and ephemeris; events in no split or
            without a usable ephemeris are not compared.
    """
    kind = "ephemeris shared between stars"
    rows = _usable(index)
    rows = rows[index["split"].to_numpy()[rows] != ""]
    if not len(rows):
        return
    period, epoch, _ = _ephemerides(index, rows)
    split = pd.factorize(index["split"].to_numpy()[rows])[0]
    star = index["star"].to_numpy()[rows]
    one_group = np.zeros(len(rows), dtype=np.int64)
    signals = Signals(one_group, period, epoch, np.full(len(rows), np.median(epoch)))
    phase = signals.phase

    def wanted(a: Ints, b: Ints) -> Bools:
        matched = off_whole(relative_difference(a, b)) < PERIOD_WIDTH
        matched &= off_whole(phase[a] - phase[b]) < EPOCH_WIDTH
        return np.asarray((split[a] != split[b]) & (star[a] != star[b]) & matched)

    def relative_difference(a: Ints, b: Ints) -> Floats:
        return np.asarray((period[a] - period[b]) / np.minimum(period[a], period[b]))

    pairs = matching_pairs(signals, EPOCH_WIDTH, wanted)
    if len(pairs.first):
        chance = 2 * EPOCH_WIDTH * count_period_pairs(period, split)
        events = len(np.union1d(pairs.first, pairs.second))
        least = "" if pairs.complete else "at least "
        summary = (
            f"{events} of {len(rows)} events match the period and epoch of an event of another "
            f"star in another split ({least}{counted(len(pairs.first), 'pair')}; {chance:.0f} "
            "expected by chance)"
        )
        remedy = (
            "inspect these pairs in the table of findings; to exclude shared signals from the "
            "evaluation, remove their validation and test events from the event table"
        )
        sigma_p = significance(relative_difference(pairs.first, pairs.second))
        sigma_t = significance(phase[pairs.first] - phase[pairs.second])
        detail = [f"σ_P {p:.1f} σ_T {t:.1f}" for p, t in zip(sigma_p, sigma_t, strict=True)]
        table = rows_table(kind, "warning", index, rows[pairs.first], rows[pairs.second], detail)
        yield Finding(kind, "warning", summary, remedy, table)


def unusable_ephemerides(index: pd.DataFrame) -> Iterator[Finding]:
    """Yield a finding for events that cannot be compared with others.

    Their period or epoch is unknown, the period is not positive, or a known duration is not
    between 0 and the period.

    Args:
        index: Events [n] with star, number, split, label and ephemeris.
    """
    kind = "event without a usable ephemeris"
    rows = np.setdiff1d(np.arange(len(index)), _usable(index))
    if len(rows):
        remedy = (
            "import the views again with an event table that contains a valid period, epoch and "
            "duration for these events"
        )
        table = rows_table(kind, "warning", index, rows)
        summary = f"{len(rows)} of {len(index)} events could not be compared with others"
        yield Finding(kind, "warning", summary, remedy, table)


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
