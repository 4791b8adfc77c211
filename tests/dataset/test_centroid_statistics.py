"""Sources of a centroid statistic, and their order."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from astronet.catalogs.joining import join_by_ephemeris
from astronet.dataset.centroid_statistics import (
    CENTROID,
    MEASURED,
    centroid_statistics,
    with_measured,
    without_statistic,
)
from astronet.missions.tables import read_catalog


def table(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"star": [1, 1, 2], **columns})


def test_the_statistic_of_the_pipeline_precedes_our_own() -> None:
    events = table(tce_fwm_stat=[9.0, 0.0, np.nan], **{CENTROID: [5.0, 4.0, np.nan]})
    found = centroid_statistics(events, np.array([3.0, 2.0, 1.0]))
    np.testing.assert_array_equal(found.statistic, [9.0, 4.0, 1.0])
    assert found.source == ["tce_fwm_stat", CENTROID, MEASURED]
    some = found.of(np.array([2, 0]))
    assert (some.statistic.tolist(), some.source) == ([1.0, 9.0], [MEASURED, "tce_fwm_stat"])


@pytest.mark.parametrize("unknown", [0.0, np.nan, -1.0, np.inf])
def test_zero_or_empty_is_unknown(unknown: float) -> None:
    events = table(joined_tce_fwm_stat=[unknown] * 3)
    found = centroid_statistics(events)
    assert np.isnan(found.statistic).all() and found.source == ["", "", ""]
    assert without_statistic(events).all()
    assert not without_statistic(table(joined_tce_fwm_stat=[0.1] * 3)).any()


def test_text_is_unknown() -> None:
    found = centroid_statistics(table(tce_fwm_stat=["12.5", "", "not computed"]))
    np.testing.assert_array_equal(found.statistic, [12.5, np.nan, np.nan])


def test_measured_statistics_replace_those_of_the_table_where_they_are_known() -> None:
    events = table(**{CENTROID: [5.0, 4.0, np.nan]})
    found = with_measured(events, np.array([np.nan, 2.0, 1.0]))
    np.testing.assert_array_equal(found[CENTROID], [5.0, 2.0, 1.0])
    assert CENTROID not in with_measured(table(), np.full(3, np.nan))


def test_the_real_statistics_of_dr25_are_joined(shared: Path) -> None:
    """TrES-2 b has 2480.3 in DR25; the statistic of 1865567.01 is 0, which means not computed."""
    events = read_catalog(shared / "data/dr24/q1_q17_dr24_tce.csv")
    events = events[events["star"].isin([11446443, 1865567])]
    other = read_catalog(shared / "data/dr24/dr25_dv_statistics.csv.gz")
    found = join_by_ephemeris(events, other)
    statistic = centroid_statistics(found).statistic
    by_event = dict(zip(zip(found["star"], found["number"], strict=True), statistic, strict=True))
    assert by_event[11446443, 1] == 2480.3
    assert other.set_index(["star", "number"])["tce_fwm_stat"][1865567, 1] == 0
    assert np.isnan(by_event[1865567, 1])
    assert np.isfinite(by_event[1865567, 2])
