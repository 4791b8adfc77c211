import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astronet.errors import CatalogError
from astronet.missions.tables import canonical, read_catalog


def tce(**columns):
    """Return one TCE of KIC 757450 as in the archive: duration in hours, epoch in BKJD."""
    one = {"kepid": [757450], "tce_period": [8.88], "tce_time0bk": [134.4], "tce_duration": [12.0]}
    return pd.DataFrame(one | columns)


def test_durations_are_converted_from_hours_to_days():
    assert canonical(tce()).duration_days.tolist() == [0.5]


def test_canonical_columns_come_first_and_others_are_unchanged():
    table = canonical(tce(tce_plnt_num=[2], av_training_set=["PC"], tce_albedo=[0.3]))
    assert list(table) == [
        *("star", "number", "period_days", "epoch_bkjd", "duration_days", "label", "name"),
        "tce_albedo",
    ]
    assert table.iloc[0].tolist() == [757450, 2, 8.88, 134.4, 0.5, "PC", "", 0.3]
    assert table.dtypes[["star", "number"]].tolist() == ["int64", "int64"]


def test_column_names_are_case_insensitive():
    upper = tce().rename(columns=str.upper)
    pd.testing.assert_frame_equal(canonical(upper), canonical(tce()))


def test_star_id_is_read_like_kepid():
    assert canonical(tce().rename(columns={"kepid": "star_id"})).star.tolist() == [757450]


def test_canonical_table_is_unchanged():
    once = canonical(tce(official_split=["train"]))
    pd.testing.assert_frame_equal(canonical(once), once)


def test_columns_of_koi_tables_are_converted():
    koi = pd.DataFrame(
        {
            "kepid": [10848459],
            "kepoi_name": ["K00754.01"],
            "koi_disposition": ["CONFIRMED"],
            "koi_pdisposition": ["CANDIDATE"],
            "koi_period": [1.7],
            "koi_time0bk": [170.3],
            "koi_duration": [2.4],
        }
    )
    event = canonical(koi).iloc[0]
    assert (event["label"], event["koi_pdisposition"]) == ("CONFIRMED", "CANDIDATE")
    assert (event["name"], event.duration_days) == ("K00754.01", 2.4 / 24)


def test_tess_epochs_are_converted_to_bkjd():
    toi = pd.DataFrame(
        {
            "toi": [1000.1],
            "tid": [50365310],
            "tfopwg_disp": ["FP"],
            "pl_tranmid": [2454833.0 + 4396.5],
            "pl_orbper": [2.5],
            "pl_trandurh": [6.0],
            "pl_trandep": [656.0],
        }
    )
    event = canonical(toi).iloc[0]
    assert event["name"] == "TOI-1000.10" and event.number == 10
    assert (event.star, event.epoch_bkjd, event.duration_days) == (50365310, 4396.5, 0.25)
    assert event.depth_ppm == 656.0


def test_k2_depths_are_converted_from_per_cent():
    k2 = pd.DataFrame(
        {
            "pl_name": ["K2-3 b"],
            "epic_hostname": ["EPIC 201367065"],
            "disposition": ["CONFIRMED"],
            "pl_orbper": [10.0],
            "pl_tranmid": [2454833.0 + 1980.0],
            "pl_trandur": [3.0],
            "pl_trandep": [0.5],
            "pl_refname": ["<a href=x#y>Crossfield et al. 2015</a>"],
        }
    )
    event = canonical(k2).iloc[0]
    assert (event.star, event.epoch_bkjd, event.duration_days) == (201367065, 1980.0, 0.125)
    assert event.depth_ppm == 5000.0
    assert event.pl_refname == "<a href=x#y>Crossfield et al. 2015</a>"


def test_events_of_a_star_are_counted_if_the_table_has_no_numbers():
    stars = pd.DataFrame({"star": [7, 9, 7, 7]})
    assert canonical(stars, require=["star"]).number.tolist() == [1, 1, 2, 3]


def test_missing_and_repeated_numbers_continue_from_the_highest():
    kois = pd.DataFrame({"kepid": [7, 7, 7, 9, 7], "koi_tce_plnt_num": [2, None, 2, None, 1]})
    assert canonical(kois, require=["star"]).number.tolist() == [2, 3, 4, 1, 1]


