import gzip
import time
from contextlib import suppress

import pandas as pd
import pytest

from astronet.errors import CatalogError
from astronet.files import gzipped
from astronet.missions.tables import read_catalog, read_table

HEADING = "kepid,tce_plnt_num,tce_period,tce_time0bk,tce_duration"
ROW = "757450,1,8.88492,134.452,2.078"


@pytest.fixture
def written(tmp_path):
    def write(*lines, name="tce.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_comments_and_banners_are_skipped(written):
    banner = "Please note, this table has moved"
    path = written("# NASA", "", banner, "# COLUMN kepid: KepID", HEADING, ROW, "# end")
    assert read_table(path).to_dict("records") == [
        {
            "kepid": 757450,
            "tce_plnt_num": 1,
            "tce_period": 8.88492,
            "tce_time0bk": 134.452,
            "tce_duration": 2.078,
        }
    ]


def test_text_after_a_hash_within_a_line_is_kept(written):
    path = written("kepid,comment", "1,see #4", "2,<a href=page.html#top>x</a>")
    assert read_table(path).comment.tolist() == ["see #4", "<a href=page.html#top>x</a>"]


@pytest.mark.parametrize("separator", ["\t", "|"])
def test_other_separators_are_detected(written, separator):
    path = written(HEADING.replace(",", separator), ROW.replace(",", separator))
    pd.testing.assert_frame_equal(read_table(path), read_table(written(HEADING, ROW, name="c")))


def test_gzip_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "tce.csv.gz"
    path.write_bytes(gzip.compress(f"\ufeff{HEADING}\r\n{ROW}\r\n".encode()))
    assert read_catalog(path).star.tolist() == [757450]


def test_numbers_are_read_exactly(written):
    path = written("kepid,x", "1,0.1", "2,2454833.1234567", "3,1.736952453")
    assert read_table(path).x.tolist() == [0.1, 2454833.1234567, 1.736952453]


def test_heading_in_the_comment_of_a_robovetter_output_is_read(written):
    path = written(
        "#1:TCE  2:Robovetter_Score  3:Disposition  4:Centroid Offset_Flag  5:Flags",
        "000757099-02 0.125 FP 1 LPP_DV",
        "000757450-01 0.999 PC 0 ",
    )
    assert list(read_table(path))[3] == "Centroid Offset_Flag"
    table = read_catalog(path, require=["star"])
    assert table.star.tolist() == [757099, 757450]
    assert table.number.tolist() == [2, 1]
    assert table.label.tolist() == ["FP", "PC"]


ERRORS = {
    "": "{} is empty; correct the file, or download it again",
    "# only\n# comments\n": "{} contains only comments; correct the file, or download it again",
    HEADING + "\n": "{} has a header but no rows; give a table with at least one row",
    "<!DOCTYPE html>\n<p>Sorry</p>": "{} is not a CSV table "
    "(it begins with '<!DOCTYPE html>'); download it again, or export it as CSV",
    "ERROR<br>\nError Type: UserError": "{} is not a CSV table "
    "(it begins with 'ERROR<br>'); download it again, or export it as CSV",
    f"{HEADING}\n{ROW}\n{ROW},7,8\n": "{}: line 3 has 7 fields, but 5 are expected; "
    "correct the line",
    f"{HEADING}\n{ROW},7\n{ROW},7\n": "{}: the rows have more fields than the header (5); "
    "correct the file, or download it again",
    f"{HEADING}\n{ROW}\n757": "{} is truncated (line 3, the last one, has 1 of 5 "
    "fields); correct the file, or download it again",
    '[{"kepid": 757450}]': "{} is not a CSV table "
    """(it begins with '[{"kepid": 757450}]'); download it again, or export it as CSV""",
    "x" * 140000: "{} cannot be parsed as a table (field larger than field limit (131072)); "
    "correct the file, or download it again",
    f'{HEADING}\n"{ROW}\n': "{} is truncated (line 2, the last one, has 1 of 5 fields); "
    "correct the file, or download it again",
    "#1:TCE  2:Robovetter_Score  3:Disposition\n": "{} has a header but no rows; give a table "
    "with at least one row",
    "\0\1\2": "{} is not a text file; give the path of a table (CSV, Parquet, JSON Lines or ECSV)",
}


@pytest.mark.parametrize("content", ERRORS, ids=range(len(ERRORS)))
def test_error_of_an_invalid_table_is_one_line(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_text(content)
    with pytest.raises(CatalogError) as caught:
        read_table(path)
    assert str(caught.value) == ERRORS[content].replace("{}", str(path))


def test_missing_and_corrupt_files_are_rejected(tmp_path):
    with pytest.raises(CatalogError, match=r"no\.csv does not exist; give the path of a table"):
        read_table(tmp_path / "no.csv")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"kepid\n1\n" * 9)[:20])
    with pytest.raises(
        CatalogError, match=r"cut\.csv\.gz is a corrupt gzip file of 20 bytes; correct"
    ):
        read_table(tmp_path / "cut.csv.gz")


