from pathlib import Path

import pytest

from astronet.files.csv_files import read_plain_csv


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_tables_of_any_line_ends_are_read(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(end.join(["", "star,score", *["1,0.5"] * 20_000, ""]).encode())
    assert read_plain_csv(path)["score"].tolist() == [0.5] * 20_000


@pytest.mark.parametrize("text", ["{},\n1\n", "star\n1{}\n", "\nstar,score\n1,2\n{}\n"])
def test_more_columns_than_any_table_has_are_rejected_at_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text.format(",a" * 100_000))
    with pytest.raises(ValueError, match="there are 100,00. columns"):
        read_plain_csv(path)