@given(st.lists(st.tuples(st.integers(1, 3), st.one_of(st.none(), st.integers(1, 3))), min_size=1))
def test_event_numbers_of_a_star_are_unique(rows):
    frame = pd.DataFrame(rows, columns=["kepid", "tce_plnt_num"], dtype="float64")
    table = canonical(frame, require=["star"])
    assert not table.duplicated(["star", "number"]).any()
    first = ~frame.duplicated() & frame.tce_plnt_num.notna()
    assert (table.number == frame.tce_plnt_num)[first].all()


def test_rows_without_a_usable_ephemeris_are_kept():
    frame = pd.concat([tce(tce_period=[period]) for period in (-1.0, np.nan, 3.0)])
    np.testing.assert_array_equal(canonical(frame).period_days, [-1.0, np.nan, 3.0])


def test_unknown_labels_are_empty_text():
    frame = pd.concat([tce(av_training_set=["PC"]), tce(av_training_set=[None])])
    assert canonical(frame).label.tolist() == ["PC", ""]
    assert canonical(tce()).label.tolist() == [""]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            tce().drop(columns="tce_duration"),
            "this Kepler TCE table lacks duration_days (tce_duration); its columns are kepid, "
            "tce_period, tce_time0bk; fetch the complete table with `astronet catalog fetch "
            "q1_q17_dr24_tce` (with labels) or `astronet catalog fetch q1_q17_dr25_tce` (without "
            "labels)",
        ),
        (
            pd.DataFrame({"period": [1.0], "epoch": [2.0]}),
            "this custom table lacks star (kepid), period_days, epoch_bkjd, duration_days; "
            "its columns are period, epoch; name the columns star, period_days, epoch_bkjd "
            "(BJD − 2454833) and duration_days",
        ),
        (
            tce(tce_period=["soon"]),
            "column tce_period (period_days) contains no numbers (first entry: 'soon'); check "
            "that the header matches the rows, and that the entries are numbers",
        ),
        (
            pd.concat([tce(), tce(kepid=[None])]),
            "1 of 2 rows have no valid star number in column kepid (first: row 2); delete or "
            "complete these rows",
        ),
        (
            tce(tce_time0bk=[2454967.4]),
            "column tce_time0bk: the median epoch, BKJD 2454967.4, is not plausible, so the "
            "epochs are "
            "probably in another time system; "
            "convert them to BKJD (BJD − 2454833) and name the column epoch_bkjd",
        ),
    ],
)
def test_errors_state_the_remedy(frame, message):
    with pytest.raises(CatalogError) as caught:
        canonical(frame)
    assert str(caught.value) == message


def test_long_list_of_columns_is_abbreviated():
    wide = pd.DataFrame({f"c{n}": [1] for n in range(40)})
    with pytest.raises(CatalogError, match=r"c28, c29 … \(40 in all\); name the columns"):
        canonical(wide)


@pytest.mark.parametrize(("star", "shown"), [(900000001.5, "9e+08"), (1e20, "1e+20")])
def test_star_number_must_be_an_integer(star, shown):
    frame = pd.DataFrame(
        {"star": [star], "period_days": [2.0], "epoch_bkjd": [130.0], "duration_days": [0.1]}
    )
    with pytest.raises(CatalogError) as error:
        canonical(frame)
    assert str(error.value) == (
        f"column star contains {shown}, which is not a valid star number; "
        "give whole numbers below 2^53"
    )


def test_epochs_in_mjd_are_rejected():
    frame = pd.DataFrame(
        {"star": [7], "period_days": [2.0], "epoch_bkjd": [54962.5], "duration_days": [0.1]}
    )
    with pytest.raises(
        CatalogError,
        match="is not plausible, so the epochs are probably in another time system; convert them",
    ):
        canonical(frame)


STARS = "kepid,period_days,epoch_bkjd,duration_days\n"


@pytest.mark.parametrize("column", ["kepid", "star"])
@pytest.mark.parametrize("entry", ["Kepler-90", "K00351.01", '"11,442,793"', "../../etc", "1e7x"])
def test_text_that_is_not_a_star_number_is_rejected(tmp_path, column, entry):
    path = tmp_path / "t.csv"
    path.write_text(STARS.replace("kepid", column) + f"KIC 757450,3,100,0.1\n{entry},3,100,0.1\n")
    with pytest.raises(CatalogError) as caught:
        read_catalog(path)
    assert str(caught.value) == (
        f"{path}: column {column}, row 2: {entry.strip(chr(34))!r} is not a star number; give a "
        "whole number, optionally after KIC, TIC or EPIC"
    )


