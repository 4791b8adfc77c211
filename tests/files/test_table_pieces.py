"""A table that is written piece by piece equals the table that is written at once."""

from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from astronet.errors import RunError
from astronet.files.table_pieces import frame_of, write_pieces
from astronet.files.tables import write_table

COLUMNS = {
    "star": "int64",
    "period_days": "float64",
    "false_alarm_probability": "float64",
    "seen": "boolean",
    "flags": "str",
}
ROWS = [
    {"star": 5, "period_days": 0.1 + 0.2, "seen": None, "flags": ""},
    {"star": 5, "period_days": 1e-300, "seen": None, "flags": 'a;"b",\nc'},
    {"star": 9007199254740991, "period_days": 3.0, "seen": True, "flags": None},
    {"star": 7, "period_days": None, "false_alarm_probability": 0.01, "seen": False, "flags": "ü"},
]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".ecsv", ".parquet"])
@pytest.mark.parametrize("cuts", [(0, 4), (0, 1, 4), (0, 0, 2, 2, 4, 4), (0, 0)])
def test_pieces_equal_the_whole(suffix: str, cuts: tuple[int, ...], tmp_path: Path) -> None:
    whole, pieces = tmp_path / f"whole{suffix}", tmp_path / f"new/pieces{suffix}"
    write_table(frame_of(ROWS[: cuts[-1]], COLUMNS), whole)
    cut = pairwise(cuts)
    write_pieces((frame_of(ROWS[a:b], COLUMNS) for a, b in cut), pieces)
    if suffix == ".parquet":
        first, second = pd.read_parquet(whole), pd.read_parquet(pieces)
        pd.testing.assert_frame_equal(first, second, check_dtype=cuts[-1] > 0)
    else:
        assert pieces.read_bytes() == whole.read_bytes()


def test_a_failure_leaves_the_previous_table(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("mine")

    def pieces():
        yield frame_of(ROWS, COLUMNS)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_pieces(pieces(), out)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
    with pytest.raises(RunError, match="unknown table format"):
        write_pieces([], tmp_path / "out.xls")
