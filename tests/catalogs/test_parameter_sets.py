"""Tables that list several rows of an event."""

import logging
from pathlib import Path

import pandas as pd
import pytest

from astronet.errors import CatalogError
from astronet.missions.tables import read_catalog, summarize

K2 = "pl_name,epic_hostname,default_flag,disposition,pl_orbper,pl_tranmid,pl_trandur\n"

TCE = "kepid,tce_plnt_num,tce_period,tce_time0bk,tce_duration,av_training_set\n"

OWN = "star,period_days,epoch_bkjd,duration_days"


@pytest.fixture
def table(tmp_path):
    def write(content: str) -> Path:
        path = tmp_path / "table.csv"
        path.write_text(content)
        return path

    return write


def k2(*rows: str) -> str:
    """Return a table of parameter sets, each given as `name,flag,period`."""
    lines = []
    for row in rows:
        name, flag, period = row.split(",")
        lines.append(f"{name},EPIC 201900001,{flag},CONFIRMED,{period},2456813.4,2.6\n")
    return K2 + "".join(lines)


def test_default_parameter_set_of_a_planet_is_its_only_event(table, caplog):
    path = table(k2("K2-900 b,0,10.05402", "K2-900 b,1,10.05449", "K2-900 b,0,10.0546"))
    with caplog.at_level(logging.INFO, "astronet"):
        (event,) = read_catalog(path).itertuples()
    assert (event.star, event.number, event.period_days) == (201900001, 1, 10.05449)
    assert (event.star_events, event.label) == (1, "CONFIRMED")
    assert event.resonance != event.resonance  # unknown, because there is no other event
    assert "2 of 3 rows left out: copies or further parameter sets of an event" in caplog.text
    assert list(summarize(path).lines())[1] == (
        "1 event of 1 star; 2 rows left out (copies or further parameter sets)"
    )


def test_planets_of_a_star_are_different_events(table):
    path = table(k2("K2-900 b,1,10.05", "K2-900 c,0,20.2", "K2-900 c,1,20.1", "K2-900  b,0,10.1"))
    events = read_catalog(path)
    assert events["period_days"].tolist() == [10.05, 20.1]
    assert events["number"].tolist() == [1, 2]
    assert events["star_events"].tolist() == [2, 2]


def test_first_complete_row_replaces_a_missing_default(table):
    path = table(k2("K2-900 b,0,", "K2-900 b,0,10.05", "K2-900 b,0,10.06", "K2-901 b,0,"))
    events = read_catalog(path)
    assert events["name"].tolist() == ["K2-900 b", "K2-901 b"]
    assert events["period_days"][0] == 10.05


def test_two_default_rows_of_a_planet_are_rejected(table):
    path = table(k2("K2-900 b,1,10.05", "K2-900 c,1,20.1", "K2-900 b,1,10.06"))
    with pytest.raises(CatalogError) as caught:
        read_catalog(path)
    assert str(caught.value) == (
        f"{path}: rows 1, 3 list different values for one event, K2-900 b; set default_flag to 1 "
        "in only one of them"
    )


def test_default_rows_of_custom_tables_are_selected_too(table):
    path = table(f"{OWN},Default_Flag\n7,3,100,0.1,0\n7,3.0001,100,0.1,1.0\n8,5,100,0.1,0\n")
    events = read_catalog(path)
    assert events["period_days"].tolist() == [3.0001, 5]
    path = table(f"{OWN},number,default_flag\n7,3,100,0.1,2,1\n7,9,100,0.1,1,1\n7,9.1,1,0.1,1,0\n")
    assert read_catalog(path)["period_days"].tolist() == [3, 9]


def test_copies_of_a_row_are_left_out(table):
    row = "757450,1,8.88,134.4,2.1,PC\n"
    assert len(read_catalog(table(TCE + row + "757451" + row[6:] + row))) == 2
    numbered_rows = f"rowid,{TCE}1,{row}2,{row}"
    assert len(read_catalog(table(numbered_rows))) == 1


def test_event_with_different_rows_is_rejected(table):
    path = table(TCE + "7,1,8.88,134.4,2.1,PC\n8,1,5,134,2,PC\n7,1,8.88,134.4,2.1,AFP\n")
    with pytest.raises(CatalogError) as caught:
        read_catalog(path)
    assert str(caught.value) == (
        f"{path}: rows 1, 3 list different values for one event, star 7, number 1; keep one row "
        "per event, or add a column default_flag that is 1 in the row to use and 0 in the others"
    )
    koi = "kepid,kepoi_name,koi_period,koi_time0bk,koi_duration,koi_disposition\n"
    path = table(koi + "7,K00001.01,3,130,2,CANDIDATE\n7,K00001.01,3.1,130,2,CANDIDATE\n")
    with pytest.raises(CatalogError, match=r"rows 1, 2 list .* one event, K00001.01; keep one"):
        read_catalog(path)


