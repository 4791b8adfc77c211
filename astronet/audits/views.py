"""Views that hold nothing, or what is no number."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from astronet.audits.findings import Finding, Severity, rows_table
from astronet.lightcurves.arrays import Bools, Views

_ROWS_AT_ONCE = 4096


def unusual_views(index: pd.DataFrame, views: Mapping[str, Views]) -> Iterator[Finding]:
    """Events with a view that is not finite, or flat: constant, or without a dip (`flat`).

    Args:
        index: star, number, split, label and flat, a row an event.
        views: Arrays [n, bins] by name; read in blocks.
    """
    broken: Bools = np.zeros(len(index), dtype=np.bool_)
    flat = index["flat"].to_numpy(np.bool_).copy()
    for view in views.values():
        for begin in range(0, len(view), _ROWS_AT_ONCE):
            rows = slice(begin, begin + _ROWS_AT_ONCE)
            lowest, highest = view[rows].min(axis=1), view[rows].max(axis=1)  # NaN goes through
            broken[rows] |= ~(np.isfinite(lowest) & np.isfinite(highest))
            flat[rows] |= lowest == highest

    def finding(kind: str, severity: Severity, chosen: Bools, cure: str) -> Iterator[Finding]:
        if len(rows := np.flatnonzero(chosen)):
            table = rows_table(kind, severity, index, rows)
            yield Finding(kind, severity, f"{len(rows)} of {len(index)} events", cure, table)

    yield from finding("view that is not finite", "error", broken, "make the store again")
    cure = "known in DR24 (7 events); leave them out where a view without a dip is a mistake"
    yield from finding("flat view", "warning", flat & ~broken, cure)
