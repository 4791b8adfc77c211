import re

import numpy as np
import pandas as pd
import pytest

from astronet.audits.signals import (
    repeated_signals,
    shared_between_stars,
    unusable_ephemerides,
)


def events(*rows):
    """Return events from rows (star, period, epoch, split, label), each with a transit of 0.1 d."""
    frame = pd.DataFrame(rows, columns=["star", "period_days", "epoch_bkjd", "split", "label"])
    return frame.assign(number=frame.groupby("star").cumcount() + 1, duration_days=0.1)


def findings(index, targets=None):
    targets = np.full(len(index), np.nan) if targets is None else np.array(targets, float)
    return list(repeated_signals(index, targets))


def test_the_same_ephemeris_in_two_splits_is_a_leak():
    index = events((7, 5.0, 131.0, "train", ""), (7, 5.0001, 131.02, "val", ""))
    (finding,) = findings(index)
    assert (finding.kind, finding.severity) == ("duplicate event in two splits", "leak")
    assert finding.fails
    assert finding.table[["star", "other_star"]].to_numpy().tolist() == [[7, 7]]


def test_the_same_ephemeris_in_one_split_is_a_warning():
    index = events((7, 5.0, 131.0, "val", ""), (7, 5.0, 131.0, "val", ""))
    (finding,) = findings(index)
    assert (finding.kind, finding.severity) == ("duplicate event in one split", "warning")
    assert not finding.fails


@pytest.mark.parametrize("ratio", [2, 3])
@pytest.mark.parametrize("order", [1, -1])
def test_a_multiple_of_the_period_in_phase_is_an_alias(ratio, order):
    rows = [(7, 4.0, 131.0, "train", ""), (7, ratio * 4.0, 131.0 + 4.0, "test", "")][::order]
    (finding,) = findings(events(*rows))
    assert finding.kind == "period alias in two splits"
    assert finding.table["detail"].tolist() == [f"the other period is {ratio} times this one"]
    shorter = [0, 1][::order][0]
    assert finding.table["row"].tolist() == [shorter]


@pytest.mark.parametrize(
    ("case", "period", "epoch"),
    [
        ("another phase", 8.0, 132.0),
        ("a secondary eclipse", 4.0, 133.0),
        ("another period", 8.05, 131.0),
        ("four times the period", 16.0, 131.0),
        ("3/2 of the period", 6.0, 131.0),
    ],
)
def test_other_signals_of_a_star_are_not_duplicates(case, period, epoch):
    assert findings(events((7, 4.0, 131.0, "train", ""), (7, period, epoch, "val", ""))) == []


def test_the_same_ephemeris_on_another_star_is_not_a_duplicate():
    assert findings(events((7, 4.0, 131.0, "train", ""), (8, 4.0, 131.0, "val", ""))) == []


def test_duplicates_with_conflicting_labels_are_an_error():
    index = events((7, 5.0, 131.0, "train", "PC"), (7, 5.0, 131.0, "train", "AFP"))
    by_kind = {finding.kind: finding for finding in findings(index, [1, 0])}
    assert by_kind["duplicate event with conflicting labels"].fails
    table = by_kind["duplicate event with conflicting labels"].table
    assert table[["label", "other_label"]].to_numpy().tolist() == [["PC", "AFP"]]


def test_two_kinds_of_false_alarm_are_not_a_conflict():
    index = events((7, 5.0, 131.0, "train", "NTP"), (7, 5.0, 131.0, "train", "AFP"))
    kinds = {finding.kind for finding in findings(index, [0, 0])}
    assert "duplicate event with conflicting labels" not in kinds


def test_a_duplicate_is_found_without_a_duration():
    index = events((7, 5.0, 131.0, "train", ""), (7, 5.0, 131.1, "val", ""))
    assert len(findings(index.assign(duration_days=np.nan))) == 1


def shared(*rows):
    return list(shared_between_stars(events(*rows)))


def test_the_same_ephemeris_on_two_stars_is_a_warning():
    (finding,) = shared((7, 5.0, 131.0, "train", ""), (8, 5.001, 131.1, "val", ""))
    assert not finding.fails
    assert finding.summary == (
        "2 of 2 events match the period and epoch of an event of another star in another split "
        "(1 pair; 0 expected by chance)"
    )


@pytest.mark.parametrize(
    "other",
    [
        (8, 5.0, 131.0, "train", ""),  # the same split
        (7, 5.0, 131.0, "val", ""),  # the same star
        (8, 5.0, 132.0, "val", ""),  # another epoch
        (8, 5.01, 131.0, "val", ""),  # another period
        (8, 5.0, 131.0, "", ""),  # in no split
    ],
)
def test_other_events_do_not_share_an_ephemeris(other):
    assert shared((7, 5.0, 131.0, "train", ""), other) == []


def test_the_number_of_chance_pairs_is_as_expected():
    rng = np.random.default_rng(5)
    count = 20000
    period = rng.uniform(1, 2, count)
    index = pd.DataFrame(
        {
            "star": np.arange(count),
            "number": 1,
            "period_days": period,
            "epoch_bkjd": 131 + rng.uniform(0, 1, count) * period,
            "duration_days": 0.1,
            "split": rng.choice(["train", "val"], count),
            "label": "",
        }
    )
    (finding,) = shared_between_stars(index)
    expected = int(finding.summary.split(";")[1].split()[0])
    assert len(finding.table) == pytest.approx(expected, rel=0.05)


def test_impossible_and_unknown_ephemerides_are_listed():
    index = events(
        (1, 5.0, 131.0, "train", ""),
        (2, np.nan, 131.0, "val", ""),
        (3, 0.0, 131.0, "val", ""),
        (4, 0.05, 131.0, "val", ""),
    )
    (finding,) = unusable_ephemerides(index)
    assert finding.table["row"].tolist() == [1, 2, 3]
    assert list(unusable_ephemerides(index[:1])) == []
    assert findings(index) == shared_between_stars_of(index) == []


def shared_between_stars_of(index):
    return list(shared_between_stars(index))


def test_many_events_of_one_period_are_compared_in_seconds():
    rng = np.random.default_rng(1)
    count = 100_000
    index = pd.DataFrame(
        {
            "star": np.arange(count),
            "number": 1,
            "period_days": 10.0,  # of all: 5e9 pairs agree in period
            "epoch_bkjd": rng.uniform(131, 141, count),
            "duration_days": 0.1,
            "split": rng.choice(["train", "val"], count),
            "label": "",
        }
    )
    (finding,) = shared_between_stars(index)
    assert re.search(r"\(at least \d+ pairs; ", finding.summary)
