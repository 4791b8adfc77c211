"""Means of the flux in windows before, after and around each cell."""

from typing import NamedTuple, Self

import numpy as np

from astronet.lightcurves.arrays import Bools, Floats, Ints


class Windows(NamedTuple):
    """Cumulative sums of a flux, from which the means in windows follow.

    Attributes:
        total: Sum of the flux before each cell [cells + 1].
        used: Number of used cells before each cell [cells + 1].
    """

    total: Floats
    used: Ints

    @classmethod
    def of(cls, flux: Floats, used: Bools) -> Self:
        """Return the cumulative sums of a flux [cells] in the used cells [cells]."""
        total = np.append(0.0, np.cumsum(np.where(used, flux, 0.0)))
        return cls(total, np.append(0, np.cumsum(used)))

    def mean(self, first: int, last: int) -> tuple[Floats, Floats]:
        """Return the mean flux in a window around each cell [cells], and the fraction used [cells].

        Args:
            first: First cell of the window, relative to each cell.
            last: Last cell of the window, relative to each cell.
        """
        number = _increase(self.used, first, last + 1)
        mean = _increase(self.total, first, last + 1) / np.maximum(number, 1)
        return mean, number / (last - first + 1)


def _increase(values: Floats | Ints, start: int, stop: int) -> Floats:
    """Return the difference of values [cells + 1] at two distances from each cell [cells]."""
    reach = max(abs(start), abs(stop))
    padded = np.pad(values, reach, mode="edge")
    cells = len(values) - 1
    at_stop = padded[reach + stop : reach + stop + cells]
    return np.asarray(at_stop - padded[reach + start : reach + start + cells], np.float64)