def test_folder_is_rejected(tmp_path):
    with pytest.raises(CatalogError, match=r"is a folder; give the path of a table \(CSV, "):
        read_table(tmp_path)


def test_line_numbers_include_comments(written):
    path = written("# one", "# two", HEADING, ROW, ROW + ",9")
    with pytest.raises(CatalogError, match=r": line 5 has 6 fields, but 5 are expected"):
        read_table(path)


def test_error_names_the_file(written):
    path = written("kepid,tce_period", "1,2.5")
    with pytest.raises(CatalogError) as caught:
        read_catalog(path)
    assert str(caught.value).startswith(
        f"{path}: this Kepler TCE table lacks epoch_bkjd (tce_time0bk), duration_days "
        "(tce_duration); its columns are kepid, tce_period; "
    )


def test_dr24_table_is_read(shared):
    table = read_catalog(shared / "data/dr24/q1_q17_dr24_tce.csv")
    assert len(table) == 20367
    assert table.label.value_counts().to_dict() == {
        "AFP": 8626,
        "UNK": 4630,
        "PC": 3240,
        "NTP": 2297,
        "WITHHELD": 1574,
    }
    assert table.official_split.value_counts().to_dict() == {
        "train": 12589,
        "": 4630,
        "val": 1574,
        "test": 1574,
    }
    assert table.duration_days.max() == 76.56 / 24
    assert not table.duplicated(["star", "number"]).any()


@pytest.mark.parametrize("name", ["koi_cumulative", "q1_q17_dr25_koi", "toi"])
def test_archive_tables_are_read(shared, name):
    table = read_catalog(shared / f"data/catalog_samples/{name}.csv")
    assert len(table) == 400
    assert (table.label != "").all() and (table.name != "").all()
    assert not table.duplicated(["star", "number"]).any()
    assert table.epoch_bkjd.between(0, 7000).all()
    assert 0.1 < table.duration_days.median() < 0.2


def test_dr25_tces_without_durations_can_be_listed(shared):
    path = shared / "data/catalog_samples/q1_q17_dr25_tce.csv"
    with pytest.raises(CatalogError, match=r"lacks duration_days \(tce_duration\)"):
        read_catalog(path)
    table = read_catalog(path, require=["star", "period_days", "epoch_bkjd"])
    assert table.iloc[0][["star", "number", "period_days"]].tolist() == [2304168, 2, 431.719]


def test_k2_and_false_positives_can_be_listed(shared):
    k2 = read_catalog(shared / "data/catalog_samples/k2_planets_and_candidates.csv", ["label"])
    assert k2.label.value_counts().to_dict() == {
        "CANDIDATE": 221,
        "FALSE POSITIVE": 35,
        "CONFIRMED": 11,
    }
    assert k2.name[0] == "BD+20 594 b" and k2.pl_refname[0].startswith("<a refstr=")
    path = shared / "data/catalog_samples/certified_false_positives.csv"
    assert (read_catalog(path, ["star"]).label == "CERTIFIED FP").sum() == 172


def test_table_with_a_huge_decompressed_size_is_rejected(tmp_path, monkeypatch):
    monkeypatch.setattr(gzipped, "MAX_BYTES", 10_000)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"kepid\n" + b"1\n" * 10_000))
    assert path.stat().st_size < 200
    with pytest.raises(CatalogError, match=r"bomb\.csv\.gz decompresses to more than 1 GiB, which"):
        read_table(path)


def test_a_comment_begins_only_where_a_row_begins(written):
    path = written(
        "# the table", "kepid,note", '1,"needs a look', '# 2 sectors only"', "# a comment", "2,fine"
    )
    table = read_table(path)
    assert table.kepid.tolist() == [1, 2]
    assert table.note.tolist() == ["needs a look\n# 2 sectors only", "fine"]


def test_line_of_a_row_with_too_many_fields_is_that_of_the_file(written):
    path = written("# one", "kepid,x", "# two", "1,2", "3,4,5", "6,7")
    with pytest.raises(CatalogError, match="line 5 has 3 fields, but 2 are expected"):
        read_table(path)


