"""Joining of two tables by star and ephemeris."""

import numpy as np
import pandas as pd
import pytest

from astronet.catalogs.joining import join_by_ephemeris
from astronet.errors import CatalogError


def table(*rows, **columns):
    """Return events of 0.2 d duration from rows of (star, number, period [d], epoch [BKJD])."""
    frame = pd.DataFrame(rows, columns=["star", "number", "period_days", "epoch_bkjd"])
    return frame.assign(duration_days=0.2, label="PC", **columns)


def test_matched_event_gets_the_numeric_columns_of_the_other_table():
    joined = join_by_ephemeris(table((7, 1, 10, 100)), table((7, 2, 10.001, 100.05), mes=[9.5]))
    assert joined.joined_mes.tolist() == [9.5]
    assert joined.joined_period_days.tolist() == [10.001]
    assert joined.number.tolist() == [1]
    assert not {"joined_star", "joined_number", "joined_label"} & set(joined)


@pytest.mark.parametrize(
    ("star", "period", "epoch", "matches"),
    [
        (7, 10, 100, True),
        (7, 10, 140, True),  # four periods later
        (7, 10, 100.19, True),  # half a duration and 0.1 d are 0.2 d
        (7, 10, 100.21, False),
        (7, 10.009, 100, True),
        (7, 10.011, 100, False),
        (7, 20, 100, False),
        (8, 10, 100, False),
    ],
)
def test_events_match_within_the_tolerances(star, period, epoch, matches):
    events = table((7, 1, 10, 100), (9, 1, 3, 3))
    other = table((star, 1, period, epoch), (9, 1, 3, 3), mes=[1.0, 2.0])
    assert np.isfinite(join_by_ephemeris(events, other).joined_mes).tolist() == [matches, True]


def test_closest_period_is_matched():
    other = table((7, 1, 10.005, 100), (7, 2, 10.001, 100), (7, 3, 9.995, 100), mes=[1, 2, 3])
    assert join_by_ephemeris(table((7, 1, 10, 100)), other).joined_mes.tolist() == [2]


def test_rows_and_their_order_are_kept():
    events = table((9, 1, 3, 3), (7, 2, 10, 100), (7, 1, 5, 50)).iloc[[2, 0, 1]]
    joined = join_by_ephemeris(events, table((7, 1, 5, 50), mes=[4.0]))
    pd.testing.assert_frame_equal(joined[list(events)], events.reset_index(drop=True))
    np.testing.assert_array_equal(joined.joined_mes, [4, np.nan, np.nan])


def test_tables_without_common_events_are_rejected():
    with pytest.raises(CatalogError, match="^the tables have no events in common; join tables"):
        join_by_ephemeris(table((7, 1, 10, 100)), table((8, 1, 10, 100)))
    with pytest.raises(CatalogError, match="^the joined table has no column 'epoch_bkjd', which"):
        join_by_ephemeris(table((7, 1, 10, 100)), table((8, 1, 10, 1)).drop(columns="epoch_bkjd"))
