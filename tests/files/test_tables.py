"""Tables in all formats: nothing is lost, and unknown formats are rejected."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from astronet.errors import CatalogError, ConfigError, RunError
from astronet.files.tables import check_format, csv_text, read_rows, write_table
from astronet.missions.tables import read_catalog

SUFFIXES = (".csv", ".parquet", ".jsonl", ".ecsv")


@pytest.fixture
def events() -> pd.DataFrame:
    """Events with numbers that need all 17 digits, and texts that need quotes."""
    generator = np.random.default_rng(0)
    score = generator.random(200)
    score[::7] = np.nan
    return pd.DataFrame(
        {
            "star": np.arange(200) + 11446443,
            "number": 1,
            "period_days": 10 ** generator.uniform(-1, 3, 200),
            "epoch_bkjd": 100 + 1000 * generator.random(200),
            "duration_days": 0.01 + generator.random(200) / 20,
            "depth_ppm": 10 ** generator.uniform(0, 5, 200),
            "score": score,
            "single": generator.random(200).astype(np.float32),
            "flagged": generator.random(200) < 0.5,
            "reason": np.resize(["", 'no data, "Q4"', "µ < 0", "a\u2028b"], 200),
        },
        index=np.arange(200)[::-1],
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_value_is_read_back_exactly(
    events: pd.DataFrame, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"new/scores{suffix}"
    write_table(events, path)
    read = read_rows(path)
    if read is None:
        texts = {"dtype": {"reason": str}, "na_values": {"score": [""]}, "keep_default_na": False}
        read = pd.read_csv(path, float_precision="round_trip", **texts)
    assert list(read.columns) == list(events.columns)
    if suffix == ".ecsv":
        events["reason"] = events["reason"].map(lambda text: " ".join(text.split()))
    for name in events:
        np.testing.assert_array_equal(read[name].to_numpy(), events[name].to_numpy(), name)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_written_table_is_an_event_table(
    events: pd.DataFrame, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"scores{suffix}"
    write_table(events, path)
    read = read_catalog(path)
    for name in ("star", "number", "period_days", "epoch_bkjd", "duration_days", "depth_ppm"):
        np.testing.assert_array_equal(read[name].to_numpy(), events[name].to_numpy(), name)


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    empty = pd.DataFrame(columns=["finding", "star"])
    for suffix in (".csv", ".parquet", ".ecsv"):
        write_table(empty, tmp_path / f"empty{suffix}")
    assert (tmp_path / "empty.csv").read_text() == "finding,star\n"
    assert list(read_rows(tmp_path / "empty.parquet").columns) == ["finding", "star"]


def test_ecsv_declares_units(events: pd.DataFrame, tmp_path: Path) -> None:
    from astropy import units
    from astropy.table import QTable

    write_table(events, tmp_path / "scores.ecsv")
    table = QTable.read(tmp_path / "scores.ecsv", format="ascii.ecsv")
    assert table["period_days"].unit == units.day
    assert (table["depth_ppm"][0] / 1e-6).to_value("") == pytest.approx(events["depth_ppm"].iloc[0])


def test_declared_units_are_converted_or_rejected(tmp_path: Path) -> None:
    path = tmp_path / "mine.ecsv"
    text = (
        "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: star, datatype: int64}\n"
        "# - {name: period_days, unit: d, datatype: float64}\n"
        "# - {name: epoch_bkjd, datatype: float64}\n"
        "# - {name: duration_days, unit: h, datatype: float64}\n"
        "star period_days epoch_bkjd duration_days\n5 3.5 140.0 2.4\n"
    )
    path.write_text(text)
    assert read_catalog(path)["duration_days"].tolist() == pytest.approx([0.1])
    path.write_text(text.replace("unit: h", "unit: mag"))
    with pytest.raises(CatalogError, match=r"mine\.ecsv cannot be read as \.ecsv \('mag' .* not "):
        read_catalog(path)


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".ecsv"])
def test_a_file_of_another_format_is_rejected_in_one_line(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"scores{suffix}"
    path.write_text("star,period_days\n1,2\n")
    with pytest.raises(CatalogError, match=rf"cannot be read as \{suffix} \(.*\); correct"):
        read_catalog(path)


def test_unknown_formats_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(RunError) as error:
        check_format(Path("scores.xlsx"))
    assert str(error.value) == (
        "scores.xlsx: unknown table format .xlsx; end the name in one of .csv, .parquet, .jsonl, "
        ".ecsv, or use - for CSV on standard output"
    )
    assert error.value.arguments == ("out",)
    with pytest.raises(RunError, match=r"unknown table format \(the name has no suffix\); end"):
        write_table(pd.DataFrame({"star": [1]}), tmp_path / "scores")
    assert list(tmp_path.iterdir()) == []
    for path in ("-", "scores.CSV"):
        check_format(Path(path))


def test_parquet_names_the_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ConfigError, match="is not installed; run `pip install pyarrow`"):
        check_format(Path("scores.parquet"))


def test_infinity_and_missing_values_are_valid_json(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": [np.inf, -np.inf, np.nan], "text": ["a", None, np.nan]})
    write_table(table, tmp_path / "x.jsonl")
    lines = (tmp_path / "x.jsonl").read_text().splitlines()
    assert lines[0] == '{"x": 1e999, "text": "a"}' and lines[2] == '{"x": null, "text": null}'
    assert read_rows(tmp_path / "x.jsonl")["x"].tolist()[:2] == [np.inf, -np.inf]
    assert csv_text(table) == "x,text\ninf,a\n-inf,\n,\n"


@pytest.fixture
def incomplete() -> pd.DataFrame:
    """Return columns of several types whose second value is missing."""
    return pd.DataFrame(
        {
            "star": pd.Series([np.int64(5), np.int64(6), np.int64(7)], dtype=object),
            "whole": pd.array([1, pd.NA, 3], dtype="Int64"),
            "flag": pd.array([True, pd.NA, False], dtype="boolean"),
            "mixed": pd.Series([np.int64(1), None, np.int64(3)], dtype=object),
            "truth": pd.Series([np.bool_(True), None, False], dtype=object),
            "kind": pd.Categorical(["PC", None, "AFP"]),
            "count": pd.Categorical([1, None, 2]),
            "text": pd.array(["a", pd.NA, "b"], dtype="string"),
            "x": pd.array([1.5, pd.NA, 2.5], dtype="Float64"),
            "unknown": [None, None, None],
        }
    ).set_index(pd.Index([3, 3, 1]))


def test_missing_values_are_null_in_json(incomplete: pd.DataFrame, tmp_path: Path) -> None:
    write_table(incomplete, tmp_path / "x.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert rows[0] == {
        **{"star": 5, "whole": 1, "flag": True, "mixed": 1, "truth": True, "kind": "PC"},
        **{"count": 1, "text": "a", "x": 1.5, "unknown": None},
    }
    assert rows[1] == dict.fromkeys(incomplete) | {"star": 6}


def test_missing_values_are_empty_in_csv_and_masked_in_ecsv(
    incomplete: pd.DataFrame, tmp_path: Path
) -> None:
    from astropy.table import Table

    assert csv_text(incomplete).splitlines()[1:3] == ["5,1,True,1,True,PC,1,a,1.5,", "6,,,,,,,,,"]
    write_table(incomplete, tmp_path / "x.ecsv")
    assert (tmp_path / "x.ecsv").read_text().splitlines()[-2] == "6,,,,,,,,nan,"
    table = Table.read(tmp_path / "x.ecsv", format="ascii.ecsv")
    for name, kind in {"whole": "i", "flag": "b", "mixed": "i", "truth": "b", "count": "i"}.items():
        assert table[name].dtype.kind == kind and table[name].mask.tolist() == [False, True, False]
    assert table["flag"].tolist() == [True, None, False]


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".ecsv"])
def test_missing_values_are_read_back_as_missing(
    incomplete: pd.DataFrame, suffix: str, tmp_path: Path
) -> None:
    write_table(incomplete, tmp_path / f"x{suffix}")
    read = read_rows(tmp_path / f"x{suffix}")
    assert read is not None and read["star"].tolist() == [5, 6, 7]
    for name in ("whole", "flag", "mixed", "truth", "count", "x"):
        assert read[name].isna().tolist() == [False, True, False], name
        assert read[name].dropna().tolist() == incomplete[name].dropna().tolist(), name


def test_numbers_that_no_format_holds_become_texts(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"x": [2**70, 1]}, dtype=object), tmp_path / "x.jsonl")
    assert read_rows(tmp_path / "x.jsonl")["x"].tolist() == [str(2**70), "1"]
