import math

import pandas as pd

from astronet.evaluation.slices import slices

FRAME = pd.DataFrame(
    {
        "star": [1, 1, 2, 3, 4, 5],
        "period_days": [0.5, 2.0, 20.0, 20.0, 200.0, None],
        "duration_days": [0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
        "snr": [8.0, 12.0, 20.0, 200.0, 50.0, float("nan")],
        "label": ["NTP", "PC", "PC", "AFP", "PC", "AFP"],
    }
)
SCORES = [0.1, 0.9, 0.8, 0.7, 0.6, 0.2]
TARGETS = [0, 1, 1, 0, 1, 0]


def rows(frame=FRAME):
    table = slices(frame, SCORES, TARGETS)
    return {(row.slice, row.part): row for row in table.itertuples()}


def test_events_fall_into_the_parts_that_hold_them():
    by_part = rows()
    assert by_part["SNR", "< 10"].n == 1
    assert by_part["SNR", "unknown"].n == 1
    assert by_part["Period [d]", "10 – 30"].n == 2
    assert by_part["Period [d]", "10 – 30"].roc_auc == 1.0
    assert by_part["Duration / period", "≥ 0.1"].n == 1
    assert by_part["Events on the star", "several"].n == 2
    assert by_part["Events on the star", "one"].positives == 2


def test_each_kind_of_false_positive_stands_against_all_planets():
    against = rows()["Planets against", "AFP"]
    assert (against.n, against.positives) == (5, 3)
    assert math.isclose(against.roc_auc, 5 / 6)
    assert rows()["Planets against", "NTP"].roc_auc == 1.0


def test_every_slice_but_the_kinds_counts_each_event_once():
    table = slices(FRAME, SCORES, TARGETS)
    counts = table[table["slice"] != "Planets against"].groupby("slice")["n"].sum()
    assert (counts == 6).all()


def test_only_the_columns_that_are_there():
    assert {name for name, _ in rows(FRAME[["snr"]])} == {"SNR"}
    assert len(rows(FRAME[[]])) == 0


def test_a_part_of_one_kind_has_no_ranking():
    assert math.isnan(rows()["SNR", "< 10"].roc_auc)
