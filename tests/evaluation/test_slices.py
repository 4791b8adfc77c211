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


def test_events_are_divided_by_value():
    by_subset = rows()
    assert by_subset["SNR", "< 10"].n == 1
    assert by_subset["SNR", "unknown"].n == 1
    assert by_subset["Period [d]", "10 – 30"].n == 2
    assert by_subset["Period [d]", "10 – 30"].roc_auc == 1.0
    assert by_subset["Duration / period", "≥ 0.1"].n == 1
    assert by_subset["Events per star", "several"].n == 2
    assert by_subset["Events per star", "one"].positives == 2


def test_each_type_of_false_positive_is_compared_with_all_planets():
    subset = rows()["Type of false positive", "AFP"]
    assert (subset.n, subset.positives) == (5, 3)
    assert math.isclose(subset.roc_auc, 5 / 6)
    assert rows()["Type of false positive", "NTP"].roc_auc == 1.0


def test_other_slices_count_each_event_once():
    table = slices(FRAME, SCORES, TARGETS)
    counts = table[table["slice"] != "Type of false positive"].groupby("slice")["n"].sum()
    assert (counts == 6).all()


def test_missing_columns_are_ignored():
    assert {name for name, _ in rows(FRAME[["snr"]])} == {"SNR"}
    assert len(rows(FRAME[[]])) == 0


def test_roc_auc_of_a_single_class_is_undefined():
    assert math.isnan(rows()["SNR", "< 10"].roc_auc)


def test_intervals_contain_the_metric_and_need_several_stars():
    subset = rows()["Type of false positive", "AFP"]
    assert subset.average_precision_low <= subset.average_precision <= subset.average_precision_high
    assert subset.roc_auc_low <= subset.roc_auc <= subset.roc_auc_high
    assert math.isnan(rows()["SNR", "unknown"].roc_auc_low)  # one star
    assert math.isnan(rows(FRAME[["snr"]])["SNR", "15 – 30"].average_precision_low)
