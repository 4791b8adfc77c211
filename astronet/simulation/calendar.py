"""Observing calendar of a telescope: a grid of cadences divided into quarters with gaps."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Calendar:
    """Observing calendar: all cadences of a mission, including those between quarters and in gaps.

    Attributes:
        time: Barycentric mid-exposure times [n] [d], evenly spaced in spacecraft time.
        correction: Barycentric corrections [n] [d], included in `time`.
        first_cadence: Cadence number of the first point of the grid.
        exposure: Exposure time [d].
        quarters: Quarter number, first cadence number and number of cadences of each quarter.
        gaps: First and last cadence number of each gap within a quarter.
    """

    time: Floats
    correction: Floats
    first_cadence: int
    exposure: float
    quarters: tuple[tuple[int, int, int], ...]
    gaps: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.time)

    def rows(self, quarter: int) -> slice:
        """Return the cadences of a quarter as a slice of the grid."""
        first, count = next((f, n) for number, f, n in self.quarters if number == quarter)
        return slice(first - self.first_cadence, first - self.first_cadence + count)

    @cached_property
    def quarter(self) -> Ints:
        """Quarter number of each cadence [n]; −1 between quarters."""
        quarter = np.full(len(self), -1, np.int64)
        for number, _, _ in self.quarters:
            quarter[self.rows(number)] = number
        return quarter

    @cached_property
    def usable(self) -> Bools:
        """Mask [n] of the observed cadences: False in gaps and between quarters."""
        usable = self.quarter >= 0
        for first, last in self.gaps:
            usable[first - self.first_cadence : last + 1 - self.first_cadence] = False
        return usable

    @cached_property
    def interval(self) -> Ints:
        """Index [n] of the gap-free interval to which each cadence belongs.

        Cadences in a gap or between quarters are assigned to the preceding interval.
        """
        starts = self.usable & ~np.concatenate([[False], self.usable[:-1]])
        return np.asarray(np.maximum(np.cumsum(starts) - 1, 0), np.int64)

    @cached_property
    def days_since_gap(self) -> Floats:
        """Time [n] [d] of each cadence since the start of its gap-free interval."""
        starts = np.flatnonzero(np.diff(self.interval, prepend=-1))
        return np.asarray(self.time - self.time[starts][self.interval], np.float64)