def test_kois_may_have_the_same_number_in_different_tce_tables(table):
    koi = "kepid,kepoi_name,koi_tce_plnt_num,koi_period,koi_time0bk,koi_duration\n"
    path = table(koi + "7,K00001.01,1,3,130,2\n7,K00001.02,1,9.5,130,2\n")
    assert read_catalog(path)["number"].tolist() == [1, 2]


def test_names_in_custom_tables_may_be_those_of_stars(table):
    path = table(f"{OWN},name,number\n7,3,100,0.1,Kepler-90,1\n7,9.5,100,0.1,Kepler-90,2\n")
    assert read_catalog(path)["number"].tolist() == [1, 2]


def test_names_of_stars_need_no_numbers(table):
    rows = "1,3,100,0.1,Kepler-90\n2,3,100,0.1,\n1,9.5,100,0.1,Kepler-90\n1,3,101.5,0.1,Kepler-90\n"
    events = read_catalog(table(f"{OWN},name\n{rows}"))
    assert events["number"].tolist() == [1, 1, 2, 3]
    path = table(f"{OWN},name\n{rows}1,9.5001,100,0.1,Kepler-90\n")
    with pytest.raises(CatalogError, match="rows 3, 5 list different values for one event, star 1"):
        read_catalog(path)


def test_default_rows_are_selected_by_name_and_ephemeris(table):
    rows = (
        "1,3.0001,100,0.1,Kepler-90,0\n1,3,100,0.1,Kepler-90,1\n"
        "1,9.5,100,0.1,Kepler-90,0\n1,9.5001,100,0.1,Kepler-90,0\n"
        "2,,,0.1,Kepler-91 b,0\n2,4,100,0.1,Kepler-91 b,1\n"
    )
    events = read_catalog(table(f"{OWN},name,default_flag\n{rows}"))
    assert events["period_days"].tolist() == [3, 9.5, 4]


def test_stars_can_be_listed_although_an_event_has_several_rows(table):
    path = table(TCE + "7,1,8.88,134.4,2.1,PC\n8,1,5,134,2,PC\n7,1,8.88,134.4,2.1,AFP\n")
    assert read_catalog(path, ["star"])["star"].unique().tolist() == [7, 8]
    with pytest.raises(CatalogError, match="rows 1, 3 list different values"):
        read_catalog(path, ["star", "period_days", "epoch_bkjd"])


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_copies_of_rows_with_lists_are_left_out(tmp_path, suffix):
    frame = pd.DataFrame({"star": [7, 7, 7], "number": [1, 1, 2], "period_days": 3.0})
    frame = frame.assign(epoch_bkjd=100.0, duration_days=0.1, sectors=[[1, 2], [1, 2], [3]])
    path = tmp_path / f"mine{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    assert read_catalog(path)["number"].tolist() == [1, 2]


def test_similar_ephemerides_are_found_among_other_rows_with_the_same_period(table, caplog):
    rows = "7,10,100,0.1\n7,10.001,105,0.1\n7,10.002,100.01,0.1\n"
    assert len(read_catalog(table(f"{OWN}\n{rows}"))) == 3
    assert "1 row has nearly the same ephemeris as" in caplog.text
    assert "(first: rows 1 and 3)" in caplog.text


def test_similar_ephemerides_without_numbers_cause_a_warning(table, caplog):
    rows = "7,10.05402,100.001,0.1\n9,5,101,0.1\n7,10.05449,100.002,0.1\n7,20.1,100,0.1\n"
    assert len(read_catalog(table(f"{OWN}\n{rows}"))) == 4
    assert (
        "1 row has nearly the same ephemeris as another row of the star (first: rows 1 and 3); if "
        "they are parameter sets of one event, keep only one of them"
    ) in caplog.text
    caplog.clear()
    binary = "7,10,100,0.1\n7,10,105,0.1\n"  # primary and secondary eclipses
    assert len(read_catalog(table(f"{OWN}\n{binary}"))) == 2
    assert not caplog.text


def test_confirmed_planets_are_identified_by_their_tic_numbers(table):
    path = table(
        "pl_name,hostname,default_flag,pl_orbper,pl_tranmid,pl_trandur,pl_trandep,tic_id\n"
        "HD 1 b,HD 1,0,3.1,2458327.5,2.4,0.12,TIC 1001\n"
        "HD 1 b,HD 1,1,3.2,2458327.6,2.4,0.12,TIC 1001\n"
    )
    (event,) = read_catalog(path, mission="tess").itertuples()
    assert (event.star, event.name, event.period_days) == (1001, "HD 1 b", 3.2)
    assert (event.duration_days, event.depth_ppm) == (2.4 / 24, 1200.0)
