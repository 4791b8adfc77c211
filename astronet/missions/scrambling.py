"""Scrambling of Kepler's quarters, which destroys the periodicity of transits."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from astronet.errors import ArchiveError
from astronet.missions.files import ObservedFile

SCRAMBLES = {
    "SCR1": (0, 13, 14, 15, 16, 9, 10, 11, 12, 5, 6, 7, 8, 1, 2, 3, 4, 17),
    "SCR2": (0, 1, 2, 3, 4, 13, 14, 15, 16, 9, 10, 11, 12, 5, 6, 7, 8, 17),
    "SCR3": (0, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 17),
}
"""Scrambled quarter orders by name, each of which makes transits aperiodic (Coughlin 2017,
KSCI-19114)."""


def scrambled(quarters: Sequence[ObservedFile], order: Sequence[int]) -> list[ObservedFile]:
    """Return the quarters in a new order, with new times.

    The times of all quarters are concatenated, and each reordered quarter in turn receives as many
    of them as it has points. The light curve as a whole therefore keeps its times. The fluxes
    within a quarter keep their order.

    Args:
        quarters: Data of the quarters, in chronological order; a quarter may have several files.
        order: Quarter numbers in the new order; numbers of missing quarters are skipped.

    Raises:
        ArchiveError: A quarter is not in `order`.
    """
    moved = [quarter for number in order for quarter in quarters if quarter.part == number]
    if len(moved) < len(quarters):
        wrong = next(quarter for quarter in quarters if quarter.part not in order)
        raise ArchiveError(
            f"{wrong.path}: the quarter is {wrong.part}, but Kepler's quarters are numbered 0 to "
            "17; delete the file and download it again"
        )
    if not moved:
        return []
    times = np.concatenate([quarter.time for quarter in quarters])
    cuts = np.cumsum([len(quarter.flux) for quarter in moved])[:-1]
    return [
        replace(quarter, time=time)
        for quarter, time in zip(moved, np.split(times, cuts), strict=True)
    ]