def test_star_numbers_may_have_the_name_of_their_catalogue(tmp_path):
    path = tmp_path / "t.csv"
    stars = ["KIC 757450", "kic757450", "TIC-757450", "EPIC_757450", "000757450", "757450"]
    path.write_text(STARS + "".join(f"{star},3,100,0.1\n" for star in stars))
    assert set(read_catalog(path)["star"]) == {757450}
    path.write_text(STARS + "757450.0,3,100,0.1\n")
    assert read_catalog(path)["star"].tolist() == [757450]


def test_optional_column_without_numbers_is_ignored_with_a_warning(tmp_path, caplog):
    path = tmp_path / "t.csv"
    path.write_text(STARS.replace("\n", ",depth_ppm\n") + "1,3,100,0.1,deep\n")
    assert read_catalog(path)["depth_ppm"].tolist() == ["deep"]
    assert "column depth_ppm (depth_ppm) contains no numbers (first entry: 'deep') and is " in (
        caplog.text
    )


def test_toi_with_its_prefix_is_read(tmp_path):
    path = tmp_path / "toi.csv"
    path.write_text(
        "TIC ID,TOI,TFOPWG Disposition,Period (days),Epoch (BJD),Duration (hours)\n"
        "1001,TOI-901.01,PC,3.1,2458327.5,2.9\n1001,TOI 901.02,PC,5.1,2458327.5,2.9\n"
    )
    events = read_catalog(path)
    assert events["number"].tolist() == [1, 2]
    assert events["name"].tolist() == ["TOI-901.01", "TOI-901.02"]


@pytest.mark.parametrize("entry", ["1.14E+07", "1.14428e7", "1e7"])
@pytest.mark.parametrize("other", ["757450", "KIC 757450"])
def test_rounded_star_numbers_are_rejected(tmp_path, entry, other):
    path = tmp_path / "t.csv"
    path.write_text(STARS + f"{other},3,100,0.1\n{entry},3,100,0.1\n")
    with pytest.raises(CatalogError) as caught:
        read_catalog(path)
    assert str(caught.value) == (
        f"{path}: column kepid, row 2: {entry!r} is a rounded star number; give all digits"
    )
    path.write_text(STARS + f"{other},3,100,0.1\n1.1442793e+07,3,100,0.1\n")
    assert read_catalog(path)["star"].tolist() == [757450, 11442793]


@pytest.mark.parametrize("stars", [["KIC 5", "TIC 7"], ["TIC 5", "9", "kic5"]])
def test_stars_of_two_catalogues_in_one_column_cause_a_warning(tmp_path, caplog, stars):
    path = tmp_path / "t.csv"
    path.write_text(STARS + "".join(f"{star},3,100,0.1\n" for star in stars))
    read_catalog(path)
    assert "column kepid lists stars of several catalogues (KIC, TIC), and equal" in caplog.text


@pytest.mark.parametrize("entry", ["1,200", "3 d", "<5"])
def test_numbers_with_other_characters_cause_a_warning(tmp_path, caplog, entry):
    path = tmp_path / "t.csv"
    path.write_text(STARS + f'1,3,100,0.1\n2,"{entry}",100,0.1\n3,--,100,0.1\n')
    assert read_catalog(path)["period_days"].isna().tolist() == [False, True, True]
    assert (
        "column period_days (period_days): 1 entry is treated as missing (no plain number; first: "
        f"row 2, {entry!r})"
    ) in caplog.text


def test_epochs_of_another_time_system_in_some_rows_are_missing(tmp_path, caplog):
    path = tmp_path / "t.csv"
    path.write_text(STARS + "1,3,100,0.1\n2,3,101,0.1\n3,3,2458327.5,0.1\n")
    assert read_catalog(path)["epoch_bkjd"].isna().tolist() == [False, False, True]
    assert (
        "column epoch_bkjd: 1 epoch is not plausible and treated as missing (first: row 3, "
        "BKJD 2458327.5); give all epochs in the same time system"
    ) in caplog.text


def test_event_numbers_that_are_not_whole_are_replaced_with_a_warning(tmp_path, caplog):
    path = tmp_path / "t.csv"
    path.write_text(STARS.replace("\n", ",number\n") + "7,3,100,0.1,1\n7,5,100,0.1,1.5\n")
    assert read_catalog(path).number.tolist() == [1, 2]
    assert (
        "column number: 1 event number is not whole and will be replaced (first: row 2, 1.5); give "
        "whole numbers"
    ) in caplog.text
