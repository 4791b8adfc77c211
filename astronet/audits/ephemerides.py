"""When two ephemerides are one signal: the statistics, and the pairs found without comparing all.

Coughlin et al. 2014 (AJ 147, 119, §3) match ephemerides by how unlikely their agreement is. With
A the shorter period, ΔP = (P_A − P_B)/P_A, ΔT = (T_A − T_B)/P_A, and Δ′ the distance of Δ from its
nearest whole number,

    σ_P = √2 erfcinv(ΔP′),    σ_T = √2 erfcinv(ΔT′)

so that period ratios of 2, 3 … match as well. The thresholds are those of Kepler's Robovetter
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
"""Above these σ_P and σ_T, two ephemerides match."""

PERIOD_WIDTH = math.erfc(PERIOD_SIGMA / math.sqrt(2))
EPOCH_WIDTH = math.erfc(EPOCH_SIGMA / math.sqrt(2))
"""ΔP′ and ΔT′ at those thresholds: 4.7e-4 and 0.046."""

MOST_PAIRS_A_ROW = 10
"""Where events crowd, each is compared with its nearest in phase, so many on the average."""


def significance(cycles: Floats) -> Floats:
    """σ_P or σ_T of differences in units of the shorter period (Coughlin et al. 2014, §3)."""
    from scipy.special import erfcinv  # takes half a second

    return np.asarray(math.sqrt(2) * erfcinv(off_whole(cycles)), np.float64)


def off_whole(cycles: Floats) -> Floats:
    """Δ′: the distance from the nearest whole number."""
    return np.asarray(np.abs(cycles - np.rint(cycles)), np.float64)


class Signals(NamedTuple):
    """Periodic signals [n] to be compared.

    Attributes:
        group: Only signals of one group are compared.
        period: [d].
        epoch: Middle of a transit [d].
        reference: Phases of one group are compared at this time [d]; near the epochs, so that
            the periods' errors do not add up.
    """

    group: Ints
    period: Floats
    epoch: Floats
    reference: Floats

    @property
    def phase(self) -> Floats:
        """Phase [0, 1) of a transit at the reference time."""
        return np.asarray(((self.epoch - self.reference) / self.period) % 1.0, np.float64)


@dataclass(frozen=True)
class Pairs:
    """Signals first[k] and second[k] match; `complete` unless there were too many to list."""

    first: Ints
    second: Ints
    complete: bool


def matching_pairs(signals: Signals, width: float, wanted: Callable[[Ints, Ints], Bools]) -> Pairs:
    """Pairs of one group whose periods agree within PERIOD_WIDTH and phases within `width`.

    Signals are sorted into cells of group and period, by phase within; each is compared with the
    next ones of its cell only. So the work grows with the number of close pairs, and it ends at
    MOST_PAIRS_A_ROW times the number of signals.

    Args:
        signals: What to compare.
        width: Largest distance in phase, below 0.5.
        wanted: Tells which pairs (indices first, second) to keep.
    """
    # Two signals closer than one unit share a cell of two units, in one of two gratings.
    place = np.log(signals.period) / PERIOD_WIDTH
    found: list[tuple[Ints, Ints]] = []
    budget = MOST_PAIRS_A_ROW * len(place) + 1000
    complete = True
    for grating in (0, 1):
        cell = np.floor((place + grating) / 2).astype(np.int64)
        met = 0
        for first, second in _neighbours(signals.group, cell, signals.phase, width):
            met += len(first)
            close = np.abs(place[first] - place[second]) < 1
            if grating:  # those that share a cell of the first grating have been met there
                close &= np.floor(place[first] / 2) != np.floor(place[second] / 2)
            first, second = first[close], second[close]
            keep = wanted(first, second)
            found.append((first[keep], second[keep]))
            if met > budget:
                complete = False
                break
    nothing = np.empty(0, np.int64)
    firsts, seconds = zip(*found, strict=True) if found else ((nothing,), (nothing,))
    return Pairs(np.concatenate(firsts), np.concatenate(seconds), complete)


def _neighbours(
    group: Ints, cell: Ints, phase: Floats, width: float
) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of one cell within `width` in phase: the nearest first, then the next ones."""
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
        around = ahead >= size[active]  # phase 0.99 is near phase 0.01
        other = start[active] + ahead - np.where(around, size[active], 0)
        near = phase[other] + around - phase[active] <= width
        active, other = active[near], other[near]
        if not len(active):
            return
        yield order[active], order[other]


def count_period_pairs(period: Floats, part: Ints) -> int:
    """How many pairs of different parts agree in period alone, as `matching_pairs` does."""

    def pairs(values: Floats) -> int:
        place = np.sort(np.log(values) / PERIOD_WIDTH)
        ends = np.searchsorted(place, place + 1, side="left")
        return int((ends - np.arange(len(place)) - 1).sum())

    return pairs(period) - sum(pairs(period[part == one]) for one in np.unique(part))
