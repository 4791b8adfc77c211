"""No star is in two splits, stars keep their split, and the original split is reproduced."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from astronet.dataset.splits import FoldSplit, LegacySplit, OfficialSplit, Split, StarSplit
from astronet.errors import StoreError

stars = st.lists(st.integers(1, 10**7), max_size=60)


def events(stars, **columns):
    return pd.DataFrame({"star": np.array(stars, dtype=np.int64), **columns})


@given(stars, st.text(max_size=3))
def test_a_star_is_in_one_split(stars, salt):
    index = events(stars)
    index["split"] = StarSplit(salt=salt).assign(index)
    assert set(index["split"]) <= {"train", "val", "test"}
    assert (index.groupby("star")["split"].nunique() == 1).all()


@given(stars, stars)
def test_stars_keep_their_split_when_events_are_added(before, added):
    alone = StarSplit().assign(events(before))
    together = StarSplit().assign(events(before + added))
    assert (alone == together[: len(before)]).all()


def test_the_splits_have_the_expected_fractions():
    splits = StarSplit().assign(events(range(1, 20_001)))
    fractions = [np.mean(splits == split) for split in ("train", "val", "test")]
    assert fractions == pytest.approx([0.8, 0.1, 0.1], abs=0.01)


@pytest.mark.parametrize(("fractions", "split"), [((1, 0, 0), "train"), ((0, 1, 0), "val")])
def test_a_fraction_of_one_selects_all_stars(fractions, split):
    assert set(StarSplit(fractions=fractions).assign(events(range(1, 500)))) == {split}


def test_another_salt_gives_another_split():
    index = events(range(1, 200))
    assert (StarSplit().assign(index) != StarSplit(salt="b").assign(index)).any()


def test_a_star_has_the_same_split_as_number_and_as_text():
    texts = pd.DataFrame({"star": [str(star) for star in range(1, 50)]})
    assert (StarSplit().assign(texts) == StarSplit().assign(events(range(1, 50)))).all()


@pytest.mark.parametrize("fractions", [(0.8, 0.1, 0.2), (1.1, -0.1, 0.0)])
def test_fractions_that_do_not_add_up_are_rejected(fractions):
    with pytest.raises(ValidationError, match="fractions must not be negative and must add up"):
        StarSplit(fractions=fractions)


def test_official_split_reads_its_column():
    index = events([1, 2, 3], split=["train", "", "test"])
    assert OfficialSplit().assign(index).tolist() == ["train", "", "test"]


def test_official_split_names_a_missing_column_and_an_unknown_value():
    index = events([1, 2], official_split=["train", "dev"])
    with pytest.raises(StoreError) as caught:
        OfficialSplit().assign(index)
    assert str(caught.value) == (
        "the store has no column 'split' (columns: star, official_split); set data.split.column to "
        "a column that contains train, val and test, or set data.split.kind=star"
    )
    with pytest.raises(StoreError) as caught:
        OfficialSplit(column="official_split").assign(index)
    assert str(caught.value) == (
        "the column 'official_split' contains 'dev', which is not a split; use train, val, test or "
        "empty values"
    )


def test_legacy_split_divides_labelled_events_only():
    labels = ["PC", "UNK", "AFP", "", "NTP", "WITHHELD", "PC", "PC", "PC", "PC", "PC", "PC"]
    parts = LegacySplit().assign(events(range(12), label=labels))
    assert parts[1] == parts[3] == ""
    assert pd.Series(parts).value_counts().to_dict() == {"train": 8, "val": 1, "test": 1, "": 2}
    labelled = np.array([0, 2, 4, 5, 6, 7, 8, 9, 10, 11])
    last = labelled[np.random.RandomState(123).permutation(10)[9]]
    assert parts[last] == "test"


def test_legacy_split_is_the_original_split(shared):
    table = pd.read_csv(shared / "data/dr24/q1_q17_dr24_tce.csv", keep_default_na=False)
    parts = LegacySplit().assign(table.rename(columns={"av_training_set": "label"}))
    assert (parts != "").sum() == 15_737
    assert (parts == table["official_split"].to_numpy()).all()


def test_kind_selects_the_split():
    split = TypeAdapter(Split)
    assert split.validate_python({"kind": "legacy_tce"}) == LegacySplit(seed=123)
    assert split.validate_python({"kind": "official"}) == OfficialSplit(column="split")
    assert split.validate_python({"kind": "star"}) == StarSplit(fractions=(0.8, 0.1, 0.1), salt="")


def test_every_star_is_tested_in_one_fold():
    index = pd.DataFrame({"star": [*range(500), *range(500)]})
    tested = np.stack([FoldSplit(fold=k).assign(index) == "test" for k in range(5)])
    assert (tested.sum(axis=0) == 1).all()
    assert (tested[:, :500] == tested[:, 500:]).all()
    assert (tested.sum(axis=1) > 100).all()


def test_a_fold_within_a_split_excludes_other_events():
    index = pd.DataFrame({"star": range(100), "split": ["train", "val"] * 50})
    parts = FoldSplit(within="train").assign(index)
    assert not parts[1::2].astype(bool).any()
    assert (parts[::2] == FoldSplit().assign(index)[::2]).all()


def test_a_fold_that_does_not_exist_is_rejected():
    with pytest.raises(ValidationError, match="fold 5 does not exist; choose a number from 0 to 4"):
        FoldSplit(fold=5)


def test_folds_within_a_star_split_divide_its_training_stars():
    index = events(range(2000))
    split = StarSplit()
    folds = [FoldSplit(fold=k, folds=3, salt="x", within="train", of=split) for k in range(3)]
    parts = np.stack([fold.assign(index) for fold in folds])
    outside = split.assign(index) != "train"
    assert (parts[:, outside] == "").all()
    assert ((parts == "test").sum(axis=0) == ~outside).all()
    assert ((parts == "test").sum(axis=1) > 450).all()


def test_folds_with_the_salt_of_their_split_are_rejected():
    with pytest.raises(ValidationError, match="would have unequal sizes; choose another salt"):
        FoldSplit(within="train", of=StarSplit(salt="a"), salt="a")


def test_a_fold_within_the_training_events_of_a_fold():
    index = pd.DataFrame({"star": np.arange(1, 401)})
    first, second = FoldSplit(fold=1), FoldSplit(fold=3)
    tested = [one.assign(index) == "test" for one in (first, second)]
    both = FoldSplit(fold=3, within="train", of=first).assign(index)
    assert ((both == "test") == tested[1]).all()
    assert ((both == "") == tested[0]).all()
    # The remaining events are the same in whichever order folds 1 and 3 are excluded.
    other = FoldSplit(fold=1, within="train", of=second).assign(index)
    assert ((both == "train") == (other == "train")).all()
    assert not (FoldSplit(fold=1, within="train", of=first).assign(index) == "test").any()
