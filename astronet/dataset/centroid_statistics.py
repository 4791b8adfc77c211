"""Centroid statistics of events: from a column of their table, or measured in the light curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from astronet.dataset.scalars import Scalar
from astronet.lightcurves.arrays import Bools, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

CENTROID = "centroid_statistic"
"""Column of the centroid statistic of the transits, a χ² like DR25's `tce_fwm_stat`; 0 or NaN if it
was not computed."""

SOURCE = "centroid_source"
"""Column of the source of a centroid statistic: the name of a column of the table, or `MEASURED`;
"" if the statistic is unknown."""

MEASURED = "light curve"
"""Source of a statistic that was measured in the light curve (`astronet.vetting.centroid`)."""

_OF_PIPELINE = ("joined_tce_fwm_stat", "tce_fwm_stat")
"""Columns of the statistic of Kepler's pipeline, of which the first one that exists is used; a
joined table has the first one."""

CENTROID_COLUMNS = (*_OF_PIPELINE, CENTROID)
"""All columns that can contain the statistic."""


class CentroidStatistics(NamedTuple):
    """Centroid statistics of n events.

    Attributes:
        statistic: Centroid statistic of each event [n]; NaN if unknown.
        source: Source of each statistic [n]; see `SOURCE`.
    """

    statistic: Floats
    source: list[str]

    def of(self, rows: Ints) -> CentroidStatistics:
        """Return the statistics of some of the events, given by their numbers."""
        return CentroidStatistics(self.statistic[rows], [self.source[row] for row in rows])


def centroid_statistics(events: pd.DataFrame, measured: Floats | None = None) -> CentroidStatistics:
    """Return the centroid statistic of each event [n], and its source.

    The first one of these that is positive is used, because 0 means that it was not computed:

    1. the statistic of Kepler's pipeline: the column `joined_tce_fwm_stat` of a joined table or, if
       there is none, the column `tce_fwm_stat`;
    2. the column `centroid_statistic`, which astronet writes;
    3. the statistic that was measured in the light curve.

    Args:
        events: Table of the events [n].
        measured: Statistics [n] measured in the light curves; NaN if unknown. None means that none
            was measured.
    """
    statistic, source = np.full(len(events), np.nan), np.full(len(events), "", object)
    pipeline = [name for name in _OF_PIPELINE if name in events][:1]
    found = {name: Scalar(column=name).of(events) for name in (*pipeline, CENTROID)}
    if measured is not None:
        found[MEASURED] = measured
    for name, values in found.items():
        used = np.isnan(statistic) & np.isfinite(values) & (values > 0)
        statistic[used], source[used] = values[used], name
    return CentroidStatistics(statistic, source.tolist())


def without_statistic(events: pd.DataFrame) -> Bools:
    """Return a mask [n] of the events whose table contains no centroid statistic."""
    return np.isnan(centroid_statistics(events).statistic)


def with_measured(events: pd.DataFrame, measured: Floats) -> pd.DataFrame:
    """Return the events with measured statistics in the column `centroid_statistic`.

    Those that could not be measured are kept as they were. If none could be measured, the events
    are returned unchanged.

    Args:
        events: Table of the events [n].
        measured: Statistics [n] measured in the light curves; NaN if unknown.
    """
    if not np.isfinite(measured).any():
        return events
    given = Scalar(column=CENTROID).of(events)
    return events.assign(**{CENTROID: np.where(np.isfinite(measured), measured, given)})
