"""Columns of unusual types: categories, nullable numbers, time differences, invalid numbers."""

import numpy as np
import pandas as pd
import pytest

from astronet.errors import CatalogError
from astronet.missions.tables import canonical, read_catalog


def tce(**columns):
    """Return one TCE of KIC 757450 as in the archive: duration in hours, epoch in BKJD."""
    one = {"kepid": [757450], "tce_period": [8.88], "tce_time0bk": [134.4], "tce_duration": [12.0]}
    return pd.DataFrame(one | columns)


@pytest.mark.parametrize(
    ("labels", "texts"),
    [
        (pd.Categorical(["PC", None]), ["PC", ""]),
        (pd.array([3, pd.NA], dtype="Int64"), ["3", ""]),
        (pd.array([True, pd.NA], dtype="boolean"), ["True", ""]),
        (pd.array([" PC", pd.NA], dtype="string"), ["PC", ""]),
        ([None, None], ["", ""]),
    ],
)
def test_labels_of_every_type_become_texts(tmp_path, labels, texts):
    frame = pd.DataFrame({"star": [5, 6], "period_days": [3.5, 4.5], "epoch_bkjd": [140.0, 141]})
    frame = frame.assign(duration_days=0.1, label=labels)
    frame.to_parquet(tmp_path / "mine.parquet")
    assert read_catalog(tmp_path / "mine.parquet")["label"].tolist() == texts


def test_categorical_numbers_are_numbers(tmp_path):
    table = tce(kepid=pd.Categorical(["KIC 757450"]), tce_period=pd.Categorical([8.88]))
    assert canonical(table).iloc[0][["star", "period_days"]].tolist() == [757450, 8.88]


def test_time_differences_are_converted_to_days(tmp_path):
    duration = pd.to_timedelta([2.4, None], unit="h")
    frame = pd.DataFrame({"star": [5, 6], "period_days": [3.5, 4.5], "epoch_bkjd": [140.0, 141]})
    frame.assign(duration_days=duration).to_parquet(tmp_path / "mine.parquet")
    durations = read_catalog(tmp_path / "mine.parquet")["duration_days"]
    np.testing.assert_allclose(durations, [0.1, np.nan])
    assert canonical(tce(tce_duration=duration[:1])).duration_days.tolist() == [0.1]


def test_dates_are_not_epochs():
    with pytest.raises(CatalogError, match=r"column tce_time0bk .* contains no numbers"):
        canonical(tce(tce_time0bk=pd.to_datetime(["2009-05-21"])))


@pytest.mark.parametrize("number", ["1e300", "inf", "-inf", "1.5", "9007199254740993"])
def test_invalid_event_numbers_are_replaced_with_a_warning(tmp_path, number, caplog):
    path = tmp_path / "mine.csv"
    own = "star,number,period_days,epoch_bkjd,duration_days\n"
    path.write_text(f"{own}7,2,3.5,140,0.1\n7,{number},4.5,141,0.1\n")
    assert read_catalog(path)["number"].tolist() == [2, 3]
    assert "1 event number is not whole and will be replaced (first: row 2, " in caplog.text


def test_large_event_numbers_are_not_rounded(tmp_path):
    path = tmp_path / "mine.csv"
    own = "star,number,period_days,epoch_bkjd,duration_days\n"
    path.write_text(f"{own}7,12345671,3.5,140,0.1\n7,12345672,4.5,141,0.1\n")
    assert read_catalog(path)["number"].tolist() == [12345671, 12345672]
