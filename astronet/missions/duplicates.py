"""Selection of one file if several files of Kepler contain the same observations."""

from collections.abc import Sequence

import numpy as np

from astronet.missions.files import ObservedFile


def without_duplicates(quarters: Sequence[ObservedFile]) -> list[ObservedFile]:
    """Return the files in chronological order, without empty files and duplicates.

    If two files of a quarter overlap in time, the one from the newer data release is kept; if both
    are from the same release, the one whose name sorts last is kept. Files of a quarter that do not
    overlap, such as the monthly short-cadence files, are all kept.
    """
    kept: list[ObservedFile] = []
    with_points = [quarter for quarter in quarters if len(quarter.time)]
    for quarter in sorted(with_points, key=lambda q: (q.release, q.path.name), reverse=True):
        if not any(quarter.part == other.part and _overlap(quarter, other) for other in kept):
            kept.append(quarter)
    return sorted(kept, key=lambda q: (q.part, q.path.name))


def _overlap(one: ObservedFile, two: ObservedFile) -> bool:
    (first, last), (begin, end) = (
        (time[np.isfinite(time)].min(initial=np.inf), time[np.isfinite(time)].max(initial=-np.inf))
        for time in (one.time, two.time)
    )
    return bool(first <= end and begin <= last)
