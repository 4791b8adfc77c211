"""Check for views without a dip and views with NaN or infinite values."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from astronet.audits.findings import Finding, Severity, rows_table
from astronet.lightcurves.arrays import Bools, Views

_ROWS_AT_ONCE = 4096


def unusual_views(index: pd.DataFrame, views: Mapping[str, Views]) -> Iterator[Finding]:
    """Yield one finding for views with NaN or infinite values, and one for views without a dip.

    A finding that would have no events is omitted. A view has no dip if it is constant; events for
    which the column `flat` is true also have such a view. An event with NaN or infinite values in
    any view is included only in the first finding.

    Args:
        index: Events [n] with the columns star, number, split, label and flat.
        views: Views [n, bins] by name; they are read in blocks.
    """
    not_finite: Bools = np.zeros(len(index), dtype=np.bool_)
    no_dip = index["flat"].to_numpy(np.bool_).copy()
    for view in views.values():
        for begin in range(0, len(view), _ROWS_AT_ONCE):
            rows = slice(begin, begin + _ROWS_AT_ONCE)
            lowest, highest = view[rows].min(axis=1), view[rows].max(axis=1)  # NaN propagates
            not_finite[rows] |= ~(np.isfinite(lowest) & np.isfinite(highest))
            no_dip[rows] |= lowest == highest

    def finding(kind: str, severity: Severity, chosen: Bools, remedy: str) -> Iterator[Finding]:
        if len(rows := np.flatnonzero(chosen)):
            table = rows_table(kind, severity, index, rows)
            yield Finding(kind, severity, f"{len(rows)} of {len(index)} events", remedy, table)

    yield from finding(
        "view with NaN or infinite values", "error", not_finite, "recreate the store"
    )
    remedy = (
        "check the light curves of these events, and remove each event whose transit is missing "
        "from its view; a few views without a dip can be expected (DR24 has 7)"
    )
    yield from finding("view without a dip", "warning", no_dip & ~not_finite, remedy)