@pytest.mark.parametrize("note", ["", '"a quoted note"', '"two\nlines"'])
def test_row_with_too_few_fields_is_rejected(written, note):
    """Missing fields would otherwise become missing values without a warning."""
    path = written("# one", "kepid,x,note", "1,2", f"3,4,{note}")
    with pytest.raises(CatalogError, match="line 3 has 2 fields, but 3 are expected; correct the"):
        read_table(path)


def test_columns_of_a_robovetter_output_may_have_the_same_name(written):
    path = written(
        "#1:TCE   2:Score   3:Disposition   4:Flag   5:Flag", "000757450-01   1   PC   0   1"
    )
    table = read_table(path)
    assert table.columns.tolist() == ["TCE", "Score", "Disposition", "Flag", "Flag.1"]
    assert table.iloc[0].tolist() == ["000757450-01", 1, "PC", 0, 1]


def test_comment_with_the_fields_of_a_row_causes_a_warning(written, caplog):
    path = written("# note,kepid", "note,kepid", "a,1", "# see below", "#2,2", "b,3")
    assert read_table(path).kepid.tolist() == [1, 3]
    assert "1 line begins with # and will be left out" in caplog.text
    assert "(first: line 5)" in caplog.text
    caplog.clear()
    path = written("note,kepid", "a,1", '"#2",2', "b,3")
    assert read_table(path).kepid.tolist() == [1, 2, 3]
    assert not caplog.text


@pytest.mark.parametrize("note", ["fine", '"two\nlines"'])
def test_lines_of_spaces_are_skipped(written, note):
    path = written("kepid,x,note", "1,2,a", "   ", f"3,4,{note}", "  ")
    assert read_table(path).kepid.tolist() == [1, 3]


def test_deeply_nested_json_is_rejected_in_one_line(written):
    path = written('{"star": ' + "[" * 100_000 + "]" * 100_000 + "}", name="mine.jsonl")
    with pytest.raises(CatalogError, match=r"mine\.jsonl cannot be read as \.jsonl \(.*recursion"):
        read_table(path)


@pytest.mark.parametrize("metadata", [b"{}", b'{"index_columns": ["no"], "columns": []}', b"[1]"])
def test_parquet_with_invalid_metadata_is_rejected_in_one_line(tmp_path, metadata):
    import pyarrow
    from pyarrow import parquet

    path = tmp_path / "mine.parquet"
    table = pyarrow.table({"star": [5]}).replace_schema_metadata({b"pandas": metadata})
    parquet.write_table(table, path)
    with pytest.raises(
        CatalogError, match=r"mine\.parquet cannot be read as \.parquet \(.*\); cor"
    ):
        read_table(path)


@pytest.mark.parametrize("spaces", [" " * 200_000, "\t" * 200_000, " 2:" * 9000])
def test_a_robovetter_header_of_any_length_is_read_in_linear_time(written, spaces):
    begun = time.process_time()
    with pytest.raises(CatalogError):
        read_catalog(written(f"#1:TCE{spaces}x", "000757450-01 1"), require=["star"])
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["kepid" + ",a" * 20_000, "1" + ",2" * 20_000], "has 20,001 columns, more than any event"),
        (["kepid,a", "1" + ",2" * 20_000], "line 2 has 20001 fields, but 2 are expected"),
    ],
)
def test_more_columns_than_any_table_has_are_rejected_at_once(written, lines, message):
    begun = time.process_time()
    with pytest.raises(CatalogError, match=message):
        read_table(written(*lines))
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("digits", [20, 400, 5000])
def test_numbers_of_any_length_in_json_lines_are_read(written, digits):
    row = '{"star": 1, "period_days": 3.5, "epoch_bkjd": 100, "duration_days": 0.1, "depth_ppm": '
    path = written(row + "9" * digits + "}", row.replace("1,", "2,") + "0.5}", name="a.jsonl")
    depths = read_catalog(path)["depth_ppm"].tolist()
    assert depths[0] == float("9" * digits) and depths[1] == 0.5


def test_parquet_with_a_damaged_schema_does_not_end_the_process(tmp_path):
    """The metadata begin with the schema; one byte at a time is changed."""
    path = tmp_path / "a.parquet"
    columns = {"star": [1, 2], "period_days": [3.5, None], "label": ["PC", None]}
    pd.DataFrame(columns | {"epoch_bkjd": 100.0, "duration_days": 0.1}).to_parquet(path)
    content = path.read_bytes()
    begin = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    for place in range(begin, begin + 100):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with suppress(CatalogError):
            read_table(path)
