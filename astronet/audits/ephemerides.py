"""Matching ephemerides: the statistics, and a search that does not compare every pair.

Coughlin et al. 2014 (AJ 147, 119, §3) quantify how unlikely it is that two ephemerides agree by
chance. For periods P_A ≤ P_B and epochs T_A and T_B, let ΔP = (P_A − P_B)/P_A and
ΔT = (T_A − T_B)/P_A, and let Δ′ be the distance of Δ from the nearest integer. Then

    σ_P = √2 erfcinv(ΔP′),    σ_T = √2 erfcinv(ΔT′)

so that period ratios of 2, 3, … match as well. The thresholds are those of Kepler's Robovetter
(Thompson et al. 2018, ApJS 235, 38; its public code, DR25): σ_P > 3.5 and σ_T > 2.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats, Ints

PERIOD_SIGMA = 3.5
EPOCH_SIGMA = 2.0
"""Minimum σ_P and σ_T of matching ephemerides."""

PERIOD_WIDTH = math.erfc(PERIOD_SIGMA / math.sqrt(2))
EPOCH_WIDTH = math.erfc(EPOCH_SIGMA / math.sqrt(2))
"""Maximum ΔP′ and ΔT′ of matching ephemerides, which follow from PERIOD_SIGMA and EPOCH_SIGMA:
4.7e-4 and 0.046."""

MAX_PAIRS_PER_SIGNAL = 10
"""Approximate maximum of the mean number of comparisons per signal in each grid of cells; see
`matching_pairs`."""


def significance(cycles: Floats) -> Floats:
    """Return σ_P or σ_T of each difference [n] (Coughlin et al. 2014, §3).

    Args:
        cycles: Differences ΔP or ΔT [n], in units of the shorter period.
    """
    from scipy.special import erfcinv  # slow to import

    return np.asarray(math.sqrt(2) * erfcinv(off_whole(cycles)), np.float64)


def off_whole(cycles: Floats) -> Floats:
    """Return Δ′ [n], the distance of each value from the nearest integer."""
    return np.asarray(np.abs(cycles - np.rint(cycles)), np.float64)


class Signals(NamedTuple):
    """Periodic signals [n] to compare.

    Attributes:
        group: Group number of each signal; only signals in the same group are compared.
        period: Period [d].
        epoch: Time of mid-transit [d].
        reference: Time at which phases are compared [d], the same for all signals of a group; it
            should be close to the epochs, so that period errors do not accumulate.
    """

    group: Ints
    period: Floats
    epoch: Floats
    reference: Floats

    @property
    def phase(self) -> Floats:
        """Time from the reference time to the next transit [n], in units of the period (0 to 1)."""
        return np.asarray(((self.epoch - self.reference) / self.period) % 1.0, np.float64)


@dataclass(frozen=True)
class Pairs:
    """Pairs of matching signals.

    Attributes:
        first: Index of the first signal of each pair [m].
        second: Index of the second signal of each pair [m].
        complete: Whether all pairs are listed; False if there were too many to compare.
    """

    first: Ints
    second: Ints
    complete: bool


def matching_pairs(signals: Signals, width: float, wanted: Callable[[Ints, Ints], Bools]) -> Pairs:
    """Return the wanted pairs of signals in the same group that match in period and phase.

    The periods of a pair differ by a fraction of less than PERIOD_WIDTH, and the phases by at most
    `width`. Each pair is listed once.

    Signals are sorted into cells of group and period, and by phase within a cell; each signal is
    compared only with the next signals in its cell, nearest first. The number of comparisons is
    therefore proportional to the number of close pairs. Two overlapping grids of cells are searched
    in turn. The search of a grid ends early after a mean of about MAX_PAIRS_PER_SIGNAL comparisons
    per signal; the result is then incomplete.

    Args:
        signals: Signals to compare.
        width: Maximum phase difference [periods]; less than 0.5.
        wanted: Function that selects pairs: it receives the indices of the first signals [m] and
            of the second signals [m], and returns a mask [m] of the pairs to keep.
    """
    # In units of PERIOD_WIDTH, cells are two units wide and the two grids are one unit apart, so
    # that signals less than one unit apart share a cell in at least one grid.
    place = np.log(signals.period) / PERIOD_WIDTH
    found: list[tuple[Ints, Ints]] = []
    budget = MAX_PAIRS_PER_SIGNAL * len(place) + 1000
    complete = True
    for shift in (0, 1):
        cell = np.floor((place + shift) / 2).astype(np.int64)
        compared = 0
        for first, second in _neighbours(signals.group, cell, signals.phase, width):
            compared += len(first)
            close = np.abs(place[first] - place[second]) < 1
            if shift:  # omit pairs already found in the first grid
                close &= np.floor(place[first] / 2) != np.floor(place[second] / 2)
            first, second = first[close], second[close]
            keep = wanted(first, second)
            found.append((first[keep], second[keep]))
            if compared > budget:
                complete = False
                break
    none = np.empty(0, np.int64)
    firsts, seconds = zip(*found, strict=True) if found else ((none,), (none,))
    return Pairs(np.concatenate(firsts), np.concatenate(seconds), complete)


def _neighbours(
    group: Ints, cell: Ints, phase: Floats, width: float
) -> Iterator[tuple[Ints, Ints]]:
    """Yield index pairs of signals in the same group and cell that differ by ≤ `width` in phase.

    Each step yields an array of pairs: first all neighbours in phase, then all second neighbours,
    and so on. Phase is cyclic, so 0.99 is close to 0.01.
    """
    order = np.lexsort((phase, cell, group))
    changes = (np.diff(group[order]) != 0) | (np.diff(cell[order]) != 0)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    sizes = np.diff(np.concatenate([starts, [len(order)]]))
    start, size = np.repeat(starts, sizes), np.repeat(sizes, sizes)
    phase = phase[order]
    active = np.arange(len(order))
    for step in range(1, len(order)):
        active = active[step < size[active]]
        ahead = active - start[active] + step
        around = ahead >= size[active]  # phase 0.99 is close to phase 0.01
        other = start[active] + ahead - np.where(around, size[active], 0)
        near = phase[other] + around - phase[active] <= width
        active, other = active[near], other[near]
        if not len(active):
            return
        yield order[active], order[other]


def count_period_pairs(period: Floats, split: Ints) -> int:
    """Count the pairs of events that are in different splits and have matching periods.

    Only period ratios of about 1 are counted, not aliases.

    Args:
        period: Period of each event [n] [d].
        split: Number of the split of each event [n].
    """

    def pairs(values: Floats) -> int:
        place = np.sort(np.log(values) / PERIOD_WIDTH)
        ends = np.searchsorted(place, place + 1, side="left")
        return int((ends - np.arange(len(place)) - 1).sum())

    return pairs(period) - sum(pairs(period[split == one]) for one in np.unique(split))
