import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from astronet.audits.stars import stars_in_two_splits
from astronet.audits.views import unusual_views
from astronet.dataset.splits import SPLITS


def events(*rows):
    frame = pd.DataFrame(rows, columns=["star", "split"])
    return frame.assign(number=1, label="", flat=False)


def test_an_event_with_a_training_star_is_listed_with_the_training_event():
    index = events((7, "train"), (8, "train"), (8, "val"), (9, "val"), (7, "test"))
    (finding,) = stars_in_two_splits(index, SPLITS)
    assert finding.severity == "leak"
    assert finding.summary == (
        "1 of 2 val events (50%) share a star with train; "
        "1 of 1 test events (100%) share a star with train"
    )
    assert finding.table[["row", "other_row"]].to_numpy().tolist() == [[2, 1], [4, 0]]


def test_events_in_no_split_do_not_leak():
    assert list(stars_in_two_splits(events((7, "train"), (7, ""), (8, "val")), SPLITS)) == []


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["train", "val", "test", ""]))))
def test_a_leak_is_found_if_and_only_if_a_star_has_two_splits(rows):
    splits = {}
    for star, split in rows:
        splits.setdefault(star, set()).add(split)
    leaks = any(len(names - {""}) > 1 for names in splits.values())
    assert bool(list(stars_in_two_splits(events(*rows), SPLITS))) == leaks


def test_views_without_a_dip_or_with_nan_are_listed():
    index = events(*[(star, "train") for star in range(5)])
    view = np.tile(np.array([0, -1, 0], np.float32), (5, 1))
    view[1] = 0.5
    view[2, 0], view[3, 0] = np.nan, np.inf
    index.loc[4, "flat"] = True
    by_kind = {f.kind: f for f in unusual_views(index, {"global": view})}
    assert by_kind["view with NaN or infinite values"].table["row"].tolist() == [2, 3]
    assert by_kind["view with NaN or infinite values"].fails
    assert by_kind["view without a dip"].table["row"].tolist() == [1, 4]
    assert not by_kind["view without a dip"].fails
    assert list(unusual_views(index[:1], {"global": view[:1]})) == []
